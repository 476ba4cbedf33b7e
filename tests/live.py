"""A real server (granian) and worker on the test run's database, for clients that need sockets."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from tenants import keys
from tenants.models import Organization, User
from tenants.roles import WRITE_SCOPES
from tenants.signup import create_organization

ROOT = Path(__file__).resolve().parents[1]


class Live:
    """`live.url` is the platform; `live.organization` and `live.owner` are made for one test."""

    organization: Organization
    owner: User

    def __init__(self, url: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.url = url
        self.folder = folder
        self.mail = folder / "mail"
        self.environment = environment

    def begin(self) -> None:
        name = f"live-{secrets.token_hex(4)}"
        self.owner = User.objects.create_user(f"{name}@example.org", name="Live")
        self.organization = create_organization(name="Live", slug=name, owner=self.owner)
        self.organization.domains.update(domain=f"{name}.localhost")

    def end(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status <> 'doing'")
            for organization in Organization.objects.exclude(slug__in=("acme", "other")):
                cursor.execute(f'DROP SCHEMA "{organization.schema_name}" CASCADE')
                organization.delete()
        User.objects.exclude(name__in=("Ada", "Ben", "Cyd", "Oda")).delete()

    @property
    def address(self) -> str:
        """The organization's own root, by its path door."""
        return self.url + self.organization.path

    @property
    def stac(self) -> str:
        return f"{self.address}stac/"

    def key(self, scopes: tuple[str, ...] = WRITE_SCOPES) -> str:
        return keys.issue(self.organization, creator=self.owner, name="live", scopes=scopes)[1]

    def cookie(
        self, user: User | None = None, also: Mapping[str, object] | None = None
    ) -> dict[str, str]:
        """A signed-in session, as Playwright's add_cookies takes it; `also` stands in it."""
        user = user or self.owner
        session = SessionStore()
        session[auth.SESSION_KEY] = str(user.pk)
        session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.update(dict(also or {}))
        session.create()
        return {
            "name": settings.SESSION_COOKIE_NAME,
            "value": session.session_key or "",
            "url": self.url,
        }

    def session(self, user: User | None = None) -> requests.Session:
        """A signed-in HTTP client."""
        cookie = self.cookie(user)
        client = requests.Session()
        client.cookies.set(cookie["name"], cookie["value"])
        return client

    def work(self) -> Iterator[None]:
        command = [sys.executable, "manage.py", "worker"]
        with running(command, self.environment, self.folder / "worker.log"):
            yield


def serve(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Live]:
    """A server of its own; `settings` are environment variables beside the test run's."""
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {
        **os.environ,
        **server_environment(url),
        "GISTAC_MAIL_DIR": str(folder / "mail"),
        **(settings or {}),
    }
    command = [
        str(Path(sys.executable).with_name("granian")),
        "gistac.wsgi:application",
        *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--blocking-threads", "64", "--working-dir", str(ROOT)),
    ]
    with running(command, environment, folder / "web.log"):
        wait_for(f"{url}/readyz", folder / "web.log")
        yield Live(url, folder, environment)


def server_environment(url: str) -> dict[str, str]:
    """What makes a process use the test run's own database and bucket."""
    database = connection.settings_dict
    return {
        "DJANGO_SETTINGS_MODULE": "gistac.settings_test",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
        "GISTAC_TEST_URL": url,
        "GISTAC_DATABASE_URL": (
            f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
            f"?host={database['HOST']}"
        ).replace("@/", f"@:{database['PORT'] or 5432}/"),
        "GISTAC_DEVELOPMENT": "true",
        "GISTAC_DOORS_KNOWN_FOR": "0",
    }


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            # A child that outlives it would hold the database that is to be dropped.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(address: str, log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(address, timeout=5).ok:
                return
        time.sleep(0.2)
    raise TimeoutError(f"{address} does not answer; the server said:\n{log.read_text()[-4000:]}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
