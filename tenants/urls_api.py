"""Keys and tokens, for programs."""

from django.urls import path

from tenants import key_api, key_docs

app_name = "keys"
_told = (
    path("keys/", key_api.Keys.as_view(), name="keys"),
    path("keys/<slug:key_id>/", key_api.OneKey.as_view(), name="key"),
    path("keys/<slug:key_id>/roll/", key_api.Roll.as_view(), name="roll"),
    path("tokens/", key_api.Tokens.as_view(), name="tokens"),
)
_described = key_docs.Described.as_view(told=key_docs.describe(_told))
urlpatterns = [*_told, path("openapi", _described, name="openapi")]
