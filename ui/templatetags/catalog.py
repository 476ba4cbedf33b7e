"""Tags of the catalog's pages: {% load catalog %}."""

from datetime import datetime
from typing import Any

from django import template

from catalogs.stac import boxes
from ui import cards, fields, media, text, values

register = template.Library()

register.filter("markdown", text.markdown)
register.filter("excerpt", text.excerpt)
register.filter("media", media.label)
register.filter("groups", fields.groups)
register.filter("link", values.link)
register.filter("license", values.license_link)
register.filter("picture_of_item", cards.picture_of_item)
register.filter("picture_of_collection", cards.picture_of_collection)
register.filter("formats", cards.formats)


@register.filter
def counted(number: int) -> str:
    """A number of items."""
    return f"{number:,} item{'' if number == 1 else 's'}"


@register.filter
def counted_so_far(number: int) -> str:
    """A number of items, as far as it was counted."""
    return f"more than {cards.COUNTED:,} items" if number > cards.COUNTED else counted(number)


@register.filter
def span(row: Any) -> str:
    """The time of an item or a collection."""
    return text.span(row.start, row.end)


@register.filter
def when(row: Any) -> str:
    """The time of an item, to the minute where it is one moment."""
    if isinstance(row.datetime, datetime) and row.start == row.end:
        return text.day_and_time(row.datetime)
    return text.span(row.start, row.end)


@register.filter
def degrees(box: Any) -> str:
    """West, south, east, north as one would say them."""
    if not box or box == boxes.WORLD:
        return "Worldwide" if box else ""
    west, south, east, north = box
    sides = [(south, "N", "S"), (north, "N", "S"), (west, "E", "W"), (east, "E", "W")]
    low, high, left, right = (
        f"{abs(value):.4g}°{'' if value == 0 else plus if value > 0 else minus}"
        for value, plus, minus in sides
    )
    return f"{low} to {high}, {left} to {right}"


@register.filter
def rectangles(box: Any) -> list[dict[str, float]]:
    """The box on a picture of the world of 360 by 180 units; never too small to be seen."""
    least = 10.0
    found = []
    for half in box.halves() if box and box != boxes.WORLD else []:
        width, height = max(half.east - half.west, least), max(half.north - half.south, least)
        middle = (half.west + half.east) / 2 + 180, 90 - (half.south + half.north) / 2
        x, y = round(middle[0] - width / 2, 2), round(middle[1] - height / 2, 2)
        found.append({"x": x, "y": y, "width": round(width, 2), "height": round(height, 2)})
    return found


@register.filter
def bbox(box: Any) -> str:
    """As in an address: west,south,east,north."""
    return ",".join(f"{number:g}" for number in box) if box else ""
