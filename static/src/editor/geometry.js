// A geometry drawn on the map, and the same geometry as text beneath: each follows the other.
// Everything the mouse can do here, the text can do as well.
import {
  TerraDraw,
  TerraDrawPolygonMode,
  TerraDrawPointMode,
  TerraDrawRectangleMode,
  TerraDrawSelectMode,
  TerraDrawLineStringMode,
} from "terra-draw";
import { TerraDrawLeafletAdapter } from "terra-draw-leaflet-adapter";

// The adapter lifts its panes by a <style> of its own, which our policy refuses; a property does.
class Adapter extends TerraDrawLeafletAdapter {
  createPaneStyleSheet(name, height) {
    const pane = this._map.createPane(name);
    pane.style.zIndex = String(height + 600);
    return { remove: () => {} };
  }
}

const DIGITS = 9;
const TOOLS = [
  ["select", "Move and reshape"],
  ["rectangle", "Rectangle"],
  ["polygon", "Polygon"],
  ["point", "Point"],
];
const MODE_OF = { Polygon: "polygon", LineString: "linestring", Point: "point" };
const moving = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };

// The parts that can be drawn; GeoJSON joins them again as a Multi geometry.
function partsOf(geometry) {
  if (!geometry) return [];
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(partsOf);
  if (!geometry.type?.startsWith("Multi")) return [geometry];
  const type = geometry.type.slice(5);
  return geometry.coordinates.map((coordinates) => ({ type, coordinates }));
}

function whole(parts) {
  if (parts.length === 0) return null;
  if (parts.length === 1) return parts[0];
  const types = new Set(parts.map(({ type }) => type));
  if (types.size > 1) return { type: "GeometryCollection", geometries: parts };
  return { type: `Multi${parts[0].type}`, coordinates: parts.map(({ coordinates }) => coordinates) };
}

const rounded = (value) =>
  Array.isArray(value) ? value.map(rounded) : Number(Number(value).toFixed(DIGITS));

// terra-draw draws simple flat shapes; a shape with holes or heights stays as text, and is kept.
function drawable(parts) {
  return parts.every(
    ({ type, coordinates }) =>
      MODE_OF[type] &&
      (type !== "Polygon" || coordinates.length === 1) &&
      coordinates.flat(Infinity).length < 4000 &&
      !JSON.stringify(coordinates).match(/\[(-?[\d.e+-]+),(-?[\d.e+-]+),-?[\d.e+-]+/),
  );
}

function say(frame, words) {
  let note = frame.querySelector("[data-note]");
  if (!note) {
    note = document.createElement("p");
    note.dataset.note = "";
    note.className = "mb-2 text-sm text-warning";
    note.setAttribute("role", "status");
    frame.querySelector("[data-map-tools]").after(note);
  }
  note.textContent = words;
}

export function editGeometry({ map, L, frame, frameTo }) {
  const area = document.getElementById(frame.dataset.geometry);
  const draw = new TerraDraw({
    adapter: new Adapter({ lib: L, map, coordinatePrecision: DIGITS }),
    modes: [
      new TerraDrawSelectMode({ flags: { polygon: moving, linestring: moving, point: { feature: { draggable: true } } } }),
      new TerraDrawRectangleMode(),
      new TerraDrawPolygonMode(),
      new TerraDrawLineStringMode(),
      new TerraDrawPointMode(),
    ],
  });
  // terra-draw heeds only what happens to the map itself, and a canvas would lie in between.
  map.getPane("mapPane").style.pointerEvents = "none";
  draw.start();
  let writing = false;

  function show() {
    let parts, layer;
    try {
      parts = partsOf(area.value.trim() ? JSON.parse(area.value) : null);
      layer = parts.length ? L.geoJSON({ type: "Feature", properties: {}, geometry: whole(parts) }) : null;
      if (layer && !layer.getBounds().isValid()) throw new Error("nowhere");
    } catch {
      return say(frame, "The text is not a GeoJSON geometry yet; the map shows it as soon as it is.");
    }
    draw.clear();
    if (layer && frameTo) frameTo(map, layer.getBounds());
    else if (layer) map.fitBounds(layer.getBounds(), { padding: [28, 28], maxZoom: 15, animate: false });
    if (!drawable(parts)) {
      layer?.addTo(map);
      return say(frame, "This geometry has holes, heights or very many points. Change it as text below; drawing replaces it.");
    }
    say(frame, "");
    const answers = draw.addFeatures(
      parts.map((geometry) => ({
        type: "Feature",
        properties: { mode: MODE_OF[geometry.type] },
        geometry: { ...geometry, coordinates: rounded(geometry.coordinates) },
      })),
    );
    if (answers.some(({ valid }) => !valid)) say(frame, "A part of this geometry cannot be drawn; the text holds.");
  }

  function write() {
    const parts = draw
      .getSnapshot()
      .filter(({ properties }) => !properties.midPoint && !properties.selectionPoint && properties.mode !== "select")
      .map(({ geometry }) => ({ ...geometry, coordinates: rounded(geometry.coordinates) }));
    const geometry = whole(parts);
    writing = true;
    area.value = geometry ? JSON.stringify(geometry) : "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    writing = false;
  }

  function choose(mode) {
    if (mode !== "select") draw.clear(); // what is drawn next is the whole geometry
    draw.setMode(mode);
    for (const button of frame.querySelectorAll("[data-tool]")) {
      const chosen = button.dataset.tool === mode;
      button.setAttribute("aria-pressed", String(chosen));
      button.classList.toggle("btn-primary", chosen);
    }
  }

  draw.on("finish", (_, { action }) => {
    write();
    if (action === "draw") choose("select");
  });
  area.addEventListener("input", () => writing || show());
  tools(frame, choose, () => {
    draw.clear();
    write();
  });
  show();
  choose("select");
}

function tools(frame, choose, clear) {
  const bar = frame.querySelector("[data-map-tools]");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Draw");
  for (const [mode, label] of TOOLS) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.className = "btn btn-sm";
    button.dataset.tool = mode;
    button.addEventListener("click", () => choose(mode));
    bar.append(button);
  }
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Clear" });
  button.className = "btn btn-sm btn-ghost";
  button.addEventListener("click", clear);
  bar.append(button);
}
