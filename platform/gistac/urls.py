"""An organization's root, behind both of its doors: its host, and /o/<slug>/ on the platform."""

from django.urls import include, path

urlpatterns = [
    path("stac/", include("catalogs.stac.urls")),
    path("api/", include("catalogs.urls")),
    path("", include("ui.urls")),
]
