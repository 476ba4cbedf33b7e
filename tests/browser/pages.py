"""Every page that a person can open, and how a test gets there.

A new page of the URL configuration must be named here (or in not_pages.py, with its reason); it
is looked at in light and dark, on a desk and on a phone, by axe and by the watch of conftest.py.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.utils import timezone
from playwright.sync_api import Page as Tab

from catalogs import drafts, items
from catalogs.audit import Actor
from catalogs.models import Draft, Export
from catalogs.stac.models import Item
from tenants import domains, invitations, join_links, keys, lifecycle, mail_domains, oidc
from tenants.current import tenant_scope
from tenants.models import Invitation, Organization, Plan, Usage, User
from tenants.roles import READ_SCOPES
from tenants.signup import create_organization
from tests.browser.ready import a_share, items_over_time, slow_searches
from tests.live import Live
from tests.stac import documents

OWNER, STRANGER = "owner", "stranger"


@dataclass(frozen=True)
class Page:
    """`path` may hold {home}, the organization's path, and {names} that `ready` gives back."""

    name: str
    path: str
    who: str = OWNER
    ready: Callable[[Live], dict[str, object] | None] | None = None
    after: Callable[[Tab, Live], None] | None = field(default=None, compare=False)
    status: int = 200
    state: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.state})" if self.state else self.name

    def open(self, tab: Tab, live: Live) -> None:
        names = (self.ready(live) if self.ready else None) or {}
        path = self.path.format(home=live.organization.path, **names)
        answer = tab.goto(live.url + path)
        assert answer is not None
        assert answer.status == self.status, f"{self}: {answer.status} at {path}"
        if self.after:
            self.after(tab, live)


def mailed_code(live: Live, address: str, older: tuple[str, ...] = ()) -> str:
    """The newest code that was mailed to this address."""
    for _ in range(50):
        for file in sorted(live.mail.glob("*.log"), key=_age):
            text = file.read_text(errors="replace")
            found = re.search(r"^(\d{6})$", text, re.MULTILINE)
            if f"To: {address}" in text and found and found[1] not in older:
                return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no code was mailed to {address}")


def _age(file: Path) -> float:
    return -file.stat().st_mtime


def some_sessions(live: Live) -> None:
    """Two browsers, of which one was handed over to the organization's own host."""
    for name, agent in (("a", "Mozilla/5.0 (X11; Linux) Firefox/150.0"), ("b", "curl/8")):
        key = live.cookie()["value"]
        made = {"user": live.owner, "ip": "192.0.2.7", "user_agent": agent}
        UserSession.objects.create(session_key=key, **made)
        of = {"of": key, "host": f"{name}.example.org"}
        UserSession.objects.create(session_key=live.cookie()["value"], data=of, **made)


def an_app_that_asks(live: Live) -> dict[str, object]:
    app, _ = oidc.register("Viewer", ["https://app.example/auth"])
    words = {
        "client_id": app.pk,
        "redirect_uri": "https://app.example/auth",
        "response_type": "code",
        "scope": "openid email profile",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    return {"asked": urlencode(words)}


def a_join_link(live: Live) -> dict[str, object]:
    words = {"role": "viewer", "days": 7, "people": 5}
    made = join_links.make(live.organization, **words, by=live.owner)
    return {"link": join_links.address(made).partition("?")[2]}


def an_open_domain(live: Live) -> None:
    """One of the owner's own, and one of a friend's organization that the owner may join."""
    slug = f"e{time.time_ns()}"
    domain = f"{slug}.example"
    friend = User.objects.create_user(f"friend@{domain}")
    theirs = create_organization(name="Estuary Watch", slug=slug, owner=friend)
    for user in (live.owner, friend):
        EmailAddress.objects.create(user=user, email=f"{user.pk}@{domain}", verified=True)
    mail_domains.open_to(theirs, domain, role="viewer", by=friend)
    mail_domains.open_to(live.organization, domain, role="editor", by=live.owner)


# Ways to a state ---------------------------------------------------------------
def ask_for_a_code(tab: Tab, live: Live) -> None:
    EmailAddress.objects.get_or_create(
        user=live.owner, email=live.owner.email, verified=True, primary=True
    )
    tab.fill("#email", live.owner.email)
    tab.click("text=Send me a code")
    tab.wait_for_selector("#code")


def sign_up_until_the_code(tab: Tab, live: Live) -> None:
    tab.fill("#email", f"code-{time.time_ns()}@example.org")
    tab.click("text=Send me a code")
    tab.wait_for_selector("#code")


def a_wrong_code(tab: Tab, live: Live) -> None:
    sign_up_until_the_code(tab, live)
    tab.fill("#code", "000000")
    tab.wait_for_selector("#code_error")


def a_passkey_to_be_made(tab: Tab, live: Live) -> None:
    address = f"passkey-{time.time_ns()}@example.org"
    tab.fill("#email", address)
    tab.click("text=Send me a code")
    tab.fill("#code", mailed_code(live, address))
    tab.wait_for_selector("#mfa_webauthn_signup")


def a_second_proof(tab: Tab, live: Live) -> None:
    an_app(live)
    ask_for_a_code(tab, live)
    tab.fill("#code", mailed_code(live, live.owner.email))
    tab.wait_for_selector("#mfa_webauthn_authenticate")


def an_app(live: Live) -> None:
    an_address(live)
    if not Authenticator.objects.filter(user=live.owner, type="totp").exists():
        TOTP.activate(live.owner, generate_totp_secret())
        RecoveryCodes.activate(live.owner)


def prove_it(tab: Tab, live: Live) -> None:
    """By a recovery code, which the page takes like one of the app's."""
    codes = Authenticator.objects.get(user=live.owner, type="recovery_codes").wrap()
    tab.fill("[name=code]", codes.get_unused_codes()[0])
    tab.click("text=Continue")
    tab.wait_for_selector("text=Remove the authenticator app?")


def a_collection(live: Live) -> dict[str, object]:
    """A collection with one item, made by the API as a program does."""
    client = requests.Session()
    client.headers["Authorization"] = f"Bearer {live.key()}"
    collection, item = documents.collection("coast"), documents.item("north-spit")
    if not client.get(f"{live.stac}collections/coast").ok:
        client.post(f"{live.stac}collections", json=collection).raise_for_status()
        client.post(f"{live.stac}collections/coast/items", json=item).raise_for_status()
    return {"collection": "coast", "item": "north-spit"}


def a_draft(live: Live) -> dict[str, object]:
    """An item taken back from the catalog is a draft again."""
    a_collection(live)
    with tenant_scope(live.organization):
        found = Draft.objects.first()
        if found is None:
            item = Item.objects.get(stac_id="north-spit")
            found = drafts.unpublish(item, actor=Actor.of(live.owner))
    return {"draft": found.pk}


def something_deleted(live: Live) -> None:
    client = requests.Session()
    client.headers["Authorization"] = f"Bearer {live.key()}"
    client.delete(f"{live.stac}collections/coast").raise_for_status()


def an_address(live: Live) -> None:
    EmailAddress.objects.get_or_create(
        user=live.owner, email=live.owner.email, verified=True, primary=True
    )


def a_change(live: Live) -> None:
    a_collection(live)
    with tenant_scope(live.organization):
        made = Item.objects.first()
        assert made is not None
        patch = {"properties": {"title": f"Ebb {time.time_ns()}"}}
        items.update(made, patch, actor=Actor.of(live.owner))


def open_a_change(tab: Tab, live: Live) -> None:
    tab.get_by_text("What changed").first.click()
    tab.wait_for_selector("details[open]")


def a_key(live: Live) -> dict[str, object]:
    made, _ = keys.issue(
        live.organization, creator=live.owner, name="QGIS on the laptop", scopes=READ_SCOPES
    )
    return {"key": made.pk}


def make_a_key(tab: Tab, live: Live) -> None:
    tab.get_by_label("What is it for?").fill("A script")
    tab.click("text=Make the key")
    tab.wait_for_selector("#made-key")


def refuse_a_key(tab: Tab, live: Live) -> None:
    tab.get_by_label("What is it for?").fill("A script")
    tab.get_by_label("How long?").select_option("custom")
    tab.click("text=Make the key")
    tab.wait_for_selector("#id_until_error")


def much_is_used(live: Live) -> None:
    """A plan of which storage is used up and items are nearly; and some days that differ."""
    plan, _ = Plan.objects.get_or_create(
        name="small", storage=50_000_000_000, items=1_000_000, signed_bytes_per_month=10**12
    )
    Organization.objects.filter(pk=live.organization.pk).update(plan=plan)
    today = timezone.now().date()
    Usage.objects.filter(organization=live.organization).delete()
    Usage.objects.bulk_create(
        Usage(
            organization=live.organization,
            day=today - timedelta(days=ago),
            requests=(ago * 7919) % 5000,
            signed_bytes=(ago * 104_729) % 977 * 10**8,
            tiles=(ago * 15_485_863) % 20_000,
            storage=(31 - ago) * 1_700_000_000,
            items=900_000 - ago * 11_000,
        )
        for ago in range(30)
    )


def as_before(tab: Tab, live: Live) -> None:
    Organization.objects.filter(pk=live.organization.pk).update(plan="default")
    Plan.objects.filter(name="small").delete()


def some_people(live: Live) -> dict[str, object]:
    """A member of each role, an open and an expired invitation, and one for the owner."""
    an_address(live)
    for name, role in (("Bo Long-Name of the Coast Survey", "admin"), ("Cai", "viewer")):
        email = f"{role}-of-{live.organization.slug}@example.org"
        user, _ = User.objects.get_or_create(email=email, defaults={"name": name})
        live.organization.memberships.get_or_create(user=user, defaults={"role": role})
    words = {"role": "editor", "note": "Come and see.", "by": live.owner}
    found = (
        Invitation.objects.filter(email="new@example.org", revoked=None)
        .filter(organization=live.organization)
        .first()
    )
    if found is None:
        found, old = invitations.invite(
            live.organization, ["new@example.org", "late@example.org"], **words
        )
        Invitation.objects.filter(pk=old.pk).update(expires=timezone.now())
    mine = Invitation.objects.filter(email=live.owner.email).first()
    if mine is None:
        friend = User.objects.create_user(f"friend-{time.time_ns()}@example.org")
        theirs = create_organization(name="Friends", slug=f"f{time.time_ns()}", owner=friend)
        (mine,) = invitations.invite(theirs, [live.owner.email], **words | {"by": friend})
    return {
        "member": live.organization.memberships.get(role="viewer").pk,
        "pk": found.pk,
        "token": invitations.token(found),
        "mine": invitations.token(mine),
    }


def a_strict_organization(live: Live) -> dict[str, object]:
    """Another one, of which the owner is a member without a second factor."""
    slug = f"s{time.time_ns()}"
    friend = User.objects.create_user(f"{slug}@example.org")
    strict = create_organization(name="Strict", slug=slug, owner=friend)
    strict.memberships.create(user=live.owner, role="viewer")
    Organization.objects.filter(pk=strict.pk).update(second_factor_required=True)
    return {"slug": slug}


def a_host(live: Live) -> None:
    if not live.organization.claimed_hosts.exists():
        domains.claim(live.organization, "maps.example.org", by=live.owner)


def an_export(live: Live) -> None:
    with tenant_scope(live.organization):
        words = {"title": "Live", "root": live.stac, "with_files": False, "by": "Live"}
        Export.objects.create(**words, state="done", size=12_345, items=1, files=1)
        Export.objects.create(**words, progress=40)


def one_deleted(live: Live) -> None:
    slug = f"d{time.time_ns()}"
    lifecycle.delete(create_organization(name="Gone", slug=slug, owner=live.owner), by=live.owner)


def paste_addresses(tab: Tab, live: Live) -> None:
    tab.fill("#id_addresses", "Eva <eva@example.org>, new@example.org, nobody")
    tab.wait_for_selector("#checked >> text=nobody is no mail address")


def refuse_addresses(tab: Tab, live: Live) -> None:
    tab.fill("#id_addresses", "nobody")
    tab.click("text=Send the invitations")
    tab.wait_for_selector("#id_addresses_error")


def ask_to_remove(tab: Tab, live: Live) -> None:
    tab.get_by_role("link", name="Remove").first.click()
    tab.wait_for_selector("dialog[open]")


def type_a_taken_name(tab: Tab, live: Live) -> None:
    tab.fill("#slug", live.organization.slug)
    tab.wait_for_selector("#state .text-error")


def type_a_reserved_name(tab: Tab, live: Live) -> None:
    tab.fill("#slug", "www")
    tab.wait_for_selector("#state .text-error")


def type_a_free_name(tab: Tab, live: Live) -> None:
    tab.fill("#name", "Coast Survey")
    tab.wait_for_selector("#state .text-success")


def open_the_menus(tab: Tab, live: Live) -> None:
    tab.click("[popovertarget=switcher]")
    tab.wait_for_selector(f"#switcher >> text={live.organization.name}")


ITEM = "{home}collections/{collection}/items/{item}/"
NEW = "/organizations/new/"

PAGES = [
    Page("platform:landing", "/", STRANGER),
    Page("platform:organizations", "/organizations/"),
    Page("platform:organization-new", NEW),
    Page("platform:organization-new", NEW, after=type_a_free_name, state="free"),
    Page("platform:organization-new", NEW, after=type_a_taken_name, state="taken"),
    Page("platform:account", "/account/", ready=an_address),
    Page("platform:mail", "/mail/", STRANGER),
    Page("account_login", "/accounts/login/", STRANGER),
    Page("account_signup", "/accounts/signup/", STRANGER),
    Page("account_signup_by_passkey", "/accounts/signup/passkey/", STRANGER),
    Page("account_request_login_code", "/accounts/login/code/", STRANGER),
    Page("account_confirm_login_code", "/accounts/login/", STRANGER, after=ask_for_a_code),
    Page(
        "account_email_verification_sent",
        "/accounts/signup/",
        STRANGER,
        after=sign_up_until_the_code,
    ),
    Page(
        "account_email_verification_sent",
        "/accounts/signup/",
        STRANGER,
        after=a_wrong_code,
        state="wrong code",
    ),
    Page("mfa_signup_webauthn", "/accounts/signup/passkey/", STRANGER, after=a_passkey_to_be_made),
    Page("platform:sessions", "/account/sessions/", ready=some_sessions),
    Page("idp:oidc:authorization", "/identity/o/authorize?{asked}", ready=an_app_that_asks),
    Page("idp:oidc:authorization", "/identity/o/authorize", state="unknown app"),
    Page("socialaccount_login_cancelled", "/accounts/3rdparty/login/cancelled/", STRANGER),
    Page("socialaccount_login_error", "/accounts/3rdparty/login/error/", STRANGER, status=401),
    Page("socialaccount_connections", "/accounts/3rdparty/"),
    Page("idp:oidc:device_authorization", "/identity/o/device"),
    Page("idp:oidc:logout", "/identity/o/logout"),
    Page("account_logout", "/accounts/logout/"),
    Page("account_inactive", "/accounts/inactive/", STRANGER),
    Page("account_email", "/accounts/email/", ready=an_address),
    Page("account_change_password", "/accounts/password/change/"),
    Page("mfa_list_webauthn", "/accounts/2fa/webauthn/", state="empty"),
    Page("mfa_add_webauthn", "/accounts/2fa/webauthn/add/", ready=an_address),
    Page("mfa_activate_totp", "/accounts/2fa/totp/activate/", ready=an_address),
    Page("ui:keys", "{home}keys/", state="empty"),
    Page("ui:keys", "{home}keys/", ready=a_key, state="one"),
    Page("ui:keys", "{home}keys/", after=make_a_key, state="just made"),
    Page("ui:keys", "{home}keys/", after=refuse_a_key, state="refused"),
    Page("ui:usage", "{home}usage/", state="empty"),
    Page("ui:usage", "{home}usage/", ready=much_is_used, after=as_before, state="full"),
    Page("ui:key-revoke", "{home}keys/{key}/revoke/", ready=a_key),
    Page("ui:key-revoke-all", "{home}keys/revoke/?key={key}", ready=a_key),
    Page("ui:key-edit", "{home}keys/{key}/edit/", ready=a_key),
    Page("ui:key-roll", "{home}keys/{key}/roll/", ready=a_key),
    Page("ui:people", "{home}people/", state="alone"),
    Page("ui:people", "{home}people/", ready=some_people, state="several"),
    Page("ui:people", "{home}people/", ready=some_people, after=paste_addresses, state="pasted"),
    Page("ui:people", "{home}people/", after=refuse_addresses, state="refused"),
    Page("ui:people", "{home}people/", ready=some_people, after=ask_to_remove, state="asking"),
    Page("ui:people-leave", "{home}people/leave/"),
    Page("ui:people-transfer", "{home}people/transfer/", ready=some_people),
    Page("ui:member-remove", "{home}people/{member}/remove/", ready=some_people),
    Page("ui:invitation-revoke", "{home}people/invitations/{pk}/revoke/", ready=some_people),
    Page("platform:invitation", "/invitation/?token={token}", STRANGER, ready=some_people),
    Page("platform:join", "/join/?{link}", STRANGER, ready=a_join_link),
    Page("platform:join", "/join/?token=cut", STRANGER, status=404, state="unknown"),
    Page("ui:people", "{home}people/", ready=a_join_link, state="with a link"),
    Page("ui:people", "{home}people/", ready=an_open_domain, state="with a domain"),
    Page("platform:organizations", "/organizations/", ready=an_open_domain, state="offered"),
    Page("platform:invitation", "/invitation/?token={token}", ready=some_people, state="other"),
    Page("platform:invitation", "/invitation/?token={mine}", ready=some_people, state="own"),
    Page("platform:invitation", "/invitation/?token=cut", STRANGER, status=404, state="unknown"),
    Page("platform:second-factor", "/second-factor/{slug}/", ready=a_strict_organization),
    Page("ui:audit", "{home}audit/?object=none", state="nothing found"),
    Page("ui:audit", "{home}audit/", ready=a_change, after=open_a_change, state="several"),
    Page("ui:audit", "{home}audit/?since=soon", status=422, state="refused"),
    Page("ui:organization", "{home}settings/"),
    Page("ui:organization", "{home}settings/", after=open_the_menus, state="menu open"),
    Page("ui:hosts", "{home}settings/hosts/", state="none"),
    Page("ui:hosts", "{home}settings/hosts/", ready=a_host, state="one"),
    Page("ui:indexes", "{home}settings/speed/", state="nothing asked"),
    Page("ui:indexes", "{home}settings/speed/", ready=slow_searches, state="some asked"),
    Page("ui:exports", "{home}settings/export/", state="none"),
    Page("ui:exports", "{home}settings/export/", ready=an_export, state="one under way"),
    Page("ui:organization-slug", "{home}settings/slug/"),
    Page("ui:organization-slug", "{home}settings/slug/", after=type_a_reserved_name, state="taken"),
    Page("ui:organization-delete", "{home}settings/delete/"),
    Page("platform:organizations", "/organizations/", ready=one_deleted, state="one deleted"),
    Page("ui:uploads", "{home}drop/", state="empty"),
    Page("ui:jobs", "{home}jobs/", state="empty"),
    Page("ui:home", "{home}", state="empty"),
    Page("ui:map", "{home}map/", state="empty"),
    Page("ui:home", "{home}", ready=a_collection, state="one"),
    Page("ui:collection", "{home}collections/{collection}/", ready=a_collection),
    Page(
        "ui:collection",
        "{home}collections/{collection}/",
        ready=items_over_time,
        state="over time",
    ),
    Page("ui:item", "{home}collections/{collection}/items/{item}/", ready=a_collection),
    Page("ui:map", "{home}map/", ready=a_collection, state="one"),
    Page("stac:landing", "{home}stac/", ready=a_collection),
    Page("stac:collection", "{home}stac/collections/{collection}", ready=a_collection),
    Page("stac:items", "{home}stac/collections/{collection}/items", ready=a_collection),
    Page("stac:search", "{home}stac/search?bbox=&limit=5", ready=a_collection),
    Page("stac:queryables", "{home}stac/queryables", ready=a_collection),
    Page("ui:collection-new", "{home}new-collection/"),
    Page("ui:collection-edit", "{home}collections/{collection}/edit/", ready=a_collection),
    Page("ui:sharing", "{home}sharing/", ready=a_share),
    Page("ui:sharing-new", "{home}sharing/new/?collection={collection}", ready=a_collection),
    Page("ui:share-revoke", "{home}sharing/{share}/revoke/", ready=a_share),
    Page("ui:home", "{link}", STRANGER, ready=a_share, state="by a link"),
    Page("ui:collection-who", "{home}collections/{collection}/who/", ready=a_collection),
    Page("ui:collection-delete", "{home}collections/{collection}/delete/", ready=a_collection),
    Page("ui:item-edit", ITEM + "edit/", ready=a_collection),
    Page("ui:item-json", ITEM + "json/", ready=a_collection),
    Page("ui:item-delete", ITEM + "delete/", ready=a_collection),
    Page("ui:draft", "{home}drop/{draft}/", ready=a_draft),
    Page("ui:uploads", "{home}drop/", ready=a_draft, state="to review"),
    Page("ui:trash", "{home}trash/", state="empty"),
    Page("ui:trash", "{home}trash/", ready=something_deleted, state="one"),
    # From here on the owner has a second proof, which these pages are about.
    Page("mfa_authenticate", "/accounts/login/", STRANGER, after=a_second_proof),
    Page("platform:account", "/account/", ready=an_app, state="second proof"),
    Page("mfa_reauthenticate", "/accounts/2fa/reauthenticate/", ready=an_app),
    Page("mfa_deactivate_totp", "/accounts/2fa/totp/deactivate/", ready=an_app, after=prove_it),
    Page("mfa_view_recovery_codes", "/accounts/2fa/recovery-codes/", ready=an_app),
    Page("mfa_generate_recovery_codes", "/accounts/2fa/recovery-codes/generate/", ready=an_app),
]
