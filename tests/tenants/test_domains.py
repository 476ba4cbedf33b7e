"""A host of an organization's own: a door while the DNS says whose it is, and no longer."""

import socket
import threading
from datetime import timedelta

import dns.message
import dns.nameserver
import dns.resolver
import dns.rrset
import pytest
from django.core import mail
from django.utils import timezone

from tenants import domains
from tenants.models import AuditRecord, ClaimedHost, Domain, Membership

PAGE = "/o/acme/settings/hosts/"
HOST = "maps.example.org"
RECORDS: dict[str, list[str]] = {}


def records(name: str) -> list[str]:
    """The DNS of these tests; named by a setting."""
    if name == "_gistac.silent.example.org":
        raise domains.NoAnswer("The DNS does not answer just now. Try again in a minute.")
    return RECORDS.get(name, [])


@pytest.fixture(autouse=True)
def dns_of_ours(settings):
    RECORDS.clear()
    settings.TXT_RECORDS = "tests.tenants.test_domains.records"


def add(client, host: str = HOST) -> ClaimedHost:
    client.post(PAGE, {"host": host})
    return ClaimedHost.objects.get(host=host, organization__slug="acme")


def check(client, claimed: ClaimedHost) -> str:
    ClaimedHost.objects.update(asked=None)
    return client.post(f"{PAGE}{claimed.pk}/check/", follow=True).text


def prove(client, host: str = HOST) -> ClaimedHost:
    claimed = add(client, host)
    RECORDS[claimed.record_name] = ["v=spf1 -all", claimed.record]
    assert "is proven" in check(client, claimed)
    claimed.refresh_from_db()
    return claimed


def answers(client) -> tuple[int, int]:
    """Of the door, and to who asks whether it may have a certificate."""
    door = client.get("/stac/", headers={"host": HOST}).status_code
    return door, client.get("/tls-ask", {"domain": HOST}).status_code


def test_it_works(ada_client, client):
    claimed = add(ada_client)
    assert claimed.record in ada_client.get(PAGE).text
    assert answers(client) == (404, 404)
    assert "was not found" in check(ada_client, claimed)
    assert answers(client) == (404, 404)
    prove(ada_client)
    assert answers(client) == (200, 200)
    assert "Leads here" in ada_client.get(PAGE).text
    actions = AuditRecord.objects.order_by("id").values_list("action", flat=True)
    assert list(actions)[-2:] == ["domain.add", "domain.proven"]


def a_day_later() -> list[str]:
    ClaimedHost.objects.update(checked=timezone.now() - timedelta(days=1, minutes=1))
    return domains.check_all()


def test_asked_daily_it_is_lost_after_three_failures_in_a_row(ada_client, client, run_jobs):
    prove(ada_client)
    kept = dict(RECORDS)
    assert domains.check_all() == []
    RECORDS.clear()
    assert a_day_later() == a_day_later() == []
    RECORDS.update(kept)
    assert a_day_later() == []  # found again: the count begins anew
    RECORDS.clear()
    assert a_day_later() == a_day_later() == []
    assert answers(client) == (200, 200)
    assert a_day_later() == [HOST]
    assert answers(client) == (404, 404)
    assert AuditRecord.objects.latest("id").action == "domain.lost"
    run_jobs()
    assert [each.subject for each in mail.outbox] == [f"{HOST} no longer leads to Acme"]
    link = "http://testserver/o/acme/settings/hosts/"
    assert link in mail.outbox[0].body
    RECORDS.update(kept)
    assert "is proven" in check(ada_client, ClaimedHost.objects.get())
    assert answers(client) == (200, 200)


def test_a_dns_that_is_silent_takes_nothing_away(ada_client):
    claimed = add(ada_client, "silent.example.org")
    assert "does not answer just now" in check(ada_client, claimed)
    ClaimedHost.objects.update(proven=timezone.now())
    assert a_day_later() == []
    assert ClaimedHost.objects.get().failures == 0


def test_a_check_waits_for_the_last_and_for_another(ada_client):
    claimed = add(ada_client)
    path = f"{PAGE}{claimed.pk}/check/"
    with domains._asking:
        busy = ada_client.post(path)
    assert (busy.status_code, "Another host is being checked" in busy.text) == (429, True)
    assert ada_client.post(path).status_code == 302
    RECORDS[claimed.record_name] = [claimed.record]
    again = ada_client.post(path)
    assert (again.status_code, "was checked just now" in again.text) == (429, True)
    ClaimedHost.objects.update(asked=timezone.now() - domains.PAUSE)
    assert ada_client.post(path).status_code == 302
    assert ClaimedHost.objects.get().proven


def test_removed_it_is_no_door(ada_client, client):
    claimed = prove(ada_client)
    assert "leads here no more" in ada_client.post(f"{PAGE}{claimed.pk}/remove/", follow=True).text
    assert answers(client) == (404, 404)
    assert not ClaimedHost.objects.exists()
    assert Domain.objects.filter(domain="acme.testserver").exists()


def test_a_claim_hinders_nobody_and_a_proof_is_ones_own(ada_client, sign_in, oda, other, client):
    theirs = domains.claim(other, HOST, by=oda)
    RECORDS[theirs.record_name] = [theirs.record]
    mine = add(ada_client)
    assert "was not found" in check(ada_client, mine)
    domains.check(theirs, by=oda)
    RECORDS[mine.record_name].append(mine.record)
    assert "door of another organization" in check(ada_client, mine)
    assert client.get("/stac/", headers={"host": HOST}).json()["title"] == "Other"


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("", "Enter a host name"),
        ("example", "Enter a host name"),
        ("10.0.0.1", "Enter a host name"),
        ("a b.example.org", "Enter a host name"),
        ("*.example.org", "Enter a host name"),
        ("-a.example.org", "Enter a host name"),
        ("a\0.example.org", "Enter a host name"),
        ("höhe.example.org", "Enter a host name"),
        ("x" * 10_000, "Enter a host name"),
        ("other.testserver", "platform’s own"),
    ],
)
def test_what_is_no_host_is_refused(ada_client, host, sentence):
    answer = ada_client.post(PAGE, {"host": host})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not ClaimedHost.objects.exists()


def test_twice_and_too_many_are_refused(ada_client):
    add(ada_client)
    assert "in the list already" in ada_client.post(PAGE, {"host": f"{HOST.upper()}."}).text
    for n in range(domains.MOST - 1):
        add(ada_client, f"h{n}.example.org")
    assert "can have 10 hosts" in ada_client.post(PAGE, {"host": "one-more.example.org"}).text


def test_only_an_owner_may(ben_client, cyd_client, ada_client, acme, cyd):
    claimed = add(ada_client)
    Membership.objects.create(user=cyd, organization=acme, role="admin")
    for client in (ben_client, cyd_client):
        assert client.get(PAGE).status_code == 403
        for path in (PAGE, f"{PAGE}{claimed.pk}/check/", f"{PAGE}{claimed.pk}/remove/"):
            assert client.post(path, {"host": "x.example.org"}).status_code == 403


def test_those_of_another_organization_are_not_there(ada_client, other, oda):
    theirs = domains.claim(other, HOST, by=oda)
    assert ada_client.post(f"{PAGE}{theirs.pk}/remove/").status_code == 404
    assert HOST not in ada_client.get(PAGE).text.replace(
        'placeholder="maps.example.org"', ""
    ).replace("A host such as maps.example.org", "")


def answer_one(server: socket.socket, text: str) -> None:
    question, sender = server.recvfrom(512)
    asked = dns.message.from_wire(question)
    answer = dns.message.make_response(asked)
    name = asked.question[0].name
    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", f'"{text[:5]}" "{text[5:]}"'))
    server.sendto(answer.to_wire(), sender)


def test_the_dns_itself_is_asked(monkeypatch):
    """By the protocol: of a server of our own, whose record comes in two pieces."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [dns.nameserver.Do53Nameserver("127.0.0.1", port)]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        threading.Thread(target=answer_one, args=(server, "gistac-host=abc"), daemon=True).start()
        assert domains.txt_records("_gistac.maps.example.org") == ["gistac-host=abc"]
