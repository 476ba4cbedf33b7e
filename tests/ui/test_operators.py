"""The pages of who runs the platform: who gets in, what they see, what they do, and its records."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tenants import keys, plans
from tenants.models import AuditRecord, Organization, Plan, Usage, User
from tenants.roles import READ_SCOPES
from tests.operators import an_operator, at_work

HOME = "/operators/"
LIST = f"{HOME}tenants/organization/"


@pytest.fixture
def olga(db) -> User:
    return an_operator()


@pytest.fixture
def olga_client(olga) -> Client:
    return at_work(olga)


def page(organization: Organization, verb: str = "change") -> str:
    return f"{LIST}{organization.pk}/{verb if verb == 'change' else f'do/{verb}'}/"


def actions(organization: Organization | None, by: User) -> list[str]:
    own = {"organization_id": organization and organization.pk, "actor_id": str(by.pk)}
    found = AuditRecord.objects.filter(**own, actor_kind="operator").order_by("pk")
    return [each.action for each in found]


def test_it_works(olga_client, acme, other):
    Usage.objects.create(organization=acme, day="2026-11-20", storage=5 * 1024**3, items=1234)
    listed = olga_client.get(LIST).text
    for said in ("acme", "other", "1,234", "5.0", "not measured"):
        assert said in listed
    found = olga_client.get(f"{LIST}?q=ben@example.org").text
    assert "acme" in found
    assert ">other<" not in found
    one = olga_client.get(page(acme)).text
    for said in ("See as a member", "Give a plan", "Suspend", "Delete", acme.schema_name):
        assert said in one
    assert "Resume" not in one


def test_strangers_learn_nothing_of_it(client, cyd_client, ada_client, acme):
    for path in (HOME, LIST, page(acme), f"{HOME}jsi18n/"):
        assert client.get(path).headers["location"].startswith("/accounts/login/")
        assert client.post(path).status_code == 404
        for signed_in in (cyd_client, ada_client):
            assert signed_in.get(path).status_code == signed_in.post(path).status_code == 404
    assert cyd_client.get(HOME, headers={"host": "acme.testserver"}).status_code == 404
    assert cyd_client.get("/o/acme/operators/").status_code == 404


def test_the_second_factor_is_shown_in_this_session(olga, acme):
    client = Client()
    client.force_login(olga)  # without it
    assert client.get(LIST).headers["location"].startswith("/accounts/2fa/reauthenticate/?next=")
    assert client.post(page(acme, "suspend"), {"reason": "x"}).status_code == 302
    Authenticator.objects.filter(user=olga).delete()
    assert client.get(LIST, follow=True).redirect_chain == [("/account/", 302)]
    acme.refresh_from_db()
    assert acme.state == "active"


def test_one_is_suspended_and_resumed(olga_client, olga, acme):
    assert "served to nobody" in olga_client.get(page(acme, "suspend")).text
    assert olga_client.post(page(acme, "suspend"), {"reason": ""}).status_code == 422
    told = olga_client.post(page(acme, "suspend"), {"reason": "unpaid"}, follow=True).text
    assert "Acme is suspended." in told
    assert "Resume" in told
    assert olga_client.get("/o/acme/stac/").status_code == 404
    again = olga_client.post(page(acme, "suspend"), {"reason": "twice"})
    assert (again.status_code, "suspended already" in again.text) == (422, True)
    olga_client.post(page(acme, "resume"))
    assert olga_client.get("/o/acme/stac/").status_code == 200
    assert actions(acme, olga) == ["organization.suspend", "organization.resume"]
    named = AuditRecord.objects.filter(organization_id=acme.pk, actor_id=str(olga.pk)).first()
    assert named.actor_name == "Olga (operator)"


def test_one_is_deleted_and_kept(olga_client, olga, acme):
    assert "not its short name" in olga_client.post(page(acme, "delete"), {"slug": "Acme"}).text
    olga_client.post(page(acme, "delete"), {"slug": "acme"})
    acme.refresh_from_db()
    assert acme.state == "deleting"
    olga_client.post(page(acme, "keep"))
    acme.refresh_from_db()
    assert acme.state == "active"
    assert actions(acme, olga) == ["organization.delete", "organization.keep"]


def test_plans_are_made_changed_and_given(olga_client, olga, acme):
    add = f"{HOME}tenants/plan/add/"
    assert "Bytes of files" in olga_client.get(add).text
    assert olga_client.post(add, {"name": "small", "storage": "-1"}).status_code == 200
    assert olga_client.post(add, {"name": "no good", "storage": "1"}).status_code == 200
    assert olga_client.post(add, {"name": "small", "storage": "1000"}).status_code == 302
    olga_client.post(page(acme, "plan"), {"plan": "small"})
    change = f"{HOME}tenants/plan/small/change/"
    assert olga_client.post(change, {"storage": "", "items": "7"}).status_code == 302
    assert Plan.objects.values_list("storage", "items").get(name="small") == (None, 7)
    acme.refresh_from_db()
    assert acme.plan_id == "small"
    assert actions(acme, olga) == ["plan.give", "plan.change"]
    assert actions(None, olga) == ["plan.change", "plan.change"]
    assert olga_client.post(page(acme, "plan"), {"plan": "none"}).status_code == 422
    assert ">1<" in olga_client.get(f"{HOME}tenants/plan/").text


def test_a_person_is_deactivated_and_reactivated(olga_client, olga, acme, ben, ben_client):
    _, text = keys.issue(acme, creator=ben, name="bens", scopes=READ_SCOPES)
    program = Client(headers={"authorization": f"Bearer {text}"})
    path = f"{HOME}tenants/user/{ben.pk}/do/"
    assert ben.email in olga_client.get(f"{HOME}tenants/user/?q=ben@").text
    assert program.get("/o/acme/stac/").status_code == 200
    olga_client.post(f"{path}deactivate/", {"reason": "stolen laptop"})
    assert program.get("/o/acme/stac/").status_code == 401
    assert ben_client.get("/account/").status_code == 302
    olga_client.post(f"{path}reactivate/")
    assert program.get("/o/acme/stac/").status_code == 200
    olga_client.post(f"{path}sign-out/")
    assert actions(acme, olga) == ["person.deactivate", "person.reactivate"]
    assert actions(None, olga) == ["person.deactivate", "person.reactivate", "person.sign_out"]
    own = f"{HOME}tenants/user/{olga.pk}/do/deactivate/"
    assert "not you yourself" in olga_client.post(own, {"reason": "oops"}).text


def test_members_of_one_are_listed(olga_client, acme, ben):
    listed = olga_client.get(f"{HOME}tenants/user/?memberships__organization={acme.pk}").text
    assert "ben@example.org" in listed
    assert "oda@example.org" not in listed
    one = olga_client.get(f"{HOME}tenants/user/{ben.pk}/change/").text
    assert f"do/see/?member={ben.email.replace('@', '%40')}" in one


def test_nothing_else_is_written(olga_client, acme, ben):
    plans.change("small", {"items": 1})
    record = AuditRecord.objects.latest("pk")
    for path in (
        page(acme),
        f"{HOME}tenants/user/{ben.pk}/change/",
        f"{HOME}tenants/auditrecord/{record.pk}/change/",
    ):
        assert olga_client.get(path).status_code == 200
        assert olga_client.post(path, {"name": "Hacked", "action": "x"}).status_code == 403
    for path in (
        f"{LIST}add/",
        f"{LIST}{acme.pk}/delete/",
        f"{HOME}tenants/plan/small/delete/",
        f"{HOME}tenants/user/add/",
        f"{HOME}password_change/",
        f"{HOME}login/",
        f"{HOME}auth/group/",
    ):
        assert olga_client.get(path).status_code in (302, 404), path
        assert olga_client.post(path).status_code in (302, 404), path
    assert Plan.objects.filter(name="small").exists()
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_records_of_all_are_read(olga_client, olga, acme):
    olga_client.post(page(acme, "suspend"), {"reason": "unpaid"})
    olga_client.post(page(acme, "resume"))
    listed = olga_client.get(f"{HOME}tenants/auditrecord/?organization_id={acme.pk}").text
    assert "Suspended the organization" in listed
    assert "reason: unpaid" in listed
    record = AuditRecord.objects.filter(organization_id=acme.pk).latest("pk")
    assert "organization.resume" in (
        olga_client.get(f"{HOME}tenants/auditrecord/{record.pk}/change/").text
    )


ODD = [
    f"{LIST}nothing/change/",
    f"{LIST}nothing/do/suspend/",
    f"{HOME}tenants/user/99999999999999999999/change/",
    f"{HOME}tenants/user/x/do/deactivate/",
    f"{LIST}?q=%00",
    f"{LIST}?state__exact=%00",
    f"{LIST}?q={'x' * 2000}",
    f"{LIST}?p=x",
    f"{LIST}?memberships__user__password=x",
    f"{HOME}tenants/user/?memberships__organization=x",
    f"{HOME}tenants/auditrecord/?organization_id=x",
    f"{HOME}tenants/plan/%00/change/",
]


@pytest.mark.parametrize("path", ODD)
def test_odd_addresses_break_nothing(olga_client, path):
    assert olga_client.get(path).status_code < 500


def test_pages_need_no_script_of_their_own(olga_client, acme):
    """What the content security policy lets in carries its word."""
    answer = olga_client.get(LIST)
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]
    for path in (HOME, LIST, page(acme), page(acme, "suspend")):
        text = olga_client.get(path).text
        assert ' style="' not in text
        assert " onclick" not in text
