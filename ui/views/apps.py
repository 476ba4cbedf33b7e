"""Apps that people sign in to with their account here."""

from allauth.idp.oidc import views
from allauth.idp.oidc.internal.clientkit import is_redirect_uri_allowed
from allauth.idp.oidc.models import Client
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenants import oidc
from tenants.requests import Request
from ui.access import signed_in
from ui.requests import PersonRequest


@csrf_exempt
def authorize(request: Request) -> HttpResponse:
    """allauth's, which checks the forms that we show itself."""
    if request.method == "GET" and (elsewhere := _instead(request)):
        return elsewhere
    answer: HttpResponse = views.authorization(request)
    return answer


def device(request: Request) -> HttpResponse:
    """allauth's, guarded against forged forms, which it leaves out."""
    answer: HttpResponse = views.device_authorization(request)
    return answer


def _instead(request: Request) -> HttpResponse | None:
    """Where a good question goes instead of to the page that asks for consent."""
    app = Client.objects.filter(pk=request.GET.get("client_id", "")).first()
    back = request.GET.get("redirect_uri", "")
    if app is None or not is_redirect_uri_allowed(back, app.get_redirect_uris(), False):
        return None
    if refusal := _refusal(request, app):
        # To an app's own scheme as well, which Django's redirects refuse.
        words = urlencode({"error": refusal, "state": request.GET.get("state", "")})
        address = f"{back}{'&' if '?' in back else '?'}{words}"
        return HttpResponse(status=302, headers={"Location": address})
    asked = request.GET.get("scope", "").split()
    missing = [scope for scope in app.get_default_scopes() if scope not in asked]
    if not missing:
        return None
    # Some apps know no scope but `openid`, and would then have nothing to read.
    query = request.GET.copy()
    query["scope"] = " ".join([*asked, *missing])
    return redirect(f"{request.path}?{query.urlencode()}")


def _refusal(request: Request, app: Client) -> str:
    """What allauth would let pass."""
    if "none" in request.GET.get("prompt", "").split():
        # What one app was allowed says nothing of another.
        return "interaction_required" if request.user.is_authenticated else "login_required"
    challenge = request.GET.get("code_challenge"), request.GET.get("code_challenge_method")
    if app.type == Client.Type.PUBLIC and not (challenge[0] and challenge[1] == "S256"):
        return "invalid_request"
    return ""


@require_POST
@signed_in
def end(request: PersonRequest) -> HttpResponse:
    oidc.end(request.user, request.POST.get("app", "").replace("\0", ""))
    messages.success(request, "That app can read nothing in your name any more.")
    return redirect("platform:sessions")
