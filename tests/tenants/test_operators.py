"""What who runs the platform does on its server."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tenants import lifecycle
from tenants.models import AuditRecord, Organization, User
from tenants.signup import create_organization


def run(*words: str, **options: object) -> str:
    said = io.StringIO()
    call_command(*words, stdout=said, **options)
    return said.getvalue()


def test_organizations_are_listed(acme, other, ada):
    lifecycle.delete(other, by=None)
    acme_line, other_line = run("organizations").splitlines()[1:]
    assert acme_line.split()[:4] == ["acme", "active", "2", "0"]
    assert acme_line.endswith("current")
    assert other_line.startswith("other  deleting until 20")
    assert run("organizations", state="deleting").count("\n") == 2


def test_one_is_suspended_and_served_again(acme, client: Client):
    assert "acme is suspended." in run("suspend", "acme", "spreads malware")
    assert client.get("/o/acme/stac/").status_code == 404
    record = AuditRecord.objects.latest("id")
    assert (record.actor_kind, record.objects_named) == ("system", {"reason": "spreads malware"})
    with pytest.raises(CommandError, match="suspended already"):
        run("suspend", "acme", "twice")
    assert "acme is served again." in run("resume", "acme")
    assert client.get("/o/acme/stac/").status_code == 200
    with pytest.raises(CommandError, match="not suspended"):
        run("resume", "acme")


def test_a_deletion_is_taken_back(acme):
    lifecycle.delete(acme, by=None)
    run("resume", "acme")
    assert Organization.objects.get(slug="acme").state == "active"


def answered(monkeypatch, text: str) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: text)


def test_one_is_deleted_for_who_types_its_name(acme, client: Client, monkeypatch):
    answered(monkeypatch, "acme ")
    with pytest.raises(CommandError, match="Nothing was done"):
        run("delete", "acme")
    assert client.get("/o/acme/stac/").status_code == 200
    answered(monkeypatch, "acme")
    assert "removed in 30 days" in run("delete", "acme")
    assert client.get("/o/acme/stac/").status_code == 404
    with pytest.raises(CommandError, match="deleting already"):
        run("delete", "acme")
    run("resume", "acme")
    assert client.get("/o/acme/stac/").status_code == 200


def test_one_is_deleted_at_once_in_whatever_state(cyd, bucket, monkeypatch):
    made = create_organization(name="Spam", slug="spam", owner=cyd)
    lifecycle.suspend(made, reason="spam")
    answered(monkeypatch, "spam")
    with pytest.raises(CommandError, match="suspended already"):
        run("delete", "spam")
    assert "spam is removed." in run("delete", "spam", now=True)
    assert not Organization.objects.filter(pk=made.pk).exists()
    assert not lifecycle.has_schema(made)
    records = AuditRecord.objects.filter(organization_id=made.pk).order_by("pk")
    assert [each.action for each in records][-2:] == ["organization.delete", "organization.removed"]


def test_a_person_is_made_an_operator(cyd):
    assert "is an operator.\nThey have no second factor yet" in run("operator", "CYD@example.org ")
    assert User.objects.get(pk=cyd.pk).is_operator
    with pytest.raises(CommandError, match="is one already"):
        run("operator", cyd.email)
    run("operator", cyd.email, remove=True)
    assert not User.objects.get(pk=cyd.pk).is_operator
    with pytest.raises(CommandError, match="is none"):
        run("operator", cyd.email, remove=True)
    with pytest.raises(CommandError, match="Nobody here has the address"):
        run("operator", "nobody@example.org")
    told = AuditRecord.objects.filter(organization_id=None, action="operator.change")
    named = told.filter(objects_named={"person": cyd.email}).order_by("pk")
    assert [each.after for each in named] == [{"operator": True}, {"operator": False}]


@pytest.mark.parametrize("command", ["suspend", "resume", "delete"])
def test_nobody_is_told_so(db, command):
    words = ["why"] if command == "suspend" else []
    with pytest.raises(CommandError, match="There is no organization 'nobody'"):
        run(command, "nobody", *words)
