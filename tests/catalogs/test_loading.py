"""Items written by the worker: once, whatever is cut off when; told to who may know."""

from contextlib import suppress
from datetime import timedelta

import orjson
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from catalogs import loading, reaper
from catalogs.models import AuditRecord
from catalogs.stac import bulk
from catalogs.stac import jobs as stac_jobs
from catalogs.stac.models import Item, Job
from tenants import keys
from tenants.current import tenant_scope
from tenants.models import Membership
from tenants.roles import Role
from tests.stac import documents
from tests.stac.client import StacClient
from tests.stac.door import stac  # noqa: F401 - a fixture

LATER = {"Prefer": "respond-async, handling=lenient"}
STRICT = {"Prefer": "respond-async"}


@pytest.fixture
def home(stac, bucket):  # noqa: F811
    assert stac.post("collections", documents.collection()).status_code == 201
    return "collections/c/items"


def lines(*ids: str) -> bytes:
    return b"\n".join(orjson.dumps(documents.item(id)) if id else b"{broken" for id in ids)


def begin(stac, home, *ids, headers=LATER, **more):  # noqa: F811
    answer = stac.post(
        home, lines(*ids), content_type="application/x-ndjson", headers=headers, **more
    )
    assert answer.status_code == 202, answer.content
    return answer["Location"].removeprefix(stac.root)


def objects(bucket, acme) -> list[str]:
    return [each.key for each in bucket.objects.filter(Prefix=f"o/{acme.pk}/j/")]


def test_it_works(stac, home, run_jobs, bucket, acme, in_acme):  # noqa: F811
    job = begin(stac, home, "a", "", "b")
    assert stac.get(job)["status"] == "accepted"
    assert stac(job)["Retry-After"] == "2"
    assert len(objects(bucket, acme)) == 1
    assert run_jobs() == 1
    told = stac.get(job)
    assert (told["status"], told["progress"]) == ("successful", 100)
    assert (told["received"], told["created"], told["refused"]) == (3, 2, 1)
    assert [(fault["index"], fault["status"]) for fault in told["errors"]] == [(1, 400)]
    assert orjson.loads(stac(f"{job}/report").content) == told["errors"][0]
    assert stac(f"{job}/report", after=1).content == b""
    assert sorted(stac.ids()) == ["a", "b"]
    assert objects(bucket, acme) == []
    record = AuditRecord.objects.get(action="item.write")
    assert record.actor_kind == "key"
    assert record.objects_named["created"] == "2"
    assert [each["jobID"] for each in stac.get("jobs")["jobs"]] == [told["jobID"]]


def test_a_strict_one_writes_all_or_none(stac, home, run_jobs):  # noqa: F811
    job = begin(stac, home, "a", "", headers=STRICT)
    run_jobs()
    told = stac.get(job)
    assert (told["status"], told["problem"]["status"]) == ("failed", 400)
    assert "Item 1" in told["message"]
    assert stac.ids() == []
    job = begin(stac, home, "a", "b", headers=STRICT)
    run_jobs()
    assert stac.get(job)["created"] == 2


def test_cancelling(stac, home, run_jobs, bucket, acme):  # noqa: F811
    job = begin(stac, home, "a")
    assert stac(job, "DELETE").json()["status"] == "dismissed"
    run_jobs()
    assert stac.ids() == []
    assert objects(bucket, acme) == []
    assert stac(job, "DELETE").status_code == 409


def test_cancelling_while_it_writes(stac, home):  # noqa: F811
    """A strict one has its row locked for as long as it writes: nobody waits for that."""

    def locked(execute, sql, params, many, context):
        if "FOR UPDATE" in sql and "stac_job" in sql:
            raise OperationalError from LockNotAvailable()
        return execute(sql, params, many, context)

    job = begin(stac, home, "a")
    with connection.execute_wrapper(locked):
        answer = stac(job, "DELETE")
    assert (answer.status_code, answer.json()["code"]) == (409, "Busy")
    assert "being written" in answer.json()["description"]
    assert stac.get(job)["status"] == "accepted"


@pytest.mark.parametrize("headers", [LATER, STRICT])
def test_a_run_that_is_cut_off_goes_on_without_doubling(
    stac,  # noqa: F811
    home,
    run_jobs,
    acme,
    in_acme,
    monkeypatch,
    headers,
):
    class Killed(BaseException):
        """As sudden as a signal."""

    monkeypatch.setattr(bulk, "BATCH", 2)
    monkeypatch.setattr(bulk, "IN_MEMORY", 0)
    begin(stac, home, *"abcdefg", headers=headers)
    put, seen = bulk.put, []

    def dying(*args):
        seen.append(args)
        if len(seen) == 3:
            raise Killed
        return put(*args)

    monkeypatch.setattr(bulk, "put", dying)
    with suppress(Killed):
        run_jobs()
    [job] = Job.objects.all()
    assert job.status == "running"
    assert Item.objects.count() == (4 if headers is LATER else 0)
    monkeypatch.setattr(bulk, "put", put)
    assert loading.sweep(str(acme.pk)) == []  # it may live still
    Job.objects.update(beat=timezone.now() - timedelta(hours=1))
    assert loading.sweep(str(acme.pk)) == [str(job.pk)]
    assert run_jobs() == 1
    told = stac.get(f"jobs/{job.pk}")
    assert (told["status"], told["created"], told["refused"]) == ("successful", 7, 0)
    assert sorted(stac.ids()) == sorted("abcdefg")
    assert stac.get("collections/c/items?limit=1")["numberReturned"] == 1
    assert AuditRecord.objects.filter(action="item.write").count() == 1


def test_the_sweeper_gives_a_lost_job_to_another(stac, home, run_jobs, in_acme, acme):  # noqa: F811
    begin(stac, home, "a", "b")
    assert loading.sweep(str(acme.pk)) == []
    Job.objects.update(updated=timezone.now() - timedelta(hours=1))
    assert loading.sweep(str(acme.pk)) == []  # it still waits in the queue
    [job] = Job.objects.all()
    old = stac_jobs.Run(str(job.pk), job.attempt)
    old.begin()
    Job.objects.update(attempt=1)
    with pytest.raises(stac_jobs.Stale):
        old.write()


def test_a_run_that_has_just_begun_is_not_lost(stac, home, in_acme, acme):  # noqa: F811
    """However long it waited for its turn."""
    begin(stac, home, "a")
    Job.objects.update(updated=timezone.now() - timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    [job] = Job.objects.all()
    run = stac_jobs.Run(str(job.pk), job.attempt)
    run.begin()
    assert loading.sweep(str(acme.pk)) == []
    run.write()


def test_what_waits_is_not_reaped(stac, home, run_jobs, bucket, acme, in_acme):  # noqa: F811
    begin(stac, home, "a")
    later = timezone.now() + timedelta(hours=2)
    reaper.reap(str(acme.pk), later)
    assert len(objects(bucket, acme)) == 1
    run_jobs()
    Job.objects.update(finished=timezone.now() - timedelta(days=8))
    reaper.reap(str(acme.pk), later)
    assert not Job.objects.exists()


def test_who_may_know(stac, home, acme, ada, ben, cyd, oda, other):  # noqa: F811
    job = begin(stac, home, "a")
    Membership.objects.create(user=cyd, organization=acme, role=Role.CONTRIBUTOR)

    def of(owner, organization, *scopes):
        _, key = keys.issue(organization, creator=owner, name="k", scopes=scopes)
        return StacClient(acme.stac_address, {"Authorization": f"Bearer {key}"})

    reading, writing = ("catalog:read",), ("catalog:read", "items:write")
    for client, status in (
        (StacClient(acme.stac_address), 404),
        (of(ben, acme, *reading), 404),
        (of(cyd, acme, *writing), 404),
        (of(ada, acme, *reading), 404),
        (of(oda, other, *writing), 401),
        (of(ada, acme, *writing), 200),
    ):
        for path in (job, f"{job}/report"):
            assert client(path).status_code == status
    contributor = of(cyd, acme, *writing)
    own = begin(contributor, home, "mine")
    assert contributor(own).status_code == 200
    assert [f"jobs/{each['jobID']}" for each in contributor.get("jobs")["jobs"]] == [own]
    assert len(stac.get("jobs")["jobs"]) == 2
    assert StacClient(acme.stac_address).get("jobs")["jobs"] == []
    with tenant_scope(acme):
        assert Job.objects.count() == 2
