"""Whoever has a link can join: as its role, until its day, for so many people."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from tenants import join_links
from tenants.models import AuditRecord, JoinLink, Membership, User
from tenants.roles import Role

pytestmark = pytest.mark.django_db
PEOPLE, MAKE = "/o/acme/people/", "/o/acme/people/links/"
WORDS = {"role": "contributor", "days": "7", "people": "1"}


@pytest.fixture
def link(ada_client) -> str:
    """The path of the link that ada made."""
    ada_client.post(MAKE, WORDS)
    return path(JoinLink.objects.get())


def path(made: JoinLink) -> str:
    return join_links.address(made).removeprefix("http://testserver")


def proven(user):
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    return user


def roles(user) -> list[str]:
    return list(user.memberships.values_list("role", flat=True))


def test_it_works(ada_client, cyd_client, cyd, client, link):
    proven(cyd)
    assert f'data-copy="http://testserver{link}"' in ada_client.get(PEOPLE).text
    assert "I am new here" in client.get(link).text
    assert "Join Acme" in cyd_client.get(link).text
    assert roles(cyd) == []  # looking is not joining
    assert cyd_client.post(link).headers["Location"] == "/o/acme/"
    assert roles(cyd) == ["contributor"]
    made = JoinLink.objects.get()  # records of live servers' organizations stay for good
    own = AuditRecord.objects.filter(organization_id=made.organization_id, at__gte=made.created)
    actions = own.filter(action__startswith="join_link").order_by("pk")
    assert [each.action for each in actions] == ["join_link.create", "join_link.accept"]


def test_it_is_for_so_many_and_members_use_nothing_up(sign_in, ben, cyd, oda, link):
    for user in (ben, cyd, oda):
        proven(user)
    sign_in(ben).post(link)
    assert roles(ben) == ["viewer"]
    sign_in(cyd).post(link)
    answer = sign_in(oda).get(link)
    assert answer.status_code == 410
    assert "have joined by this link" in answer.text
    sign_in(oda).post(link)
    assert roles(oda) == ["owner"]  # of their own alone


def test_it_ends(ada_client, cyd_client, cyd, ada, link):
    proven(cyd)
    JoinLink.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert "has expired" in cyd_client.get(link).text
    JoinLink.objects.update(expires=timezone.now() + timedelta(days=1))
    Membership.objects.filter(user=ada).update(role=Role.VIEWER)
    assert "can no longer give" in cyd_client.get(link).text
    Membership.objects.filter(user=ada).update(role=Role.OWNER)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert "can no longer give" in cyd_client.get(link).text
    User.objects.filter(pk=ada.pk).update(is_active=True)
    ada_client.post(f"{MAKE}{JoinLink.objects.get().pk}/revoke/")
    assert "taken back" in cyd_client.get(link).text
    cyd_client.post(link)
    assert roles(cyd) == []


def test_an_address_that_is_not_proven_does_not_join(cyd_client, cyd, link):
    assert "Confirm your mail address" in cyd_client.post(link, follow=True).text
    assert roles(cyd) == []


def test_a_new_one_ends_the_one_before(ada_client, client, link):
    ada_client.post(MAKE, WORDS)
    assert client.get(link).status_code == 410
    assert JoinLink.objects.filter(revoked=None).count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "admin"},
        {"role": "owner"},
        {"role": ""},
        {"days": "0"},
        {"days": "31"},
        {"days": "x"},
        {"people": "0"},
        {"people": "9" * 40},
        {"people": "\0"},
    ],
)
def test_what_cannot_be_made_is_refused(ada_client, changes):
    answer = ada_client.post(MAKE, WORDS | changes, follow=True)
    assert answer.status_code == 200
    assert not JoinLink.objects.exists()


def test_only_who_manages_people_makes_and_takes_back(ben_client, sign_in, oda, link):
    pk = JoinLink.objects.get().pk
    assert ben_client.post(MAKE, WORDS).status_code == 403
    assert ben_client.post(f"{MAKE}{pk}/revoke/").status_code == 403
    assert sign_in(oda).post(f"/o/other/people/links/{pk}/revoke/").status_code == 404
    assert link not in ben_client.get(PEOPLE).text
    assert JoinLink.objects.get().revoked is None


def test_guessing_ends_soon(client, link):
    for _ in range(30):
        assert client.get("/join/?token=wrong").status_code == 404
    assert client.get(link).status_code == 429
    assert Client(REMOTE_ADDR="10.1.2.3").get(link).status_code == 200
