"""An organization's root, behind both of its doors: its host, and /o/<slug>/ on the platform."""

from django.urls import include, path

urlpatterns = [
    path("stac/", include("catalogs.api")),
    path("api/", include("catalogs.urls")),
    path("api/", include("tenants.urls_api")),
    path("", include("tenants.urls")),
    path("", include("ui.urls")),
]

handler400 = "gistac.errors.bad_request"
handler403 = "gistac.errors.forbidden"
handler404 = "gistac.errors.not_found"
handler500 = "gistac.errors.broken"
