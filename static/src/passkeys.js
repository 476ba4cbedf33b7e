// allauth's scripts tell about passkeys that failed by an event; people read a message.
import { toast } from "./toast.js";

export function watchPasskeys() {
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const refused = event.detail?.exception?.name === "NotAllowedError";
    toast(
      refused
        ? "The passkey was not used: cancelled, or it took too long."
        : "This browser or device could not use a passkey.",
      "error",
    );
  });
}
