"""The two servers, each with its own database in the same cluster, and what each is loaded with."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import batched
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg
import requests
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from catalogs.stac import transactions
from catalogs.stac.models import Collection
from tenants import keys
from tenants.current import tenant_scope
from tenants.models import Organization, User
from tenants.roles import WRITE_SCOPES
from tenants.signup import create_organization
from tests.benchmarks import data, writing
from tests.live import ROOT, free_port, running

WORKERS = 2
OWNER = "bench@example.org"


class Ours:
    """An organization with public collections, asked by nobody in particular."""

    name = "GiSTAC"
    database = "gistac"

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.root = f"{self.url}/o/bench/stac/"

    def is_loaded(self) -> bool:
        """By an earlier run that left it."""
        if Organization._meta.db_table not in connection.introspection.table_names():
            return False
        return Organization.objects.filter(slug="bench").exists()

    @cached_property
    def headers(self) -> dict[str, str]:
        organization = Organization.objects.get(slug="bench")
        owner = User.objects.get(email=OWNER)
        _, key = keys.issue(organization, creator=owner, name="bench", scopes=WRITE_SCOPES)
        return {"Authorization": f"Bearer {key}"}

    def load(self, size: int, seed: int) -> float:
        """Seconds, through the API; making the documents left out."""
        call_command("migrate_schemas", verbosity=0)
        call_command("createcachetable", verbosity=0)
        owner = User.objects.create_user(OWNER, name="Bench")
        with tenant_scope(create_organization(name="Bench", slug="bench", owner=owner)):
            for id in data.COLLECTIONS:
                transactions.create_collection(data.collection(id), Collection.Visibility.PUBLIC)
        with tempfile.TemporaryDirectory() as folder, self.serving(Path(folder)):
            return writing.load(self.root, self.headers, size, seed)

    @contextmanager
    def serving(self, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[None]:
        """By processes of its own; `settings` are environment variables, WORKERS and THREADS."""
        own = {"WORKERS": "2", "THREADS": "64", **(settings or {})}
        command = [
            *(str(Path(sys.executable).with_name("granian")), "gistac.wsgi:application"),
            *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", own.pop("WORKERS"), "--blocking-threads", own.pop("THREADS")),
            *("--no-ws", "--log-level", "warning", "--working-dir", str(ROOT)),
        ]
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "gistac.settings",
            "GISTAC_KEY_RATE": "0",
            "GISTAC_ADDRESS_RATE": "0",
            "GISTAC_URL": self.url,
            "GISTAC_LOG_LEVEL": "WARNING",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
            **own,
        }
        with running(command, environment, folder / "ours.log"):
            _wait(f"{self.root}search?limit=1", folder / "ours.log")
            yield

    def statements(self, paths: Sequence[str]) -> list[str]:
        """The SQL that finds the items of each of these questions, with its values in it."""
        host = urlsplit(settings.PLATFORM_URL).netloc
        client = Client(headers={"host": host})
        found = []
        with override_settings(DEBUG=False):
            for path in paths:
                with CaptureQueriesContext(connection) as asked:
                    answer = client.get(f"/o/bench/stac/{path}")
                assert answer.status_code == 200, answer.content
                found += [each["sql"] for each in asked if _finds_items(each["sql"])][-1:]
        return found

    @property
    def schema(self) -> str:
        return str(Organization.objects.get(slug="bench").schema_name)


def _finds_items(statement: str) -> bool:
    return '."body"' in statement or "ST_AsMVT" in statement


class Peer:
    """stac-fastapi-pgstac as its authors say it is fastest: hydration in the API, no models."""

    name = "stac-fastapi-pgstac"
    database = "peer"
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, python: Path, owner: str) -> None:
        self.bin = python.parent
        self.port = free_port()
        self.root = f"http://localhost:{self.port}/"
        at = urlsplit(owner)
        self.environment = {
            **os.environ,
            "PGHOST": str(at.hostname),
            "PGPORT": str(at.port),
            "PGUSER": str(at.username),
            "PGPASSWORD": str(at.password),
            "PGDATABASE": "peer",
            "USE_API_HYDRATE": "true",
            "ENABLE_RESPONSE_MODELS": "false",
            "ENABLE_TRANSACTIONS_EXTENSIONS": "true",
            "DB_MIN_CONN_SIZE": "4",
            "DB_MAX_CONN_SIZE": "8",
        }
        self.owner = owner

    def is_loaded(self) -> bool:
        with psycopg.connect(self.owner) as database:
            found = database.execute("SELECT FROM pg_database WHERE datname = 'peer'")
            return found.fetchone() is not None

    def load(self, size: int, seed: int) -> float:
        """Seconds of pgstac's own loader, from newline-delimited JSON."""
        with psycopg.connect(self.owner, autocommit=True) as database:
            database.execute("CREATE DATABASE peer")
        self._run("pypgstac", "migrate")
        took = 0.0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            rows = "".join(json.dumps(data.collection(id)) + "\n" for id in data.COLLECTIONS)
            (folder / "collections.ndjson").write_text(rows)
            self._run("pypgstac", "load", "collections", str(folder / "collections.ndjson"))
            for some in batched(data.items(size, seed), 30_000, strict=False):
                with (folder / "items.ndjson").open("w") as out:
                    out.writelines(json.dumps(one) + "\n" for one in some)
                began = time.monotonic()
                self._run("pypgstac", "load", "items", str(folder / "items.ndjson"))
                took += time.monotonic() - began
        return took

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")

    @contextmanager
    def serving(self, folder: Path) -> Iterator[None]:
        command = [
            *(
                str(self.bin / "uvicorn"),
                "stac_fastapi.pgstac.app:create_app",
                "--factory",
                "--host",
                "127.0.0.1",
            ),
            *("--port", str(self.port), "--workers", str(WORKERS), "--log-level", "warning"),
        ]
        with running(command, self.environment, folder / "peer.log"):
            _wait(f"{self.root}search?limit=1", folder / "peer.log")
            yield


def _wait(address: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if "features" in requests.get(address, timeout=10).json():
                return
        except (requests.ConnectionError, ValueError):
            pass
        time.sleep(0.3)
    raise TimeoutError(f"{address} does not answer; the server said:\n{log.read_text()[-3000:]}")
