// <time datetime="..." data-local>: the server writes UTC, the reader sees their own clock.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function show(root) {
  for (const element of root.querySelectorAll("time[data-local]:not([data-shown])")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    element.dataset.shown = "true";
    element.title = element.textContent.trim();
    element.textContent = exact.format(moment);
  }
}

export function watchTimes() {
  show(document);
  document.addEventListener("htmx:after:swap", () => show(document));
}
