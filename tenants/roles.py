"""The one table of who may do what."""

from django.db.models import TextChoices


class Role(TextChoices):
    OWNER = "owner"  # everything, deleting the organization included
    ADMIN = "admin"  # people and keys
    EDITOR = "editor"  # collections and everyone's items
    CONTRIBUTOR = "contributor"  # uploads
    VIEWER = "viewer"  # reads


_VIEW = {"stac.view_collection", "stac.view_item", "stac.view_asset"}
_CONTRIBUTE = {"catalogs.add_upload", "stac.add_item"}
_EDIT = {
    "catalogs.change_upload",
    "stac.add_collection",
    "stac.change_collection",
    "stac.delete_collection",
    "stac.change_item",
    "stac.delete_item",
}
_ADMIN = {"tenants.manage_keys", "tenants.manage_members", "tenants.change_organization"}
_OWN = {"tenants.delete_organization"}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset(_VIEW),
    Role.CONTRIBUTOR: frozenset(_VIEW | _CONTRIBUTE),
    Role.EDITOR: frozenset(_VIEW | _CONTRIBUTE | _EDIT),
    Role.ADMIN: frozenset(_VIEW | _CONTRIBUTE | _EDIT | _ADMIN),
    Role.OWNER: frozenset(_VIEW | _CONTRIBUTE | _EDIT | _ADMIN | _OWN),
}

# What a key's scope allows; a key never allows more than its creator's role does.
SCOPES: dict[str, frozenset[str]] = {
    "catalog:read": frozenset({"stac.view_collection", "stac.view_item"}),
    "assets:read": frozenset({"stac.view_asset"}),
    "items:write": frozenset({"stac.add_item", "stac.change_item", "stac.delete_item"}),
    "collections:write": frozenset(
        {"stac.add_collection", "stac.change_collection", "stac.delete_collection"}
    ),
    "uploads:write": frozenset({"catalogs.add_upload", "catalogs.change_upload"}),
}
READ_SCOPES = ("catalog:read", "assets:read")
WRITE_SCOPES = (*READ_SCOPES, "items:write", "collections:write", "uploads:write")
