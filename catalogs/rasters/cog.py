"""A Cloud Optimized GeoTIFF of any GeoTIFF. Runs in a confined child of its own."""

from pathlib import Path
from typing import Any

from rasterio.enums import ColorInterp
from rio_cogeo.cogeo import cog_translate, cog_validate
from rio_cogeo.profiles import cog_profiles

from catalogs.rasters import channel
from catalogs.rasters.channel import Channel
from catalogs.rasters.file import File
from catalogs.rasters.refusals import CRASHED, Rejected

NAME = "cog.tif"


def convert(file: File, request: dict[str, Any], talk: Channel) -> dict[str, Any]:
    """Lossless, same pixels and projection, with overviews; written into the given folder."""
    target = Path(request["writable"][0]) / NAME
    talk.say(channel.PROGRESS, 0.05)
    with file.dataset() as dataset:
        profile = {**cog_profiles["deflate"], "BIGTIFF": "IF_SAFER", "SPARSE_OK": True}
        classes = ColorInterp.palette in dataset.colorinterp
        cog_translate(
            dataset,
            target,
            profile,
            overview_resampling="nearest" if classes else "average",
            in_memory=False,
            allow_intermediate_compression=True,
            forward_band_tags=True,
            config={"GDAL_NUM_THREADS": "1", "GDAL_TIFF_INTERNAL_MASK": True},
            quiet=True,
        )
    valid, _, _ = cog_validate(target, quiet=True)
    if not valid:
        raise Rejected(CRASHED)
    return {"size": target.stat().st_size}
