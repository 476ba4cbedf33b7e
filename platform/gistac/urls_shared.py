"""What stands below a link that shares: the catalog's pages and its API, as an organization has
them; nothing that changes anything opens to who comes by a link."""

from django.urls import include, path

urlpatterns = [
    path("stac/", include("catalogs.api")),
    path("", include("tenants.urls")),
    path("", include("ui.urls_shared")),
]

handler400 = "gistac.errors.bad_request"
handler403 = "gistac.errors.forbidden"
handler404 = "gistac.errors.not_found"
handler500 = "gistac.errors.broken"
