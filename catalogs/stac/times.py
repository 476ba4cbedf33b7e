"""Dates and times as RFC 3339 and the `datetime` parameter have them."""

import re
from datetime import UTC, datetime, timedelta, timezone

from .errors import Invalid

_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))",
    re.ASCII,
)
_HOW = "It must read like 2020-02-12T23:20:50Z (RFC 3339, with an offset)."

Interval = tuple[datetime | None, datetime | None]


def parse(text: str) -> datetime:
    """An instant in UTC from RFC 3339 text of up to 9 fractional digits; to the microsecond.

    A space may stand for the T, as documents often have it (RFC 3339, 5.6, note).

    Raises `Invalid` for what is not RFC 3339, no real date, or outside the years 1 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Invalid(f"{text[:80]!r} is not a date and time. {_HOW}")
    day, clock, fraction, sign, hours, minutes = match.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{micros}")
        return moment.replace(tzinfo=_offset(sign, hours, minutes)).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Invalid(f"{text!r} is not a real date and time: {fault}.") from fault


def _offset(sign: str | None, hours: str, minutes: str) -> timezone:
    if sign is None:
        return UTC
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError("the offset is out of range")
    amount = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-amount if sign == "-" else amount)


def interval(text: str) -> Interval:
    """The `datetime` parameter (OGC API Features 1, 7.15.4): an instant or a range of time.

    A side that is `..` or empty is open (None); at least one side must be closed.
    """
    if " " in text:
        raise Invalid(f"{text[:80]!r} has a space. {_HOW}")
    sides = text.split("/")
    if len(sides) > 2:
        raise Invalid("An interval has one '/', between its start and its end.")
    if len(sides) == 1:
        moment = parse(text)
        return moment, moment
    start, end = (None if side in ("", "..") else parse(side) for side in sides)
    if start is None and end is None:
        raise Invalid("An interval that is open on both sides says nothing: leave it out.")
    if start is not None and end is not None and start > end:
        raise Invalid("The interval ends before it starts.")
    return start, end


def text(moment: datetime) -> str:
    """RFC 3339 in UTC, as short as it is exact."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
