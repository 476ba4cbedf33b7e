"""Every operation, driven from the OpenAPI document alone: no fault of the server, whatever is
sent, and every answer is of the form that the document says.
"""

from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.stac import documents
from tests.stac.client import StacClient

PROVES = ("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
TILE = {"tileMatrix": 0, "tileRow": 0, "tileCol": 0}
SEEDED = {"collection": "c", "item": "i", "key": "data", "part": "2020", **TILE}


@pytest.fixture
def seeded(stac, monkeypatch) -> StacClient:
    assert stac.post("collections", documents.collection()).status_code == 201
    for number, id in enumerate(("i", "j", "k")):
        document = documents.item(id, west=number, properties={"eo:cloud_cover": number})
        assert stac.post("collections/c/items", document).status_code == 201
    many = {"type": "FeatureCollection", "features": [documents.item("l")]}
    started = stac.post("collections/c/items", many, headers={"Prefer": "respond-async"})
    monkeypatch.setitem(SEEDED, "id", started["Location"].rpartition("/")[2])
    return stac


Seen = Counter[tuple[str, int]]  # the method with its path, and the hundred of the status


def drive(stac: StacClient, examples: int) -> Seen:
    """Each operation by `examples` requests of each sort."""
    schema = schemathesis.openapi.from_dict(stac("api").json())
    seen: Seen = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        names = {each.name for each in operation.path_parameters}
        there = {name: value for name, value in SEEDED.items() if name in names}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for path in (there, None) if there else (None,):
                strategy = operation.as_strategy(generation_mode=mode, path_parameters=path)
                _drive(stac, operation.label, strategy, examples, seen)
    return seen


def _drive(stac: StacClient, label: str, strategy: Any, examples: int, seen: Seen) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(case: Case) -> None:
        answer = ask(stac, case)
        seen[label, answer.status_code // 100] += 1
        case.validate_response(answer, checks=CHECKS)

    each()


def ask(stac: StacClient, case: Case) -> schemathesis.Response:
    """What the case asks, undone afterwards."""
    asked = case.as_transport_kwargs(base_url=stac.root.rstrip("/"))
    asked.pop("timeout", None)
    prepared = requests.Request(**asked).prepare()
    # Nothing here unpacks what is sent compressed; who asks is decided by the project around.
    left = ("Content-Length", "Accept-Encoding", "Authorization")
    headers = {name: value for name, value in prepared.headers.items() if name not in left}
    with transaction.atomic():
        answered = stac.client.generic(
            prepared.method,
            requests.utils.urlparse(prepared.url).path,
            prepared.body or b"",
            headers.pop("Content-Type", ""),
            QUERY_STRING=requests.utils.urlparse(prepared.url).query,
            headers=headers,
        )
        transaction.set_rollback(True)
    return schemathesis.Response(
        status_code=answered.status_code,
        headers={name.lower(): [value] for name, value in answered.headers.items()},
        content=b"".join(answered) if answered.streaming else answered.content,
        request=prepared,
        elapsed=0,
        verify=False,
    )


def check(seen: Seen) -> None:
    """What reads was answered, and what was wrong was refused; bytes of ours there are none."""
    reads = {label for label, _ in seen if label.startswith("GET") and "/assets/" not in label}
    assert reads <= {label for label, hundred in seen if hundred == 2}
    assert {hundred for _, hundred in seen} == {2, 4}


def test_a_few_of_each(seeded):
    check(drive(seeded, 3))


@pytest.mark.long
def test_twenty_thousand(seeded):
    seen = drive(seeded, 200)
    check(seen)
    print(f"{seen.total():,} requests")
    assert seen.total() >= 20_000
