"""Documents of older STAC versions, brought to 1.1.0; only ever because somebody asked for it."""

import re
from typing import Any

import pystac
from pystac.serialization import identify_stac_object, migrate_to_latest

from .errors import Invalid

VERSION = "1.1.0"
_TODAY = re.compile(r"1\.1\.\d+")
_OLDER = re.compile(r"(0\.\d+|1\.[01])\.\d+(-[a-zA-Z0-9.]+)?")


def upgrade(document: Any) -> Any:
    """The same as STAC 1.1.0, a new document; one of 1.1, and what is no object, as it is.

    Members move as the specification's changelogs and those of the extensions have it (pystac's
    migrations); what they do not know stays. Raises `Invalid` where it is no STAC document.
    """
    if not isinstance(document, dict):
        return document
    version = document.get("stac_version")
    if isinstance(version, str) and _TODAY.fullmatch(version):
        return document
    try:
        if version is not None and not _OLDER.fullmatch(version):
            raise ValueError("no version that there was")
        upgraded = migrate_to_latest(document, identify_stac_object(document))
    # What strangers send breaks the migrations in every way that a wrong type can.
    except (
        pystac.STACError,
        pystac.STACTypeError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as fault:
        message = "This cannot be upgraded: it is no Item or Collection of an older STAC version."
        raise Invalid(message, pointer="/stac_version") from fault
    upgraded["stac_version"] = VERSION
    if not upgraded.get("stac_extensions") and "stac_extensions" not in document:
        upgraded.pop("stac_extensions", None)
    return upgraded
