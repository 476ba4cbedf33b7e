"""Whose mail address is of an open domain can join: as its role, while the domain is proven."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tenants import mail_domains
from tenants.models import (
    AuditRecord,
    ClaimedHost,
    MailDomain,
    Membership,
    Organization,
    RemovedMember,
    User,
)
from tenants.roles import Role

PEOPLE, OPEN, LIST = "/o/acme/people/", "/o/acme/people/domains/", "/organizations/"
JOIN = "/organizations/acme/join/"
WORDS = {"domain": "ibt.example", "role": "contributor"}
OFFER = "is open to people of"


def proven(user: User, address: str) -> User:
    EmailAddress.objects.create(user=user, email=address, verified=True)
    return user


@pytest.fixture
def opened(ada, ada_client) -> MailDomain:
    proven(ada, "ada@ibt.example")
    ada_client.post(OPEN, WORDS)
    return MailDomain.objects.get()


def role(user: User, organization: Organization) -> str | None:
    own = Membership.objects.filter(user=user, organization=organization)
    return own.values_list("role", flat=True).first()


def is_offered(client: Client) -> bool:
    return OFFER in client.get(LIST).text


def test_it_works(opened, ada_client, cyd_client, cyd, acme):
    assert "ibt.example" in ada_client.get(PEOPLE).text
    assert not is_offered(cyd_client)
    proven(cyd, "cyd@ibt.example")
    assert cyd_client.get("/").headers["Location"] == LIST
    for page in (LIST, "/organizations/new/"):  # the latter is where a new account begins
        assert f'<strong class="font-medium">Acme</strong> {OFFER}' in cyd_client.get(page).text
    assert cyd_client.post(JOIN).headers["Location"] == "/o/acme/"
    assert role(cyd, acme) == "contributor"
    assert not is_offered(cyd_client)
    assert cyd_client.post(JOIN).headers["Location"] == "/o/acme/"  # clicked twice
    records = AuditRecord.objects.filter(organization_id=acme.pk, action__startswith="mail_domain")
    assert list(records.order_by("pk").values_list("action", flat=True)) == [
        "mail_domain.open",
        "mail_domain.join",
    ]
    assert "Joined by their mail domain" in ada_client.get("/o/acme/audit/").text


def test_closed_nobody_joins_and_who_has_joined_stays(opened, ada_client, sign_in, ben, cyd, acme):
    proven(cyd, "cyd@ibt.example")
    ada_client.post(f"{OPEN}{opened.pk}/close/")
    assert not is_offered(sign_in(cyd))
    assert sign_in(cyd).post(JOIN).status_code == 404
    assert role(ben, acme) == "viewer"
    closed = AuditRecord.objects.filter(organization_id=acme.pk, action="mail_domain.close")
    assert closed.get().objects_named == {"domain": "ibt.example"}


@pytest.mark.parametrize(
    "address",
    [
        "cyd@ibt.example.org",
        "cyd@sub.ibt.example",
        "cyd@notibt.example",
        '"cyd@ibt.example"@evil.example',
    ],
)
def test_another_domain_is_another(opened, cyd_client, cyd, address):
    proven(cyd, address)
    assert not is_offered(cyd_client)
    assert cyd_client.post(JOIN).status_code == 404


def test_an_address_that_is_not_confirmed_proves_nothing(opened, cyd_client, cyd):
    EmailAddress.objects.create(user=cyd, email="cyd@ibt.example", verified=False)
    assert not is_offered(cyd_client)
    assert cyd_client.post(JOIN).status_code == 404


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" @IBT.Example. ", "CYD@ibt.EXAMPLE"),
        ("bücher.example", "cyd@xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "cyd@BÜCHER.example"),
    ],
)
def test_a_domain_is_the_same_however_it_is_written(
    ada_client, ada, cyd_client, cyd, typed, address
):
    proven(ada, address.lower().replace("cyd@", "ada@"))
    ada_client.post(OPEN, WORDS | {"domain": typed})
    proven(cyd, address)
    assert is_offered(cyd_client)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"domain": "other.example"}, "is not proven"),
        ({"domain": "sub.ibt.example"}, "is not proven"),
        ({"domain": "gmail.com"}, "is a public mail provider"),
        ({"domain": "ibt"}, "Enter a mail domain"),
        ({"domain": ""}, "Enter a mail domain"),
        ({"domain": "a" * 64 + ".example"}, "Enter a mail domain"),
        ({"domain": "x" * 300}, "Enter a mail domain"),
        ({"domain": "ibt\0.example"}, "Enter a mail domain"),
        ({"domain": "[127.0.0.1]"}, "Enter a mail domain"),
        ({"role": "admin"}, "Enter a mail domain"),
        ({"role": "owner"}, "Enter a mail domain"),
    ],
)
def test_what_cannot_be_opened_is_refused(ada_client, ada, changes, said):
    proven(ada, "ada@ibt.example")
    proven(ada, "ada.lovelace@gmail.com")
    answer = ada_client.post(OPEN, WORDS | changes, follow=True)
    assert (answer.status_code, said in answer.text) == (200, True)
    assert not MailDomain.objects.exists()


def test_a_host_that_the_dns_has_proven_can_be_opened(ada_client, acme, cyd_client, cyd):
    host = ClaimedHost.objects.create(organization=acme, host="ibt.example", token="t")
    assert "is not proven" in ada_client.post(OPEN, WORDS, follow=True).text
    ClaimedHost.objects.filter(pk=host.pk).update(proven=timezone.now())
    ada_client.post(OPEN, WORDS)
    proven(cyd, "cyd@ibt.example")
    assert is_offered(cyd_client)
    ClaimedHost.objects.filter(pk=host.pk).update(proven=None)
    assert not is_offered(cyd_client)


def test_it_is_open_while_who_opened_it_may(opened, ada_client, ada, cyd_client, cyd, acme):
    proven(cyd, "cyd@ibt.example")
    Membership.objects.filter(user=ada, organization=acme).update(role=Role.EDITOR)
    assert not is_offered(cyd_client)
    Membership.objects.filter(user=ada, organization=acme).update(role=Role.OWNER)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not is_offered(cyd_client)
    User.objects.filter(pk=ada.pk).update(is_active=True)
    assert is_offered(cyd_client)
    EmailAddress.objects.filter(user=ada).delete()
    assert not is_offered(cyd_client)
    assert "Not open: ibt.example is not proven" in ada_client.get(PEOPLE).text
    with pytest.raises(mail_domains.PeopleRefused, match="not open to your mail domain any more"):
        mail_domains.join(opened, user=cyd)
    assert role(cyd, acme) is None


@pytest.mark.parametrize("state", ["suspended", "deleting"])
def test_what_is_not_served_is_not_offered(opened, cyd_client, cyd, acme, state):
    proven(cyd, "cyd@ibt.example")
    Organization.objects.filter(pk=acme.pk).update(state=state)
    assert not is_offered(cyd_client)
    assert cyd_client.post(JOIN).status_code == 404


def test_a_required_second_factor_is_asked_for(opened, cyd_client, cyd, acme):
    proven(cyd, "cyd@ibt.example")
    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)
    cyd_client.post(JOIN)
    inside = cyd_client.get(PEOPLE)
    assert inside.headers["Location"] == "/second-factor/acme/"
    assert not Authenticator.objects.filter(user=cyd).exists()


def test_who_was_removed_comes_back_by_an_invitation_alone(
    opened, ada_client, cyd_client, cyd, acme
):
    proven(cyd, "cyd@ibt.example")
    cyd_client.post(JOIN)
    member = Membership.objects.get(user=cyd, organization=acme)
    ada_client.post(f"{PEOPLE}{member.pk}/remove/")
    assert not is_offered(cyd_client)
    assert cyd_client.post(JOIN).status_code == 404
    ada_client.post(f"{PEOPLE}links/", {"role": "viewer", "days": "7", "people": "5"})
    link = mail_domains_link(ada_client)
    assert "You were removed from Acme" in cyd_client.post(link, follow=True).text
    assert role(cyd, acme) is None
    proven(cyd, cyd.email)
    ada_client.post(PEOPLE, {"addresses": cyd.email, "role": "viewer", "note": ""})
    invited = cyd_client.get(LIST).text.partition('href="http://testserver/invitation/')[2]
    cyd_client.post("/invitation/" + invited.partition('"')[0])
    assert role(cyd, acme) == "viewer"
    assert not RemovedMember.objects.filter(user=cyd).exists()


def test_who_was_removed_does_not_come_back_as_somebody_else(
    opened, ada_client, cyd, acme, sign_in
):
    address = EmailAddress.objects.create(user=cyd, email="Cyd@ibt.example", verified=True)
    sign_in(cyd).post(JOIN)
    member = Membership.objects.get(user=cyd, organization=acme)
    ada_client.post(f"{PEOPLE}{member.pk}/remove/")
    address.delete()
    again = sign_in(proven(User.objects.create_user("new@home.example"), "cyd@ibt.example"))
    assert not is_offered(again)
    assert again.post(JOIN).status_code == 404


def mail_domains_link(client: Client) -> str:
    copied = client.get(PEOPLE).text.partition('data-copy="http://testserver/join/')[2]
    return "/join/" + copied.partition('"')[0]


def test_opened_again_it_has_the_other_role(opened, ada_client):
    ada_client.post(OPEN, WORDS | {"role": "viewer"})
    assert MailDomain.objects.get().role == "viewer"


def test_so_many_and_no_more(opened, ada_client, ada):
    for number in range(mail_domains.MOST):
        proven(ada, f"ada@d{number}.example")
        answer = ada_client.post(OPEN, WORDS | {"domain": f"d{number}.example"}, follow=True)
    assert "can be open to 10 domains" in answer.text
    assert MailDomain.objects.count() == mail_domains.MOST


def test_only_who_manages_people_opens_and_closes(opened, ben_client, ben, sign_in, oda):
    proven(ben, "ben@ibt.example")
    assert ben_client.post(OPEN, WORDS).status_code == 403
    assert ben_client.post(f"{OPEN}{opened.pk}/close/").status_code == 403
    assert sign_in(oda).post(f"/o/other/people/domains/{opened.pk}/close/").status_code == 404
    assert "Opened by" not in ben_client.get(PEOPLE).text
    assert MailDomain.objects.filter(pk=opened.pk).exists()


# At the same time --------------------------------------------------------------
def test_two_clicks_make_one_member(live):
    joiner = User.objects.create_user("joiner@race.example", name="Joiner")
    for user in (live.owner, joiner):
        proven(user, f"{user.pk}@race.example")
    mail_domains.open_to(live.organization, "race.example", role="viewer", by=live.owner)
    session = live.cookie(joiner)["value"]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: click(live, session), range(2)))
    assert answers == [302, 302]
    assert live.organization.memberships.filter(user=joiner).count() == 1
    records = AuditRecord.objects.filter(organization_id=live.organization.pk)
    assert records.filter(action="mail_domain.join").count() == 1


def click(live, session: str) -> int:
    token = "a" * 32
    return requests.post(
        f"{live.url}/organizations/{live.organization.slug}/join/",
        {"csrfmiddlewaretoken": token},
        cookies={settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: token},
        headers={"Origin": live.url},
        allow_redirects=False,
        timeout=30,
    ).status_code
