// Files dropped on an organization's page: read locally, then sent straight to the bucket.
// Only this small part is on every page; Uppy and geotiff.js follow with the first file.
import { remembers } from "./upload/kept.js";
import { watchDrops } from "./upload/overlay.js";

const section = document.getElementById("uploads");
const input = document.getElementById("uploads-input");
const said = document.getElementById("uploads-said");
let loading;

function settings() {
  const { endpoint, room, store } = section.dataset;
  return { endpoint, store, room: room === "" ? null : Number(room) };
}

function sender() {
  loading ??= Promise.all([import("./upload/sender.js"), import("./upload/table.js")]).then(
    ([{ Sender }, { Table }]) => {
      const made = new Sender(settings());
      new Table(section, made);
      watchLeaving(made);
      watchArrivals(made);
      return made;
    },
  );
  return loading;
}

// The collection of the open page, or the one chosen beside the drop zone, or one made for it.
function destination() {
  const chosen = document.querySelector("[data-upload-collection]");
  const title = document.querySelector("[data-upload-title]");
  const collection = chosen ? chosen.value : section.dataset.collection;
  return { collection, title: collection ? "" : (title?.value.trim() ?? "") };
}

async function take(files) {
  const real = files.filter((file) => !file.name.startsWith("."));
  if (!real.length) {
    said.textContent = "No file was dropped. A link or a text cannot be sent.";
    return;
  }
  const where = destination();
  (await sender()).pick(real, where);
}

function watchLeaving(made) {
  addEventListener("beforeunload", (event) => {
    if (made.sending) event.preventDefault();
  });
}

// The server's own list shows what has arrived; a file is never in both lists.
function watchArrivals(made) {
  made.addEventListener("change", ({ detail: entry }) => {
    if (entry.state === "sent" || entry.state === "gone") refresh();
  });
  const sort = () => {
    const ours = new Set(made.open.map(({ upload }) => upload));
    for (const row of document.querySelectorAll("[data-upload-row]")) {
      row.hidden = ours.has(row.dataset.uploadRow);
    }
    for (const entry of made.entries.filter(({ state }) => state === "sent")) {
      if (document.querySelector(`[data-upload-row="${entry.upload}"]`)) made.drop(entry);
    }
  };
  section.addEventListener("drawn", sort);
  document.addEventListener("htmx:after:swap", sort);
}

function refresh() {
  document.body.dispatchEvent(new CustomEvent("uploads:refresh"));
}

function start() {
  // On the page of uploads the list of files has its place; elsewhere it is a tray below.
  const here = document.getElementById("uploads-here");
  if (here) {
    here.append(section);
    section.removeAttribute("data-tray");
  }
  watchDrops(document.getElementById("uploads-overlay"), take);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-pick-files]")) input.click();
  });
  section.addEventListener("pick", () => input.click());
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-upload-collection]")) {
      document.querySelector("[data-upload-title-box]").hidden = event.target.value !== "";
    }
  });
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
  if (remembers(settings().store)) sender().then((made) => made.resumeEarlier());
}

if (section) start();
