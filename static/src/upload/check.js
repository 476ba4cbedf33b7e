// What can be said about a file before a byte of it moves. It refuses only what the server would
// refuse as well: whatever is doubtful goes on to the server, which looks more closely.
import { bytes } from "./words.js";

const TIFF = ["49492a00", "4d4d002a", "49492b00", "4d4d002b"];

// What else people drop: the first bytes, what it is, and what to do about it.
const OTHERS = [
  ["89504e47", "a PNG picture", "It holds no position on Earth that we could rely on."],
  ["ffd8ff", "a JPEG picture", "It holds no position on Earth that we could rely on."],
  ["47494638", "a GIF picture", "It holds no position on Earth that we could rely on."],
  ["0000000c6a5020", "a JPEG 2000 file", convert("jp2")],
  ["ff4fff51", "a JPEG 2000 file", convert("jp2")],
  ["89484446", "an HDF5 or netCDF file", convert("nc")],
  ["0e031301", "an HDF4 file", convert("hdf")],
  ["434446", "a netCDF file", convert("nc")],
  ["47524942", "a GRIB file", convert("grib")],
  ["504b0304", "a ZIP archive", "Unpack it and drop the GeoTIFF files inside."],
  ["1f8b", "a gzip archive", "Unpack it and drop the GeoTIFF files inside."],
  ["377abcaf", "a 7-Zip archive", "Unpack it and drop the GeoTIFF files inside."],
  ["53514c69746520666f726d6174", "a GeoPackage or SQLite database", vectors()],
  ["50415231", "a Parquet file", vectors()],
  ["0000270a", "a shapefile", vectors()],
  ["4c415346", "a LAS or LAZ point cloud", "Point clouds cannot be taken yet."],
  ["25504446", "a PDF document", "Export the map from it as a GeoTIFF."],
  ["4d5a", "a Windows program", "Drop GeoTIFF files (.tif)."],
];
const WORDS = [
  [/^\s*<VRTDataset/i, "a GDAL virtual raster", "Drop the files it points to, or make one file of it: gdal_translate in.vrt out.tif"],
  [/^\s*[{[]/, "a JSON file", "Drop GeoTIFF files (.tif)."],
  [/^\s*<(\?xml|html|!doctype|kml|svg)/i, "an XML or HTML file", "Drop GeoTIFF files (.tif)."],
];

// ModelPixelScale, an older transform, ModelTiepoint (also ground control points),
// ModelTransformation, GeoKeyDirectory, RPC coefficients; and GDAL's own metadata, which may say it.
const POSITION = [33550, 33920, 33922, 34264, 34735, 50844, 42112];
const MOST_PICTURES = 8;

function convert(extension) {
  return `Make a GeoTIFF of it first: gdal_translate in.${extension} out.tif`;
}

function vectors() {
  return "GiSTAC takes rasters; drop GeoTIFF files (.tif).";
}

// {problem, advice} when the file cannot be taken, {facts} when it may.
export async function check(file, room) {
  if (file.size === 0) {
    return refused("This file is empty (0 bytes).", "Export or copy it again.");
  }
  if (room !== null && file.size > room) {
    return refused(
      `This file is too big for the room left: it has ${bytes(file.size)}, ${bytes(Math.max(room, 0))} are left.`,
      "Delete something, then empty the trash, or ask for more room.",
    );
  }
  let head;
  try {
    head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  } catch {
    return refused("This file cannot be read.", "Is it a folder, or was it moved? Pick it again.");
  }
  if (!TIFF.includes(hex(head.slice(0, 4)))) return notTiff(head);
  return tiff(file);
}

function refused(problem, advice) {
  return { problem, advice };
}

function notTiff(head) {
  const first = hex(head);
  const text = new TextDecoder().decode(head);
  const known =
    OTHERS.find(([magic]) => first.startsWith(magic)) ??
    WORDS.find(([pattern]) => pattern.test(text));
  if (known) return refused(`This is ${known[1]}; GeoTIFF is what can be taken now.`, known[2]);
  return refused(
    "This is not a TIFF file: its first bytes say something else.",
    "Drop GeoTIFF files (.tif). If it should be one, it was damaged on its way; copy it again.",
  );
}

function hex(array) {
  return Array.from(array, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// geotiff.js is fetched at the first TIFF only: it is larger than everything else on the page.
async function tiff(file) {
  const { fromBlob } = await import("./header.js");
  let picture;
  let position = false;
  try {
    const opened = await fromBlob(file);
    for (let index = 0; index < MOST_PICTURES && !position; index += 1) {
      const directory = (await opened.getImage(index)).fileDirectory;
      picture ??= directory;
      position = POSITION.some((tag) => directory.hasTag(tag));
    }
  } catch (error) {
    // The end of the list of pictures, or a form that geotiff.js does not know and GDAL may.
    if (error?.name !== "GeoTIFFImageIndexError" && !/No image at index/.test(error?.message)) {
      return (await cutShort(file)) ?? { facts: "" };
    }
  }
  if (picture && !position) {
    return refused(
      "This file does not say where on Earth it is: it holds no georeference.",
      "Embed one: gdal_translate -a_srs EPSG:… -a_ullr west north east south in.tif out.tif",
    );
  }
  return { facts: facts(picture) };
}

// A first directory beyond the file's end cannot be read by anyone.
async function cutShort(file) {
  const view = new DataView(await file.slice(0, 16).arrayBuffer());
  const little = view.getUint8(0) === 0x49;
  const big = view.getUint16(2, little) === 43;
  if (view.byteLength < (big ? 16 : 8)) return ended();
  const first = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  return first >= file.size ? ended() : null;
}

function ended() {
  return refused("This file ends too early: a part of it is missing.", "Copy or export it again.");
}

function facts(directory) {
  if (!directory) return "";
  const [width, height] = [directory.getValue("ImageWidth"), directory.getValue("ImageLength")];
  if (!width || !height) return "";
  const bands = directory.hasTag(277) ? directory.getValue("SamplesPerPixel") : 1;
  return `${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels, ${bands} ${bands === 1 ? "band" : "bands"}`;
}
