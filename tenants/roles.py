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
    "catalogs.add_share",  # links that show to outsiders what one sees oneself
    "tenants.view_usage",
}
_ADMIN = {
    "tenants.manage_keys",
    "tenants.manage_members",
    "tenants.change_organization",
    "catalogs.change_share",  # everyone's links
    "stac.view_every_collection",  # those for named ones too, without being named
    "tenants.view_audit",
    "catalogs.export_catalog",
}
_OWN = {
    "tenants.change_addresses",
    "tenants.delete_organization",
    "tenants.transfer_organization",
    "tenants.require_second_factor",
}

# What each may do, as a person reads it.
ABILITIES: dict[str, str] = {
    Role.OWNER: "Everything, owners and admins included.",
    Role.ADMIN: "Also people, keys and settings.",
    Role.EDITOR: "Also collections, and everyone’s items.",
    Role.CONTRIBUTOR: "Also drops files and publishes them.",
    Role.VIEWER: "Sees and downloads everything.",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset(_VIEW),
    Role.CONTRIBUTOR: frozenset(_VIEW | _CONTRIBUTE),
    Role.EDITOR: frozenset(_VIEW | _CONTRIBUTE | _EDIT),
    Role.ADMIN: frozenset(_VIEW | _CONTRIBUTE | _EDIT | _ADMIN),
    Role.OWNER: frozenset(_VIEW | _CONTRIBUTE | _EDIT | _ADMIN | _OWN),
}

# Which roles a member may give and take away: who changes a member's role needs both, the one that
# the member has and the one that it becomes. Only an owner makes, changes and removes owners and
# admins; and the last owner stays one (tenants/members.py).
GRANTS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(Role),
    Role.ADMIN: frozenset({Role.EDITOR, Role.CONTRIBUTOR, Role.VIEWER}),
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
    "keys:manage": frozenset({"tenants.manage_keys"}),
    "audit:read": frozenset({"tenants.view_audit"}),
    "usage:read": frozenset({"tenants.view_usage"}),
}
# What a key that is limited to collections never may: a new one would not be on its list, and
# what happened is told of all.
BEYOND_COLLECTIONS = frozenset({"stac.add_collection", "tenants.view_audit", "tenants.view_usage"})
# The same, as a person reads it.
SCOPES_TOLD = {
    "catalog:read": "Search the catalog and read its documents",
    "assets:read": "Download files",
    "items:write": "Make, change and delete items",
    "collections:write": "Make, change and delete collections",
    "uploads:write": "Upload files, to be reviewed by a person",
    "keys:manage": "Make, change, roll and revoke keys that may no more than this one",
    "audit:read": "Read what happened here, and who did it",
    "usage:read": "Read what is used of the plan",
}
READ_SCOPES = ("catalog:read", "assets:read")
UPLOAD_SCOPES = (*READ_SCOPES, "uploads:write")
WRITE_SCOPES = (*READ_SCOPES, "items:write", "collections:write", "uploads:write")
