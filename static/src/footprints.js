// Footprints as the server's map tiles draw them, and a grid of counts where they are too many.
// Drawn on canvases, with the colours of the theme; what lies under the cursor is told.
import { VectorTile } from "@mapbox/vector-tile";
import L from "leaflet";
import { PbfReader } from "pbf";

const SIZE = 512;
const HOVERED = 50; // footprints counted under the cursor
const DENSITIES = [10, 100, 1000, 10000]; // where the next shade begins
const SHADES = [0.16, 0.3, 0.46, 0.64, 0.84];

const ink = (map, name) => getComputedStyle(map.getContainer()).getPropertyValue(`--map-${name}`).trim();

// Lines along the ends of the map are cuts, not outlines.
function isCut(from, to, coords, extent) {
  const last = 2 ** coords.z - 1;
  const along = (axis, at) => from[axis] === at && to[axis] === at;
  return (
    (coords.x === 0 && along("x", 0)) ||
    (coords.x === last && along("x", extent)) ||
    (coords.y === 0 && along("y", 0)) ||
    (coords.y === last && along("y", extent))
  );
}

function shapeOf(feature, coords) {
  const scale = SIZE / feature.extent;
  const area = new Path2D();
  const outline = new Path2D();
  for (const ring of feature.loadGeometry()) {
    if (feature.type === 1) {
      for (const { x, y } of ring) area.rect(x * scale - 1.5, y * scale - 1.5, 3, 3);
      continue;
    }
    ring.forEach((at, i) => {
      const [x, y] = [at.x * scale, at.y * scale];
      if (i === 0) area.moveTo(x, y);
      else area.lineTo(x, y);
      if (i === 0 || isCut(ring[i - 1], at, coords, feature.extent)) outline.moveTo(x, y);
      else outline.lineTo(x, y);
    });
    if (feature.type === 3) area.closePath();
  }
  return { area, outline, type: feature.type, ...feature.properties };
}

function read(buffer, coords) {
  const { footprints, cells } = new VectorTile(new PbfReader(buffer)).layers;
  const layer = footprints ?? cells;
  const shapes = [];
  for (let i = 0; i < (layer?.length ?? 0); i += 1) shapes.push(shapeOf(layer.feature(i), coords));
  return { shapes, isGrid: Boolean(cells) };
}

const shade = (count) => SHADES[DENSITIES.filter((bound) => count >= bound).length];

function draw(canvas, { shapes, isGrid }, colour) {
  const sharp = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIZE * sharp;
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  context.fillStyle = context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  // Many lie on top of each other: each is fainter, so that the map below stays to be seen.
  const [fill, stroke] = [0.12 * Math.min(1, 100 / shapes.length), Math.min(0.9, 200 / shapes.length)];
  for (const shape of shapes) {
    context.globalAlpha = isGrid ? shade(shape.count) : shape.type === 1 ? 0.9 : fill;
    if (shape.type !== 2) context.fill(shape.area);
    context.globalAlpha = stroke;
    if (!isGrid && shape.type !== 1) context.stroke(shape.outline);
  }
}

export const FootprintTiles = L.GridLayer.extend({
  options: { tileSize: SIZE, minNativeZoom: 1, keepBuffer: 1, updateWhenZooming: false, zIndex: 2 },

  // "/stac/tiles/WebMercatorQuad/?collections=..." as the list says it.
  ask(source) {
    if (source === this.source) return;
    this.source = source;
    this.redraw();
  },

  createTile({ x, y, z }, done) {
    const canvas = L.DomUtil.create("canvas", "footprint-tile");
    const coords = { x, y, z: z - 1 };
    const reading = new AbortController();
    Object.assign(canvas, { reading, found: { shapes: [], isGrid: false } });
    this.load(canvas, coords, reading.signal).then(
      () => done(null, canvas),
      (error) => error.name !== "AbortError" && done(error, canvas),
    );
    return canvas;
  },

  async load(canvas, { x, y, z }, signal) {
    if (!this.source) return;
    const [path, query] = this.source.split("?");
    const response = await fetch(`${path}${z}/${y}/${x}${query ? `?${query}` : ""}`, { signal });
    if (!response.ok) throw new Error(`${response.status}`);
    if (response.status === 204) return;
    canvas.found = read(new Uint8Array(await response.arrayBuffer()), { x, y, z });
    draw(canvas, canvas.found, ink(this._map, "footprint"));
  },

  repaint() {
    for (const { el } of Object.values(this._tiles)) draw(el, el.found, ink(this._map, "footprint"));
  },

  // Whether any tile in view is a grid, and whether its counts are estimated.
  grid() {
    const tiles = Object.values(this._tiles).filter(({ current, el }) => current && el.found.isGrid);
    const estimated = tiles.some(({ el }) => el.found.shapes.some((cell) => cell.estimated));
    return { shown: tiles.length > 0, estimated };
  },

  // What lies at this place, in words; nothing where nothing does.
  at(place) {
    const zoom = this._tileZoom;
    if (zoom === undefined) return "";
    const pixel = this._map.project(place, zoom);
    const [x, y] = [Math.floor(pixel.x / SIZE), Math.floor(pixel.y / SIZE)];
    const canvas = this._tiles[`${x}:${y}:${zoom}`]?.el;
    if (!canvas?.found.shapes.length) return "";
    const context = canvas.getContext("2d");
    const sharp = canvas.width / SIZE;
    const [left, top] = [(pixel.x - x * SIZE) * sharp, (pixel.y - y * SIZE) * sharp];
    let hit = 0;
    for (const shape of canvas.found.shapes) {
      const touched =
        context.isPointInPath(shape.area, left, top) ||
        (!canvas.found.isGrid && context.isPointInStroke(shape.outline, left, top));
      if (!touched) continue;
      if (canvas.found.isGrid) return inWords(shape.count, shape.estimated);
      hit += 1;
      if (hit > HOVERED) break;
    }
    return hit ? inWords(Math.min(hit, HOVERED), false, hit > HOVERED) : "";
  },
});

function inWords(count, estimated, more = false) {
  const number = count.toLocaleString("en");
  return `${estimated ? "About " : more ? "More than " : ""}${number} item${count === 1 ? "" : "s"}`;
}
