// Files dragged anywhere over the page. Without a mouse, the button picks the same files.
import { getDroppedFiles } from "@uppy/utils";

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

export function watchDrops(overlay, take) {
  let depth = 0;
  const show = (shown) => overlay.toggleAttribute("hidden", !shown);
  const leave = () => {
    depth = 0;
    show(false);
  };
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show(true);
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth -= 1;
    if (depth <= 0) leave();
  });
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    leave();
    take(await getDroppedFiles(event.dataTransfer));
  });
  addEventListener("keydown", (event) => event.key === "Escape" && leave());
}
