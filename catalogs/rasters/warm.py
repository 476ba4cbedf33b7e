"""Run once by a parent before its first child: compiles what children import, names the drivers.

Children may write nothing, so Python code that is not compiled yet would be compiled by each.
"""

import json
import sys
from typing import Any, cast

sys.modules["boto3"] = cast(Any, None)  # readers have no cloud to talk to

from rasterio.env import Env  # noqa: E402

from catalogs.rasters import child, cog, describe, file, scan  # noqa: E402, F401

if __name__ == "__main__":
    with Env() as env:
        print(json.dumps(sorted(env.drivers())))
