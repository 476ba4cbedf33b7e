// Sets the remembered theme before anything is painted; without one, the system's holds.
const remembered = (() => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
})();
if (remembered === "light" || remembered === "dark") {
  document.documentElement.dataset.theme = remembered;
}
document.documentElement.classList.add("js");
