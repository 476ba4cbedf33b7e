from django.urls import include, path

urlpatterns = [path("stac/", include("catalogs.stac.urls"))]
