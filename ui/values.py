"""Single values as safe HTML: numbers, times, sizes, codes, links."""

import json
import math
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib.gis.gdal import SpatialReference
from django.contrib.gis.gdal.error import GDALException, SRSException
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalogs.room import readable
from ui import text

# The first bytes of a multihash, which name its algorithm.
_HASHES = {"11": "SHA-1", "12": "SHA-256", "13": "SHA-512", "14": "SHA3-512", "16": "SHA3-256"}
_TYPES = {
    "int": "integer",
    "uint": "unsigned integer",
    "float": "float",
    "cint": "complex integer",
    "cfloat": "complex float",
}


def number(value: float, unit: str = "") -> str:
    """Grouped and without noise: 0.30000000000000004 is 0.3; codes and years stay as they are."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        written = f"{value:,.10g}"
    else:
        written = f"{value:,}" if unit or abs(value) >= 100_000 else str(value)
    return f"{written}{'' if unit in ('%', '°') else ' '}{unit}".strip()


def plain(value: Any, unit: str = "") -> SafeString:
    if isinstance(value, bool):
        return format_html("{}", "Yes" if value else "No")
    if isinstance(value, (int, float)):
        return format_html("{}", number(value, unit))
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return link(value)
    return format_html("{}", f"{value} {unit}".strip())


def scheme(href: str) -> str:
    """Of an address that a document names; "" where it is none."""
    try:
        return urlsplit(href).scheme
    except ValueError:
        return ""


def link(href: str, label: str = "") -> SafeString:
    """A link that a document names: only to the web, and without our blessing."""
    if scheme(href) not in ("http", "https", "mailto"):
        return format_html("{}", label or href)
    words = label or href.removeprefix("https://").removeprefix("http://")
    return format_html('<a class="link" href="{}" rel="noopener nofollow ugc">{}</a>', href, words)


def as_json(value: Any) -> SafeString:
    written = json.dumps(value, ensure_ascii=False, indent=1)
    return format_html('<pre class="value-json" tabindex="0">{}</pre>', written)


def moment(value: Any) -> SafeString | None:
    try:
        written = text.day_and_time(datetime.fromisoformat(str(value)))
    except (ValueError, OverflowError):  # the first and last hours of the calendar have no UTC
        return None
    return format_html('<time datetime="{}">{}</time>', value, written)


def size(value: Any) -> SafeString | None:
    if not isinstance(value, int) or value < 0:
        return None
    return format_html("{}", readable(value))


def _percent(value: Any) -> SafeString | None:
    return plain(value * 100, "%") if isinstance(value, (int, float)) else None


def _license(value: Any) -> SafeString:
    return license_link(str(value))


def license_link(name: str) -> SafeString:
    """An SPDX identifier leads to its text; `other` and `proprietary` name none."""
    if name in ("other", "various", "proprietary") or " " in name:
        return format_html("{}", name[:1].upper() + name[1:])
    return link(f"https://spdx.org/licenses/{quote(name)}.html", name)


@lru_cache(maxsize=512)
def _system_name(code: int) -> str:
    try:
        return str(SpatialReference(code).name)
    except (GDALException, SRSException):
        return ""


def _epsg(value: Any) -> SafeString | None:
    digits = str(value).upper().removeprefix("EPSG:")
    if not digits.isdecimal() or len(digits) > 6:
        return None
    name = _system_name(int(digits))
    return format_html("EPSG:{}{}", digits, f", {name}" if name else "")


def _shape(value: Any) -> SafeString | None:
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        return None
    return format_html("{} pixels", " × ".join(f"{one:,}" for one in reversed(value)))


def _transform(value: Any) -> SafeString | None:
    if not isinstance(value, list) or not all(isinstance(one, (int, float)) for one in value):
        return None
    rows = [value[at : at + 3] for at in range(0, len(value), 3)]
    lines = "\n".join(", ".join(f"{one:.12g}" for one in part) for part in rows)
    return format_html('<pre class="value-json" tabindex="0">{}</pre>', lines)


def _doi(value: Any) -> SafeString | None:
    return link(f"https://doi.org/{quote(value)}", value) if isinstance(value, str) else None


def _checksum(value: Any) -> SafeString | None:
    if not isinstance(value, str):
        return None
    name = _HASHES.get(value[:2])
    hashed = value[4:] if name else value
    return format_html(
        '{}<code class="wrap-anywhere font-mono text-xs">{}</code>',
        f"{name} " if name else "",
        hashed,
    )


def _data_type(value: Any) -> SafeString | None:
    if not isinstance(value, str):
        return None
    kind = value.rstrip("0123456789")
    bits = value[len(kind) :]
    return format_html("{}{}", f"{bits}-bit " if bits else "", _TYPES.get(kind, kind))


def _words(value: Any) -> SafeString | None:
    if not isinstance(value, list) or any(isinstance(one, (list, dict)) for one in value):
        return None
    return format_html_join(", ", "{}", ((plain(one),) for one in value))


def _software(value: Any) -> SafeString | None:
    if not isinstance(value, dict):
        return None
    return format_html_join(", ", "{} {}", value.items())


def _preformatted(value: Any) -> SafeString:
    if not isinstance(value, str):
        return as_json(value)
    return format_html('<pre class="value-json" tabindex="0">{}</pre>', value)


def _markdown(value: Any) -> SafeString | None:
    if not isinstance(value, str):
        return None
    return format_html('<div class="prose">{}</div>', text.markdown(value))


def _url(value: Any) -> SafeString | None:
    return link(value) if isinstance(value, str) else None


# By the names of stac-fields' formatters; None means: show it as what it is.
FORMATS: dict[str, Callable[[Any], SafeString | None]] = {
    "Timestamp": moment,
    "Date": moment,
    "FileSize": size,
    "Percent0to1": _percent,
    "License": _license,
    "EPSG": _epsg,
    "CrsCode": _epsg,
    "Shape": _shape,
    "Transform": _transform,
    "DOI": _doi,
    "Checksum": _checksum,
    "FileDataType": _data_type,
    "CSV": _words,
    "Software": _software,
    "WKT2": _preformatted,
    "PROJJSON": _preformatted,
    "CommonMark": _markdown,
    "Url": _url,
}
