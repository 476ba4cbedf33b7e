"""One organization, copied out of the database and back: its schema, and its rows in `public`.

A copy is put back in the caller's transaction: cut off, nothing of it is there.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.core import serializers
from django.core.management.color import no_style
from django.db import IntegrityError, connection, models
from django.db.migrations.loader import MigrationLoader

from tenants.current import tenant_scope
from tenants.models import (
    ApiKey,
    AuditRecord,
    FormerSlug,
    HandOver,
    Impersonation,
    Membership,
    Organization,
    Reservation,
    SchemaVersion,
    User,
)

# Of the moment, or made anew where an organization is put back.
_LEFT_OUT = (HandOver, Impersonation, Reservation, SchemaVersion)


class DumpRefused(Exception):
    """A copy that cannot be made or put back; the text says why."""


@dataclass(frozen=True)
class Identity:
    """What the copy of an organization is told from others by."""

    id: str
    schema: str

    @classmethod
    def of(cls, organization: Organization) -> "Identity":
        return cls(str(organization.pk), organization.schema_name)


# The schema ------------------------------------------------------------------
def one_moment() -> None:
    """All that follows in the transaction, and a dump, see what is there now."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def dump_schema(organization: Organization, out: IO[bytes]) -> None:
    """As SQL; to be called in a transaction, after `one_moment`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    command = ["pg_dump", "--no-owner", "--no-privileges", f"--schema={organization.schema_name}"]
    words, environment = _connecting()
    with subprocess.Popen(  # noqa: S603 - every word of it is ours
        [*command, f"--snapshot={snapshot}", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for chunk in iter(lambda: process.stdout.read(1 << 20), b""):  # type: ignore[union-attr]
            out.write(chunk)
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise DumpRefused(f"pg_dump failed: {said.strip()}")


def _connecting() -> tuple[list[str], dict[str, str]]:
    database = connection.settings_dict
    words = [f"--dbname={database['NAME']}", f"--username={database['USER']}"]
    for option, name in (("--host", "HOST"), ("--port", "PORT")):
        if database[name]:
            words.append(f"{option}={database[name]}")
    return words, {**os.environ, "PGPASSWORD": database["PASSWORD"] or ""}


def load_schema(lines: Iterable[bytes], old: Identity, new: Identity) -> None:
    """What `dump_schema` wrote, for the organization that it becomes.

    The schema's name stands in statements alone, and the organization's id in rows alone.
    """
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:  # the driver's: it adds nothing to a statement
        script: list[bytes] = []
        rows = iter(lines)
        for line in rows:
            line = line.replace(old.schema.encode(), new.schema.encode())
            if line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                _run(cursor, script)
                with cursor.copy(line.decode()) as copy:
                    for row in _until_the_end(rows):
                        copy.write(row.replace(old.id.encode(), new.id.encode()))
            elif not line.startswith((b"\\", b"--")):
                script.append(_local(line))
        _run(cursor, script)


def _until_the_end(rows: Iterator[bytes]) -> Iterator[bytes]:
    for row in rows:
        if row == b"\\.\n":
            return
        yield row
    raise DumpRefused("The copy breaks off: a part of it is missing.")


def _local(line: bytes) -> bytes:
    """Settings of the dump end with the transaction; how long one waits is not for it to say."""
    if line.startswith(b"SET ") and b"_timeout = " in line:
        return b""
    if line.startswith(b"SET "):
        return b"SET LOCAL " + line.removeprefix(b"SET ")
    return line.replace(
        b"set_config('search_path', '', false)", b"set_config('search_path', '', true)"
    )


def _run(cursor: Any, script: list[bytes]) -> None:
    if text := b"".join(script).strip():
        cursor.execute(text)
    script.clear()


def is_newer(organization: Organization) -> bool:
    """Whether its schema has migrations that this version does not know."""
    known = set(MigrationLoader(None).disk_migrations)
    with tenant_scope(organization), connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations WHERE app IN ('stac', 'catalogs')")
        return not known.issuperset(cursor.fetchall())


# The rows --------------------------------------------------------------------
def people_of(organization: Organization) -> list[dict[str, str]]:
    """All whom a row of the organization names."""
    found: set[int] = set()
    for rows in _rows_of(organization):
        for key in _keys_to(rows.model, User):
            found |= set(rows.exclude(**{key: None}).values_list(key, flat=True))
    named = User.objects.filter(pk__in=found).order_by("email")
    return [{"email": email, "name": name} for email, name in named.values_list("email", "name")]


def dump_rows(organization: Organization, out: IO[str]) -> None:
    """One JSON object a line; people are named by their address."""
    itself = Organization.objects.filter(pk=organization.pk)
    for rows in (itself, *_rows_of(organization), *_by_value(organization)):
        serializers.serialize(
            "jsonl",
            rows.order_by("pk"),
            stream=out,
            use_natural_foreign_keys=True,
            ensure_ascii=True,  # other ends of a line than ours stand in values
        )


def _rows_of(organization: Organization) -> Iterator[models.QuerySet[Any]]:
    """Of all tables that belong to an organization, those included that are not made yet."""
    for relation in Organization._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel):
            continue
        model = relation.related_model
        if model not in _LEFT_OUT:
            yield model._default_manager.filter(**{relation.field.name: organization})


def _by_value(organization: Organization) -> Iterator[models.QuerySet[Any]]:
    for model in (FormerSlug, AuditRecord):
        yield model._default_manager.filter(organization_id=organization.pk)


def _keys_to(model: type[models.Model], target: type[models.Model]) -> list[str]:
    return [f.name for f in model._meta.fields if f.is_relation and f.related_model is target]


def load_rows(lines: Iterable[str], numbers: Mapping[str, str], **changed: str) -> None:
    """Where the organization is gone; records that are still there stay as they are, since nobody
    changes records. `numbers` are of people, there and here; rows of which others name no number
    get a new one."""
    has_records, touched = None, set()
    for found in serializers.deserialize("jsonl", lines):
        row = found.object
        if isinstance(row, Organization):
            for name, value in {**changed, "state": _state(row), "deletion_due": None}.items():
                setattr(row, name, value)
        if isinstance(row, AuditRecord):
            if has_records is None:
                records = AuditRecord.objects.filter(organization_id=row.organization_id)
                has_records = records.exists()
            if has_records:
                continue
            if row.actor_kind == "user":
                row.actor_id = numbers.get(row.actor_id, "")
        if isinstance(row, FormerSlug) and FormerSlug.objects.filter(pk=row.pk).exists():
            continue
        if isinstance(row._meta.pk, models.AutoField) and not isinstance(row, ApiKey):
            row.pk = None
        _insert(row)
        touched.add(type(row))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(touched)):
            cursor.execute(statement)


def bring_back(people: Iterable[dict[str, str]]) -> None:
    """Who is gone comes back with the address alone."""
    for person in people:
        if not User.objects.filter(email=person["email"]).exists():
            User.objects.create_user(person["email"], name=person["name"])


def _state(organization: Organization) -> str:
    gone = organization.state == Organization.State.DELETING
    return Organization.State.ACTIVE if gone else organization.state


def _insert(row: models.Model) -> None:
    try:
        models.Model.save_base(row, raw=True, force_insert=True)
    except IntegrityError as fault:
        name = row._meta.verbose_name
        raise DumpRefused(f"A {name} is in the way of the one in the copy: {fault}") from fault


def add_members(
    organization: str, people: Iterable[dict[str, str]], members: Iterable[dict[str, Any]]
) -> None:
    """The members of another organization, with their roles."""
    bring_back(people)
    for member in members:
        user = User.objects.get_by_natural_key(member["user"][0])
        Membership.objects.create(user=user, organization_id=organization, role=member["role"])
