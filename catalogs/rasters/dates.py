"""When an image was taken: from the file's tags, else from its name, else unknown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rasterio.io import DatasetReader

EARLIEST = 1850  # the first photographs from the air


class Found(NamedTuple):
    """A moment, or a span; `source` and `text` say where it stood."""

    start: datetime
    end: datetime | None
    source: str
    text: str


# Acquisition first; the time of writing, which TIFFTAG_DATETIME often is, last.
_TAGS = [
    ("IMAGERY", "ACQUISITIONDATETIME"),
    ("", "ACQUISITIONDATETIME"),
    ("", "ACQUISITION_DATETIME"),
    ("", "ACQUISITION_DATE"),
    ("", "DATE_ACQUIRED"),
    ("", "SENSING_TIME"),
    ("", "PRODUCT_START_TIME"),
    ("", "time_coverage_start"),
    ("EXIF", "EXIF_DateTimeOriginal"),
    ("", "EXIF_DateTimeOriginal"),
    ("", "TIFFTAG_DATETIME"),
    ("EXIF", "EXIF_DateTime"),
]

_DAY = r"(?P<y>\d{4})(?P<s>[-_.]?)(?P<m>\d\d)(?P=s)(?P<d>\d\d)"
_CLOCK = r"(?P<H>[01]\d|2[0-3])[:_.-]?(?P<M>[0-5]\d)[:_.-]?(?P<S>[0-5]\d)"
_EDGE, _END = r"(?:^|(?<=\D))", r"(?=\D|$)"
_NAMES = [
    # ASTER L1T: month, day, year and time of the view, then the time of processing
    re.compile(r"AST_L1[AT]_\d{3}(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d{4})" + _CLOCK + _END),
    re.compile(r"LCMAP_\w\w_\d{6}_(?P<y>\d{4})_\d{8}" + _END),  # a year, then the production
    re.compile(_EDGE + _DAY + "T" + _CLOCK + r"\d*"),  # 20220722T105631
    re.compile(_EDGE + _DAY + "[_-]?" + _CLOCK + _END),  # 20150409135350, 2015-04-09_13-53-50
    # GOES: year, day of the year, time and tenths
    re.compile(r"(?<=_)s(?P<y>\d{4})(?P<j>\d{3})(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)\d" + _END),
    re.compile(_EDGE + _DAY + _END),  # 20150710, 2015-07-10
    re.compile(r"(?:^|(?<=[._]))A?(?P<y>\d{4})(?P<j>\d{3})" + _END),  # A2022073: day of the year
    re.compile(_EDGE + r"(?P<y>\d{4})[-_](?P<m>0[1-9]|1[0-2])" + _END),  # 1972-03: a month
]


def find(dataset: DatasetReader, filename: str, now: datetime | None = None) -> Found | None:
    now = now or datetime.now(UTC)
    return next((found for found in _all(dataset, filename) if _possible(found, now)), None)


def _all(dataset: DatasetReader, filename: str) -> Iterator[Found]:
    for domain, name in _TAGS:
        text = dataset.get_tag_item(name, domain or None)
        if text and (moment := parse(text)):
            yield Found(moment, None, "tag", name)
    yield from in_name(filename)


def _possible(found: Found, now: datetime) -> bool:
    return found.start.year >= EARLIEST and found.start <= now + timedelta(days=1)


def parse(text: str) -> datetime | None:
    """ISO 8601 and TIFF's own `2022:07:22 10:56:31`; without a zone it is UTC."""
    text = text.strip().strip("\x00")
    text = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_name(filename: str) -> Iterator[Found]:
    """Dates in a file's name, the most exact kind first and the leftmost of a kind."""
    for pattern in _NAMES:
        for match in pattern.finditer(filename):
            if found := _of_match(match):
                yield found


def _of_match(match: re.Match[str]) -> Found | None:
    part = {name: int(text) for name, text in match.groupdict().items() if text and name != "s"}
    try:
        start = _day(part) + timedelta(
            hours=part.get("H", 0), minutes=part.get("M", 0), seconds=part.get("S", 0)
        )
    except ValueError:
        return None
    return Found(start, _end(start, part), "file name", match.group(0))


def _end(start: datetime, part: dict[str, int]) -> datetime | None:
    """Of the month or the year, where the name says no more."""
    if "d" in part or "j" in part:
        return None
    months = start.year * 12 + start.month - 1 + (1 if "m" in part else 12)
    after = start.replace(year=months // 12, month=months % 12 + 1)
    return after - timedelta(seconds=1)


def _day(part: dict[str, int]) -> datetime:
    if "j" in part:
        if not 1 <= part["j"] <= 366:
            raise ValueError
        return datetime(part["y"], 1, 1, tzinfo=UTC) + timedelta(days=part["j"] - 1)
    return datetime(part["y"], part.get("m", 1), part.get("d", 1), tzinfo=UTC)


def text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
