"""An operator sees an organization as a member: for a reason, for an hour, and changes nothing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants import impersonation, invitations, join_links
from tenants.models import AuditRecord, Impersonation, Membership, User
from tests.operators import an_operator, at_work

END = "/seeing-as/end/"
BANNER = "Olga sees Acme as Ada until"


@pytest.fixture
def olga(db) -> User:
    return an_operator()


@pytest.fixture
def olga_client(olga) -> Client:
    return at_work(olga)


def see(client: Client, acme, member: str = "ada@example.org", reason: str = "ticket 7"):
    path = f"/operators/tenants/organization/{acme.pk}/do/see/"
    return client.post(path, {"member": member, "reason": reason})


def said(acme) -> list[tuple[str, str, dict[str, str]]]:
    found = AuditRecord.objects.filter(organization_id=acme.pk, actor_kind="operator")
    rows = found.order_by("pk").values_list("action", "actor_name", "objects_named")
    return list(rows)


def test_it_works(olga_client, ada_client, acme):
    assert olga_client.get("/o/acme/keys/").status_code == 404
    assert see(olga_client, acme).headers["location"] == "/o/acme/"
    for _ in range(2):
        page = olga_client.get("/o/acme/keys/").text
        assert BANNER in page
    assert "Stop" in page
    assert "here, as themselves" in olga_client.get("/organizations/").text
    assert "Acme" not in olga_client.get("/organizations/").text.partition("<main")[2]
    assert olga_client.post(END, follow=True).status_code == 200
    assert olga_client.get("/o/acme/keys/").status_code == 404
    start, look, end = said(acme)
    both = "Olga (operator, seeing as Ada)"
    assert [start[:2], look[:2], end[:2]] == [
        ("impersonation.start", both),
        ("impersonation.look", both),
        ("impersonation.end", both),
    ]
    assert start[2]["reason"] == "ticket 7"
    assert look[2] == {"page": "/o/acme/keys/"}
    audit = ada_client.get("/o/acme/audit/").text
    assert both in audit
    assert "Began to see the organization as a member" in audit


def test_nothing_can_be_changed(olga_client, acme, ada, ben):
    see(olga_client, acme)
    member = Membership.objects.get(user=ben)
    for path, sent in (
        ("/o/acme/keys/", {"name": "mine"}),
        (f"/o/acme/people/{member.pk}/role/", {"role": "owner"}),
        ("/o/acme/settings/", {"name": "Hacked"}),
        ("/o/acme/open/stac-browser/", {"at": ""}),
    ):
        answer = olga_client.post(path, sent)
        assert (answer.status_code, path) == (403, path)
        assert "nothing can be changed" in answer.text
    for path in ("/o/acme/api/tokens/", "/o/acme/stac/collections"):
        assert olga_client.post(path, {}).status_code == 403
    acme.refresh_from_db()
    assert acme.name == "Acme"
    ada_member = Membership.objects.get(user=ada, organization=acme)
    before = ada_member.last_active
    Membership.objects.filter(pk=ada_member.pk).update(last_active=None)
    olga_client.get("/o/acme/")
    ada_member.refresh_from_db()
    assert ada_member.last_active is None != before


def test_what_opens_something_is_not_shown(olga_client, ada_client, ada, acme):
    (invitation,) = invitations.invite(acme, ["new@example.org"], role="viewer", note="", by=ada)
    link = join_links.make(acme, role="viewer", days=7, people=5, by=ada)
    see(olga_client, acme)
    opening = (invitations.link(invitation), join_links.address(link))
    for client, shown in ((ada_client, True), (olga_client, False)):
        page = client.get("/o/acme/people/").text
        assert [address.partition("?")[2] in page for address in opening] == [shown, shown]


def test_the_account_stays_ones_own(olga_client, olga, acme):
    see(olga_client, acme)
    page = olga_client.get("/account/").text
    assert olga.email in page
    assert "ada@example.org" not in page
    assert olga_client.get("/o/other/keys/").status_code == 404
    assert olga_client.get("/keys/", headers={"host": "acme.testserver"}).status_code != 200


def test_it_ends_with_the_hour_and_is_told(olga_client, acme):
    see(olga_client, acme)
    past = timezone.now() - timedelta(seconds=1)
    Impersonation.objects.filter(organization=acme).update(until=past)
    assert olga_client.get("/o/acme/keys/").status_code == 404
    assert [each[0] for each in said(acme)] == ["impersonation.start", "impersonation.end"]
    assert olga_client.post(END).status_code == 404


def test_it_ends_with_the_session_and_is_told(olga_client, acme):
    see(olga_client, acme)
    assert impersonation.end_overdue() == 0
    olga_client.logout()
    assert impersonation.end_overdue() == 1
    assert [each[0] for each in said(acme)] == ["impersonation.start", "impersonation.end"]


@pytest.mark.parametrize("what", ["operator", "member", "second factor"])
def test_it_ends_with_what_it_stood_on(olga_client, olga, acme, ada, what):
    see(olga_client, acme)
    if what == "operator":
        User.objects.filter(pk=olga.pk).update(is_operator=False)
    if what == "member":
        Membership.objects.filter(user=ada, organization=acme).delete()
    if what == "second factor":
        olga.authenticator_set.all().delete()
    assert olga_client.get("/o/acme/keys/").status_code == 404
    assert said(acme)[-1][0] == "impersonation.end"


def test_another_one_ends_the_first(olga_client, acme):
    see(olga_client, acme)
    see(olga_client, acme, "ben@example.org")
    assert "sees Acme as Ben" in olga_client.get("/o/acme/").text
    assert olga_client.get("/o/acme/audit/").status_code == 403
    assert [each[0] for each in said(acme)][:3] == [
        "impersonation.start",
        "impersonation.end",
        "impersonation.start",
    ]


def test_refusals(olga_client, olga, acme, other, ben):
    for member, reason, sentence in (
        ("ada@example.org", "", "required"),
        ("cyd@example.org", "x", "No active member"),
        ("nobody", "x", "valid email"),
        ("ada@example.org", "x" * 201, "at most 200"),
    ):
        answer = see(olga_client, acme, member, reason)
        assert answer.status_code == 422
        assert sentence in answer.text
    an_operator("ben")
    assert "Nobody sees as another operator" in see(olga_client, acme, "ben@example.org").text
    Membership.objects.create(user=olga, organization=other, role="viewer")
    assert "You are a member yourself" in see(olga_client, other, olga.email).text
    assert said(acme) == []


def test_others_cannot(ada_client, acme):
    assert see(ada_client, acme).status_code == 404
    assert ada_client.post(END).status_code == 404
    assert Client().post(END).status_code == 302
