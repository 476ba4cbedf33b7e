from django.urls import URLPattern, path

from catalogs.stac import converters  # noqa: F401 - registers <stac:...>
from ui.views import collection, home, item, keys, map, organizations, uploads

app_name = "ui"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("collections/<stac:collection>/", collection.collection, name="collection"),
    path("collections/<stac:collection>/items/<stac:item>/", item.item, name="item"),
    path("map/", map.map, name="map"),
    path("map/footprints", map.footprints, name="footprints"),
    path("map/pick", map.pick, name="pick"),
    path("drop/", uploads.uploads, name="uploads"),
    path("drop/<uuid:id>/again", uploads.upload_again, name="upload-again"),
    path("drop/<uuid:id>/remove", uploads.upload_remove, name="upload-remove"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key>/revoke/", keys.revoke, name="key-revoke"),
    path("settings/", organizations.organization, name="organization"),
]
