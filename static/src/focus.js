// After a swap the keyboard goes on where it was, or near it: what had the focus may be gone.
let lost = null;

function remember() {
  const at = document.activeElement;
  if (!at || at === document.body) return;
  const around = [];
  for (let each = at; each; each = each.parentElement) if (each.id) around.push(each.id);
  const instead = at.closest("[data-focus-lost]")?.dataset.focusLost;
  lost = { id: at.id, around, instead };
}

// The same control, or what is wrong in its form; else the part of the page that it stood in.
function nearest({ id, around, instead }) {
  const same = id && document.getElementById(id);
  if (same) return same.closest("form")?.querySelector("[aria-invalid=true]") ?? same;
  if (instead) return document.getElementById(instead);
  const parts = around.map((each) => document.getElementById(each)?.querySelector("h1, h2, h3"));
  const heading = parts.find(Boolean) ?? document.querySelector("main h1");
  heading?.setAttribute("tabindex", "-1");
  return heading;
}

export function watchFocus() {
  document.addEventListener("htmx:before:swap", remember);
  document.addEventListener("htmx:after:swap", () => {
    if (lost && document.activeElement === document.body) nearest(lost)?.focus();
    lost = null;
  });
}
