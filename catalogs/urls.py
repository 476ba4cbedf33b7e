from django.urls import path

from catalogs import access, shares_api, views
from catalogs.stac import converters  # noqa: F401 - registers <stac:...>

app_name = "catalogs"
urlpatterns = [
    path("collections/<stac:collection>/access", access.Access.as_view(), name="collection-access"),
    path("shares/", shares_api.Shares.as_view(), name="shares"),
    path("shares/<uuid:id>/", shares_api.OneShare.as_view(), name="share"),
    path("uploads/", views.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:id>/", views.UploadDetail.as_view(), name="upload"),
    path("uploads/<uuid:id>/sign", views.UploadSign.as_view(), name="upload-sign"),
    path("uploads/<uuid:id>/parts", views.UploadParts.as_view(), name="upload-parts"),
    path("uploads/<uuid:id>/finish", views.UploadFinish.as_view(), name="upload-finish"),
    path("uploads/<uuid:id>/abort", views.UploadAbort.as_view(), name="upload-abort"),
    path("uploads/<uuid:id>/retry", views.UploadRetry.as_view(), name="upload-retry"),
]
