// geotiff.js, and of it only what reads headers.
export { fromBlob } from "geotiff";
