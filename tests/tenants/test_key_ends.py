"""What ends or narrows a key holds from its next request on, whatever it had opened before."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import keys, lifecycle, members
from tenants.models import ApiKey, Membership, Organization
from tenants.roles import READ_SCOPES, WRITE_SCOPES, Role
from tests.stac.documents import collection

COLLECTIONS = "/o/acme/stac/collections"


@pytest.fixture
def key(acme, cyd) -> tuple[ApiKey, str]:
    """Made by cyd, who is an editor here."""
    Membership.objects.create(user=cyd, organization=acme, role=Role.EDITOR)
    return keys.issue(acme, creator=cyd, name="k", scopes=WRITE_SCOPES)


def revoke(key: ApiKey, ada) -> None:
    keys.revoke(key, by=ada)


def expire(key: ApiKey, ada) -> None:
    ApiKey.objects.filter(pk=key.pk).update(expires=timezone.now())


def roll_without_overlap(key: ApiKey, ada) -> None:
    keys.roll(key, by=ada, overlap=timedelta(0))


def narrow(key: ApiKey, ada) -> None:
    keys.change(key, by=ada, name="k", scopes=READ_SCOPES)


def bind_to_addresses(key: ApiKey, ada) -> None:
    keys.change(key, by=ada, name="k", scopes=WRITE_SCOPES, addresses=["192.0.2.0/24"])


def remove_creator(key: ApiKey, ada) -> None:
    members.remove(Membership.objects.get(user=key.creator), by=ada)


def downgrade_creator(key: ApiKey, ada) -> None:
    members.change_role(Membership.objects.get(user=key.creator), Role.VIEWER, by=ada)


def lock_creator_out(key: ApiKey, ada) -> None:
    type(key.creator).objects.filter(pk=key.creator_id).update(is_active=False)


def require_second_factor(key: ApiKey, ada) -> None:
    Organization.objects.filter(pk=key.organization_id).update(second_factor_required=True)


def suspend(key: ApiKey, ada) -> None:
    lifecycle.suspend(key.organization, reason="unpaid")


@pytest.mark.parametrize(
    ("end", "read", "write"),
    [
        (revoke, 401, 401),
        (expire, 401, 401),
        (roll_without_overlap, 401, 401),
        (bind_to_addresses, 401, 401),
        (remove_creator, 401, 401),
        (lock_creator_out, 401, 401),
        (require_second_factor, 401, 401),
        (narrow, 200, 403),
        (downgrade_creator, 200, 403),
        (suspend, 404, 404),
    ],
)
def test_it_holds_at_once(key, ada, end, read, write):
    made, text = key
    program = Client(headers={"authorization": f"Bearer {text}"})

    def statuses(id: str) -> tuple[int, int]:
        sent = program.post(COLLECTIONS, collection(id), content_type="application/json")
        return program.get(COLLECTIONS).status_code, sent.status_code

    assert statuses("before") == (200, 201)
    end(made, ada)
    assert statuses("after") == (read, write)


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_a_key_of_one_scope_does_not_lend_it_to_the_rest(acme, ada, role):
    """The scope of one thing opens no other, at any role of its creator."""
    _, text = keys.issue(acme, creator=ada, name="k", scopes=["audit:read"])
    program = Client(headers={"authorization": f"Bearer {text}"})
    if role:
        Membership.objects.filter(user=ada).update(role=role)
    assert program.get("/o/acme/api/audit").status_code == (404 if role else 200)
    sent = program.post(COLLECTIONS, collection("c"), content_type="application/json")
    assert sent.status_code == 403
