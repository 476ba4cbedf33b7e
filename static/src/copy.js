// <button data-copy="text"> or <button data-copy-from="id of an element">.
import { toast } from "./toast.js";

function textOf(button) {
  if (button.dataset.copy !== undefined) return button.dataset.copy;
  const source = document.getElementById(button.dataset.copyFrom);
  return source.value ?? source.textContent.trim();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(textOf(button));
  } catch {
    toast("The browser did not allow copying. Select the text and copy it yourself.", "error");
    return;
  }
  const label = button.querySelector("[data-label]");
  button.classList.add("copied");
  if (label) label.textContent = "Copied";
  toast("Copied.", "success");
  setTimeout(() => {
    button.classList.remove("copied");
    if (label) label.textContent = label.dataset.label || "Copy";
  }, 2500);
}

export function watchCopies() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (button) copy(button);
  });
}
