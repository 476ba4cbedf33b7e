"""A whole catalog as a zip: made by a job, whole and true, fetched by those who may."""

import io
import json
import zipfile
from datetime import timedelta

import pyarrow.parquet as pq
import pystac
import pytest
import requests
from django.utils import timezone

from catalogs import exporting, reaper, room
from catalogs.models import AuditRecord, Export
from catalogs.stac import transactions
from catalogs.storage import assets
from tenants.current import tenant_scope
from tenants.models import Membership
from tests.stac.documents import collection, item

PAGE = "/o/acme/settings/export/"
ODD = "Höhe: a*b?"


@pytest.fixture
def catalog(acme, bucket):
    """Two collections; one item has a file of ours and one elsewhere, and an odd id."""
    with tenant_scope(acme):
        name = f"o/{acme.pk}/u/one/data.tif"
        assets().save(name, io.BytesIO(b"pixels"))
        held = [transactions.HeldFile("data", name, 6, "1220" + "0" * 64, "image/tiff")]
        elsewhere = {"href": "https://example.org/x.tif", "type": "image/tiff"}
        coast = transactions.create_collection(collection("coast"), "members")
        transactions.create_item(
            coast, item(ODD, assets={"data": {"href": "data.tif"}, "far": elsewhere}), held=held
        )
        for n in range(3):
            transactions.create_item(coast, item(f"i{n}"))
        transactions.create_collection(collection("Empty"), "public")
        yield acme
        bucket.objects.filter(Prefix=f"o/{acme.pk}/").delete()


def make(client, run_jobs, **words: str) -> zipfile.ZipFile:
    assert "is being made" in client.post(PAGE, words, follow=True).text
    run_jobs()
    page = client.get(PAGE)
    assert "4 items" in page.text
    href = page.text.split(PAGE)[-1].split('"')[0]
    answer = client.get(PAGE + href)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    fetched = requests.get(answer.headers["Location"], timeout=10)
    assert answer.signed_bytes == len(fetched.content)
    assert "acme-2" in fetched.headers["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(fetched.content))


@pytest.mark.parametrize("files", ["no", "yes"])
def test_it_works(catalog, ada_client, run_jobs, tmp_path, files):
    zipped = make(ada_client, run_jobs, files=files)
    assert zipped.testzip() is None
    zipped.extractall(tmp_path)
    root = pystac.Catalog.from_file(str(tmp_path / "catalog.json"))
    assert {each.id for each in root.get_children()} == {"coast", "Empty"}
    items = {each.id: each for each in root.get_items(recursive=True)}
    assert set(items) == {ODD, "i0", "i1", "i2"}
    assert all(not link.href.startswith("http") for link in root.links)
    for each in items.values():
        assert all(not str(link.href).startswith("http") for link in each.links)
        each.validate()
    line = json.loads(zipped.read("files.jsonl"))
    assert (line["item"], line["size"], line["key"]) == (ODD, 6, "data")
    own, far = items[ODD].assets["data"], items[ODD].assets["far"]
    assert far.href == "https://example.org/x.tif"
    if files == "yes":
        names = zipped.namelist()  # bytes come when all is read: no transaction waits for them
        assert names.index(line["path"]) > max(names.index(n) for n in names if "items." in n)
        assert zipped.read(line["path"]) == b"pixels"
        with open(own.get_absolute_href(), "rb") as opened:
            assert opened.read() == b"pixels"
    else:
        assert own.href.startswith("http://testserver/o/acme/stac/collections/coast/items/")
        assert requests.get(line["href"], timeout=10).content == b"pixels"
    coast = next(name for name in zipped.namelist() if name.startswith("coast/items."))
    table = pq.read_table(io.BytesIO(zipped.read(coast)))
    assert set(table["id"].to_pylist()) == set(items)
    with tenant_scope(catalog):
        actions = AuditRecord.objects.order_by("id").values_list("action", flat=True)
        assert list(actions)[-2:] == ["catalog.export", "catalog.export.fetch"]


def test_a_file_that_is_gone_by_then_is_told(catalog, ada_client, run_jobs, bucket):
    bucket.objects.filter(Prefix=f"o/{catalog.pk}/u/").delete()
    zipped = make(ada_client, run_jobs, files="yes")
    assert json.loads(zipped.read("files.jsonl"))["path"] is None
    assert b"removed meanwhile" in zipped.read("README.txt")


def test_one_at_a_time(catalog, ada_client):
    ada_client.post(PAGE)
    assert "being made already" in ada_client.post(PAGE, follow=True).text
    with tenant_scope(catalog):
        assert Export.objects.count() == 1


def test_a_run_that_was_cut_off_begins_anew(catalog, ada_client, run_jobs):
    ada_client.post(PAGE)
    with tenant_scope(catalog):
        export = Export.objects.get()
        first = exporting._Run(str(catalog.pk), str(export.pk), 0)
        assert exporting.sweep(str(catalog.pk)) == []  # it lives
        Export.objects.update(beat=timezone.now() - timedelta(minutes=5))
        assert run_jobs() == 1  # the job that was in the queue still: a second run
        with pytest.raises(exporting.Stale):
            first.note(progress=50)
        export.refresh_from_db()
        assert (export.state, export.run) == ("done", 2)
        Export.objects.update(state="running", beat=timezone.now() - timedelta(minutes=5))
        assert exporting.sweep(str(catalog.pk)) == [str(export.pk)]
    run_jobs()
    with tenant_scope(catalog):
        export.refresh_from_db()
        assert (export.state, export.attempt) == ("done", 1)
        assert assets().held_size(export.name) == export.size


def test_files_need_room(catalog, limited, ada_client, run_jobs):
    limited(storage=10_000)  # for four items and 6 bytes not enough
    refused = ada_client.post(PAGE, {"files": "yes"})
    assert refused.status_code == 402
    assert "that lists the files needs no room" in refused.text
    make(ada_client, run_jobs, files="no")  # leaving is possible
    limited(storage=40_000)
    make(ada_client, run_jobs, files="yes")
    with tenant_scope(catalog):
        first = Export.objects.get(with_files=True)
        used = sum(export.size for export in Export.objects.all())
        assert (room.held()["exports"], room.promised_already()) == (used, 0)
    ada_client.post(PAGE, {"files": "yes"})
    with tenant_scope(catalog):
        assert not Export.objects.filter(pk=first.pk).exists()  # one of a kind
        assert room.promised_already() == 12_006


def test_it_is_kept_for_a_week(catalog, ada_client, run_jobs):
    ada_client.post(PAGE)
    run_jobs()
    owner, later = str(catalog.pk), timezone.now() + timedelta(hours=1)
    with tenant_scope(catalog):
        export = Export.objects.get()
        assert export.name not in reaper.reap(owner, later)
        Export.objects.update(created=timezone.now() - timedelta(days=8))
        assert export.name in reaper.reap(owner, later)
    assert ada_client.get(f"{PAGE}{export.pk}/").status_code == 404


def test_only_who_manages_the_organization_may(catalog, ben_client, cyd_client, cyd, run_jobs):
    for client in (ben_client, cyd_client):
        assert client.post(PAGE).status_code == client.get(PAGE).status_code
        assert client.get(PAGE).status_code == (403 if client is ben_client else 404)
    Membership.objects.create(user=cyd, organization=catalog, role="admin")
    assert cyd_client.get(PAGE).status_code == 200


def test_one_that_is_not_there_yet_is_not_found(catalog, ada_client):
    ada_client.post(PAGE)
    with tenant_scope(catalog):
        export = Export.objects.get()
    assert ada_client.get(f"{PAGE}{export.pk}/").status_code == 404
