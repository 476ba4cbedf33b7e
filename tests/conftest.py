"""The same people everywhere: ada owns acme, ben views it, cyd is a stranger, oda owns other.

One schema per organization and test run; each test runs in a transaction that is rolled back.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases

from tenants import keys
from tenants.current import tenant_scope
from tenants.models import Membership, Organization, User
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role
from tenants.signup import create_organization
from tests import jobs
from tests.live import Live, serve

settings.DOORS_KNOWN_FOR = 0  # what a test changes is so at once

PEOPLE = ("ada", "ben", "cyd", "oda")


# A file is one worker's: begun late, one of these would be waited for by all others.
LONGEST = ("test_kill.py", "test_isolation.py", "test_pages.py", "test_rasters_shared.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first; the first of them mostly waits, beside what computes."""
    turns = {name: turn for turn, name in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path.name, len(turns)))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """Always a test database: pytest-django's own makes one only for tests marked django_db,
    and those of a live server would run in the real one.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        for name in PEOPLE:
            person(name)
        acme = create_organization(name="Acme", slug="acme", owner=person("ada"))
        Membership.objects.create(user=person("ben"), organization=acme, role=Role.VIEWER)
        create_organization(name="Other", slug="other", owner=person("oda"))
    yield
    with django_db_blocker.unblock():
        end_other_sessions()
        connection.close_pool()
        teardown_databases(made, verbosity=0)


def end_other_sessions() -> None:
    """A database that is in use cannot be dropped; a killed server's sessions end late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def person(name: str) -> User:
    email = f"{name}@example.org"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, name=name.title())


@pytest.fixture
def ada(db) -> User:
    """Owns acme."""
    return person("ada")


@pytest.fixture
def ben(db) -> User:
    """Views acme."""
    return person("ben")


@pytest.fixture
def cyd(db) -> User:
    """Belongs to no organization."""
    return person("cyd")


@pytest.fixture
def oda(db) -> User:
    """Owns other."""
    return person("oda")


@pytest.fixture
def acme(db) -> Organization:
    return Organization.objects.get(slug="acme")


@pytest.fixture
def other(db) -> Organization:
    return Organization.objects.get(slug="other")


@pytest.fixture
def in_acme(acme) -> Iterator[Organization]:
    """The test itself runs in acme's schema."""
    with tenant_scope(acme):
        yield acme


@pytest.fixture
def sign_in(db) -> Callable[..., Client]:
    """`sign_in(ada)` gives a client of the platform's host, and so of every path door."""

    def make(user: User | None = None, **defaults: str) -> Client:
        client = Client(**defaults)
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def ada_client(sign_in, ada) -> Client:
    return sign_in(ada)


@pytest.fixture
def ben_client(sign_in, ben) -> Client:
    return sign_in(ben)


@pytest.fixture
def cyd_client(sign_in, cyd) -> Client:
    return sign_in(cyd)


@pytest.fixture
def read_key(acme, ada) -> str:
    return keys.issue(acme, creator=ada, name="reads", scopes=READ_SCOPES)[1]


@pytest.fixture
def write_key(acme, ada) -> str:
    return keys.issue(acme, creator=ada, name="writes", scopes=WRITE_SCOPES)[1]


@pytest.fixture
def key_client(write_key) -> Client:
    """A program that may write in acme."""
    return Client(headers={"authorization": f"Bearer {write_key}"})


@pytest.fixture(scope="session")
def _bucket() -> Iterator[None]:
    options = settings.STORAGES["assets"]["OPTIONS"]
    s3 = boto3.resource(
        "s3",
        endpoint_url=options["endpoint_url"],
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        region_name=options["region_name"],
    )
    bucket = s3.Bucket(options["bucket_name"])
    bucket.create()
    yield bucket
    for upload in bucket.multipart_uploads.all():
        upload.abort()
    bucket.objects.all().delete()
    bucket.delete()


@pytest.fixture
def bucket(_bucket):
    """The run's own bucket (a boto3 resource), one for each xdist worker."""
    return _bucket


@pytest.fixture
def run_jobs(db) -> Callable[[], int]:
    """Runs the jobs that the test has deferred, in the test's own transaction."""
    return jobs.run_deferred


@pytest.fixture(scope="session")
def _live_server(django_db_setup, _bucket, tmp_path_factory) -> Iterator[Live]:
    yield from serve(tmp_path_factory.mktemp("live"))


@pytest.fixture
def live(_live_server, django_db_blocker) -> Iterator[Live]:
    """A real server, with an organization of its own whose rows are committed.

    Not to be used with `db`: the server would not see what an open transaction holds.
    """
    with django_db_blocker.unblock():
        _live_server.begin()
        yield _live_server
        _live_server.end()


@pytest.fixture
def live_worker(live) -> Iterator[None]:
    """A real worker beside the live server."""
    yield from live.work()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of sample data, which is not part of the project."""
    folder = os.environ.get("GISTAC_SHARED", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GISTAC_SHARED names no folder, so the tests on its samples are left out.")
    return Path(folder)
