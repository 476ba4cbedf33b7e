"""Real documents: each is taken and given back equal, or refused with its reason."""

import json
import os
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from catalogs.stac import upgrading, validation
from catalogs.stac.documents import OWN_OF_COLLECTION, OWN_OF_ITEM
from catalogs.stac.errors import Invalid
from catalogs.stac.importing import Status, Wishes, import_from
from tests.stac import documents
from tests.stac.client import link
from tests.stac.schemas import faults, has_original_of

# What is refused although the schemas let it pass, by the sentence that says why.
STRICTER = (
    "An id has no '/'",
    "on Earth",
    "A ring must end where it starts.",
    "The item ends before it starts.",
    "documents of STAC 1.0 and 1.1 are taken. ",
)
OWN = OWN_OF_COLLECTION | OWN_OF_ITEM


def _folder() -> Path | None:
    shared = os.environ.get("GISTAC_SHARED", "")
    folder = Path(shared) / "data" / "stac"
    return folder if shared and folder.is_dir() else None


def _read():
    """Every Item and Collection, those inside lists too, with the file it is from."""
    for path in sorted((_folder() or Path()).rglob("*.json")) if _folder() else ():
        try:
            value = json.loads(path.read_text())
        except (UnicodeDecodeError, json.JSONDecodeError):
            continue
        if not isinstance(value, dict):
            continue
        parts = value.get("features", value.get("collections", [value]))
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and part.get("type") in ("Feature", "Collection"):
                yield str(path.relative_to(_folder())), part


@pytest.fixture(scope="module")
def samples():
    if _folder() is None:
        pytest.skip("GISTAC_SHARED names no folder, so real documents are left out.")
    return list(_read())


def without_own_links(document):
    links = document.get("links") or []
    return {**document, "links": [each for each in links if not is_own(each)]}


def is_own(each):
    if not isinstance(each, dict):
        return False
    is_page = each.get("rel") == "alternate" and str(each.get("href")).endswith("?f=html")
    return is_page or each.get("rel") in OWN


def same(sent, found):
    return without_own_links(found) == {
        **without_own_links(sent),
        **({"collection": found["collection"]} if "collection" in found else {}),
    }


def test_items(stac, samples):
    stac.post("collections", documents.collection())
    taken = 0
    for name, item in samples:
        if item["type"] != "Feature":
            continue
        sent = {key: value for key, value in item.items() if key != "collection"}
        answer = stac.post("collections/c/items", sent)
        if answer.status_code == 201:
            assert same(sent, stac.get(answer["Location"])), name
            stac(answer["Location"], "DELETE")
            taken += 1
        else:
            refused_rightly(name, item, answer)
    assert taken > 200


def test_collections(stac, samples):
    taken = 0
    for name, collection in samples:
        if collection["type"] != "Collection":
            continue
        answer = stac.post("collections", collection)
        if answer.status_code == 201:
            found = stac.get(answer["Location"])
            assert same(collection, found), name
            assert link(found, "items")
            stac(answer["Location"], "DELETE")
            taken += 1
        else:
            refused_rightly(name, collection, answer)
    assert taken > 100


def refused_rightly(name, document, answer):
    """400 with a sentence, and the schema of its own version refuses it too."""
    problem = answer.json()
    print(name, document.get("stac_version"), problem["description"])
    assert answer.status_code == 400, name
    assert problem["pointer"], name
    if has_original_of(str(document.get("stac_version"))):
        completed = {"collection": "c", **document} if document["type"] == "Feature" else document
        links = [*completed.get("links", []), {"rel": "collection", "href": "x"}]
        ours = any(rule in problem["description"] for rule in STRICTER)
        assert ours or faults({**completed, "links": links}) != [], (name, problem)


# What becomes of each: how many documents are created, only lead on, are refused. Where `upgrade`
# is said, older documents are brought to STAC 1.1.0.
IMPORTED = [
    ("catalogs/pystac-invalid-catalog", False, {"walked": 1}),
    ("catalogs/pystac-test-case-2", False, {"walked": 1, "created": 5}),
    # One collection that the catalog links to is not among its files.
    ("catalogs/pystac-test-case-4", False, {"walked": 1, "created": 42, "refused": 1}),
    ("catalogs/pystac-test-case-5", False, {"walked": 4, "created": 2}),
    ("old-and-new-versions/pystac-hand-0.8.1", False, {"refused": 2}),
    ("old-and-new-versions/pystac-hand-0.8.1", True, {"created": 2}),
    ("api-answers/itemcollection-sample-full", False, {"created": 1}),
    # Landing pages of APIs.
    ("api-answers/pystac-client-astraea_api", False, {"walked": 1}),
    ("api-answers/pystac-client-fedeo_clearinghouse", False, {"walked": 1}),
    ("api-answers/pystac-client-planetary-computer-aster-l1t-collection", False, {"created": 1}),
    ("api-answers/pystac-client-sample-item", False, {"created": 1}),
    ("many-items/naip-500.ndjson", False, {"created": 500}),
]


@pytest.mark.parametrize(("name", "upgrade", "expected"), IMPORTED)
def test_catalogs_and_answers_are_imported(inside, name, upgrade, expected):
    if _folder() is None:
        pytest.skip("GISTAC_SHARED names no folder, so real documents are left out.")
    wishes = Wishes(collection="c", upgrade=upgrade)
    outcomes = list(import_from(_folder() / name, wishes))
    assert Counter(str(each.status) for each in outcomes) == expected
    assert all(each.reason for each in outcomes if each.status == Status.REFUSED)
    again = Counter(str(each.status) for each in import_from(_folder() / name, wishes))
    created = expected.pop("created", 0)
    assert again == expected | ({"same": created} if created else {})


@pytest.fixture
def all_schemas(settings, tmp_path):
    """Every extension's schema that the folder has, loaded by the command."""
    folder = Path(os.environ.get("GISTAC_SHARED", "")) / "schemas"
    if _folder() is None or not folder.is_dir():
        pytest.skip("GISTAC_SHARED names no folder, so real schemas are left out.")
    settings.STAC_SCHEMAS = tmp_path / "schemas"
    call_command("load_schemas", folder, stdout=StringIO(), stderr=StringIO())


def test_extensions_of_real_documents(all_schemas, samples):
    """Nearly all are right; what is wrong is wrong by the extension's own schema."""
    said, checked, unchecked = Counter(), Counter(), Counter()
    for name, document in samples:
        try:
            report = validation.check(document, validation.WARN)
        except Invalid:
            continue
        said["wrong" if report.faults else "right"] += 1
        checked.update(report.checked)
        unchecked.update(report.unchecked.values())
        for fault in report.faults:
            assert fault.pointer.startswith("/"), (name, fault)
            assert fault.message.endswith("."), (name, fault)
            assert fault.schema in report.checked, (name, fault)
    assert said["wrong"] < 10 < 300 < said["right"]
    assert len(checked) > 50
    assert set(unchecked) <= {"This is no address of a schema.", "No schema of it is here."}


def test_older_documents_are_upgraded(all_schemas, samples):
    """Each becomes a valid document of STAC 1.1.0, or is refused with the reason."""
    upgraded, refused = 0, Counter()
    for _, document in samples:
        if str(document.get("stac_version")) in ("1.0.0", "1.0.1", "1.1.0"):
            continue
        before = json.dumps(document)
        new = upgrading.upgrade(document)
        assert json.dumps(document) == before
        assert new["stac_version"] == "1.1.0"
        try:
            validation.check({"links": [], **new}, validation.WARN)
            upgraded += 1
        except Invalid as fault:
            refused[fault.message] += 1
    assert upgraded > 60, refused
    assert all(reason.endswith(".") for reason in refused)
