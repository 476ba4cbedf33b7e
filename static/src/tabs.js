// [data-tabs] holds a [role=tablist] and panels; without scripts every panel is shown.
function choose(tabs, chosen, focus = false) {
  for (const tab of tabs.querySelectorAll("[role=tab]")) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  }
  if (focus) chosen.focus();
}

function start(root) {
  for (const tabs of root.querySelectorAll("[data-tabs]")) {
    const chosen = tabs.querySelector("[role=tab][aria-selected=true]") ?? tabs.querySelector("[role=tab]");
    if (chosen) choose(tabs, chosen);
  }
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export function watchTabs() {
  start(document);
  document.addEventListener("htmx:after:swap", () => start(document));
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tabs] [role=tab]");
    if (tab) choose(tab.closest("[data-tabs]"), tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest?.("[data-tabs] [role=tab]");
    if (!tab || !(event.key in STEPS)) return;
    event.preventDefault();
    const all = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
    const step = STEPS[event.key];
    const next = Number.isFinite(step)
      ? (all.indexOf(tab) + step + all.length) % all.length
      : step > 0 ? all.length - 1 : 0;
    choose(tab.closest("[data-tabs]"), all[next], true);
  });
}
