// Messages that come and go. The server draws them, answers `HX-Trigger: {"toast": {...}}`,
// or a script calls toast("Saved.", "success").
const STAYS = 8000;
const STAYS_TO_UNDO = 20000;

function region() {
  return document.getElementById("toasts");
}

function leaveLater(element) {
  if (element.dataset.kind === "error") return; // errors wait to be read
  let left;
  const stays = element.querySelector("form") ? STAYS_TO_UNDO : STAYS;
  const start = () => (left = setTimeout(() => element.remove(), stays));
  const stop = () => clearTimeout(left);
  for (const name of ["mouseenter", "focusin"]) element.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) element.addEventListener(name, start);
  start();
}

/** Shows a message; kind is info, success, warning or error. */
export function toast(text, kind = "info") {
  const template = document.getElementById("toast-template");
  if (!template) return;
  const element = template.content.firstElementChild.cloneNode(true);
  element.dataset.kind = kind;
  element.classList.add(`toast-${kind}`);
  element.querySelector("[data-text]").textContent = text;
  region().append(element);
  leaveLater(element);
}

export function watchToasts() {
  for (const element of region()?.children ?? []) leaveLater(element);
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest("[data-kind]")?.remove();
  });
  document.addEventListener("toast", (event) => {
    const { text, kind } = event.detail ?? {};
    if (text) toast(text, kind);
  });
  document.addEventListener("htmx:error", (event) => {
    const error = event.detail?.error;
    if (error?.name === "AbortError") return;
    toast("The server could not be reached. Check the connection and try again.", "error");
  });
}
