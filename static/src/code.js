// <input data-code="6">: a code from a mail. Spaces and dashes of a paste go; full length is sent.
export function watchCodes() {
  document.addEventListener("input", (event) => {
    const input = event.target;
    if (!input.matches("[data-code]")) return;
    const clean = input.value.replace(/[\s-]/g, "");
    if (clean !== input.value) input.value = clean;
    if (clean.length === Number(input.dataset.code)) input.form.requestSubmit();
  });
}
