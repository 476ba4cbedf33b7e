"""The one file that the confined child may read: a copy, or ranges that its parent serves."""

import io
from pathlib import Path
from typing import IO, NamedTuple

import rasterio
from rasterio.io import DatasetReader

from catalogs.rasters.channel import Channel, RemoteFile

READ_AHEAD = 256 * 1024


class File(NamedTuple):
    path: str  # "" where the parent serves ranges
    size: int
    talk: Channel

    def open(self) -> IO[bytes]:
        if self.path:
            return Path(self.path).open("rb")
        return io.BufferedReader(RemoteFile(self.talk, self.size), READ_AHEAD)

    def dataset(self) -> DatasetReader:
        """As GeoTIFF and as nothing else."""
        if self.path:
            return rasterio.open(self.path, driver="GTiff")
        return rasterio.open("remote.tif", driver="GTiff", opener=self._opener)

    def _opener(self, path: str, mode: str = "rb") -> IO[bytes]:
        if mode not in ("r", "rb"):
            raise PermissionError(path)
        return self.open()
