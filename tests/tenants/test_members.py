"""Roles changed, members removed, ownership handed over, a second factor required."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from tenants import keys
from tenants.models import ApiKey, AuditRecord, Membership, User
from tenants.roles import READ_SCOPES, Role
from ui.views import people

PEOPLE = "/o/acme/people/"


def member(user: User, organization) -> Membership:
    return Membership.objects.get(user=user, organization=organization)


@pytest.fixture
def admin(acme, cyd) -> Membership:
    return Membership.objects.create(user=cyd, organization=acme, role=Role.ADMIN)


def set_role(client: Client, found: Membership, role: str):
    return client.post(f"{PEOPLE}{found.pk}/role/", {"role": role}, follow=True)


def test_it_works(ada_client, acme, ada, ben):
    answer = set_role(ada_client, member(ben, acme), "editor")
    assert "Ben is now editor." in answer.text
    assert member(ben, acme).role == Role.EDITOR
    record = AuditRecord.objects.get(action="member.role")
    assert (record.organization_id, record.actor_id) == (acme.pk, str(ada.pk))
    assert record.objects_named == {"member": ben.email}
    assert (record.before, record.after) == ({"role": "viewer"}, {"role": "editor"})


def test_the_new_role_holds_from_the_next_request(ada_client, ben_client, acme, ben):
    assert ben_client.get("/o/acme/drop/").status_code == 403
    set_role(ada_client, member(ben, acme), "contributor")
    assert ben_client.get("/o/acme/drop/").status_code == 200


@pytest.mark.parametrize("role", ["", "king", "\0"])
def test_a_role_that_is_none_is_refused(ada_client, acme, ben, role):
    assert "Choose one of the roles." in set_role(ada_client, member(ben, acme), role).text
    assert member(ben, acme).role == Role.VIEWER


def test_an_admin_makes_editors_and_neither_admins_nor_owners(sign_in, admin, acme, ada, ben):
    client = sign_in(admin.user)
    assert set_role(client, member(ben, acme), "editor").status_code == 200
    for role in ("admin", "owner"):
        assert set_role(client, member(ben, acme), role).status_code == 403
    assert member(ben, acme).role == Role.EDITOR
    assert set_role(client, member(ada, acme), "viewer").status_code == 403
    assert set_role(client, admin, "owner").status_code == 403
    assert client.post(f"{PEOPLE}{member(ada, acme).pk}/remove/").status_code == 403
    assert member(ada, acme).role == Role.OWNER


def test_the_last_owner_stays(ada_client, acme, ada):
    own = member(ada, acme)
    assert "needs an owner" in set_role(ada_client, own, "admin").text
    assert "needs an owner" in ada_client.post(f"{PEOPLE}leave/", follow=True).text
    assert "needs an owner" in ada_client.post(f"{PEOPLE}{own.pk}/remove/", follow=True).text
    assert member(ada, acme).role == Role.OWNER


def test_who_is_removed_is_a_stranger_at_once_and_their_keys_too(
    sign_in, ada_client, acme, cyd, admin
):
    client = sign_in(cyd)
    assert client.get(PEOPLE).status_code == 200
    _, text = keys.issue(acme, creator=cyd, name="theirs", scopes=READ_SCOPES)
    program = Client(headers={"authorization": f"Bearer {text}"})
    assert program.get("/o/acme/stac/").status_code == 200
    assert "Remove this member?" in ada_client.get(f"{PEOPLE}{admin.pk}/remove/").text
    assert "no member any more" in ada_client.post(f"{PEOPLE}{admin.pk}/remove/", follow=True).text
    assert client.get(PEOPLE).status_code == 404
    assert program.get("/o/acme/stac/").status_code == 401
    Membership.objects.create(user=cyd, organization=acme, role=Role.ADMIN)
    assert program.get("/o/acme/stac/").status_code == 401  # revoked, not asleep
    assert ApiKey.objects.get(name="theirs").revoked
    assert AuditRecord.objects.filter(action="member.remove").exists()


def test_a_member_leaves(ben_client, acme, ben):
    assert "Leave this organization?" in ben_client.get(f"{PEOPLE}leave/").text
    answer = ben_client.post(f"{PEOPLE}leave/")
    assert answer.headers["Location"] == "/organizations/"
    assert not Membership.objects.filter(user=ben, organization=acme).exists()
    assert ben_client.get(PEOPLE).status_code == 404


def test_an_owner_hands_over_and_becomes_an_admin(ada_client, acme, ada, ben):
    assert "Ben (Viewer)" in ada_client.get(f"{PEOPLE}transfer/").text
    answer = ada_client.post(f"{PEOPLE}transfer/", {"to": member(ben, acme).pk}, follow=True)
    assert "Ben owns this organization now" in answer.text
    assert member(ben, acme).role == Role.OWNER
    assert member(ada, acme).role == Role.ADMIN
    assert ada_client.get(f"{PEOPLE}transfer/").status_code == 403


def test_only_to_a_member_of_ones_own(ada_client, acme, ada, other, oda):
    for to in (member(oda, other).pk, member(ada, acme).pk, "", "x", 10**30):
        assert ada_client.post(f"{PEOPLE}transfer/", {"to": to}).status_code == 422
    assert member(ada, acme).role == Role.OWNER


def test_members_of_another_organization_are_not_there(ada_client, other, oda):
    theirs = member(oda, other)
    assert set_role(ada_client, theirs, "viewer").status_code == 404
    assert ada_client.post(f"{PEOPLE}{theirs.pk}/remove/").status_code == 404
    assert member(oda, other).role == Role.OWNER


def test_every_member_sees_who_is_in_and_only_managers_more(ada_client, ben_client, cyd_client):
    for client in (ada_client, ben_client):
        answer = client.get(PEOPLE)
        assert "ada@example.org" in answer.text
        assert "ben@example.org" in answer.text
    assert "Last active" in ada_client.get(PEOPLE).text
    seen = ben_client.get(PEOPLE).text
    for word in ("Last active", "econd factor", "Invite", "/remove/", "/role/", "transfer"):
        assert word not in seen
    assert cyd_client.get(PEOPLE).status_code == 404
    assert ben_client.post(PEOPLE, {"addresses": "x@example.org"}).status_code == 403


def test_activity_is_noted_once_an_hour(ben_client, acme, ben, client):
    old = timezone.now() - timedelta(hours=2)
    Membership.objects.update(last_active=old)
    client.get("/o/acme/")
    assert member(ben, acme).last_active == old
    ben_client.get(PEOPLE)
    first = member(ben, acme).last_active
    assert first > old
    ben_client.get(PEOPLE)
    assert member(ben, acme).last_active == first


def test_records_are_only_ever_added(ada_client, acme, ben):
    set_role(ada_client, member(ben, acme), "editor")
    for change in (AuditRecord.objects.all().delete, lambda: AuditRecord.objects.update(action="")):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            change()


# A second factor ---------------------------------------------------------------
FACTOR = f"{PEOPLE}second-factor/"


def test_an_owner_without_one_cannot_require_it(ada_client, acme):
    answer = ada_client.post(FACTOR, {"required": "yes"}, follow=True)
    assert "Set up a second factor for yourself first." in answer.text
    acme.refresh_from_db()
    assert not acme.second_factor_required


def test_only_owners_decide(sign_in, admin, ben_client):
    assert sign_in(admin.user).post(FACTOR, {"required": "yes"}).status_code == 403
    assert ben_client.post(FACTOR, {"required": "yes"}).status_code == 403


def test_members_without_one_are_led_to_it_and_are_strangers_until_then(
    ada_client, sign_in, acme, ada, admin
):
    client = sign_in(admin.user)
    _, text = keys.issue(acme, creator=admin.user, name="theirs", scopes=READ_SCOPES)
    program = Client(headers={"authorization": f"Bearer {text}"})
    TOTP.activate(ada, generate_totp_secret())
    answer = ada_client.post(FACTOR, {"required": "yes"}, follow=True)
    assert "A second factor is required now." in answer.text
    for path in ("/o/acme/", PEOPLE, "/o/acme/keys/"):
        assert client.get(path).headers["Location"] == "/second-factor/acme/"
    assert client.post(f"{PEOPLE}leave/").status_code == 302
    led = client.get(PEOPLE, headers={"HX-Request": "true"})
    assert led.headers["HX-Redirect"] == "/second-factor/acme/"
    assert client.get("/o/acme/api/uploads/").status_code == 404
    assert program.get("/o/acme/stac/").status_code == 401
    assert "asks every member for more" in client.get("/second-factor/acme/").text
    assert ada_client.get(PEOPLE).status_code == 200
    TOTP.activate(admin.user, generate_totp_secret())
    assert client.get("/second-factor/acme/").headers["Location"] == "/o/acme/"
    assert client.get(PEOPLE).status_code == 200
    assert program.get("/o/acme/stac/").status_code == 200


def test_recovery_codes_alone_are_none(ada_client, ada, acme):
    Authenticator.objects.create(user=ada, type="recovery_codes", data={})
    ada_client.post(FACTOR, {"required": "yes"})
    acme.refresh_from_db()
    assert not acme.second_factor_required


def test_the_page_about_it_is_for_members(cyd_client, client):
    assert cyd_client.get("/second-factor/acme/").status_code == 404
    assert client.get("/second-factor/acme/").status_code == 302


# At the same time --------------------------------------------------------------
def test_two_owners_cannot_leave_each_other_alone(live):
    """Whatever the order, one owner is left, each time."""
    second = User.objects.create_user("second-owner@example.org", name="Second")
    sessions = [live.cookie(user)["value"] for user in (live.owner, second)]
    for _ in range(5):
        owners = [owner_again(live, user) for user in (live.owner, second)]
        with ThreadPoolExecutor(2) as threads:
            answers = list(
                threads.map(lambda pair: demote(live, *pair), zip(sessions, owners, strict=True))
            )
        assert answers == [302, 302]
        left = Membership.objects.filter(organization=live.organization, role=Role.OWNER)
        assert left.count() == 1


def owner_again(live, user: User) -> int:
    return Membership.objects.update_or_create(
        user=user, organization=live.organization, defaults={"role": Role.OWNER}
    )[0].pk


def demote(live, session: str, pk: int) -> int:
    """By a form, as a browser sends it."""
    token = "a" * 32
    return requests.post(
        f"{live.address}people/{pk}/role/",
        {"role": "viewer", "csrfmiddlewaretoken": token},
        cookies={settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: token},
        headers={"Origin": live.url},
        allow_redirects=False,
        timeout=30,
    ).status_code


def test_who_lacks_a_required_second_factor_can_leave(ben_client, ben, acme):
    acme.second_factor_required = True
    acme.save()
    page = "/second-factor/acme/"
    assert ben_client.get(PEOPLE).headers["Location"] == page
    assert "Leave Acme instead" in ben_client.get(page).text
    assert "You have left Acme." in ben_client.post(page, follow=True).text
    assert not ben.memberships.exists()
    assert AuditRecord.objects.get(action="member.leave").actor_id == str(ben.pk)
    assert ben_client.post(page).status_code == 404


def test_the_last_owner_does_not_leave_so_either(ada_client, ada, acme):
    acme.second_factor_required = True
    acme.save()
    assert "needs an owner" in ada_client.post("/second-factor/acme/", follow=True).text
    assert ada.memberships.exists()


def test_many_are_shown_by_the_page(ada_client, acme, monkeypatch):
    monkeypatch.setattr(people, "SHOWN", 3)
    for name in "fghi":
        user = User.objects.create_user(f"{name}@example.org", name=f"Z{name}")
        Membership.objects.create(user=user, organization=acme, role=Role.VIEWER)
    words = {"addresses": "p1@x.org p2@x.org p3@x.org p4@x.org", "role": "viewer", "note": ""}
    ada_client.post(PEOPLE, words)
    first = ada_client.get(PEOPLE).text
    assert "p4@x.org" in first
    assert "p1@x.org" not in first
    assert "6 members have none" in first  # of all, not of this page
    assert 'href="?members=2"' in first
    second = ada_client.get(PEOPLE, {"members": "2", "invited": "2"}).text
    assert "i@example.org" in second
    assert "f@example.org" not in second
    assert "p1@x.org" in second
    for odd in ("0", "x", "-1", "9" * 30):
        assert ada_client.get(PEOPLE, {"members": odd, "invited": odd}).status_code == 200
