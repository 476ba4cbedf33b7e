"""What who runs the platform does on its server."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tenants import lifecycle
from tenants.models import AuditRecord, Organization


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


@pytest.mark.parametrize("command", ["suspend", "resume"])
def test_nobody_is_told_so(db, command):
    words = ["why"] if command == "suspend" else []
    with pytest.raises(CommandError, match="There is no organization 'nobody'"):
        run(command, "nobody", *words)
