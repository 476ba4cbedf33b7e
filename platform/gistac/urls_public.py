"""The platform's own host: landing, accounts, health."""

from django.urls import include, path

from gistac import health

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("accounts/", include("allauth.urls")),
    path("", include("tenants.urls_public")),
    path("", include("ui.urls_public")),
]

handler400 = "ui.views.errors.bad_request"
handler403 = "ui.views.errors.forbidden"
handler404 = "ui.views.errors.not_found"
handler500 = "ui.views.errors.broken"
