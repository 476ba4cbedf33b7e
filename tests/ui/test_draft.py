"""Review: what was found in a file is looked over, then published."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogs.models import Draft, Upload
from catalogs.stac import transactions
from catalogs.stac.models import Collection, Item
from tenants.current import tenant_scope
from tests.stac.documents import collection, item

pytestmark = pytest.mark.django_db
DROP = "/o/acme/drop"
HTMX = {"headers": {"hx-request": "true"}}


def draft_of(organization, person, name="scene", **properties) -> Draft:
    upload = Upload.objects.create(
        owner=organization.pk,
        filename=f"{name}.tif",
        size=10,
        name=f"o/{organization.pk}/u/{uuid.uuid4()}",
        state=Upload.State.REVIEW,
        actor_kind="user",
        actor_id=str(person.pk),
        actor_name=str(person),
    )
    document = item(name, properties=properties, assets={})
    sources = {"datetime": {"from": "file name"}, "gsd": {"from": "guessed"}}
    return Draft.objects.create(pk=upload.pk, upload=upload, document=document, sources=sources)


@pytest.fixture
def draft(in_acme, ada) -> Draft:
    return draft_of(in_acme, ada, gsd=10)


def form(draft: Draft, **changes):
    start = f"d{str(draft.pk)[:8]}-"
    properties = draft.document["properties"]
    values = {
        "title": "",
        "id": draft.document["id"],
        "collection": draft.collection,
        "datetime": (properties["datetime"] or "")[:19],
        "start_datetime": "",
        "end_datetime": "",
        "description": "",
        **{f"properties.{key}": properties[key] for key in properties if key != "datetime"},
        **changes,
    }
    return {start + name: value for name, value in values.items()} | {"version": draft.version}


def test_it_works(ada_client, draft):
    page = ada_client.get(f"{DROP}/{draft.pk}/").text
    assert "From its name" in page
    assert "Guessed" in page
    sent = form(draft, title="The coast")
    answer = ada_client.post(f"{DROP}/{draft.pk}/publish/", sent, follow=True)
    assert "it can be searched now" in answer.text
    published = Item.objects.get()
    assert published.properties["title"] == "The coast"
    assert published.collection.title == "My first collection"


def test_what_is_saved_is_yours(ada_client, draft):
    ada_client.post(f"{DROP}/{draft.pk}/", form(draft, **{"properties.gsd": "5"}))
    draft.refresh_from_db()
    assert draft.document["properties"]["gsd"] == 5
    assert draft.sources["gsd"] == {"from": "you"}
    assert draft.sources["datetime"] == {"from": "file name"}


def test_without_a_date_it_is_asked_for(ada_client, in_acme, ada):
    draft = draft_of(in_acme, ada, datetime=None)
    assert "Needs a date" in ada_client.get(f"{DROP}/{draft.pk}/").text
    answer = ada_client.post(f"{DROP}/{draft.pk}/publish/", form(draft))
    assert answer.status_code == 422
    assert "When was it taken?" in answer.text
    sent = form(draft, datetime="2024-06-01T10:30")
    assert ada_client.post(f"{DROP}/{draft.pk}/publish/", sent).status_code == 302
    assert Item.objects.get().properties["datetime"] == "2024-06-01T10:30:00Z"


def test_the_same_date_for_all(ada_client, in_acme, ada):
    for name in ("one", "two"):
        draft_of(in_acme, ada, name, datetime=None)
    assert "2 have no date" in ada_client.get(f"{DROP}/").text
    ada_client.post(f"{DROP}/dates/", {"datetime": "2024-06-01T00:00"})
    assert all(draft.dated for draft in Draft.objects.all())


def test_a_date_that_is_none_is_refused(ada_client, in_acme, ada):
    draft_of(in_acme, ada, datetime=None)
    assert ada_client.post(f"{DROP}/dates/", {"datetime": "soon"}).status_code == 400


def test_a_date_of_nonsense_is_answered_as_it_was_typed(ada_client, draft):
    answer = ada_client.post(f"{DROP}/{draft.pk}/", form(draft, datetime="banana"))
    assert answer.status_code == 422
    assert "“banana” is no date and time." in answer.text


def test_publishing_leads_to_the_item(ada_client, draft):
    answer = ada_client.post(f"{DROP}/{draft.pk}/publish/", form(draft))
    assert answer.url.endswith("/items/" + Item.objects.get().stac_id + "/")


def test_publish_all_publishes_what_can_be(ada_client, in_acme, ada):
    for name, moment in (("one", "2020-01-01T00:00:00Z"), ("two", None)):
        draft_of(in_acme, ada, name, datetime=moment)
    answer = ada_client.post(f"{DROP}/publish/", **HTMX)
    assert answer.headers["HX-Retarget"] == "#list"
    assert "is published" in answer.text
    assert Item.objects.get().stac_id == "one"
    assert Draft.objects.get().document["id"] == "two"


def test_published_twice_is_one_item(ada_client, draft):
    sent = form(draft)
    assert ada_client.post(f"{DROP}/{draft.pk}/publish/", sent).status_code == 302
    assert ada_client.post(f"{DROP}/{draft.pk}/publish/", sent).status_code == 404
    assert Item.objects.count() == 1


def test_someone_was_faster(ada_client, draft):
    sent = form(draft, title="Mine")
    ada_client.post(f"{DROP}/{draft.pk}/", form(draft, title="First"))
    answer = ada_client.post(f"{DROP}/{draft.pk}/", sent)
    assert answer.status_code == 422
    assert "changed this draft meanwhile" in answer.text
    draft.refresh_from_db()
    assert draft.document["properties"]["title"] == "First"


def test_into_a_collection(ada_client, draft):
    transactions.create_collection(collection("coast"), derived=True)
    ada_client.post(f"{DROP}/{draft.pk}/publish/", form(draft, collection="coast"))
    assert Item.objects.get().collection_id == "coast"
    assert Collection.objects.count() == 1


def test_discard(ada_client, draft):
    ada_client.post(f"{DROP}/{draft.pk}/discard/")
    assert not Draft.objects.exists()
    assert Upload.objects.get().state == Upload.State.ABORTED


def test_a_viewer_may_not(ben_client, draft):
    assert ben_client.get(f"{DROP}/{draft.pk}/").status_code == 403
    assert ben_client.post(f"{DROP}/publish/").status_code == 403


def test_strangers_find_nothing(cyd_client, client, draft):
    assert cyd_client.get(f"{DROP}/{draft.pk}/").status_code == 404
    assert cyd_client.post(f"{DROP}/{draft.pk}/publish/").status_code == 404
    assert client.get(f"{DROP}/{draft.pk}/").status_code == 302


def test_anothers_draft_is_not_there(ada_client, other, oda):
    with tenant_scope(other):
        draft = draft_of(other, oda)
    for page in ("", "picture/"):
        assert ada_client.get(f"{DROP}/{draft.pk}/{page}").status_code == 404
    assert ada_client.post(f"{DROP}/{draft.pk}/publish/").status_code == 404


def test_many_drafts_ask_no_more_of_the_database(ada_client, in_acme, ada):
    def asked() -> int:
        with CaptureQueriesContext(connection) as statements:
            assert ada_client.get(f"{DROP}/", **HTMX).status_code == 200
        assert not any('"stac_collection"."body"' in each["sql"] for each in statements)
        return len(statements)

    transactions.create_collection(collection("coast"))
    draft_of(in_acme, ada, "first")
    few = asked()
    for name in ("second", "third", "fourth"):
        draft_of(in_acme, ada, name)
    assert asked() <= few


def test_many_drafts_come_in_pages(ada_client, in_acme, ada):
    for number in range(27):
        undated = {"datetime": None} if number == 0 else {}
        draft_of(in_acme, ada, f"scene-{number:02}", **undated)
    first, second = ada_client.get(f"{DROP}/"), ada_client.get(f"{DROP}/?page=2")
    assert [len(page.context["cards"]) for page in (first, second)] == [25, 2]
    assert 'rel="next" href="?page=2"' in first.text
    assert 'rel="prev" href="?page=1"' in second.text
    assert "Publish all 26" in second.text
    shown = {str(card.draft) for page in (first, second) for card in page.context["cards"]}
    assert len(shown) == 27


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 5000, "\x00"])
def test_a_page_that_is_none_is_another(ada_client, draft, page):
    assert ada_client.get(f"{DROP}/", {"page": page}).status_code == 200


@pytest.mark.parametrize("version", ["²", "9" * 5000, "", "x"])
def test_a_version_that_is_no_number_is_none(ada_client, draft, version):
    answer = ada_client.post(f"{DROP}/{draft.pk}/", form(draft, title="New", version=version))
    assert answer.status_code == 302
