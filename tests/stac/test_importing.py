"""Static catalogs and API answers, taken in from folders, zips and files."""

import json
import zipfile
from collections import Counter
from io import StringIO

import pytest
from django.conf import settings as current
from django.core.management import CommandError, call_command

from catalogs.stac.importing import Status, Wishes, import_from
from catalogs.stac.models import Collection, Item
from tests.stac import documents


def catalog(*links, **more):
    return {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "root",
        "description": "A catalog.",
        "links": list(links),
        **more,
    }


def to(rel, href):
    return {"rel": rel, "href": href}


def write(folder, name, document):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def local_item(id, **more):
    assets = {"data": {"href": "./a.tif"}, "far": {"href": "https://example.org/far.tif"}}
    return documents.item(id, assets=assets, **more)


@pytest.fixture
def tree(tmp_path):
    """A catalog with a collection of two items, and a catalog in it with one of its own."""
    folder = tmp_path / "tree"
    write(
        folder,
        "catalog.json",
        catalog(to("child", "./c/collection.json"), to("child", "sub/catalog.json")),
    )
    links = [to("root", "../catalog.json"), to("item", "./i.json"), to("item", "./j/j.json")]
    write(folder, "c/collection.json", documents.collection(links=links))
    write(folder, "c/i.json", local_item("i"))
    write(folder, "c/j/j.json", local_item("j", links=[to("root", "../../catalog.json")]))
    sub = catalog(to("item", ".\\k.json"), id="sub", title="Sub")
    write(folder, "sub/catalog.json", sub)
    write(folder, "sub/k.json", local_item("k"))
    write(folder, "c/not-linked.json", local_item("not-linked"))
    return folder


def run(source, **wishes):
    return {(each.type, each.id): each for each in import_from(source, Wishes(**wishes))}


def statuses(outcomes):
    return Counter(str(each.status) for each in outcomes.values())


def test_it_works(stac, inside, tree):
    outcomes = run(tree)
    assert statuses(outcomes) == {"created": 4, "walked": 2}
    assert sorted(stac.ids()) == ["i", "j", "k"]
    found = stac.get("collections/c/items/j")
    assert found["assets"]["data"]["href"] == "./a.tif"
    assert "stay so" in outcomes["Feature", "j"].reason
    ours = {"self", "root", "parent", "collection", "alternate"}
    assert {each["rel"] for each in found["links"]} <= ours
    assert found["links"][0]["href"].startswith(stac.root)
    made = stac.get("collections/sub")
    assert (made["title"], made["extent"]["spatial"]["bbox"]) == ("Sub", [[10, 50, 11, 51]])


def test_again_nothing_is_doubled(inside, tree):
    run(tree)
    assert statuses(run(tree)) == {"same": 4, "walked": 2}
    assert Item.objects.count() == 3


def test_what_changed_is_kept_unless_it_may_be_replaced(stac, inside, tree):
    run(tree)
    write(tree, "c/i.json", local_item("i", properties={"gsd": 5}))
    outcomes = run(tree)
    assert outcomes["Feature", "i"].status == Status.KEPT
    assert "gsd" not in stac.get("collections/c/items/i")["properties"]
    assert run(tree, replace=True)["Feature", "i"].status == Status.REPLACED
    assert stac.get("collections/c/items/i")["properties"]["gsd"] == 5


def test_relative_addresses_are_read_against_where_it_is_published(stac, inside, tree):
    run(tree, address="https://example.org/data/")
    found = stac.get("collections/c/items/j")["assets"]
    assert found["data"]["href"] == "https://example.org/data/c/j/a.tif"
    assert found["far"]["href"] == "https://example.org/far.tif"


def test_a_documents_own_address_comes_first(stac, inside, tree):
    own = [to("self", "https://other.example/x/j.json")]
    write(tree, "c/j/j.json", local_item("j", links=own))
    run(tree, address="https://example.org/data/")
    found = stac.get("collections/c/items/j")["assets"]
    assert found["data"]["href"] == "https://other.example/x/a.tif"


def test_a_zip(stac, inside, tree, tmp_path):
    packed = tmp_path / "tree.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in tree.rglob("*.json"):
            archive.write(path, f"inside/{path.relative_to(tree).as_posix()}")
    assert statuses(run(packed)) == {"created": 4, "walked": 2}


def test_one_bad_item_stays_out_alone(inside, tree):
    links = [to("item", f"./{n}.json") for n in range(10)]
    write(tree, "c/collection.json", documents.collection(links=links))
    for number in range(10):
        write(tree, f"c/{number}.json", local_item(str(number)))
    write(tree, "c/3.json", local_item("3", properties={"datetime": "yesterday"}))
    write(tree, "c/4.json", "{")
    outcomes = run(tree)
    assert outcomes["Feature", "3"].status == Status.REFUSED
    assert outcomes["Feature", "3"].reason.startswith("/properties/datetime: ")
    assert "not JSON" in outcomes["file", ""].reason
    assert Item.objects.filter(collection="c").count() == 8


def test_what_leads_out_is_not_followed(inside, tree, tmp_path):
    write(tmp_path, "secret.json", local_item("secret"))
    (tree / "c" / "link.json").symlink_to(tmp_path / "secret.json")
    hrefs = ["../../secret.json", "/etc/passwd", "file:///etc/passwd", "./link.json"]
    hrefs += ["https://[/", "https://example.org/i.json", "%2e%2e/%2e%2e/secret.json"]
    hrefs += ["./none.json", "a%00b"]
    write(tree, "c/collection.json", documents.collection(links=[to("item", x) for x in hrefs]))
    outcomes = [each for each in import_from(tree, Wishes()) if each.status == Status.REFUSED]
    assert {each.place for each in outcomes} == {"c/link.json", "c/none.json"}
    assert not Item.objects.filter(stac_id="secret").exists()


def test_a_circle_ends(inside, tree):
    around = [to("child", "../catalog.json"), to("child", "catalog.json")]
    write(tree, "sub/catalog.json", catalog(*around, id="sub"))
    assert statuses(run(tree)) == {"created": 3, "walked": 2}


def test_answers_of_an_api(stac, inside, tmp_path):
    features = [documents.item(id, collection="naip") for id in "ab"] + [documents.item("c")]
    answer = {"type": "FeatureCollection", "features": features, "links": []}
    outcomes = run(write(tmp_path, "search.json", answer))
    assert statuses(outcomes) == {"created": 2, "refused": 1}
    assert "names no collection" in outcomes["Feature", "c"].reason
    assert statuses(run(tmp_path / "search.json", collection="mine")) == {"same": 2, "created": 1}
    assert stac.get("collections/mine/items/c")["collection"] == "mine"
    lists = {"collections": [documents.collection("x"), documents.collection("y"), 5], "links": []}
    assert statuses(run(write(tmp_path, "collections.json", lists))) == {"created": 2, "refused": 1}


def test_lines(inside, tmp_path):
    lines = "\n".join(json.dumps(documents.item(id)) for id in "abc")
    assert statuses(run(write(tmp_path, "a.ndjson", lines), collection="c")) == {"created": 3}


def test_older_documents_are_upgraded_only_if_wished(stac, inside, tmp_path):
    old = documents.item("old", stac_version="0.9.0", stac_extensions=["eo"])
    source = write(tmp_path, "old.json", old)
    assert "upgraded on request" in run(source, collection="c")["Feature", "old"].reason
    assert run(source, collection="c", upgrade=True)["Feature", "old"].status == Status.CREATED
    found = stac.get("collections/c/items/old")
    assert found["stac_version"] == "1.1.0"
    assert found["stac_extensions"][0].startswith("https://stac-extensions.github.io/eo/")


def test_what_an_older_collection_says_for_all_its_items(stac, inside, tree):
    links = [to("item", "./i.json")]
    old = documents.collection(links=links, stac_version="0.9.0", properties={"gsd": 5, "a": 1})
    write(tree, "c/collection.json", old)
    more = {"stac_version": "0.9.0", "stac_extensions": ["commons"], "properties": {"a": 2}}
    write(tree, "c/i.json", local_item("i", **more))
    run(tree, upgrade=True)
    properties = stac.get("collections/c/items/i")["properties"]
    assert (properties["gsd"], properties["a"]) == (5, 2)


NOTHING = {
    "not there": (None, "There is no file or folder"),
    "no zip": ("x.zip", "is no zip file"),
}


@pytest.mark.parametrize(("name", "reason"), NOTHING.values(), ids=NOTHING)
def test_nothing_to_read(inside, tmp_path, name, reason):
    source = write(tmp_path, name, "no") if name else tmp_path / "none"
    with pytest.raises(CommandError, match=reason):
        command(source)


def command(*words):
    said = StringIO()
    tenancy = "tenants" in current.INSTALLED_APPS
    call_command("import_catalog", *(["acme"] if tenancy else []), *map(str, words), stdout=said)
    return said.getvalue()


def test_the_command(stac, inside, tree):
    said = command(tree, "--address", "https://example.org/")
    assert "created  Collection c (c/collection.json)\n" in said
    assert said.endswith("4 created.\n") or "2 walked" in said
    assert Collection.objects.count() == 2
    assert "created" not in command(tree, "--address", "https://example.org/")
