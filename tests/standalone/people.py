"""Who asks in a plain project: Django's own users, permissions and HTTP Basic."""

import base64

import pytest
from django.contrib.auth.models import Permission, User

from tests.stac.client import StacClient

ROOT = "http://testserver/stac/"
READS = ("view_collection", "view_item", "view_asset")
WRITES = tuple(
    f"{verb}_{noun}" for verb in ("add", "change", "delete") for noun in ("collection", "item")
)


def _person(name: str, *codenames: str) -> dict[str, str]:
    user = User.objects.create_user(name, password=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    credentials = base64.b64encode(f"{name}:{name}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


@pytest.fixture
def stac(db) -> StacClient:
    """May read and write everything."""
    return StacClient(ROOT, _person("ada", *READS, *WRITES))


@pytest.fixture
def reader(db) -> StacClient:
    """May read everything, write nothing."""
    return StacClient(ROOT, _person("ben", *READS))


@pytest.fixture
def stranger(db) -> StacClient:
    return StacClient(ROOT)


@pytest.fixture
def wrong_key(db) -> StacClient:
    return StacClient(ROOT, {"Authorization": "Basic Zm9vOmJhcg=="})


@pytest.fixture
def inside(db) -> None:
    """The test itself may use the models."""


@pytest.fixture
def live_root(live_server) -> tuple[str, dict[str, str]]:
    """A server with sockets, and the headers of one who may write."""
    return f"{live_server.url}/stac/", _person("live", *READS, *WRITES)
