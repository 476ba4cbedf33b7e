"""The platform's own host: landing, accounts, health."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from gistac import health
from tenants import leaks
from ui.operators import site
from ui.views import apps, codes, landing

urlpatterns = [
    path("readyz", health.readyz),
    path("leaked-keys", leaks.leaked, name="leaked-keys"),
    path("tls-ask", health.tls_ask),
    # Nobody has a password, and the account page shows the ways to sign in.
    re_path("^accounts/password/", landing.no_passwords),
    path("accounts/2fa/", RedirectView.as_view(pattern_name="platform:account")),
    path("accounts/sessions/", RedirectView.as_view(pattern_name="platform:sessions")),
    path("accounts/confirm-email/", codes.address, name="account_email_verification_sent"),
    path("accounts/login/code/confirm/", codes.sign_in, name="account_confirm_login_code"),
    path("accounts/", include("allauth.urls")),
    path("identity/o/authorize", apps.authorize),
    path("identity/o/device", apps.device),
    path("", include("allauth.idp.urls")),
    path("", include("tenants.urls_public")),
    path("", include("ui.urls_public")),
]
if settings.OPERATORS_PATH:
    urlpatterns.append(path(f"{settings.OPERATORS_PATH}/", site.urls))

handler400 = "gistac.errors.bad_request"
handler403 = "gistac.errors.forbidden"
handler404 = "gistac.errors.not_found"
handler500 = "gistac.errors.broken"
