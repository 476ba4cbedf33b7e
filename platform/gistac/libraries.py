"""GeoDjango's GDAL and GEOS come from rasterio's wheel.

Debian 12 has GDAL 3.6, which cannot be told to stay off files and the network (Django's check
gis.W001 warns of it), and two GDALs in one process are one too many. The wheel's GDAL 3.12 does
geometry and transformations for GeoDjango as it does for rasterio, once it is told where its own
projection database lies. Where rasterio was built from source there is no such folder, and
GeoDjango finds the system's libraries as usual.
"""

import os
from importlib.util import find_spec
from pathlib import Path


def _package() -> Path | None:
    found = find_spec("rasterio")
    return Path(found.origin).parent if found and found.origin else None


def path_of(name: str) -> str | None:
    """Where `libgdal` or `libgeos_c` lies inside rasterio's wheel, or None."""
    package = _package()
    if package is None:
        return None
    found = sorted((package.parent / "rasterio.libs").glob(f"{name}-*.so*"))
    return str(found[0]) if found else None


def use_own_projection_data() -> None:
    """Must run before the library is loaded."""
    package = _package()
    if package is None or path_of("libgdal") is None:
        return
    for variable, folder in (("PROJ_DATA", "proj_data"), ("GDAL_DATA", "gdal_data")):
        if (package / folder).is_dir():
            os.environ[variable] = str(package / folder)
