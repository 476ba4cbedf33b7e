"""What was cut off goes on; what nothing names is cleared away, and nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogs import drafts, items, reaper
from catalogs.audit import Actor
from catalogs.models import Draft, Upload
from catalogs.stac.models import Trashed
from catalogs.storage import SMALLEST_PART, assets
from tests.catalogs.conftest import pattern
from tests.catalogs.scenes import scene

ADA = Actor("user", "1", "Ada")
LATER = timedelta(days=8)


@pytest.fixture
def reap(in_acme):
    """As if it ran in eight days: what is new today is old then."""

    def run(after: timedelta = LATER) -> list[str]:
        return reaper.reap(str(in_acme.pk), timezone.now() + after)

    return run


def names(owner) -> set[str]:
    return {held.name for held in assets().listing(f"o/{owner.pk}/")}


def test_lost_work_goes_on(send, state, run_jobs, in_acme):
    upload = send("scene.tif", scene(seed=21))
    forget_jobs()
    assert reaper.sweep() == []  # not silent for long enough
    Upload.objects.update(updated=timezone.now() - timedelta(minutes=5))
    assert reaper.sweep() == [upload["id"]]
    run_jobs()
    assert state(upload)["state"] == "review"


def test_work_that_waits_in_the_queue_is_left_alone(send, in_acme):
    send("scene.tif", scene(seed=22))
    Upload.objects.update(updated=timezone.now() - timedelta(hours=5))
    assert reaper.sweep() == []


def test_a_file_that_ends_every_run_is_given_up(send, run_jobs, state, in_acme):
    upload = send("scene.tif", scene(seed=23))
    Upload.objects.update(run=50)
    run_jobs()
    assert state(upload)["code"] == "unreadable"


def test_drafts_items_and_trash_keep_their_files(take_in, reap, in_acme):
    upload = take_in("a_20200101.tif", scene(seed=24))
    mine = {name for name in names(in_acme) if upload["id"] in name}
    reap(timedelta(days=1))
    assert mine <= names(in_acme)
    item = drafts.publish(Draft.objects.get(upload=upload["id"]), actor=ADA)
    reap(timedelta(days=1))
    assert mine <= names(in_acme)
    items.delete(item, actor=ADA)
    reap(timedelta(days=1))
    assert mine <= names(in_acme)

    Trashed.objects.update(deleted=timezone.now() - LATER)
    assert mine <= set(reap())


def test_what_is_needed_is_read_at_one_moment(reap):
    """A draft that is published between two questions would be in the answer to neither."""
    with CaptureQueriesContext(connection) as asked:
        reap()
    tables = ("catalogs_draft", "stac_asset", "stac_trashed", "catalogs_upload")
    whole = [each["sql"] for each in asked if "jsonb_array_elements" in each["sql"]]
    assert len(whole) == 1
    assert all(table in whole[0] for table in tables)


def test_a_discarded_draft_loses_its_files(take_in, reap, in_acme):
    upload = take_in("b_20200101.tif", scene(seed=25))
    draft = Draft.objects.get(upload=upload["id"])
    mine = {file["name"] for file in draft.held}
    drafts.discard(draft, actor=ADA)
    assert not mine & set(reap(timedelta()))  # within the grace
    assert mine <= set(reap(timedelta(hours=1)))


def test_a_refused_file_may_be_tried_again_for_a_week(take_in, reap, in_acme):
    upload = take_in("c.tif", scene(crs=None, seed=26))
    name = Upload.objects.get(pk=upload["id"]).name
    assert name not in reap(timedelta(days=6))
    assert name in reap(timedelta(days=8))


def test_an_object_that_no_row_names_is_removed(reap, in_acme):
    stray = f"o/{in_acme.pk}/u/nobody/stray.tif"
    assets().client.put_object(Bucket=assets().bucket_name, Key=stray, Body=b"x")
    assert stray in reap()


def test_another_organizations_objects_are_not_looked_at(reap, other):
    stray = f"o/{other.pk}/u/nobody/stray.tif"
    assets().client.put_object(Bucket=assets().bucket_name, Key=stray, Body=b"x")
    reap()
    assert assets().held_size(stray) == 1


def test_uploads_that_nobody_goes_on_with_are_ended(start, put, reap, state, in_acme):
    upload = start("d.tif", 3 * SMALLEST_PART)
    put(upload, pattern(3 * SMALLEST_PART), [1])
    reap(timedelta(days=1))
    assert state(upload)["state"] == "uploading"
    reap(timedelta(days=8))
    assert state(upload)["state"] == "aborted"
    assert assets().unfinished(f"o/{in_acme.pk}/") == []


def test_an_upload_that_goes_on_slowly_is_left_alone(start, put, reap, state):
    upload = start("slow.tif", 3 * SMALLEST_PART)
    Upload.objects.update(updated=timezone.now() - LATER)
    put(upload, pattern(3 * SMALLEST_PART), [1])
    reap(timedelta(days=1))
    assert state(upload)["state"] == "uploading"


def test_a_part_that_came_after_the_abort_is_caught_the_second_time(reap, in_acme):
    name = f"o/{in_acme.pk}/u/nobody/late.tif"
    assets().begin(name, "image/tiff")
    reap()
    assert assets().unfinished(f"o/{in_acme.pk}/") == []


def test_giving_up_never_harms_a_finished_object(send, in_acme):
    upload = send("e.tif", scene(seed=27))
    row = Upload.objects.get(pk=upload["id"])
    again = assets().begin(row.name, "image/tiff")  # a left-over of the same name
    assets().give_up(row.name, again)
    assert assets().held_size(row.name) == row.size


def forget_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
