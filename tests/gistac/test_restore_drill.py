"""One organization is damaged, lost, or wanted twice: put back from its backup, it is as it was."""

import gzip
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from catalogs import reaper
from catalogs.models import AuditRecord as CatalogRecord
from catalogs.models import Share, Upload
from catalogs.stac import indexes, transactions
from catalogs.stac.models import Asset, Collection, Item, Named, Trashed
from catalogs.stac.ranks import TEXT, Rank
from catalogs.storage import assets
from gistac import removal
from tenants import dumps, keys
from tenants.current import tenant_scope
from tenants.models import (
    ApiKey,
    AuditRecord,
    FormerSlug,
    Membership,
    Notice,
    Organization,
    Usage,
    User,
)
from tenants.roles import READ_SCOPES
from tenants.signup import create_organization
from tests.stac.documents import collection, item

COUNT = 30


def fill(organization: Organization) -> None:
    with tenant_scope(organization):
        name = f"o/{organization.pk}/u/one/data.tif"
        assets().save(name, io.BytesIO(b"pixels"))
        held = [transactions.HeldFile("data", name, 6, "1220" + "0" * 64, "image/tiff")]
        home = transactions.create_collection(collection("coast"), "members")
        for n in range(COUNT):
            document = item(f"i{n}", properties={"title": "a\tb\\n ü", "n": n})
            transactions.create_item(home, document, held=held if n == 0 else [])


@pytest.fixture
def drill(django_db_setup, django_db_blocker, bucket) -> Iterator[Organization]:
    """Committed, as pg_dump sees it."""
    with django_db_blocker.unblock():
        owner = User.objects.get(email="ada@example.org")
        made = create_organization(name="Drill", slug="drill", owner=owner)
        ben = User.objects.get(email="ben@example.org")
        Membership.objects.create(user=ben, organization=made, role="viewer")
        fill(made)
        yield made
        for organization in Organization.objects.filter(slug__startswith="drill"):
            lose(organization)
        FormerSlug.objects.all().delete()
        connection.close()


def lose(organization: Organization) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Organization.objects.filter(pk=organization.pk).update(state="deleting", deletion_due=past)
    removal.remove(Organization.objects.get(pk=organization.pk))


def checksums(organization: Organization) -> dict[str, str]:
    """Of every table's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s",
            [organization.schema_name],
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(
                "SELECT md5(coalesce(string_agg(replace(r::text, %s, %s), chr(10)"
                f' ORDER BY r::text), \'\')) FROM "{organization.schema_name}"."{table}" AS r',
                [str(organization.pk), "own"],
            )
            found[table] = cursor.fetchone()[0]
        return found


def files(organization: Organization) -> dict[str, bytes]:
    start = f"o/{organization.pk}/"
    found = assets().listing(start)
    return {held.name.removeprefix(start): b"".join(assets().chunks(held.name)) for held in found}


def run(command: str, *words: object, **options: object) -> str:
    said = io.StringIO()
    call_command(command, *map(str, words), stdout=said, **options)
    return said.getvalue()


def takes_new_items(organization: Organization) -> bool:
    """Sequences are past what is there."""
    with tenant_scope(organization):
        before = max(Item.objects.values_list("key", flat=True))
        home = Collection.objects.get(pk="coast")
        made = transactions.create_item(home, item("new"))
        return made.key > before


@pytest.fixture
def folder(drill, tmp_path) -> Path:
    made = tmp_path / "backup"
    assert "1 files" in run("back_up", "drill", made)
    return made


def test_a_damaged_catalog_is_put_back(drill, folder):
    acme = Organization.objects.get(slug="acme")
    before, others = checksums(drill), checksums(acme)
    with tenant_scope(drill):
        Item.objects.filter(stac_id__startswith="i1").delete()
        for held in list(assets().listing(f"o/{drill.pk}/")):
            assets().remove(held.name)
    Membership.objects.filter(organization=drill, user__email="ben@example.org").delete()
    assert checksums(drill) != before
    run("restore", folder)
    restored = Organization.objects.get(slug="drill")
    assert checksums(restored) == before
    assert files(restored) == {"u/one/data.tif": b"pixels"}
    assert restored.memberships.count() == 1  # people are as they are now
    assert takes_new_items(restored)
    assert checksums(acme) == others
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [drill.schema_name])
        assert cursor.fetchone() is None


def test_a_lost_organization_comes_back_with_its_people_and_keys(drill, tmp_path):
    owner = User.objects.get(email="ada@example.org")
    _, text = keys.issue(drill, creator=owner, name="kept", scopes=READ_SCOPES)
    ApiKey.objects.filter(name="kept").update(last_used_agent="a\x85b\u2028c")
    with tenant_scope(drill):
        index = indexes.add(Rank("title", TEXT), "ada")
        indexes.settle(index.pk)
    before = checksums(drill)
    run("back_up", "drill", tmp_path / "backup")
    records = AuditRecord.objects.filter(organization_id=drill.pk).count()
    lose(drill)
    assert not ApiKey.objects.filter(name="kept").exists()
    run("restore", tmp_path / "backup")
    restored = Organization.objects.get(slug="drill")
    assert (restored.pk, restored.state) == (drill.pk, "active")
    assert checksums(restored) == before
    assert set(restored.memberships.values_list("user__email", "role")) == {
        ("ada@example.org", "owner"),
        ("ben@example.org", "viewer"),
    }
    assert AuditRecord.objects.filter(organization_id=drill.pk).count() == records + 2
    assert ApiKey.objects.get(name="kept").last_used_agent == "a\x85b\u2028c"
    program = Client(headers={"authorization": f"Bearer {text}"})
    answer = program.get("/o/drill/stac/collections/coast/items/i0")
    assert answer.status_code == 200
    assert takes_new_items(restored)
    with tenant_scope(restored):
        assert (indexes.is_valid(index), indexes.unsettled()) == (True, [])


def test_beside_it_is_another_one(drill, folder):
    before = checksums(drill)
    run("restore", folder, beside="drill-two")
    two = Organization.objects.get(slug="drill-two")
    assert two.pk != drill.pk
    assert checksums(two) == checksums(drill) == before
    assert files(two) == files(drill)
    with tenant_scope(two):
        assert Asset.objects.get().name == f"o/{two.pk}/u/one/data.tif"
    assert two.domains.get().domain == "drill-two.testserver"
    assert two.memberships.count() == 2
    assert takes_new_items(two)
    assert checksums(drill) == before


def test_files_that_are_put_back_are_not_reaped(drill, folder):
    """A restore, or a backup, is under way: the sweeper comes again later."""
    with tenant_scope(drill):
        Asset.objects.all().delete()
    removed: list[int] = []
    later = timezone.now() + timedelta(hours=1)

    def sweep() -> None:
        with reaper.alone(str(drill.pk)) as mine, tenant_scope(drill):
            removed.append(len(reaper.reap(str(drill.pk), later)) if mine else 0)
        connection.close()

    for alone in (reaper.alone(str(drill.pk), wait=True), nullcontext()):
        with alone:
            sweeper = Thread(target=sweep)
            sweeper.start()
            sweeper.join()
    assert removed == [0, 1]


def name_people(organization: Organization, ada: int, ben: int) -> None:
    with tenant_scope(organization):
        home = Collection.objects.get(pk="coast")
        for who in (f"user:{ada}", f"user:{ben}", "user:999999", "key:x"):
            Named.objects.create(collection=home, who=who)
        words = [f"user:{ben}", "key:x", "user:999999", f"user:{ada}"]
        Trashed.objects.create(kind="collection", collection="old", columns={"named": words})
        soon = timezone.now() + timedelta(days=1)
        for number in (ada, 999999):
            Share.objects.create(
                label=str(number), actor_id=number, digest=str(number), expires=soon
            )
        actor = {"actor_kind": "user", "actor_id": ada}
        Upload.objects.create(size=1, owner=organization.pk, name="a", state="aborted", **actor)
        for number in (ada, ben):
            CatalogRecord.objects.create(actor_kind="user", actor_id=number, action="x")


def test_people_are_whom_they_were_where_their_numbers_are_others(drill, tmp_path):
    ada, ben = (User.objects.get(email=f"{name}@example.org").pk for name in ("ada", "ben"))
    name_people(drill, ada, ben)
    run("back_up", "drill", tmp_path / "backup")
    about = tmp_path / "backup" / "backup.json"
    told = json.loads(about.read_text())
    assert told["named"] == {str(ada): "ada@example.org", str(ben): "ben@example.org"}
    # As it were of a server where each had the other's number.
    told["named"] = {str(ada): "ben@example.org", str(ben): "ada@example.org"}
    about.write_text(json.dumps(told))
    run("restore", tmp_path / "backup")
    with tenant_scope(Organization.objects.get(slug="drill")):
        assert set(Named.objects.values_list("who", flat=True)) == {
            f"user:{ada}",
            f"user:{ben}",
            "key:x",
        }
        assert Trashed.objects.get().columns["named"] == [f"user:{ada}", "key:x", f"user:{ben}"]
        assert Share.objects.get(revoked=None).actor_id == Upload.objects.get().actor_id == str(ben)
        assert Share.objects.exclude(revoked=None).get().actor_id == ""
        records = CatalogRecord.objects.filter(action="x").order_by("pk")
        assert list(records.values_list("actor_id", flat=True)) == [str(ben), str(ada)]
        with pytest.raises(DatabaseError, match="only ever added"):
            records.delete()
    run("restore", tmp_path / "backup", beside="drill-two")
    with tenant_scope(Organization.objects.get(slug="drill-two")):
        assert not Share.objects.filter(revoked=None).exists()


def spoil(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes()[:-2])


def cut_the_schema(folder: Path) -> None:
    """With a checksum that says that it is as it should be."""
    text = gzip.decompress((folder / "schema.sql.gz").read_bytes())
    half = text[: text.index(b"i15")]
    (folder / "schema.sql.gz").write_bytes(gzip.compress(half))
    about = json.loads((folder / "backup.json").read_text())
    del about["checksums"]["schema.sql.gz"]
    (folder / "backup.json").write_text(json.dumps(about))


SPOILED = [
    (lambda folder: spoil(folder, "schema.sql.gz"), "not what was backed up"),
    (lambda folder: spoil(folder, "rows.jsonl"), "not what was backed up"),
    (lambda folder: spoil(folder, "files/00000000"), "not what was backed up"),
    (lambda folder: (folder / "files/00000000").unlink(), "No such file"),
    (lambda folder: (folder / "backup.json").unlink(), "no whole backup"),
    (cut_the_schema, "breaks off"),
]


def test_a_spoiled_backup_changes_nothing(drill, folder, tmp_path):
    before = checksums(drill)
    for number, (spoiled, sentence) in enumerate(SPOILED):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        spoiled(copy)
        with pytest.raises(CommandError, match=sentence):
            run("restore", copy)
    assert checksums(Organization.objects.get(slug="drill")) == before
    assert Organization.objects.get(slug="drill").schema_name == drill.schema_name


def test_all_that_points_to_an_organization_is_in_its_backup(acme):
    pointing = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Organization
    }
    dumped = {rows.model for rows in dumps._rows_of(acme)}
    assert pointing == dumped | set(dumps._LEFT_OUT)
    assert {Membership, ApiKey, Usage, Notice} <= dumped


def test_what_cannot_be(drill, folder, tmp_path):
    assets().save(f"o/{drill.pk}/x/catalog.zip", io.BytesIO(b"zip"))
    assert "1 files" in run("back_up", "drill", tmp_path / "without-zips")
    assets().remove(f"o/{drill.pk}/u/one/data.tif")
    with pytest.raises(CommandError, match=r"1 files are not in the store, o/.*/u/one/data.tif"):
        run("back_up", "drill", tmp_path / "without-a-file")
    with pytest.raises(CommandError, match="exists already"):
        run("back_up", "drill", folder)
    with pytest.raises(CommandError, match="There is no organization"):
        run("back_up", "nobody", tmp_path / "x")
    with pytest.raises(CommandError, match="no whole backup"):
        run("restore", tmp_path)
    for slug, sentence in (("acme", "is taken"), ("www", "is kept")):
        with pytest.raises(CommandError, match=sentence):
            run("restore", folder, beside=slug)
