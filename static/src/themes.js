// The switch between light, dark and the system's own; remembered in this browser.
const root = document.documentElement;

function current() {
  return root.dataset.theme ?? "system";
}

function show() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current()));
  }
}

function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // A browser that keeps nothing still switches for this page.
  }
}

export function watchThemes() {
  show();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const theme = button.dataset.themeChoice;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    remember(theme);
    show();
    document.dispatchEvent(new CustomEvent("theme:change", { detail: { theme } }));
  });
}
