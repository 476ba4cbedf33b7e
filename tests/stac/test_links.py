"""Our own links stand in stored bodies; bodies of an earlier version get those of today."""

from importlib import import_module

import orjson
import pytest
from django.apps import apps

from catalogs.stac.models import Collection, Item
from tests.stac import documents
from tests.stac.client import link

pytestmark = pytest.mark.usefixtures("inside")


def _age(row: Collection | Item) -> None:
    """As it was stored when there were fewer links."""
    document = orjson.loads(row.body.replace("\x01", "\\u0001"))
    document["links"] = [
        one for one in document["links"] if one["rel"] in ("self", "root", "cite-as")
    ]
    body = orjson.dumps(document).decode().replace("\\u0001", "\x01")
    type(row).objects.filter(pk=row.pk).update(body=body)


def test_links_of_an_earlier_version_are_made_anew(stac):
    author = {"rel": "cite-as", "href": "https://example.org/"}
    stac.post("collections", documents.collection(links=[author]))
    stac.post("collections/c/items", documents.item(links=[author]))
    for path, model in (("collections/c", Collection), ("collections/c/items/i", Item)):
        before = stac(path)
        _age(model.objects.get())
        assert link(stac.get(path), "parent") is None
        import_module("catalogs.stac.migrations.0010_links_of_today").renew(apps, None)
        after = stac(path)
        assert after.json() == before.json()
        assert after["ETag"] != before["ETag"]
        assert link(after.json(), "cite-as") == author
