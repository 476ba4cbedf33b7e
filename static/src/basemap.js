// Draws Natural Earth onto canvas tiles: no tile server, sharp at every zoom, in the page's colours.
// Knows nothing of the map library: give it a canvas and a tile's place.

const SCALE = 100; // static/generate.py packs hundredths of a degree
const TILE = 256;
const LABELS_FROM = 3;
const FONT = "500 12px 'Inter Variable', system-ui, sans-serif";
const POLE = 85.0511;

const worldY = (latitude) => {
  const sine = Math.sin((Math.max(-POLE, Math.min(POLE, latitude)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};

// A line in world units: x and y in 0..1, with the box that holds it.
function unpack(numbers) {
  const points = new Float64Array(numbers.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let longitude = 0;
  let latitude = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    longitude += numbers[i];
    latitude += numbers[i + 1];
    const x = (points[i] = longitude / SCALE / 360 + 0.5);
    const y = (points[i + 1] = worldY(latitude / SCALE));
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return { points, box };
}

export async function loadBasemap(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The basemap did not load: ${response.status}`);
  const { land, borders, labels } = await response.json();
  return {
    land: land.map(unpack),
    borders: borders.map(unpack),
    labels: labels.map(([text, longitude, latitude, area]) => ({
      text,
      x: longitude / 360 + 0.5,
      y: worldY(latitude),
      width: Math.sqrt(area) / 360,
    })),
    placed: new Map(),
  };
}

const apart = (box, view) =>
  box[0] > view[2] || box[2] < view[0] || box[1] > view[3] || box[3] < view[1];

// One pass of Sutherland and Hodgman: what of the ring lies on the inner side of one edge.
function clipEdge(ring, axis, limit, sign) {
  const kept = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = i === 0 ? ring.length - 2 : i - 2;
    const from = (ring[j + axis] - limit) * sign;
    const to = (ring[i + axis] - limit) * sign;
    if (from >= 0 !== to >= 0) {
      const part = from / (from - to);
      kept.push(
        ring[j] + (ring[i] - ring[j]) * part,
        ring[j + 1] + (ring[i + 1] - ring[j + 1]) * part,
      );
    }
    if (to >= 0) kept.push(ring[i], ring[i + 1]);
  }
  return kept;
}

function clip({ points, box }, view) {
  let ring = points;
  if (box[0] < view[0]) ring = clipEdge(ring, 0, view[0], 1);
  if (box[2] > view[2]) ring = clipEdge(ring, 0, view[2], -1);
  if (box[1] < view[1]) ring = clipEdge(ring, 1, view[1], 1);
  if (box[3] > view[3]) ring = clipEdge(ring, 1, view[3], -1);
  return ring;
}

function trace(context, ring, place) {
  for (let i = 0; i < ring.length; i += 2) {
    const x = (ring[i] - place.left) * place.size;
    const y = (ring[i + 1] - place.top) * place.size;
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
}

// Segments near the tile; the cuts along 180° and the foot of the map are no coast.
function traceLine(context, { points }, place, view) {
  let pen = false;
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x1, y1] = points.subarray(i - 2, i + 2);
    const cut = (x0 === x1 && (x0 <= 0 || x0 >= 1)) || (y0 >= 0.9999 && y1 >= 0.9999);
    const outside =
      (x0 < view[0] && x1 < view[0]) ||
      (x0 > view[2] && x1 > view[2]) ||
      (y0 < view[1] && y1 < view[1]) ||
      (y0 > view[3] && y1 > view[3]);
    if (cut || outside) {
      pen = false;
      continue;
    }
    if (!pen) context.moveTo((x0 - place.left) * place.size, (y0 - place.top) * place.size);
    context.lineTo((x1 - place.left) * place.size, (y1 - place.top) * place.size);
    pen = true;
  }
}

function stroke(context, lines, place, view, colour, width) {
  context.beginPath();
  for (const line of lines) if (!apart(line.box, view)) traceLine(context, line, place, view);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

// Names that fit into their country and do not touch; the larger country speaks first.
function place(basemap, zoom, context) {
  if (basemap.placed.has(zoom)) return basemap.placed.get(zoom);
  const size = TILE * 2 ** zoom;
  const shown = [];
  for (const label of basemap.labels) {
    const width = context.measureText(label.text).width;
    if (label.width * size < width * 0.75) continue;
    const [x, y] = [label.x * size, label.y * size];
    const box = [x - width / 2 - 4, y - 10, x + width / 2 + 4, y + 10];
    if (shown.every((other) => apart(box, other.box))) shown.push({ text: label.text, x, y, box });
  }
  basemap.placed.set(zoom, shown);
  return shown;
}

function write(context, basemap, tile, colours) {
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = colours.land;
  context.fillStyle = colours.text;
  const world = TILE * 2 ** tile.z;
  const corner = [tile.x * TILE, tile.y * TILE];
  for (const { text, x, y, box } of place(basemap, tile.z, context)) {
    for (const turn of [-world, 0, world]) {
      const [left, top] = [x + turn - corner[0], y - corner[1]];
      const half = (box[2] - box[0]) / 2;
      if (left + half < 0 || left - half > TILE || top < -10 || top > TILE + 10) continue;
      context.strokeText(text, left, top);
      context.fillText(text, left, top);
    }
  }
}

// tile: {x, y, z} with x within the world; colours: {water, land, coast, border, text}.
export function drawTile(canvas, basemap, tile, colours) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = TILE * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.fillStyle = colours.water;
  context.fillRect(0, 0, TILE, TILE);
  const size = TILE * 2 ** tile.z;
  const where = { left: (tile.x * TILE) / size, top: (tile.y * TILE) / size, size };
  const rim = 8 / size;
  const view = [
    where.left - rim,
    where.top - rim,
    where.left + TILE / size + rim,
    where.top + TILE / size + rim,
  ];
  const near = basemap.land.filter((ring) => !apart(ring.box, view));
  context.beginPath();
  for (const ring of near) trace(context, clip(ring, view), where);
  context.fillStyle = colours.land;
  context.fill("evenodd");
  stroke(context, near, where, view, colours.coast, 1);
  stroke(context, basemap.borders, where, view, colours.border, 0.8);
  if (tile.z >= LABELS_FROM) write(context, basemap, tile, colours);
}
