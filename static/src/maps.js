// The one module that knows Leaflet. Maps are declared in markup, never by a script of the page:
//
//   <div data-map-frame data-features="id of a json_script" data-bbox="west,south,east,north"
//        data-overlay="address of an image">
//     {% leaflet_map "name" %}
//   </div>
//
// The frame gets the event "map:ready" with {map, L, frame}. Further attributes belong to
// explore.js. Text from documents enters the page as text nodes, never as HTML.
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import "./map.css";
import { drawTile, loadBasemap } from "./basemap.js";
import { explore } from "./explore.js";

export { L };

const NATURAL_EARTH = "natural-earth";
const TURNS = [-360, 0, 360]; // the world repeats to both sides
const OVERLAYS = 40;
const maps = new Map();
const framed = new WeakMap(); // what each was last framed to, and how it stood then
let basemap;

const colour = (element, name) => getComputedStyle(element).getPropertyValue(`--map-${name}`).trim();

function escaped(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

const NaturalEarth = L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const frame = this._map.getContainer();
    const colours = Object.fromEntries(
      ["water", "land", "coast", "border", "text"].map((name) => [name, colour(frame, name)]),
    );
    basemap ??= loadBasemap(this.options.source);
    basemap.then(
      (loaded) => {
        drawTile(canvas, loaded, coords, colours);
        done(null, canvas);
      },
      (error) => done(error, canvas),
    );
    return canvas;
  },
});

function addBackground(map, element, { layers }) {
  for (const [, url, { attribution = "", ...options }] of layers) {
    const shown = { ...options, attribution: escaped(attribution) };
    const layer =
      url === NATURAL_EARTH
        ? new NaturalEarth({ ...shown, source: element.dataset.basemap })
        : L.tileLayer(url, shown);
    layer.addTo(map);
  }
}

const touches = (longitude) => Math.abs(longitude) >= 179.999;

// Footprints cut at 180° are put together again, to be drawn and framed as one.
function isCut(geometry) {
  if (geometry.type !== "MultiPolygon") return false;
  const sides = geometry.coordinates.map(([ring]) => {
    const longitudes = ring.map(([longitude]) => longitude);
    return [Math.min(...longitudes), Math.max(...longitudes)];
  });
  return (
    sides.some(([west]) => west <= -179.999) &&
    sides.some(([, east]) => east >= 179.999) &&
    sides.every(([west, east]) => east - west < 180)
  );
}

function turnedEast(polygon) {
  const west = polygon[0].some(([longitude]) => longitude < 0 && !touches(longitude));
  return west ? polygon.map((ring) => ring.map(([x, y]) => [x + 360, y])) : polygon;
}

// Its areas, and its outline without the edges along the cut.
function joined(geometry) {
  const polygons = geometry.coordinates.map(turnedEast);
  const lines = [];
  for (const ring of polygons.flat()) {
    for (let i = 1; i < ring.length; i += 1) {
      const [from, to] = [ring[i - 1], ring[i]];
      if (from[0] !== 180 || to[0] !== 180) lines.push([from, to]);
    }
  }
  return [
    { type: "MultiPolygon", coordinates: polygons },
    { type: "MultiLineString", coordinates: lines },
  ];
}

// On the map page tiles draw the footprints: there only the chosen one is drawn over them.
const style = (element, chosen, { pictured, leads }) => ({
  color: colour(element, chosen ? "chosen" : "footprint"),
  weight: chosen ? 3 : 1.5,
  opacity: chosen || leads ? 1 : 0,
  fillOpacity: chosen && !pictured ? 0.3 : pictured || !leads ? 0 : 0.12,
});

function tooltip(feature) {
  const text = document.createElement("span");
  text.textContent = feature.properties.title;
  return text;
}

// `leads`: a click opens the item; on the map page a click asks what lies there instead.
function footprint(feature, map, leads) {
  const element = map.getContainer();
  const { href, title } = leads ? (feature.properties ?? {}) : {};
  const cut = isCut(feature.geometry);
  const shapes = cut ? joined(feature.geometry) : feature.geometry;
  const pictured = Boolean(feature.properties?.overlay);
  const turns = TURNS.map((turn) =>
    L.geoJSON(shapes, {
      interactive: Boolean(href),
      coordsToLatLng: ([x, y]) => L.latLng(y, x + turn),
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 6 }),
      style: (shape) => ({
        ...style(element, false, { pictured, leads }),
        stroke: !cut || shape.geometry.type !== "MultiPolygon",
      }),
    }),
  );
  const group = L.featureGroup(turns);
  if (title && href) group.bindTooltip(() => tooltip(feature), { sticky: true });
  if (href) group.on("click", () => window.location.assign(href));
  return Object.assign(group, { feature, pictured, leads, home: turns[1].getBounds() });
}

// The footprints of one map: drawn, framed, one of them chosen, pictures where they are straight.
class Footprints {
  constructor(map, leads) {
    this.map = map;
    this.leads = leads;
    this.shown = new Map();
    this.pictures = new Map();
    map.on("moveend zoomend", () => this.drawPictures());
  }

  draw({ features }) {
    for (const group of this.shown.values()) group.remove();
    this.shown = new Map(
      features
        .filter((feature) => feature.geometry)
        .map((feature) => [feature.id, footprint(feature, this.map, this.leads)]),
    );
    for (const group of this.shown.values()) group.addTo(this.map);
    this.drawPictures();
  }

  bounds() {
    const all = L.latLngBounds([]);
    for (const group of this.shown.values()) all.extend(group.home);
    return all;
  }

  choose(id) {
    const element = this.map.getContainer();
    for (const [key, group] of this.shown) group.setStyle(style(element, key === id, group));
    this.shown.get(id)?.bringToFront();
  }

  // Only what is large enough to be seen and small enough to be honest gets its picture.
  drawPictures() {
    if (!this.map._loaded) return;
    const view = this.map.getBounds();
    const wanted = new Map();
    for (const [id, { feature, home }] of this.shown) {
      const picture = feature.properties?.overlay;
      if (!picture || wanted.size >= OVERLAYS || !home.isValid()) continue;
      const turn = Math.round((view.getCenter().lng - home.getCenter().lng) / 360) * 360;
      const bounds = L.latLngBounds(
        [home.getSouth(), home.getWest() + turn],
        [home.getNorth(), home.getEast() + turn],
      );
      if (!view.intersects(bounds) || this.reach(bounds) < 24) continue;
      wanted.set(`${id} ${turn}`, [picture, bounds]);
    }
    for (const [key, layer] of this.pictures) {
      if (wanted.has(key)) continue;
      layer.remove();
      this.pictures.delete(key);
    }
    for (const [key, [picture, bounds]] of wanted) {
      if (this.pictures.has(key)) continue;
      this.pictures.set(key, L.imageOverlay(picture, bounds, { alt: "" }).addTo(this.map));
    }
  }

  // How many pixels its longer side has.
  reach(bounds) {
    const [from, to] = [bounds.getSouthWest(), bounds.getNorthEast()].map((at) =>
      this.map.latLngToContainerPoint(at),
    );
    return Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  }

}

// "west,south,east,north" with west > east where the box crosses 180° (RFC 7946, 5.2).
export function boundsOf(text) {
  const [west, south, east, north] = text.split(",").map(Number);
  return L.latLngBounds([south, west], [north, east < west ? east + 360 : east]);
}

export function boxOf(map) {
  const view = map.getBounds();
  const turned = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const whole = view.getEast() - view.getWest() >= 360;
  const south = view.getSouth() < -85 ? -90 : view.getSouth();
  const north = view.getNorth() > 85 ? 90 : view.getNorth();
  const sides = whole ? [-180, 180] : [turned(view.getWest()), turned(view.getEast())];
  const digits = map.getZoom() > 12 ? 5 : 3;
  return [sides[0], south, sides[1], north].map((number) => Number(number.toFixed(digits)));
}

export function frameTo(map, bounds) {
  if (!bounds.isValid()) return;
  map.fitBounds(bounds, { padding: [28, 28], maxZoom: 15, animate: false });
  framed.set(map, { bounds, zoom: map.getZoom(), centre: map.getCenter() });
}

// After the page changed its size: as much is shown as before, until somebody moves the map.
function refit({ map }, element) {
  const before = framed.get(map);
  const left = before && map.getZoom() === before.zoom && moved(map, before.centre) < 3;
  map.invalidateSize({ animate: false });
  map.setMinZoom(Math.max(leastZoom(element), JSON.parse(element.dataset.map).minzoom ?? 0));
  if (left) frameTo(map, before.bounds);
}

// In pixels: a change of size alone moves the centre by parts of one.
function moved(map, centre) {
  return map.project(map.getCenter()).distanceTo(map.project(centre));
}

// The whole world fits, with hardly any room above the poles.
function leastZoom(element) {
  return Math.max(0, Math.ceil(Math.log2((element.clientHeight || 256) / 256) - 0.2));
}

function options(element, settings) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    attributionControl: settings.layers.some(([, , { attribution }]) => attribution),
    minZoom: Math.max(leastZoom(element), settings.minzoom ?? 0),
    maxZoom: settings.maxzoom ?? 19,
    worldCopyJump: true,
    maxBounds: [[-85.06, -720], [85.06, 720]],
    maxBoundsViscosity: 1,
    preferCanvas: true,
    renderer: L.canvas({ padding: 0.5, tolerance: 4 }),
    zoomControl: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
    inertia: !still,
  };
}

/** Starts the map declared by `element` ([data-map]) and gives {map, L, frame, footprints}. */
export function startMap(element) {
  const settings = JSON.parse(element.dataset.map);
  const frame = element.closest("[data-map-frame]") ?? element;
  const map = L.map(element, options(element, settings));
  map.attributionControl?.setPrefix(false);
  L.control.zoom({ zoomInTitle: "Zoom in", zoomOutTitle: "Zoom out" }).addTo(map);
  if (settings.scale) L.control.scale({ imperial: settings.scale !== "metric" }).addTo(map);
  map.setView([15, 0], map.getMinZoom(), { animate: false });
  addBackground(map, element, settings);
  const footprints = new Footprints(map, !frame.dataset.follow);
  const source = frame.dataset.features && document.getElementById(frame.dataset.features);
  if (source) footprints.draw(JSON.parse(source.textContent));
  const box = frame.dataset.bbox ? boundsOf(frame.dataset.bbox) : footprints.bounds();
  frameTo(map, box);
  const started = { map, L, frame, footprints };
  maps.set(element, started);
  if (frame.dataset.follow) started.tiles = explore({ ...started, boxOf, boundsOf, frameTo });
  frame.dispatchEvent(new CustomEvent("map:ready", { bubbles: true, detail: started }));
  return started;
}

/** The running map of a [data-map] element. */
export const mapOf = (element) => maps.get(element);

// A map starts once it has a size: it may lie in a part of the page that is opened later.
const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (maps.has(target)) refit(maps.get(target), target);
    else if (contentRect.height > 0 && target.isConnected) startMap(target);
  }
});

function watch() {
  for (const [element, { map }] of maps) {
    if (element.isConnected) continue;
    map.remove();
    maps.delete(element);
    sizes.unobserve(element);
  }
  for (const element of document.querySelectorAll("[data-map]")) sizes.observe(element);
}

function repaint() {
  for (const { map, footprints, tiles } of maps.values()) {
    map.eachLayer((layer) => layer instanceof NaturalEarth && layer.redraw());
    tiles?.repaint();
    footprints.choose(undefined);
  }
}

watch();
document.addEventListener("htmx:after:swap", watch);
document.addEventListener("theme:change", repaint);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
