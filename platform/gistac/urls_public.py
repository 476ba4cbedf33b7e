"""The platform's own host: landing, accounts, health."""

from django.urls import include, path

from gistac import health

urlpatterns = [
    path("readyz", health.readyz),
    path("accounts/", include("allauth.urls")),
    path("", include("tenants.urls_public")),
    path("", include("ui.urls_public")),
]

handler400 = "gistac.errors.bad_request"
handler403 = "gistac.errors.forbidden"
handler404 = "gistac.errors.not_found"
handler500 = "gistac.errors.broken"
