"""How a key is written, and what of it is kept.

`sck_live_` + 12 characters that name the key + `_` + 32 secret ones + a CRC32 of all before, each
base62. The checksum tells a typo from a key without asking the database; the secret is random, so
a fast hash keeps it, with a pepper that the database does not hold.
"""

import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Iterator

from django.conf import settings

PREFIX = "sck_live_"
FORM = re.compile(r"(sck_live_([0-9A-Za-z]{12})_[0-9A-Za-z]{32})([0-9A-Za-z]{6})")
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def new_text() -> str:
    start = f"{PREFIX}{_random(12)}_{_random(32)}"
    return start + checksum(start)


def is_well_formed(text: str) -> bool:
    match = FORM.fullmatch(text)
    return match is not None and checksum(match[1]) == match[3]


def all_in(text: str) -> Iterator[str]:
    """The well-formed keys that stand in a text, each once."""
    found = dict.fromkeys(match[0] for match in FORM.finditer(text))
    return (each for each in found if is_well_formed(each))


def key_id(text: str) -> str:
    """The part that names the key and is no secret."""
    return text[len(PREFIX) : len(PREFIX) + 12]


def checksum(start: str) -> str:
    """CRC32 in six base62 digits."""
    rest, digits = zlib.crc32(start.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return digits


def digest(text: str, pepper: str) -> str:
    """The SHA-256 of the named pepper and the key, in hex."""
    return hashlib.sha256(f"{settings.KEY_PEPPERS[pepper]}{text}".encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))
