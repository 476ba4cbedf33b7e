from django.urls import URLPattern, path

from ui.views import keys, organizations, uploads

app_name = "ui"
urlpatterns: list[URLPattern] = [
    path("drop/", uploads.uploads, name="uploads"),
    path("drop/<uuid:id>/again", uploads.upload_again, name="upload-again"),
    path("drop/<uuid:id>/remove", uploads.upload_remove, name="upload-remove"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key>/revoke/", keys.revoke, name="key-revoke"),
    path("settings/", organizations.organization, name="organization"),
]
