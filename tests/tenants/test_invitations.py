"""People are invited by mail address, and join by proving it."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from tenants import invitations
from tenants.models import AuditRecord, Invitation, Membership, Organization, User
from tenants.roles import Role

pytestmark = pytest.mark.django_db
PEOPLE = "/o/acme/people/"


def invite(client: Client, addresses: str = "new@example.org", **changes: str):
    words = {"addresses": addresses, "role": "editor", "note": ""} | changes
    return client.post(PEOPLE, words)


def proven(user, email: str = ""):
    EmailAddress.objects.create(user=user, email=email or user.email, verified=True)
    return user


@pytest.fixture
def invited(ada_client, run_jobs) -> str:
    """The path of the link that cyd was mailed."""
    invite(ada_client, "cyd@example.org")
    run_jobs()
    return link_in(mail.outbox[-1])


def link_in(message) -> str:
    found = re.search(r"^http://testserver(/invitation/\S+)$", message.body, re.MULTILINE)
    assert found
    return found[1]


def code_in(message) -> str:
    return re.search(r"^(\d{6})$", message.body, re.MULTILINE)[1]


def roles(user) -> list[str]:
    return list(user.memberships.values_list("role", flat=True))


def test_it_works(cyd_client, cyd, invited):
    proven(cyd)
    page = cyd_client.get(invited)
    assert "Join Acme" in page.text
    assert roles(cyd) == []  # looking is not joining
    answer = cyd_client.post(invited)
    assert answer.headers["Location"] == "/o/acme/"
    assert roles(cyd) == ["editor"]
    assert AuditRecord.objects.get(action="invitation.accept").actor_id == str(cyd.pk)


def test_a_stranger_signs_up_and_comes_back_to_it(client, invited, ada_client, run_jobs):
    invite(ada_client, "New.One@Example.org", role="contributor")
    run_jobs()
    link = link_in(mail.outbox[-1])
    page = client.get(link)
    assert "new.one@example.org" in page.text
    words = {"email": "new.one@example.org", "next": link}
    asked = client.post("/accounts/signup/", words, follow=True)
    done = client.post(asked.redirect_chain[-1][0], {"code": code_in(mail.outbox[-1])})
    assert done.headers["Location"] == link
    assert client.post(link).headers["Location"] == "/o/acme/"
    assert Membership.objects.get(user__email="new.one@example.org").role == "contributor"


def test_who_has_an_account_signs_in_and_comes_back_to_it(client, cyd, invited):
    proven(cyd)
    asked = client.post("/accounts/login/code/", {"email": cyd.email, "next": invited})
    words = {"code": code_in(mail.outbox[-1]), "next": invited}
    assert client.post(asked.headers["Location"], words).headers["Location"] == invited


def test_the_page_is_the_same_whether_there_is_an_account(client, ada_client, run_jobs):
    pages = []
    for name in ("cyd", "new"):
        invite(ada_client, f"{name}@example.org")
        run_jobs()
        text = client.get(link_in(mail.outbox[-1])).text
        pages.append(re.sub(r"[\w-]{40,}|nonce=\S+", "", text.replace(f"{name}@", "x@")))
    assert pages[0] == pages[1]


def test_whoever_has_the_link_must_prove_the_address(sign_in, oda, cyd, invited):
    proven(oda)
    client = sign_in(oda)
    assert "show that cyd@example.org is yours too" in client.get(invited).text
    client.post(invited)
    assert roles(oda) == ["owner"]  # of their own alone
    EmailAddress.objects.create(user=oda, email="cyd@example.org", verified=False)
    client.post(invited)
    assert roles(oda) == ["owner"]
    EmailAddress.objects.filter(email="cyd@example.org").update(verified=True)
    assert client.post(invited).headers["Location"] == "/o/acme/"
    assert sorted(roles(oda)) == ["editor", "owner"]


def test_it_is_good_once(sign_in, cyd, oda, invited):
    proven(cyd)
    sign_in(cyd).post(invited)
    again = sign_in(oda).get(invited)
    assert again.status_code == 410
    assert "used already" in again.text
    assert "You are a member already" in sign_in(cyd).get(invited).text


def test_it_expires_after_seven_days(cyd_client, cyd, invited):
    proven(cyd)
    Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert "has expired" in cyd_client.get(invited).text
    cyd_client.post(invited)
    assert roles(cyd) == []


def test_it_is_taken_back(ada_client, cyd_client, cyd, invited):
    proven(cyd)
    pk = Invitation.objects.get().pk
    assert "Take this invitation back?" in ada_client.get(f"{PEOPLE}invitations/{pk}/revoke/").text
    ada_client.post(f"{PEOPLE}invitations/{pk}/revoke/")
    page = cyd_client.get(invited)
    assert page.status_code == 410
    assert "taken back" in page.text
    cyd_client.post(invited)
    assert roles(cyd) == []


def test_it_ends_with_the_right_of_whoever_sent_it(cyd_client, cyd, ben, acme, sign_in, run_jobs):
    proven(cyd)
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    invite(sign_in(ben), "cyd@example.org")
    run_jobs()
    link = link_in(mail.outbox[-1])
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert "can no longer give you this role" in cyd_client.get(link).text
    User.objects.filter(pk=ben.pk).update(is_active=True)
    Membership.objects.filter(user=ben).update(role=Role.VIEWER)
    assert "can no longer give you this role" in cyd_client.get(link).text
    cyd_client.post(link)
    assert roles(cyd) == []


def test_a_member_keeps_the_role_they_have(ben_client, ben, ada_client, run_jobs):
    proven(ben, "second@example.org")
    invite(ada_client, "second@example.org")
    run_jobs()
    assert ben_client.post(link_in(mail.outbox[-1])).headers["Location"] == "/o/acme/"
    assert roles(ben) == ["viewer"]


def test_an_organization_that_is_not_served_invites_nobody(cyd_client, cyd, invited, acme):
    proven(cyd)
    Organization.objects.filter(pk=acme.pk).update(state=Organization.State.SUSPENDED)
    assert cyd_client.get(invited).status_code == 404


def test_what_waits_is_shown_after_signing_in(cyd_client, cyd, invited):
    assert cyd_client.get("/").headers["Location"] == "/organizations/new/"
    proven(cyd)
    assert cyd_client.get("/").headers["Location"] == "/organizations/"
    assert invited in cyd_client.get("/organizations/").text


def test_guessing_ends_soon(client, invited):
    for _ in range(30):
        answer = client.get("/invitation/?token=wrong")
        assert answer.status_code == 404
    assert "leads to no invitation" in answer.text
    assert client.get("/invitation/").status_code == 429
    assert client.get(invited).status_code == 429
    assert Client(REMOTE_ADDR="10.1.2.3").get(invited).status_code == 200


# Sending -----------------------------------------------------------------------
def test_many_at_once_each_checked(ada_client, run_jobs):
    pasted = (
        'Eva <eva@example.org>, "Fox, F." <f@example.org>;g@example.org\nh@example.org h2@x.org'
    )
    assert "5 invited" in invite(ada_client, pasted).client.get(PEOPLE).text
    run_jobs()
    assert [message.to for message in mail.outbox] == [
        [email]
        for email in (
            "eva@example.org",
            "f@example.org",
            "g@example.org",
            "h@example.org",
            "h2@x.org",
        )
    ]


def test_the_mail_is_text_and_html_with_the_note(ada_client, run_jobs):
    invite(ada_client, note="Come & see\n<b>us</b>")
    run_jobs()
    message = mail.outbox[0]
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert message.subject == "Ada invites you to Acme"
    assert "Come & see\n<b>us</b>" in message.body
    assert "Come &amp; see\n&lt;b&gt;us&lt;/b&gt;" in html
    assert link_in(message) in html
    assert "as editor" in message.body


def test_no_token_is_kept(invited, acme):
    token = invited.partition("token=")[2]
    assert len(token) == 43
    assert token not in str(Invitation.objects.values().get())
    assert token not in str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize(
    ("addresses", "sentence"),
    [
        ("", "This field is required."),
        (" , ;", "Enter at least one address."),
        ("nobody", "nobody is no mail address"),
        ("fine@example.org, ben@example.org", "ben@example.org is a member already"),
        ("a@b, fine@example.org", "a@b is no mail address"),
        ("x" * 300 + "@example.org", "is too long"),
        ("a\0@example.org", "Null characters are not allowed."),
        ("x" * 30_000, "at most 20000 characters"),
        (" ".join(f"p{n}@example.org" for n in range(51)), "at most 50 people at once"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_invited(ada_client, addresses, sentence, run_jobs):
    answer = invite(ada_client, addresses)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Invitation.objects.exists()
    assert run_jobs() == 0


def test_addresses_are_checked_while_they_are_typed(ada_client, ben_client, invited):
    words = {"addresses": "new@example.org, cyd@example.org, ben@example.org, x\0"}
    text = ada_client.post(f"{PEOPLE}check", words).text
    assert "cyd@example.org is invited already" in text
    assert "ben@example.org is a member already" in text
    assert "x is no mail address" in text
    assert "new@example.org is" not in text
    assert "<html" not in text
    assert ben_client.post(f"{PEOPLE}check", words).status_code == 403


def test_an_admin_invites_no_admin(sign_in, ben):
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    client = sign_in(ben)
    assert invite(client, role="admin").status_code == 422
    assert invite(client, role="editor").status_code == 302


def test_an_owner_s_invitation_is_not_an_admin_s_to_touch(ada_client, sign_in, ben):
    invite(ada_client, role="admin")
    Membership.objects.filter(user=ben).update(role=Role.ADMIN)
    pk = Invitation.objects.get().pk
    client = sign_in(ben)
    assert invitations.link(Invitation.objects.get()) not in client.get(PEOPLE).text
    for action in ("resend", "revoke"):
        assert client.post(f"{PEOPLE}invitations/{pk}/{action}/").status_code == 403


def test_it_is_sent_again_with_the_same_link_but_not_at_once(ada_client, invited, run_jobs):
    address = f"{PEOPLE}invitations/{Invitation.objects.get().pk}/resend/"
    assert "a moment ago" in ada_client.post(address, follow=True).text
    long_ago = timezone.now() - timedelta(days=8)
    Invitation.objects.update(sent=long_ago, expires=timezone.now() - timedelta(days=1))
    assert "once more" in ada_client.post(address, follow=True).text
    run_jobs()
    assert [link_in(message) for message in mail.outbox] == [invited, invited]
    assert Invitation.objects.get().expires > timezone.now() + timedelta(days=6)
    Invitation.objects.update(sent=long_ago, mails=invitations.MOST_MAILS)
    assert "often enough" in ada_client.post(address, follow=True).text


def test_a_new_one_follows_one_that_has_expired(ada_client, invited):
    Invitation.objects.update(expires=timezone.now() - timedelta(days=1))
    assert invite(ada_client, "cyd@example.org").status_code == 302
    assert invitations.open_in(Organization.objects.get(slug="acme")).count() == 1


def test_a_day_has_an_end(ada_client, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    assert invite(ada_client, "a@example.org b@example.org").status_code == 302
    assert "can invite 2 people a day" in invite(ada_client, "c@example.org").text


def test_another_organization_s_are_not_there(sign_in, oda, ada_client):
    invite(ada_client)
    pk = Invitation.objects.get().pk
    for action in ("resend", "revoke"):
        answer = sign_in(oda).post(f"/o/other/people/invitations/{pk}/{action}/")
        assert answer.status_code == 404
    assert Invitation.objects.get().revoked is None


def test_the_list_has_a_link_to_copy_and_costs_no_query_each(ada_client, invited):
    invite(ada_client, " ".join(f"p{n}@example.org" for n in range(12)))
    answer = ada_client.get(PEOPLE)
    assert f'data-copy="http://testserver{invited}"' in answer.text
    assert "Good for 6" in answer.text
