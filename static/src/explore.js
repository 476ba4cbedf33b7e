// The map page: the list follows the map, the map follows the list, a click asks the server.
// The page's state is its form; htmx sends it and keeps the address.

import { FootprintTiles } from "./footprints.js";

const PICKED = { radius: 7, weight: 3, fillOpacity: 0.2, interactive: false };

/** Makes the map a search; gives the layer of its footprints. */
export function explore({ map, L, frame, footprints, boxOf, boundsOf, frameTo }) {
  const form = document.getElementById(frame.dataset.follow);
  const notice = frame.querySelector("[data-map-notice]");
  const status = document.getElementById(`${frame.dataset.results}-status`);
  const again = frame.querySelector("[data-map-again]");
  const box = L.rectangle([[0, 0], [0, 0]], { fill: false, dashArray: "6 6", interactive: false });
  const picked = L.circleMarker([0, 0], PICKED);
  const boxes = [...form.querySelectorAll("[name=bbox]")];
  const follows = form.querySelector("[type=checkbox][name=move]");
  const legend = frame.querySelector("[data-map-legend]");
  const hint = L.tooltip({ direction: "top", offset: [0, -6] });
  let hovering = 0;
  let quiet = false;

  const tell = (name) => form.dispatchEvent(new CustomEvent(name, { bubbles: true }));

  function look(bounds) {
    quiet = true;
    frameTo(map, bounds);
    quiet = false;
  }

  function takeView() {
    boxOf(map).forEach((number, i) => (boxes[i].value = number));
    again.hidden = true;
    box.remove();
    tell("map:moved");
  }

  map.on("moveend", () => {
    if (quiet) return;
    if (follows.checked) takeView();
    else again.hidden = false;
  });
  again.addEventListener("click", takeView);
  follows.addEventListener("change", () => follows.checked && takeView());

  // Typed numbers are meant: the list stops following the map, which goes there.
  for (const input of boxes) {
    input.addEventListener("change", () => {
      const numbers = boxes.map((one) => one.value.trim());
      if (numbers.some((text) => text === "" || Number.isNaN(Number(text)))) return;
      follows.checked = false;
      drawBox(numbers.join(","));
      look(box.getBounds());
    });
  }

  function drawBox(text) {
    if (!text || follows.checked) return box.remove();
    return box.setBounds(boundsOf(text)).setStyle({ color: ink("chosen") }).addTo(map);
  }

  const ink = (name) => getComputedStyle(map.getContainer()).getPropertyValue(`--map-${name}`).trim();

  const tiles = new FootprintTiles().addTo(map);
  tiles.on("tileerror", () => say("Some footprints did not load. Move the map to try again."));
  tiles.on("loading", () => say(""));
  tiles.on("load", showLegend);
  map.on("moveend zoomend", showLegend);

  function say(text) {
    notice.textContent = text;
    notice.hidden = !text;
  }

  function showLegend() {
    const { shown, estimated } = tiles.grid();
    legend.hidden = !shown;
    legend.querySelector("[data-map-estimated]").hidden = !estimated;
  }

  // What lies under the cursor, told beside it. Leaflet's own mousemove drops the last of a quick
  // movement, over a canvas.
  map.getContainer().addEventListener("mousemove", (event) => {
    const place = event.target.closest(".leaflet-control") ? null : map.mouseEventToLatLng(event);
    cancelAnimationFrame(hovering);
    hovering = requestAnimationFrame(() => hover(place));
  });
  map.on("mouseout movestart", () => {
    cancelAnimationFrame(hovering);
    hover(null);
  });

  function hover(place) {
    const words = place && tiles.at(place);
    map.getContainer().classList.toggle("map-over-items", Boolean(words));
    if (!words) return hint.remove();
    return hint.setContent(words).setLatLng(place).addTo(map);
  }

  // What the lists name is known in full: shown when it is pointed at, its picture always.
  function listed() {
    const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null")?.features ?? [];
    footprints.draw({ features: [...read("results-features"), ...read("picked-features")] });
  }

  function pick(at) {
    const place = at.wrap();
    const point = `${place.lng.toFixed(5)},${place.lat.toFixed(5)},${map.getZoom()}`;
    form.elements.namedItem("at").value = point;
    picked.setLatLng(at).setStyle({ color: ink("chosen") }).addTo(map);
    tell("map:picked");
  }

  map.on("click", (event) => pick(event.latlng));
  document.getElementById("picked")?.addEventListener("click", (event) => {
    if (!event.target.closest("[data-map-unpick]")) return;
    event.preventDefault();
    form.elements.namedItem("at").value = "";
    tell("map:picked");
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    pick(map.getCenter());
  });

  function onSwap() {
    if (!frame.isConnected) return document.removeEventListener("htmx:after:swap", onSwap);
    const results = document.getElementById(frame.dataset.results);
    if (results) {
      tiles.ask(results.dataset.tiles);
      status.textContent = results.dataset.summary;
    }
    if (!form.elements.namedItem("at").value) picked.remove();
    listed();
    return undefined;
  }
  document.addEventListener("htmx:after:swap", onSwap);

  const lists = [document.getElementById(frame.dataset.results).parentElement];
  lists.push(document.getElementById("picked"));
  const chosen = (event) => event.target.closest("[data-item]")?.dataset.item;
  for (const list of lists) {
    for (const name of ["mouseover", "focusin"]) {
      list.addEventListener(name, (event) => footprints.choose(chosen(event)));
    }
    for (const name of ["mouseleave", "focusout"]) {
      list.addEventListener(name, () => footprints.choose(undefined));
    }
  }

  // On phones: which part is shown stands in the address too.
  for (const tab of form.elements.namedItem("tab")) {
    tab.addEventListener("change", () => {
      const address = new URL(window.location.href);
      if (tab.value === "map") address.searchParams.delete("tab");
      else address.searchParams.set("tab", tab.value);
      window.history.replaceState(window.history.state, "", address);
    });
  }

  if (frame.dataset.bbox) drawBox(frame.dataset.bbox);
  const at = form.elements.namedItem("at").value;
  if (at) {
    const [lng, lat] = at.split(",").map(Number);
    picked.setLatLng([lat, lng]).setStyle({ color: ink("chosen") }).addTo(map);
  }
  onSwap();
  return tiles;
}
