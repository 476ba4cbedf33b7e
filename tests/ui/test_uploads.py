"""The page of dropped files, as the server draws it."""

import pytest

from catalogs import uploads
from catalogs.audit import Actor
from catalogs.models import Upload
from tenants.current import tenant_scope

pytestmark = pytest.mark.django_db
DROP = "/o/acme/drop/"
State = Upload.State


@pytest.fixture
def upload(in_acme, ada, bucket) -> Upload:
    return uploads.start("scene.tif", 1000, str(in_acme.pk), Actor.of(ada))


def told(upload: Upload, **fields: str) -> None:
    Upload.objects.filter(pk=upload.pk).update(**fields)


def test_it_works(ada_client, upload):
    page = ada_client.get(DROP).text
    assert "scene.tif" in page
    assert 'id="uploads"' in page
    assert "My first collection" in page


def test_it_is_asked_again_only_while_something_happens(ada_client, upload):
    assert "every 3s" not in ada_client.get(DROP).text
    told(upload, state=State.DESCRIBING)
    assert "every 3s" in ada_client.get(DROP).text
    told(upload, state=State.REJECTED, problem="This is not of the Earth.", advice="No way.")
    page = ada_client.get(DROP).text
    assert "every 3s" not in page
    assert "This is not of the Earth." in page
    assert f'Reference <code class="font-mono select-all">{upload.pk}' in page


def test_a_fragment_is_the_list_alone(ada_client, upload):
    part = ada_client.get(DROP, headers={"hx-request": "true"}).text
    assert "scene.tif" in part
    assert "<html" not in part


def test_what_was_published_leads_to_its_item(ada_client, upload):
    told(upload, state=State.PUBLISHED, item="scene", item_collection="coast")
    assert "/o/acme/collections/coast/items/scene/" in ada_client.get(DROP).text


def test_cancel(ada_client, upload):
    assert ada_client.post(f"{DROP}{upload.pk}/remove").status_code == 302
    assert Upload.objects.get().state == State.ABORTED
    assert "scene.tif" not in ada_client.get(DROP).text
    assert ada_client.post(f"{DROP}{upload.pk}/remove").status_code == 302


def test_trying_again_where_it_cannot_be(ada_client, upload):
    answer = ada_client.post(f"{DROP}{upload.pk}/again")
    assert answer.status_code == 409
    assert "cannot be tried again" in answer.text


def test_a_viewer_may_not_and_has_no_tray(ben_client, upload):
    assert ben_client.get(DROP).status_code == 403
    assert 'id="uploads"' not in ben_client.get("/o/acme/").text
    assert ben_client.post(f"{DROP}{upload.pk}/remove").status_code == 403


def test_strangers_find_nothing(cyd_client, client, upload):
    assert cyd_client.get(DROP).status_code == 404
    assert client.get(DROP).status_code == 302
    assert client.post(f"{DROP}{upload.pk}/remove").status_code == 404


def test_anothers_file_is_not_there(ada_client, other, oda, bucket):
    with tenant_scope(other):
        theirs = uploads.start("secret.tif", 1000, str(other.pk), Actor.of(oda))
    assert ada_client.post(f"{DROP}{theirs.pk}/remove").status_code == 404
    assert "secret.tif" not in ada_client.get(DROP).text
