"""The OGC standard's own examples: each is read, and evaluates or is refused with a reason."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from catalogs.stac import cql2
from catalogs.stac.cql2 import text
from catalogs.stac.errors import Invalid
from tests.stac.cql2_items import found, seed

PROVES = (
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
)

FOLDER = Path(os.environ.get("GISTAC_SHARED", "/nowhere")) / "cql2"
TEXTS = sorted((FOLDER / "text").glob("*.txt"))
JSONS = sorted((FOLDER / "json").glob("*.json"))

needs_examples = pytest.mark.skipif(
    not TEXTS, reason="GISTAC_SHARED has no folder cql2 with the standard's examples"
)

# Why an example is refused, by its number.
NO_FUNCTION = {"clause6_01", "clause6_02b", "example68", "example69"}
NO_GEOMETRY = {"clause7_10", "clause7_18", "example07", "example08", "example23"}
NOT_VALID = {"example46", "example49"}  # a ring that crosses itself, a hole outside of its shell
REASONS = {
    "There is no": NO_FUNCTION,
    "is no geometry": NO_GEOMETRY,
    "The geometry is not valid": NOT_VALID,
}


def same(value: Any) -> Any:
    """Numbers and times as what they mean."""
    if isinstance(value, dict):
        return {key: same(part) for key, part in value.items()}
    if isinstance(value, list):
        return [same(part) for part in value]
    if isinstance(value, str):
        return re.sub(r"(:\d\d)\.0+Z$", r"\1Z", value)
    return value


def outcome(value: Any, lang: str) -> str:
    try:
        found(cql2.condition(value, lang))
    except Invalid as refusal:
        return refusal.message
    return ""


def expected(name: str) -> str:
    return next((reason for reason, names in REASONS.items() if name in names), "")


def check(name: str, message: str) -> None:
    reason = expected(name)
    assert reason in message if reason else not message, f"{name}: {message or 'evaluates'}"


@needs_examples
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_text_is_read_as_its_json(path: Path):
    twin = FOLDER / "json" / f"{path.stem.split('-')[0]}.json"
    assert same(text.read(path.read_text())) == same(json.loads(twin.read_text()))


@needs_examples
@pytest.mark.usefixtures("inside")
def test_texts_evaluate_or_say_why_not():
    seed()
    for path in TEXTS:
        check(path.stem.split("-")[0], outcome(path.read_text(), cql2.TEXT))


@needs_examples
@pytest.mark.usefixtures("inside")
def test_jsons_evaluate_or_say_why_not():
    seed()
    for path in JSONS:
        check(path.stem, outcome(path.read_text(), cql2.JSON))
