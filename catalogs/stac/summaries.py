"""What a collection's summaries say of its items, from the queryables that are kept anyway.

Only where the collection follows its items (`derived`), and only what its author has not written
or taken away: a summary is changed where it says what we said before (STAC 1.1.0,
collection-spec, "Summaries").
"""

from typing import Any

from .documents import Document
from .models import Queryable
from .queryables import Changes, plain

# Sets of texts that people choose by; others may be as many as there are items.
SETS = frozenset(
    {
        *("platform", "constellation", "mission", "instruments", "proj:code"),
        *("processing:level", "product:type", "sat:orbit_state", "sar:polarizations"),
        *("sar:instrument_mode", "sar:frequency_band", "sar:product_type"),
    }
)
_CODES = frozenset({"proj:epsg"})  # numbers that have no order


def of(row: Queryable | None) -> Any:
    """The summary of one name: a range, a set, or None where there is none."""
    if row is None:
        return None
    kinds = set(row.kinds)
    if row.lowest is not None and kinds <= {"integer", "number"} and _is_measured(row.name):
        return {"minimum": plain(row.lowest), "maximum": plain(row.highest)}
    return row.values or None if row.name in SETS and kinds <= {"string", "array"} else None


def _is_measured(name: str) -> bool:
    return name == "gsd" or (":" in name and name not in _CODES)


def follow(document: Document, changes: Changes) -> bool:
    """Brings the summaries of a collection's document up to date; whether any has changed."""
    said = document.get("summaries")
    known: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
    for name, (before, after) in changes.items():
        if known.get(name) == of(before):
            known[name] = of(after)
    known = {name: value for name, value in known.items() if value is not None}
    if known == (said or {}):
        return False
    document["summaries"] = known
    if not known:
        del document["summaries"]
    return True
