"""Who asks in GiSTAC: keys of an organization, at its path door."""

import pytest

from tenants.models import Organization
from tests.stac.client import StacClient


def _with_key(organization: Organization, key: str) -> StacClient:
    return StacClient(organization.stac_address, {"Authorization": f"Bearer {key}"})


@pytest.fixture
def stac(acme, write_key) -> StacClient:
    """May read and write everything."""
    return _with_key(acme, write_key)


@pytest.fixture
def reader(acme, read_key) -> StacClient:
    """May read everything, write nothing."""
    return _with_key(acme, read_key)


@pytest.fixture
def stranger(acme) -> StacClient:
    return StacClient(acme.stac_address)


@pytest.fixture
def wrong_key(acme) -> StacClient:
    return _with_key(acme, "sck_live_nonsense")


@pytest.fixture
def inside(in_acme) -> None:
    """The test itself may use the models."""


@pytest.fixture
def live_root(live) -> tuple[str, dict[str, str]]:
    """A server with sockets, and the headers of one who may write."""
    return live.stac, {"Authorization": f"Bearer {live.key()}"}
