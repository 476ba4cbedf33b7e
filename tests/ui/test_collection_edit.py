"""Making and editing a collection by its page."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalogs import collections
from catalogs.audit import Actor
from catalogs.models import AuditRecord, Intake
from catalogs.stac import transactions
from catalogs.stac.models import Asset, Collection
from catalogs.storage import assets
from tenants.current import tenant_scope
from tests.stac.documents import collection

pytestmark = pytest.mark.django_db
ACME = "/o/acme"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


def form(**changes):
    return {
        "title": "The coast",
        "description": "Scenes of the **coast**.",
        "license": "CC-BY-4.0",
        "custom_license": "",
        "keywords": "sea, sand",
        "visibility": "members",
        "initial-visibility": "members",
        "convert": "on",
        "initial-convert": "True",
        "providers-TOTAL_FORMS": "1",
        "providers-INITIAL_FORMS": "0",
        "providers-0-name": "",
        "providers-0-url": "",
        **changes,
    }


@pytest.fixture
def coast(in_acme) -> Collection:
    document = collection(
        "coast",
        title="The coast",
        description="Scenes of the **coast**.",
        keywords=["sea", "sand"],
        providers=[{"name": "Ada", "roles": ["host"], "url": "https://a.org", "email": "a@a.org"}],
    )
    return transactions.create_collection(document, derived=True)


def with_ada(coast, **changes):
    coast.refresh_from_db()
    rows = {
        "providers-TOTAL_FORMS": "2",
        "providers-INITIAL_FORMS": "1",
        "providers-0-name": "Ada",
        "providers-0-url": "https://a.org",
        "providers-0-roles": ["host"],
        "providers-1-name": "",
        "providers-1-url": "",
    }
    return form(etag=coast.etag, **rows) | changes


def test_it_works(ada_client, in_acme):
    answer = ada_client.post(f"{ACME}/new-collection/", form(), follow=True)
    assert answer.redirect_chain[-1][0] == f"{ACME}/collections/the-coast/"
    made = Collection.objects.get()
    document = made.to_stac("https://catalog.test/")
    assert made.derived
    assert document["keywords"] == ["sea", "sand"]
    assert document["license"] == "CC-BY-4.0"
    assert AuditRecord.objects.filter(action="collection.create").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "title_error"),
        ({"description": ""}, "description_error"),
        ({"id": "a/b"}, "no &#x27;/&#x27;"),
        ({"id": ".."}, "id_error"),
        ({"title": "!!!", "id": ""}, "Give an id"),
        ({"license": "custom"}, "SPDX name"),
        ({"license": "nonsense"}, "license_error"),
        ({"visibility": "world"}, 'role="alert"'),
        ({"providers-0-url": "https://a.org"}, "Give a name"),
        ({"providers-0-name": "A", "providers-0-url": "javascript:alert(1)"}, "url_error"),
    ],
)
def test_a_fault_is_said_at_its_field(ada_client, in_acme, changes, sentence):
    answer = ada_client.post(f"{ACME}/new-collection/", form(**changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Collection.objects.exists()


def test_sent_twice_makes_one(ada_client, in_acme):
    ada_client.post(f"{ACME}/new-collection/", form())
    again = ada_client.post(f"{ACME}/new-collection/", form())
    assert again.status_code == 422
    assert "already" in again.text
    assert Collection.objects.count() == 1


def test_another_provider_keeps_what_was_typed(ada_client, in_acme):
    answer = ada_client.post(f"{ACME}/new-collection/", form(more="1", title="Half way"))
    assert answer.status_code == 200
    assert 'name="providers-1-name"' in answer.text
    assert 'value="Half way"' in answer.text


def test_edit_changes_only_what_was_touched(ada_client, coast):
    sent = with_ada(coast, title="Coasts", visibility="public")
    del sent["convert"]
    assert ada_client.post(f"{ACME}/collections/coast/edit/", sent).status_code == 302
    coast.refresh_from_db()
    document = coast.to_stac("https://catalog.test/")
    assert document["title"] == "Coasts"
    assert document["providers"][0]["email"] == "a@a.org"
    assert coast.visibility == "public"
    assert not Intake.of("coast").convert


def test_someone_was_faster(ada_client, coast):
    sent = with_ada(coast, title="Mine", visibility="public")
    transactions.update_collection(coast, {"title": "Theirs", "license": "CC0-1.0"})
    answer = ada_client.post(f"{ACME}/collections/coast/edit/", sent)
    assert answer.status_code == 412
    assert "Mine" in answer.text
    assert "Theirs" in answer.text
    coast.refresh_from_db()
    assert coast.title == "Theirs"
    assert coast.visibility == "public"  # nobody's version says otherwise
    mine = coast.to_stac("https://catalog.test/") | {"title": "Mine"}
    chosen = {"etag": coast.etag, "yours": json.dumps(mine), "choose./title": "yours"}
    ada_client.post(f"{ACME}/collections/coast/edit/", chosen)
    coast.refresh_from_db()
    assert coast.title == "Mine"
    assert coast.to_stac("")["license"] == "CC0-1.0"


def test_a_picture(ada_client, coast, bucket):
    sent = with_ada(coast, thumbnail=SimpleUploadedFile("x.png", PNG, "image/png"))
    assert ada_client.post(f"{ACME}/collections/coast/edit/", sent).status_code == 302
    held = Asset.objects.get(item=None)
    assert held.media_type == "image/png"
    assert assets().read(held.name, 0, len(PNG)) == PNG


def test_a_picture_that_is_none_is_refused(ada_client, coast):
    page = SimpleUploadedFile("x.png", b"<html>", "image/png")
    answer = ada_client.post(f"{ACME}/collections/coast/edit/", with_ada(coast, thumbnail=page))
    assert answer.status_code == 422
    assert "no PNG, JPEG or WebP" in answer.text


def test_a_viewer_sees_no_button_and_may_not(ben_client, coast):
    assert "/edit/" not in ben_client.get(f"{ACME}/collections/coast/").text
    assert ben_client.get(f"{ACME}/collections/coast/edit/").status_code == 403
    assert ben_client.post(f"{ACME}/new-collection/", form()).status_code == 403


def test_strangers_find_nothing(cyd_client, client, coast):
    assert cyd_client.get(f"{ACME}/collections/coast/edit/").status_code == 404
    assert cyd_client.get(f"{ACME}/new-collection/").status_code == 404
    assert client.get(f"{ACME}/collections/coast/edit/").status_code == 302
    assert client.post(f"{ACME}/collections/coast/edit/", form()).status_code == 404


def test_anothers_collection_is_not_there(ada_client, other):
    with tenant_scope(other):
        transactions.create_collection(collection("theirs"), derived=True)
    assert ada_client.get(f"{ACME}/collections/theirs/edit/").status_code == 404


def test_a_collection_is_renamed_where_it_stands(ada_client, coast):
    address = f"{ACME}/collections/coast/"
    assert f'action="{address}rename/"' in ada_client.get(address).text
    answer = ada_client.post(f"{address}rename/", {"title": "North coast"}, follow=True)
    assert answer.redirect_chain[-1][0] == address
    assert "<h1" in answer.text
    assert Collection.objects.get().title == "North coast"
    assert AuditRecord.objects.filter(action="collection.update").exists()


def test_what_was_made_of_the_title_follows_it(ada_client, in_acme, ada):
    made = collections.make_for_files("My first collection", actor=Actor.of(ada))
    ada_client.post(f"{ACME}/collections/{made.pk}/rename/", {"title": "North coast"})
    made.refresh_from_db()
    assert made.to_stac("")["description"] == "Files dropped into North coast."


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("", "A collection needs a title."),
        ("x" * 201, "at most 200 characters"),
        ("a\0b", "Null characters"),
    ],
)
def test_a_title_that_is_none_is_refused(ada_client, coast, title, sentence):
    address = f"{ACME}/collections/coast/rename/"
    assert sentence in ada_client.post(address, {"title": title}, follow=True).text
    within = ada_client.post(address, {"title": title}, headers={"HX-Request": "true"})
    assert sentence in within.text
    assert Collection.objects.get().title == "The coast"


def test_a_viewer_renames_nothing(ben_client, coast):
    assert "rename/" not in ben_client.get(f"{ACME}/collections/coast/").text
    answer = ben_client.post(f"{ACME}/collections/coast/rename/", {"title": "Mine"})
    assert answer.status_code == 403


def test_how_much_extensions_count(ada_client, coast):
    where = f"{ACME}/collections/coast/edit/"
    assert "Refuse them" in ada_client.get(where).text
    for strictness in ("reject", "off", "warn"):
        sent = with_ada(coast, strictness=strictness)
        assert ada_client.post(where, sent).status_code == 302
        coast.refresh_from_db()
        assert coast.strictness == strictness
    assert AuditRecord.objects.filter(action="collection.check").count() == 3
    assert ada_client.post(where, with_ada(coast, strictness="never")).status_code == 422
    made = ada_client.post(f"{ACME}/new-collection/", form(title="Strict", strictness="reject"))
    assert made.status_code == 302
    assert Collection.objects.get(pk="strict").strictness == "reject"


def test_it_can_ask_programs_for_versions(ada_client, coast):
    for said, asks in ({"require_if_match": "on"}, True), ({}, False):
        before = {"initial-require_if_match": str(not asks)}
        sent = with_ada(coast, **said, **before)
        assert ada_client.post(f"{ACME}/collections/coast/edit/", sent).status_code == 302
        coast.refresh_from_db()
        assert coast.require_if_match is asks
