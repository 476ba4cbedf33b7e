from django.urls import URLPattern, path

from catalogs.stac import converters  # noqa: F401 - registers <stac:...>
from ui.views import (
    collection,
    collection_edit,
    drafts,
    home,
    item,
    item_edit,
    jobs,
    keys,
    map,
    organizations,
    trash,
    uploads,
)

app_name = "ui"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("collections/<stac:collection>/", collection.collection, name="collection"),
    path("collections/<stac:collection>/items/<stac:item>/", item.item, name="item"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:id>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("new-collection/", collection_edit.collection_new, name="collection-new"),
    path(
        "collections/<stac:collection>/edit/",
        collection_edit.collection_edit,
        name="collection-edit",
    ),
    path(
        "collections/<stac:collection>/rename/",
        collection_edit.collection_rename,
        name="collection-rename",
    ),
    path(
        "collections/<stac:collection>/delete/",
        collection_edit.collection_delete,
        name="collection-delete",
    ),
    path(
        "collections/<stac:collection>/items/<stac:item>/edit/",
        item_edit.item_edit,
        name="item-edit",
    ),
    path(
        "collections/<stac:collection>/items/<stac:item>/json/",
        item_edit.item_json,
        name="item-json",
    ),
    path(
        "collections/<stac:collection>/items/<stac:item>/check/",
        item_edit.item_check,
        name="item-check",
    ),
    path(
        "collections/<stac:collection>/items/<stac:item>/delete/",
        item_edit.item_delete,
        name="item-delete",
    ),
    path(
        "collections/<stac:collection>/items/<stac:item>/unpublish/",
        item_edit.item_unpublish,
        name="item-unpublish",
    ),
    path("map/", map.map, name="map"),
    path("map/footprints", map.footprints, name="footprints"),
    path("map/pick", map.pick, name="pick"),
    path("drop/", uploads.uploads, name="uploads"),
    path("drop/publish/", drafts.publish_all, name="publish-all"),
    path("drop/dates/", drafts.draft_dates, name="draft-dates"),
    path("drop/<uuid:id>/", drafts.draft, name="draft"),
    path("drop/<uuid:id>/publish/", drafts.draft_publish, name="draft-publish"),
    path("drop/<uuid:id>/discard/", drafts.draft_discard, name="draft-discard"),
    path("drop/<uuid:id>/picture/", drafts.draft_picture, name="draft-picture"),
    path("drop/<uuid:id>/again", uploads.upload_again, name="upload-again"),
    path("drop/<uuid:id>/remove", uploads.upload_remove, name="upload-remove"),
    path("trash/", trash.trash, name="trash"),
    path("trash/<int:id>/restore/", trash.trash_restore, name="trash-restore"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key>/revoke/", keys.revoke, name="key-revoke"),
    path("settings/", organizations.organization, name="organization"),
]
