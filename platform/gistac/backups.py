"""One organization in a folder: its schema, its rows in `public`, its files with their checksums.

The folder gets its name when all of it is there. Put back, the database changes in one
transaction, after the files; other organizations are never touched.
"""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.db import transaction
from django.db.models.functions import Now

from catalogs import reaper
from catalogs.models import Export, Share
from catalogs.storage import assets
from gistac import namesakes
from tenants import audit, dumps, lifecycle, schemas
from tenants.current import tenant_scope
from tenants.dumps import DumpRefused, Identity
from tenants.models import Domain, FormerSlug, Organization, SchemaVersion, new_schema_name
from tenants.slugs import own_host, slug_problem

State = Organization.State
FORM = 2  # of the folder


def back_up(organization: Organization, folder: Path) -> dict[str, Any]:
    """Gives what the folder says of itself."""
    if folder.exists():
        raise DumpRefused(f"{folder} exists already.")
    with reaper.alone(str(organization.pk), wait=True):
        organization.refresh_from_db()
        return _back_up(organization, folder)


def _back_up(organization: Organization, folder: Path) -> dict[str, Any]:
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "files").mkdir(parents=True)
    with transaction.atomic():
        dumps.one_moment()
        with gzip.open(unfinished / "schema.sql.gz", "wb", compresslevel=3) as out:
            dumps.dump_schema(organization, out)  # type: ignore[arg-type]
        with (unfinished / "rows.jsonl").open("w", encoding="utf-8") as rows:
            dumps.dump_rows(organization, rows)
        people, named = dumps.people_of(organization), namesakes.named(organization)
        version = SchemaVersion.objects.filter(pk=organization.pk).first()
        with tenant_scope(organization):
            wanted = reaper.held()
    copied = _copy_files(organization, unfinished)
    if missing := sorted(wanted - copied):
        raise DumpRefused(f"{len(missing)} files are not in the store, {missing[0]} among them.")
    about = {
        "form": FORM,
        "made": datetime.now(UTC).isoformat(),
        "id": str(organization.pk),
        "schema": organization.schema_name,
        "slug": organization.slug,
        "name": organization.name,
        "version": version.fingerprint if version else "",
        "people": people,
        "named": named,
        "files": len(copied),
        "checksums": {name: _checksum(unfinished / name) for name in _LISTED},
    }
    (unfinished / "backup.json").write_text(json.dumps(about, indent=2, ensure_ascii=False))
    os.replace(unfinished, folder)
    return about


_LISTED = ("schema.sql.gz", "rows.jsonl", "files.jsonl")


def _copy_files(organization: Organization, folder: Path) -> set[str]:
    """All but zips of the catalog, which can be made anew; what goes meanwhile is left out."""
    bucket = assets()
    copied: set[str] = set()
    start = f"o/{organization.pk}/"
    with (folder / "files.jsonl").open("w", encoding="utf-8") as listed:
        for held in bucket.listing(start):
            if held.name.startswith(f"{start}x/"):
                continue
            copy = folder / "files" / f"{len(copied):08}"
            try:
                sha256 = _copy(held.name, copy)
            except FileNotFoundError:
                copy.unlink()
                continue
            name = held.name.removeprefix(start)
            line = {"name": name, "size": copy.stat().st_size, "sha256": sha256}
            listed.write(json.dumps(line | {"file": copy.name}) + "\n")
            copied.add(held.name)
    return copied


def _copy(name: str, to: Path) -> str:
    """Gives its checksum."""
    digest = hashlib.sha256()
    with to.open("wb") as out:
        for chunk in assets().chunks(name):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


class Backup:
    """A folder that `back_up` made, looked through before anything is done with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.about = json.loads((folder / "backup.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise DumpRefused(f"{folder} holds no whole backup.") from None
        if self.about.get("form") != FORM:
            raise DumpRefused("This backup was made by another version.")
        self.identity = Identity(self.about["id"], self.about["schema"])
        for name, checksum in self.about["checksums"].items():
            if _checksum(folder / name) != checksum:
                raise DumpRefused(f"{name} is not what was backed up.")
        for line in self.files():
            if _checksum(folder / "files" / line["file"]) != line["sha256"]:
                raise DumpRefused(f"The file {line['name']} is not what was backed up.")

    def files(self) -> Iterator[dict[str, Any]]:
        with (self.folder / "files.jsonl").open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    # Putting back ------------------------------------------------------------
    def restore(self) -> Organization:
        """The same organization: its catalog as it was, and if it is gone its people and keys."""
        with reaper.alone(self.identity.id, wait=True):
            # The rows of now do not name the files of then: the reaper would remove them.
            self._put_files(self.identity)
            with transaction.atomic():
                restored = self._restore()
            self._put_files(self.identity)  # what went meanwhile
            return restored

    def _restore(self) -> Organization:
        rows = Organization.objects.select_for_update(no_key=True)
        now = rows.filter(pk=self.identity.id).first()
        if now is not None and now.state == State.DELETING and not now.is_kept:
            raise DumpRefused("This organization is being removed. Restore it once it is gone.")
        new = Identity(self.identity.id, new_schema_name())
        with self._schema() as lines:
            dumps.load_schema(lines, self.identity, new)
        if now is None:
            self._put_rows(new)
        else:
            lifecycle.drop_schema(now)
            Organization.objects.filter(pk=now.pk).update(schema_name=new.schema)
        return self._finish(new, "organization.restore")

    def restore_beside(self, slug: str) -> Organization:
        """Another organization of the same content and people, whose keys and doors stay where
        they are."""
        if problem := slug_problem(slug):
            raise DumpRefused(problem)
        new = Identity(str(uuid4()), new_schema_name())
        self._put_files(new)
        with transaction.atomic():
            Organization.objects.create(
                pk=new.id, schema_name=new.schema, slug=slug, name=self.about["name"]
            )
            with self._schema() as lines:
                dumps.load_schema(lines, self.identity, new)
            self._copy_members(new)
            if host := own_host(slug):
                Domain.objects.create(tenant_id=new.id, domain=host)
            made = self._finish(new, "organization.copy")
            with tenant_scope(made):
                Share.objects.filter(revoked=None).update(revoked=Now())  # they show the other
            return made

    @contextmanager
    def _schema(self) -> Iterator[Iterator[bytes]]:
        with gzip.open(self.folder / "schema.sql.gz", "rb") as lines:
            yield iter(lines)

    def _rows(self) -> Iterator[str]:
        with (self.folder / "rows.jsonl").open(encoding="utf-8") as lines:
            yield from lines

    def _put_rows(self, new: Identity) -> None:
        FormerSlug.objects.filter(slug=self.about["slug"], organization_id=new.id).delete()
        dumps.bring_back(self.about["people"])
        numbers = namesakes.moved(self.about["named"])
        dumps.load_rows(self._rows(), numbers, schema_name=new.schema)

    def _copy_members(self, new: Identity) -> None:
        rows = map(json.loads, self._rows())
        members = [row["fields"] for row in rows if row["model"] == "tenants.membership"]
        dumps.add_members(new.id, self.about["people"], members)

    def _finish(self, new: Identity, action: str) -> Organization:
        made: Organization = Organization.objects.get(pk=new.id)
        if dumps.is_newer(made):
            raise DumpRefused("This backup was made by a newer version of GiSTAC.")
        schemas.bring_up(made)
        namesakes.rename(made, namesakes.moved(self.about["named"]))
        with tenant_scope(made):
            Export.objects.all().delete()  # their zips are not in the folder
        audit.record(made, None, action, made=self.about["made"], of=self.about["slug"])
        return made

    def _put_files(self, new: Identity) -> None:
        """Names are never used twice: what is there with the same size is the same."""
        bucket, start = assets(), f"o/{new.id}/"
        there = {held.name: held.size for held in bucket.listing(start)}
        for line in self.files():
            name = start + line["name"]
            if there.get(name) == line["size"]:
                continue
            if name in there:
                bucket.remove(name)
            with (self.folder / "files" / line["file"]).open("rb") as opened:
                bucket.save(name, File(opened))
