"""Media types in a word."""

from collections.abc import Iterable

COG = "cloud-optimized"
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_LABELS = {
    "image/tiff": "TIFF",
    "image/jp2": "JPEG 2000",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WebP",
    "image/gif": "GIF",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "application/geopackage+sqlite3": "GeoPackage",
    "application/x-parquet": "Parquet",
    "application/vnd.apache.parquet": "Parquet",
    "application/x-hdf": "HDF",
    "application/x-hdf5": "HDF5",
    "application/netcdf": "NetCDF",
    "application/x-netcdf": "NetCDF",
    "application/vnd+zarr": "Zarr",
    "application/vnd.zarr": "Zarr",
    "application/vnd.laszip+copc": "COPC",
    "application/xml": "XML",
    "text/xml": "XML",
    "text/html": "HTML",
    "text/plain": "Text",
    "text/csv": "CSV",
    "application/pdf": "PDF",
    "application/zip": "ZIP",
    "application/wmo-GRIB2": "GRIB2",
}


def label(media_type: str) -> str:
    """`image/tiff; application=geotiff; profile=cloud-optimized` is a COG."""
    bare, *parameters = (part.strip() for part in media_type.split(";"))
    if bare == "image/tiff" and any(COG in parameter for parameter in parameters):
        return "COG"
    if bare in ("image/tiff", "image/vnd.stac.geotiff") and any(
        "geotiff" in parameter for parameter in (bare, *parameters)
    ):
        return "COG" if COG in media_type else "GeoTIFF"
    return _LABELS.get(bare, bare.rpartition("/")[2].removeprefix("x-") or bare)


def labels(media_types: Iterable[str]) -> list[str]:
    """Each once; data before pictures and words about it."""
    found = dict.fromkeys(label(one) for one in media_types if one)
    last = {"JPEG", "PNG", "WebP", "GIF", "XML", "HTML", "Text", "JSON"}
    return sorted(found, key=lambda name: name in last)
