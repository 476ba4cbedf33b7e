"""Who is named for a collection sees it; who was given a part of the catalog sees no more."""

import pytest
from django.contrib.auth.models import AnonymousUser

from catalogs.stac import transactions
from catalogs.stac.models import Asset, Collection, Item
from tests.stac import documents

READS = {"stac.view_collection", "stac.view_item", "stac.view_asset"}
EVERY = READS | {"stac.view_every_collection"}


class Asker:
    """Someone in no database: what it may, its names, and what it was given."""

    is_authenticated = True

    def __init__(self, may=READS, names=(), **given):
        self.may, self.named_as = may, names
        self.__dict__ |= given

    def has_perm(self, perm, obj=None):
        return perm in self.may


ONE = {"collections": ["named"], "ids": ["of-named"]}
CASES = [
    (AnonymousUser(), "public", "public"),
    (Asker(), "members public", "members public"),
    (Asker(names=["user:1"]), "members named public", "members named public"),
    (Asker(names=["user:2"]), "members public", "members public"),
    # A key that is named acts for a person who is too, or it does not see it.
    (Asker(names=["key:1", "user:1"]), "members named public", "members named public"),
    (Asker(names=["key:1", "user:2"]), "members public", "members public"),
    (Asker(names=["key:2", "user:1"]), "members public", "members public"),
    (Asker(may=set(), names=["user:1"]), "public", "public"),
    (Asker(EVERY), "members named public", "members named public"),
    # Limited to some collections, public ones included.
    (Asker(EVERY, only_collections=["named", "none"]), "named", "named"),
    (Asker(only_collections=["named", "members"]), "members", "members"),
    (Asker(EVERY, only_collections=[]), "", ""),
    # Limited to some items: no collection is shown, since it tells of all its items.
    (Asker(EVERY, only_items=ONE), "", "named"),
    (Asker(names=["user:1"], only_items=ONE), "", "named"),
    (Asker(names=["user:2"], only_items=ONE), "", ""),
    (Asker(EVERY, only_items={"bbox": [10, 50, 11, 51]}), "", "members named public"),
    (Asker(EVERY, only_items={"bbox": [-11, 50, -10, 51]}), "", ""),
]


@pytest.fixture
def three(inside):
    """A collection of each visibility, each with an item, and a file of both."""
    for visibility in Collection.Visibility.values:
        home = transactions.create_collection(documents.collection(visibility), visibility)
        item = transactions.create_item(home, documents.item(f"of-{visibility}"))
        for owner in (item, None):
            Asset.objects.create(collection=home, item=owner, key="data", name="x", size=1)
    for who in ("user:1", "key:1"):
        Collection.objects.get(pk="named").named.create(who=who)


def test_what_each_sees(three):
    for asker, collections, items in CASES:
        seen = {
            "collections": Collection.objects.visible_to(asker).values_list("pk", flat=True),
            "homes": Collection.objects.shown_to(asker).values_list("pk", flat=True),
            "items": Item.objects.visible_to(asker).values_list("collection", flat=True),
            "files": Asset.objects.visible_to(asker)
            .filter(item__isnull=False)
            .values_list("collection", flat=True),
            "own files": Asset.objects.visible_to(asker)
            .filter(item=None)
            .values_list("collection", flat=True),
        }
        told = {what: " ".join(sorted(ids)) for what, ids in seen.items()}
        whole = dict.fromkeys(("collections", "homes", "own files"), collections)
        assert told == whole | dict.fromkeys(("items", "files"), items), vars(asker)
