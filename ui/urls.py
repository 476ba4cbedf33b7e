from django.urls import URLPattern, path

from ui.views import keys, organizations

app_name = "ui"
urlpatterns: list[URLPattern] = [
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key>/revoke/", keys.revoke, name="key-revoke"),
    path("settings/", organizations.organization, name="organization"),
]
