"""Addresses that lead from one door to another; within a door, `reverse` is enough."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse


@dataclass(frozen=True)
class Export:
    label: str
    href: str


def exports(items: str) -> list[Export]:
    """All items of an address of the API, as files."""
    more = "&" if "?" in items else "?"
    labels = {"ndjson": "GeoJSON lines", "csv": "CSV", "parquet": "GeoParquet"}
    return [Export(label, f"{items}{more}f={form}") for form, label in labels.items()]


def platform(name: str, *args: Any) -> str:
    """A page of the platform: a path where we already are on its host, else the whole address."""
    prefix = get_script_prefix()
    path = "/" + reverse(name, urlconf=settings.PUBLIC_SCHEMA_URLCONF, args=args).removeprefix(
        prefix
    )
    if prefix != "/" or get_urlconf() == settings.PUBLIC_SCHEMA_URLCONF:
        return path
    return f"{settings.PLATFORM_URL}{path}"
