"""Who started a long job gets one mail when it has ended; none of what was over at once."""

from datetime import timedelta

import orjson
import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from catalogs import collections, exporting, loading
from catalogs.audit import Actor
from catalogs.models import Export, Upload
from catalogs.stac.models import Job
from tenants.models import Membership, User
from tests.catalogs.scenes import scene
from tests.stac import documents

ITEMS = "/o/acme/stac/collections/c/items"
EXPORT = "/o/acme/settings/export/"
AGO = timedelta(minutes=2)


@pytest.fixture
def home(in_acme, bucket, ada):
    return collections.create(documents.collection(), actor=Actor.of(ada))


def begin(client: Client, *ids: str) -> None:
    """Items for a job, of which it is said that they were sent two minutes ago."""
    body = b"\n".join(orjson.dumps(documents.item(id)) if id else b"{broken" for id in ids)
    words = {"content_type": "application/x-ndjson", "headers": {"Prefer": "respond-async"}}
    assert client.post(ITEMS, body, **words).status_code == 202
    Job.objects.update(created=timezone.now() - AGO)


def told(client: Client, *subjects: str) -> str:
    """That these are all mails, and that their links lead somewhere; the text of the last."""
    assert [each.subject for each in mail.outbox] == list(subjects)
    for each in mail.outbox:
        link = next(line for line in each.body.splitlines() if line.startswith("http://testserver"))
        assert client.get(link.removeprefix("http://testserver")).status_code == 200
        assert f'href="{link}"' in each.alternatives[0][0]
    return mail.outbox[-1].body


def test_it_works(home, ada_client, ada, run_jobs):
    begin(ada_client, "a", "b")
    run_jobs()
    text = told(ada_client, "Acme: Items for c are written")
    assert mail.outbox[0].to == [ada.email]
    assert "Of the items: 2 created." in text
    job = Job.objects.get()
    loading.write_items(str(home.pk), str(job.pk), job.attempt)  # tried again
    run_jobs()
    assert len(mail.outbox) == 1


def test_a_failure_is_told_with_its_reason_also_to_the_maker_of_a_key(
    home, ada_client, key_client, run_jobs
):
    for client in (ada_client, key_client):
        begin(client, "a", "")
    begin(key_client, "good")  # its program knows
    run_jobs()
    text = told(ada_client, *["Acme: Items for c could not be written"] * 2)
    assert "Item 1" in text


def test_what_is_over_at_once_is_not_told(home, ada_client, run_jobs):
    begin(ada_client, "a")
    Job.objects.update(created=timezone.now())
    run_jobs()
    assert mail.outbox == []


def test_who_wants_none_gets_none(home, ada_client, ada, run_jobs):
    assert 'name="job_mails"' in ada_client.get("/account/").text
    ada_client.post("/account/", {"name": "Ada"})
    begin(ada_client, "a")
    run_jobs()
    assert mail.outbox == []
    ada_client.post("/account/", {"name": "Ada", "job_mails": "on"})
    assert User.objects.get(pk=ada.pk).job_mails


def test_who_is_gone_meanwhile_is_told_nothing(home, sign_in, acme, cyd, run_jobs):
    member = Membership.objects.create(user=cyd, organization=acme, role="editor")
    begin(sign_in(cyd), "a")
    member.delete()
    run_jobs()
    assert mail.outbox == []


def test_an_export(home, ada_client, run_jobs):
    ada_client.post(EXPORT)
    Export.objects.update(created=timezone.now() - AGO)
    run_jobs()
    assert "0 items are in it." in told(ada_client, "Acme: Your export is ready")


def test_an_export_that_fails(home, ada_client, acme, run_jobs):
    ada_client.post(EXPORT)
    Export.objects.update(created=timezone.now() - AGO, run=exporting.MOST_RUNS)
    run_jobs()
    assert "Every run of it was cut off." in told(ada_client, "Acme: Your export failed")


def test_files_are_told_of_together_and_once(start, put, ada_client, key_client, in_acme, run_jobs):
    for name, data in (("a_20200101.tif", scene()), ("b_20200101.tif", b"no picture at all")):
        upload = start(name, len(data), client=ada_client)
        put(upload, data)
        key_client.post(upload["links"]["finish"])
    Upload.objects.update(finished=timezone.now() - AGO)
    waited_for = start("c_20200101.tif", 10, client=ada_client)
    run_jobs()
    assert mail.outbox == []  # the third is on its way
    key_client.post(waited_for["links"]["abort"])
    run_jobs()
    assert "1 could be taken, 1 could not." in told(ada_client, "Acme: Your 2 files are read")
    key_client.post(upload["links"]["retry"])  # who asks for that is there
    upload = start("d_20200101.tif", 10, client=ada_client)
    key_client.post(upload["links"]["abort"])
    run_jobs()
    assert len(mail.outbox) == 1
