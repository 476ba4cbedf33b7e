"""Reads a TIFF's tags, and nothing else, before GDAL may see the file."""

import math
import xml.etree.ElementTree as ElementTree
from struct import error as StructError
from typing import IO, Any

import tifffile

from catalogs.rasters.formats import refusal_for_bytes
from catalogs.rasters.refusals import (
    BOMB,
    DAMAGED,
    HUGE_BLOCKS,
    MANY_IMAGES,
    POINTS_ELSEWHERE,
    Rejected,
)

MOST_IMAGES = 64  # overviews and masks included
MOST_BANDS = 4096
MOST_BYTES = 4 * 1024**4  # of pixels, unpacked
FREE_BYTES = 64 * 1024**3  # a file of any size may claim this much (sparse mosaics do)
MOST_RATIO = 2000  # beyond it, pixels to bytes; deflate reaches 1030
MOST_BLOCK = 64 * 1024**2  # bytes of one tile or strip, unpacked
MOST_METADATA = 16 * 1024**2
GDAL_METADATA = 42112
UNPACKED = 1  # the compression tag's value for none

# GDAL's own names for metadata that makes it open something else: no file has business with them.
FORBIDDEN_DOMAINS = {
    "geolocation",
    "mask",
    "new_vrt_sources",
    "overviews",
    "proxy_overview_request",
    "subdatasets",
    "vrt_sources",
    "xml:vrt",
}
FORBIDDEN_ITEMS = {
    "base_overview_file",
    "mask_file",
    "overview_file",
    "source_dataset",
    "x_dataset",
    "y_dataset",
}
_UNREADABLE = (
    tifffile.TiffFileError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    StructError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)


def scan(file: IO[bytes], size: int) -> None:
    """Raises Rejected for what GDAL must not see."""
    file.seek(0)
    if refusal := refusal_for_bytes(file.read(64)):
        raise Rejected(refusal)
    file.seek(0)
    try:
        with tifffile.TiffFile(file) as tiff:
            for page in _pages(tiff):
                _refuse_dangerous_tags(page)
                _refuse_absurd_sizes(page, size)
    except _UNREADABLE as fault:
        raise Rejected(DAMAGED) from fault


def _pages(tiff: tifffile.TiffFile) -> list[Any]:
    pages: list[Any] = []
    while True:
        try:
            pages.append(tiff.pages[len(pages)])
        except IndexError:
            break
        if len(pages) > MOST_IMAGES:
            raise Rejected(MANY_IMAGES)
    if not pages:
        raise Rejected(DAMAGED)
    return pages


def _refuse_dangerous_tags(page: Any) -> None:
    for tag in page.tags:
        if tag.code != GDAL_METADATA:
            continue
        if tag.count > MOST_METADATA:
            raise Rejected(DAMAGED)
        text = tag.value if isinstance(tag.value, str) else bytes(tag.value).decode("latin-1")
        _refuse_dangerous_metadata(text)


def _refuse_dangerous_metadata(text: str) -> None:
    """GDAL's metadata may describe the pixels; it may not send GDAL elsewhere."""
    if "<!" in text.replace("<!--", ""):  # entities could hide a name from this reader
        raise Rejected(POINTS_ELSEWHERE)
    try:
        root = ElementTree.fromstring(text.strip("\x00 \r\n\t"))  # noqa: S314 - no entities
    except ElementTree.ParseError as fault:
        # GDAL's own XML reader forgives more than this one: what it might still find decides.
        hides = "&#" in text  # letters by their numbers
        if hides or any(name in text.lower() for name in FORBIDDEN_ITEMS | {"overviews"}):
            raise Rejected(POINTS_ELSEWHERE) from fault
        return
    for node in root.iter():
        attributes = {name.lower(): value.strip().lower() for name, value in node.attrib.items()}
        domain, name = attributes.get("domain", ""), attributes.get("name", "")
        if domain in FORBIDDEN_DOMAINS or name in FORBIDDEN_ITEMS:
            raise Rejected(POINTS_ELSEWHERE)


def _refuse_absurd_sizes(page: Any, size: int) -> None:
    width, height, bands = page.imagewidth, page.imagelength, page.samplesperpixel
    if width < 1 or height < 1 or bands < 1:
        raise Rejected(DAMAGED)
    if bands > MOST_BANDS:
        raise Rejected(MANY_IMAGES)
    bits = page.bitspersample
    depth = max(1, math.ceil((max(bits) if isinstance(bits, tuple) else bits) / 8))
    pixels = width * height * bands * depth
    if pixels > MOST_BYTES or (pixels > FREE_BYTES and pixels > size * MOST_RATIO):
        raise Rejected(BOMB)
    block = _block_pixels(page) * depth * (bands if page.planarconfig == 1 else 1)
    if block > MOST_BLOCK and not (page.compression == UNPACKED and not page.is_tiled):
        raise Rejected(HUGE_BLOCKS)


def _block_pixels(page: Any) -> int:
    if page.is_tiled:
        return int(page.tilewidth * page.tilelength)
    return int(page.imagewidth * min(page.rowsperstrip or page.imagelength, page.imagelength))
