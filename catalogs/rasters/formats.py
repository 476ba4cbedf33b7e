"""What a file is, by its name and its first bytes; and what to do with one we do not take."""

from pathlib import PurePath
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why a file is not taken, for programs (code) and people (problem, advice)."""

    code: str
    problem: str
    advice: str


_TO_COG = "Convert it: gdal_translate -of COG {source} out.tif"


def _image(what: str, more: str = "") -> Refusal:
    return Refusal(
        "other-format",
        f"This is a {what}, and GeoTIFF is what can be taken now.",
        more
        or "If it has a world file or other georeference, convert it: "
        "gdal_translate -of COG -a_srs EPSG:4326 in out.tif",
    )


JPEG = _image("JPEG picture")
PNG = _image("PNG picture")
GIF = _image("GIF picture")
WEBP = _image("WebP picture")
JPEG2000 = _image("JPEG 2000 image", _TO_COG.format(source="in.jp2"))
NETCDF = Refusal(
    "other-format",
    "This is a netCDF file, and GeoTIFF is what can be taken now.",
    "Take one variable out of it: gdal_translate -of COG NETCDF:in.nc:variable out.tif",
)
HDF = Refusal(
    "other-format",
    "This is an HDF file (HDF5 or netCDF-4), and GeoTIFF is what can be taken now.",
    "gdalinfo lists what is in it; then: gdal_translate -of COG 'HDF5:\"in.h5\"://name' out.tif",
)
HDF4 = Refusal(
    "other-format",
    "This is an HDF4 file, and GeoTIFF is what can be taken now.",
    "gdalinfo lists what is in it; then: gdal_translate -of COG <the subdataset> out.tif",
)
GRIB = _image("GRIB file", "Take one band out of it: gdal_translate -of COG -b 1 in.grib2 out.tif")
GEOPACKAGE = Refusal(
    "other-format",
    "This is a GeoPackage (an SQLite database), and GeoTIFF is what can be taken now.",
    "If it holds raster tiles: gdal_translate -of COG in.gpkg out.tif. Vector data cannot be "
    "taken yet.",
)
POINTCLOUD = Refusal(
    "other-format",
    "This is a LAS or LAZ point cloud, and GeoTIFF is what can be taken now.",
    "A surface can be made of it with PDAL's writers.gdal.",
)
ZIP = Refusal(
    "other-format",
    "This is a zip archive. Files are taken one by one.",
    "Unpack it and drop the GeoTIFFs that are in it.",
)
GZIP = Refusal(
    "other-format",
    "This is a compressed archive (gzip). Files are taken as they are.",
    "Unpack it and drop the GeoTIFFs that are in it.",
)
VRT = Refusal(
    "other-format",
    "This is a VRT: it only names other files, and those are not here.",
    "Make one file of it: gdal_translate -of COG in.vrt out.tif",
)
PARQUET = Refusal(
    "other-format",
    "This is a Parquet file, and GeoTIFF is what can be taken now.",
    "Vector data cannot be taken yet.",
)
SHAPEFILE = Refusal(
    "other-format",
    "This is part of a shapefile, and GeoTIFF is what can be taken now.",
    "Vector data cannot be taken yet.",
)
JSON = Refusal(
    "other-format",
    "This is JSON, and GeoTIFF is what can be taken now.",
    "STAC items can be sent to the API: POST .../collections/<collection>/items",
)
PDF = Refusal(
    "other-format",
    "This is a PDF, and GeoTIFF is what can be taken now.",
    "If it is a GeoPDF: gdal_translate -of COG in.pdf out.tif",
)
ZARR = Refusal(
    "other-format",
    "This is a part of a Zarr store, and GeoTIFF is what can be taken now.",
    "Take one array out of it: gdal_translate -of COG ZARR:in.zarr:/array out.tif",
)
SIDECAR = Refusal(
    "sidecar",
    "This is a side file that belongs to an image.",
    "Drop the image alone, with its georeference inside: gdal_translate -of COG in.tif out.tif",
)
EMPTY = Refusal("empty", "The file is empty: it has no bytes.", "Export or download it again.")
NOT_TIFF = Refusal(
    "not-a-tiff",
    "This is not a TIFF, whatever its name says.",
    "Open it in the program that made it and export it as GeoTIFF.",
)

_BY_EXTENSION = {
    "jpg": JPEG,
    "jpeg": JPEG,
    "png": PNG,
    "gif": GIF,
    "webp": WEBP,
    "jp2": JPEG2000,
    "j2k": JPEG2000,
    "nc": NETCDF,
    "nc4": NETCDF,
    "h5": HDF,
    "hdf5": HDF,
    "hdf": HDF,
    "grb": GRIB,
    "grib": GRIB,
    "grib2": GRIB,
    "gpkg": GEOPACKAGE,
    "las": POINTCLOUD,
    "laz": POINTCLOUD,
    "zip": ZIP,
    "7z": ZIP,
    "gz": GZIP,
    "tgz": GZIP,
    "vrt": VRT,
    "parquet": PARQUET,
    "geoparquet": PARQUET,
    "shp": SHAPEFILE,
    "shx": SHAPEFILE,
    "dbf": SHAPEFILE,
    "json": JSON,
    "geojson": JSON,
    "pdf": PDF,
    "zarr": ZARR,
    "ovr": SIDECAR,
    "tfw": SIDECAR,
    "prj": SIDECAR,
    "xml": SIDECAR,
    "rpb": SIDECAR,
    "msk": SIDECAR,
}

_BY_MAGIC: list[tuple[int, bytes, Refusal]] = [
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG", PNG),
    (0, b"GIF8", GIF),
    (8, b"WEBP", WEBP),
    (4, b"jP  ", JPEG2000),
    (0, b"\xff\x4f\xff\x51", JPEG2000),
    (0, b"CDF\x01", NETCDF),
    (0, b"CDF\x02", NETCDF),
    (0, b"CDF\x05", NETCDF),
    (0, b"\x89HDF", HDF),
    (0, b"\x0e\x03\x13\x01", HDF4),
    (0, b"GRIB", GRIB),
    (0, b"SQLite format 3", GEOPACKAGE),
    (0, b"LASF", POINTCLOUD),
    (0, b"PK\x03\x04", ZIP),
    (0, b"7z\xbc\xaf", ZIP),
    (0, b"\x1f\x8b", GZIP),
    (0, b"PAR1", PARQUET),
    (0, b"%PDF", PDF),
]

TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def advice_for_name(filename: str) -> Refusal | None:
    """None for what may be a TIFF: .tif, .tiff, and names that say nothing."""
    return _BY_EXTENSION.get(PurePath(filename).suffix.lstrip(".").lower())


def refusal_for_bytes(head: bytes) -> Refusal | None:
    """None for a TIFF, by the file's first bytes (64 are enough)."""
    if not head:
        return EMPTY
    if head[:4] in TIFF_MAGIC:
        return None
    for offset, magic, refusal in _BY_MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return refusal
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<VRTDataset"):
        return VRT
    return JSON if text[:1] in (b"{", b"[") else NOT_TIFF
