"""What an organization uses: the page, the same numbers for programs, mails and the banner."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from gistac.limits import measure
from tenants import keys, usage
from tenants.current import tenant_scope
from tenants.models import AuditRecord, Organization, Plan, Usage
from tests.ui import catalog

PAGE = "/o/acme/usage/"
NUMBERS = "/o/acme/api/usage"


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch):
    monkeypatch.setattr(usage, "_known", {})


@pytest.fixture
def used(acme, bucket) -> int:
    """Bytes: a picture in one of two collections; as the sweeper notes it."""
    with tenant_scope(acme):
        catalog.item(catalog.collection("empty"), "one")
        picture = catalog.picture()
        catalog.item(catalog.collection("full", "members"), "two", held=[picture])
        measure(acme)
    return picture.size


def plan(*words: str) -> str:
    out = StringIO()
    call_command("plan", *words, stdout=out)
    return out.getvalue()


def test_it_works(ada_client, acme, ada, used):
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    Usage.objects.create(organization=acme, day=yesterday, requests=1234, tiles=7)
    page = ada_client.get(PAGE).text
    assert page.index("The full") < page.index("The empty")
    assert "1,234" in page
    assert "without a limit" in page
    _, text = keys.issue(acme, creator=ada, name="usage", scopes=["catalog:read", "usage:read"])
    told = Client(headers={"x-api-key": text}).get(NUMBERS).json()
    assert told["plan"] == "default"
    assert told["limits"]["storage"] == {"used": used, "limit": None}
    assert told["limits"]["items"]["used"] == 2
    assert told["storage"]["published"] == used
    assert len(told["days"]) == 30
    assert told["days"][-2]["requests"] == 1234
    assert (told["days"][-1]["storage"], told["days"][-1]["items"]) == (used, 2)
    assert told["collections"][0] == {"id": "full", "bytes": used, "items": 1}


def test_who_may_not(ben_client, cyd_client, key_client, acme):
    assert ben_client.get(PAGE).status_code == 403
    assert ben_client.get(NUMBERS).status_code == 403
    assert cyd_client.get(NUMBERS).status_code == Client().get(NUMBERS).status_code == 404
    assert key_client.get(NUMBERS).status_code == 403  # its scopes do not say so


def test_mails_at_80_and_100_percent_once(acme, used, run_jobs, ada_client, ben_client):
    for limit, told in ((used * 2, []), (used + used // 5, ["80 %"]), (used, ["80 %", "100 %"])):
        plan("--change", "tight", "--storage", str(limit))
        plan("acme", "--give", "tight")
        for _ in range(2):
            with tenant_scope(acme):
                measure(Organization.objects.get(pk=acme.pk))
        run_jobs()
        assert len(mail.outbox) == len(told)
    first, last = mail.outbox
    assert first.to == ["ada@example.org"]
    assert "83 % of storage used" in first.subject
    assert "Nothing is stopped yet" in first.body
    assert "no file can be added" in last.body
    assert f"{acme.address}usage/" in last.body


def test_members_are_told_on_every_page(acme, used, ada_client, ben_client):
    plan("--change", "tight", "--storage", str(used), "--items", "2")
    plan("acme", "--give", "tight")
    assert "100 % used" not in ada_client.get("/o/acme/").text
    usage.write()
    for client in (ada_client, ben_client):
        page = client.get("/o/acme/").text
        assert "Storage: 100 % used; no file can be added." in page
        assert "Items: 100 % used" in page
        assert ("See the usage" in page) is (client is ada_client)
    assert "100 % used" not in Client().get("/o/acme/").text


def test_the_command(acme, used):
    assert "default (organizations: 2)" in plan()
    plan("--change", "large", "--storage", "2TB", "--items", "5")
    told = plan("acme", "--give", "large")
    assert f"{used} bytes of 2.0 TB" in told
    assert "items: 2 of 5" in told
    plan("--change", "large", "--items", "none")
    assert Plan.objects.values_list("storage", "items").get(name="large") == (2 * 10**12, None)
    made = AuditRecord.objects.filter(organization_id=acme.pk).order_by("pk")
    assert [each.action for each in made] == ["plan.give", "plan.change"]
    assert (made[0].before, made[0].after) == ({"plan": "default"}, {"plan": "large"})
    assert (made[1].before, made[1].after) == ({"items": 5}, {"items": None})


@pytest.mark.parametrize(
    "words",
    [
        ("acme", "--give", "nothing"),
        ("nobody", "--give", "default"),
        ("--give", "default"),
        ("--items", "5"),
        ("--change", "a plan", "--items", "5"),
        ("--change", "large", "--items", "-5"),
        ("--change", "large", "--items", "many"),
        ("--change", "large", "--storage", "99999999999999999GB"),
    ],
)
def test_what_the_command_refuses(acme, words):
    before = list(Plan.objects.values())
    with pytest.raises(CommandError):
        plan(*words)
    assert list(Plan.objects.values()) == before
