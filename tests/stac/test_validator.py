"""The field's own validator finds no errors, class by class, on a live server with data.

Nothing is fetched: schemas come from pystac, and what would leave this machine meets a closed
door at once.
"""

import pytest
import requests
from pystac.validation import RegisteredValidator
from pystac.validation.local_validator import get_local_schema_cache
from stac_api_validator import validations
from stac_validator import utilities

from tests.stac import documents

PROVES = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "https://api.stacspec.org/v1.0.0-rc.3/browseable",
    "https://api.stacspec.org/v1.0.0-rc.2/children",
    "https://api.stacspec.org/v1.0.0/ogcapi-features/extensions/transaction",
)

# Its schema is no part of pystac; test_landing holds the landing page against it where it lies.
AUTHENTICATION = "https://stac-extensions.github.io/authentication/v1.1.0/schema.json"
NOWHERE = "http://127.0.0.1:9"
GEOMETRY = '{"type":"Polygon","coordinates":[[[9,49],[31,49],[31,52],[9,52],[9,49]]]}'
CLASSES = (
    "core",
    "collections",
    "features",
    "item-search",
    "item-search#sort",
    "item-search#fields",
    "item-search#query",
    "item-search#filter",
    "features#filter",
    "browseable",
    "children",
    "transaction",
)


@pytest.fixture
def root(live_root, monkeypatch) -> str:
    root, headers = live_root
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setattr(utilities, "_schema_cache", get_local_schema_cache().__getitem__)
    known = RegisteredValidator.get_validator().schema_cache
    monkeypatch.setitem(
        known, AUTHENTICATION, {"$schema": "http://json-schema.org/draft-07/schema#"}
    )
    session = requests.Session()
    session.headers.update(headers)
    for name in ("naip", "scratch"):
        described = documents.collection(name, title=name.title())
        assert session.post(f"{root}collections", json=described).status_code == 201
    features = [scene(number) for number in range(30)]
    sent = {"type": "FeatureCollection", "features": features}
    assert session.post(f"{root}collections/naip/items", json=sent).status_code == 201
    # The transaction test begins by deleting this one.
    begun = documents.item("S2A_47XNF_20230423_0_L2A")
    assert session.post(f"{root}collections/scratch/items", json=begun).status_code == 201
    return root


def scene(number: int) -> documents.Document:
    properties = {
        "datetime": f"20{number:02}-06-15T10:00:00Z",
        "eo:cloud_cover": number * 3,
        "gsd": 0.6 if number % 2 else 1,
        "naip:state": ("ca", "nv", "tx")[number % 3],
        "grade": "abc"[number % 3],  # the validator compares `in` letter by letter
    }
    return documents.item(f"scene-{number}", west=number, properties=properties)


def report(root: str, headers: dict[str, str], name: str) -> tuple[list[str], list[str]]:
    warnings, errors = validations.validate_api(
        root_url=root,
        ccs_to_validate=[name],
        collection="naip",
        geometry=GEOMETRY,
        auth_bearer_token=None,
        auth_query_parameter=None,
        fields_nested_property="properties.eo:cloud_cover",
        validate_pagination=True,
        query_config=validations.QueryConfig(
            query_comparison_field="gsd",
            query_eq_value="0.6",
            query_neq_value="0.6",
            query_lt_value="1",
            query_lte_value="0.6",
            query_gt_value="0.6",
            query_gte_value="1",
            query_substring_field="naip:state",
            query_starts_with_value="c",
            query_ends_with_value="a",
            query_contains_value="a",
            query_in_field="grade",
            query_in_values="a,b",
        ),
        transaction_collection="scratch",
        headers=headers,
        open_assets_urls=False,
    )
    return [str(each) for each in warnings], [str(each) for each in errors]


@pytest.mark.parametrize("name", CLASSES)
def test_no_errors(root, live_root, name):
    warnings, errors = report(root, live_root[1], name)
    print(*warnings, *errors, sep="\n")
    assert errors == []
