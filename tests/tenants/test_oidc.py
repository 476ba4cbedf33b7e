"""Other apps let people sign in with their account here, and read in their name."""

import base64
import hashlib
import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.internal.oauthlib import device_codes
from allauth.idp.oidc.models import Client as App
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from tenants import oidc
from tenants.models import Membership, Organization
from tests.stac import documents

pytestmark = pytest.mark.django_db
BACK = "https://app.example/auth"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "openid",
    "state": "xyz",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}
AUTHORIZE, TOKEN = "/identity/o/authorize", "/identity/o/api/token"


@pytest.fixture
def app(db) -> App:
    return oidc.register("Viewer", [BACK])[0]


def consented(client: Client, app: App, action: str = "grant", **changes: str) -> dict[str, str]:
    """What the app is sent back with, once the person has answered."""
    page = client.get(AUTHORIZE, ASKED | {"client_id": app.pk} | changes, follow=True)
    assert "Let Viewer in?" in page.text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    scopes = re.findall(r'name="scopes" value="([^"]+)"', page.text)
    words = {"request": html.unescape(fields["request"]), "scopes": scopes, "action": action}
    back = client.post(AUTHORIZE, words)
    address = back.headers.get("Refresh", "0; url=" + back.headers.get("Location", ""))[7:]
    assert address.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def redeemed(app: App, code: str, **changes: str):
    words = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": app.pk,
        "code_verifier": VERIFIER,
    }
    return Client(headers={"origin": "https://app.example"}).post(TOKEN, words | changes)


@pytest.fixture
def let_in(app):
    """`let_in(ada_client)` gives an app's client that asks in ada's name."""

    def make(client: Client) -> Client:
        tokens = redeemed(app, consented(client, app)["code"]).json()
        return Client(headers={"authorization": f"Bearer {tokens['access_token']}"})

    return make


@pytest.fixture
def private(key_client) -> str:
    body = documents.collection(id="hidden")
    assert key_client.post("/o/acme/stac/collections", body, "application/json").status_code == 201
    return "/o/acme/stac/collections/hidden"


def test_it_works(ada_client, ada, app):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    back = consented(ada_client, app, scope="openid email profile", nonce="n")
    assert back["state"] == "xyz"
    answer = redeemed(app, back["code"])
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    told = Client().get("/.well-known/openid-configuration").json()
    assert told["issuer"] == "http://testserver"
    keys = Client().get("/.well-known/jwks.json").json()["keys"]
    claims = jwt.decode(
        answer.json()["id_token"], jwt.PyJWK(keys[-1]), audience=app.pk, issuer=told["issuer"]
    )
    assert (claims["sub"], claims["email"], claims["name"]) == (str(ada.pk), ada.email, "Ada")
    assert claims["email_verified"] is True


def test_a_token_reads_what_the_person_reads_and_writes_nothing(let_in, ada_client, private):
    assert Client().get(private).status_code == 404
    asking = let_in(ada_client)
    assert asking.get(private).status_code == 200
    assert asking.get("/stac/collections/hidden", headers={"host": "acme.testserver"}).json()["id"]
    assert asking.delete(private).status_code == 403
    assert asking.get("/o/acme/people/").status_code == 302  # no page opens


def test_it_follows_the_membership(let_in, ben, ben_client, private):
    asking = let_in(ben_client)
    assert asking.get(private).status_code == 200
    assert asking.get("/o/other/stac/collections").json()["collections"] == []
    Membership.objects.filter(user=ben).delete()
    assert asking.get(private).status_code == 404
    ben.is_active = False
    ben.save()
    assert asking.get("/o/acme/stac/").status_code == 401


def test_it_follows_a_required_second_factor(let_in, ben_client, private):
    asking = let_in(ben_client)
    Organization.objects.update(second_factor_required=True)
    assert asking.get(private).status_code == 404


def test_a_person_ends_it(let_in, ada_client, app, private):
    asking = let_in(ada_client)
    assert "Viewer" in ada_client.get("/account/sessions/").text
    ada_client.post("/account/apps/end/", {"app": app.pk})
    assert asking.get(private).status_code == 401
    assert "Viewer" not in ada_client.get("/account/sessions/").text


def test_a_token_for_something_else_opens_nothing(let_in, ada_client, private):
    asking = let_in(ada_client)
    Token.objects.filter(type=Token.Type.ACCESS_TOKEN).update(scopes="openid\nemail")
    assert asking.get(private).status_code == 401


def test_it_goes_on_with_a_new_token(ada_client, app):
    first = redeemed(app, consented(ada_client, app)["code"]).json()
    words = {"grant_type": "refresh_token", "client_id": app.pk}
    words["refresh_token"] = first["refresh_token"]
    assert Client().post(TOKEN, words).json()["access_token"] != first["access_token"]
    assert Client().post(TOKEN, words).status_code in (400, 401)  # each is good once


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "w" * 64}, {"code": "x"}, {"redirect_uri": BACK + "x"}]
)
def test_a_code_is_good_for_its_app_alone(ada_client, app, changes):
    code = consented(ada_client, app)["code"]
    assert redeemed(app, **({"code": code} | changes)).status_code in (400, 401)


def test_a_code_is_good_once(ada_client, app):
    code = consented(ada_client, app)["code"]
    assert redeemed(app, code).status_code == 200
    assert redeemed(app, code).status_code in (400, 401)


def test_whoever_says_no_is_sent_back(ada_client, app):
    assert consented(ada_client, app, action="cancel") == {"error": "access_denied", "state": "xyz"}


def test_nobody_is_let_in_unasked(ada_client, client, app):
    consented(ada_client, app)
    for asker, error in ((ada_client, "interaction_required"), (client, "login_required")):
        words = ASKED | {"client_id": app.pk, "prompt": "none"}
        assert f"error={error}" in asker.get(AUTHORIZE, words).headers["Location"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "nul\0"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": "openid catalog:read assets:read items:write"},
        {"resource": "nonsense"},
    ],
)
def test_an_odd_question_leads_nowhere(ada_client, app, changes):
    words = ASKED | {"client_id": app.pk, "scope": "openid catalog:read assets:read"} | changes
    answer = ada_client.get(AUTHORIZE, words)
    assert answer.status_code in (200, 302, 400)
    assert "Let it in" not in answer.text
    assert answer.headers.get("Location", f"{BACK}?error=").startswith(f"{BACK}?error=")


def test_a_stranger_signs_in_first(client, app):
    answer = client.get(AUTHORIZE, ASKED | {"client_id": app.pk, "scope": "openid catalog:read"})
    assert (
        client.get(answer.headers["Location"], follow=True)
        .redirect_chain[-1][0]
        .startswith("/accounts/login/")
    )


def test_a_program_without_a_browser_shows_a_code(ada_client, private):
    app = oidc.register("Script", [], device=True)[0]
    program = Client()
    words = {"client_id": app.pk, "scope": "openid catalog:read"}
    form = {"content_type": "application/x-www-form-urlencoded"}
    given = program.post("/identity/o/api/device/code", urlencode(words), **form).json()
    wait = {"grant_type": oidc.DEVICE.value, "client_id": app.pk}
    wait["device_code"] = given["device_code"]
    assert program.post(TOKEN, wait).json()["error"] == "authorization_pending"
    page = ada_client.get("/identity/o/device", {"code": given["user_code"]})
    assert "Let Script in?" in page.text
    at = f"/identity/o/device?code={given['user_code']}"
    forger = Client(enforce_csrf_checks=True)
    forger.cookies = ada_client.cookies
    assert forger.post(at, {"action": "confirm"}).status_code == 403
    assert "is let in" in ada_client.post(at, {"action": "confirm"}).text
    wait_over(given["device_code"])
    token = program.post(TOKEN, wait).json()["access_token"]
    answer = Client(headers={"authorization": f"Bearer {token}"}).get(private)
    assert answer.status_code == 200


def wait_over(device_code: str) -> None:
    """Five seconds later."""
    key = device_codes.cache_device_code_key(device_code)
    cache.set(key, cache.get(key) | {"last_poll_at": 0})


def test_the_catalog_says_how_people_sign_in(client):
    schemes = client.get("/o/acme/stac/").json()["auth:schemes"]
    address = schemes["openIdConnect"]["openIdConnectUrl"]
    assert client.get(address.removeprefix("http://testserver")).status_code == 200


def test_stac_browser_is_known_where_it_can_be_sent_back_to(settings):
    assert oidc.register_stac_browser() is None  # the public one has a # in its address
    settings.STAC_BROWSER = "https://browser.example/external/"
    assert oidc.register_stac_browser().get_redirect_uris() == ["https://browser.example/auth"]
    oidc.register_stac_browser()
    assert App.objects.filter(name="STAC Browser").count() == 1


def test_an_app_is_registered_by_a_command(capsys):
    call_command("register_app", "Desk", "--redirect", "org.example.desk:/back", "--id", "desk")
    assert "client_id: desk" in capsys.readouterr().out
    call_command("register_app", "Server", "--redirect", BACK, "--confidential")
    assert "client_secret:" in capsys.readouterr().out
    call_command("register_app", "desk", "--remove")
    assert not App.objects.filter(pk="desk").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["Desk"],
        ["Desk", "--redirect", "http://example.org/"],
        ["Desk", "--redirect", "https://example.org/#/auth"],
        ["Desk", "--redirect", "javascript:alert(1)"],
        ["", "--redirect", BACK],
        ["Desk", "--device", "--confidential"],
        ["nobody", "--remove"],
    ],
)
def test_what_cannot_be_registered_is_said(words):
    before = App.objects.count()  # live servers may have left some
    with pytest.raises(CommandError):
        call_command("register_app", *words)
    assert App.objects.count() == before
