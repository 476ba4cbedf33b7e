"""A file on its way: `send` plays the browser's part with real PUTs to the bucket."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.test import Client

from catalogs.storage import SMALLEST_PART
from tenants.models import Organization, Plan

ROOT = "/o/acme/api/uploads/"


@pytest.fixture
def limited(acme):
    """`limited(items=3)`: acme has a plan with these limits and no others."""

    def give(**limits: int) -> None:
        plan, _ = Plan.objects.update_or_create(name="small", defaults=limits)
        Organization.objects.filter(pk=acme.pk).update(plan=plan)

    return give


@pytest.fixture
def start(key_client, bucket) -> Callable[..., dict[str, Any]]:
    def begin(filename: str, size: int, client: Client = key_client, **more: Any) -> dict[str, Any]:
        wanted = {"filename": filename, "size": size, **more}
        answer = client.post(ROOT, wanted, content_type="application/json")
        assert answer.status_code == 201, answer.content
        return answer.json()

    return begin


@pytest.fixture
def put(key_client) -> Callable[..., None]:
    """Send some parts (all by default) of these bytes."""

    def send(upload: dict[str, Any], data: bytes, parts: list[int] | None = None) -> None:
        numbers = parts or list(range(1, upload["part_count"] + 1))
        answer = key_client.post(
            upload["links"]["sign"], {"parts": numbers}, content_type="application/json"
        )
        assert answer.status_code == 200, answer.content
        for signed in answer.json()["urls"]:
            first = (signed["part"] - 1) * upload["part_size"]
            sent = requests.put(
                signed["url"], data=data[first : first + upload["part_size"]], timeout=60
            )
            assert sent.status_code == 200, sent.text

    return send


@pytest.fixture
def send(start, put, key_client) -> Callable[..., dict[str, Any]]:
    """A whole file, finished; its job waits."""

    def whole(filename: str, data: bytes, **more: Any) -> dict[str, Any]:
        upload = start(filename, len(data), **more)
        put(upload, data)
        answer = key_client.post(upload["links"]["finish"])
        assert answer.status_code == 200, answer.content
        return answer.json()

    return whole


@pytest.fixture
def state(key_client) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda upload: key_client.get(upload["links"]["self"]).json()


@pytest.fixture
def take_in(send, run_jobs, state, in_acme):
    """A file, all the way to the state in which its row rests."""

    def whole(filename, data, **more):
        upload = send(filename, data, **more)
        run_jobs()
        return state(upload)

    return whole


def pattern(size: int) -> bytes:
    """TIFF-like at the start, different everywhere."""
    block = b"II*\x00" + bytes(range(256)) * 16
    return (block * (size // len(block) + 1))[:size]


SEVEN_PARTS = 6 * SMALLEST_PART + 12345
