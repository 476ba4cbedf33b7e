"""What every page's frame needs; nothing here is read before a template asks for it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from tenants import gauges, usage
from tenants.gauges import Gauge


@dataclass(frozen=True)
class Entry:
    """A line of an organization's navigation."""

    page: str
    label: str
    icon: str
    permission: str = ""
    members: bool = False  # for whoever is one, whatever the role
    also: tuple[str, ...] = ()  # other pages below this one


ENTRIES = (
    Entry("home", "Catalog", "layout-grid", also=("collection", "item")),
    Entry("map", "Map", "map"),
    Entry("uploads", "Drop files", "upload", "catalogs.add_upload", also=("draft", "jobs")),
    Entry("trash", "Trash", "trash-2", "stac.delete_item"),
    Entry("people", "People", "users", members=True, also=("member",)),
    Entry("keys", "Keys", "key-round", "tenants.manage_keys", also=("key",)),
    Entry("sharing", "Sharing", "link", "catalogs.add_share", also=("share",)),
    Entry("usage", "Usage", "gauge", "tenants.view_usage"),
    Entry("audit", "Audit", "scroll-text", "tenants.view_audit"),
    Entry(
        "organization",
        "Organization",
        "settings",
        "tenants.change_organization",
        also=("exports", "export", "hosts"),
    ),
)


@dataclass(frozen=True)
class Link:
    href: str
    label: str
    icon: str
    current: bool


def _current(request: HttpRequest, entry: Entry) -> bool:
    page = request.resolver_match.url_name if request.resolver_match else None
    if not page:
        return False
    return page == entry.page or any(page.split("-")[0] == name for name in entry.also)


def navigation(request: HttpRequest) -> list[Link]:
    links = []
    for entry in ENTRIES:
        if entry.permission and not request.user.has_perm(entry.permission):
            continue
        if entry.members and getattr(request, "membership", None) is None:
            continue
        try:
            href = reverse(f"ui:{entry.page}")
        except NoReverseMatch:
            continue
        links.append(Link(href, entry.label, entry.icon, _current(request, entry)))
    return links


def near_limits(request: HttpRequest) -> list[Gauge]:
    """What members are told of their organization's plan."""
    membership = getattr(request, "membership", None)
    return gauges.warnings(usage.standing(membership.organization_id)) if membership else []


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "organization": getattr(request, "organization", None),
        "navigation": SimpleLazyObject(lambda: navigation(request)),
        "near": SimpleLazyObject(lambda: near_limits(request)),
        "development": settings.DEVELOPMENT,
        "impersonation": getattr(request, "impersonation", None),
    }
