// A form is sent once: a second submit waits for the answer. <select data-submits> sends on change.
function busy(form, state) {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.toggleAttribute("data-busy", state);
    button.setAttribute("aria-disabled", String(state));
  }
}

export function watchForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    // After the event: a script may still refuse it, and the button's own value must be sent.
    setTimeout(() => {
      if (event.defaultPrevented || form.target === "_blank" || form.method === "dialog") return;
      form.dataset.sent = "true";
      busy(form, true);
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  // A page that comes back from the browser's memory can be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      busy(form, false);
    }
  });
}
