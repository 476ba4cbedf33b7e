"""Each role finds the pages and buttons that it may use, and no others."""

import re

import pytest
from django.test import Client

from catalogs import drafts
from catalogs.audit import Actor
from tenants.current import tenant_scope
from tenants.models import Membership
from tenants.roles import Role
from tests.ui import catalog

pytestmark = pytest.mark.django_db
HOME = "/o/acme/"
COLLECTION = f"{HOME}collections/scenes/"
ITEM = f"{COLLECTION}items/one/"
PAGES = ("", "map/", "drop/", "trash/", "keys/", "people/", "usage/", "settings/")
# To pages; what the API answers, streams of files among it, has tests of its own.
LEADS = re.compile(r'(?:href|action|formaction|hx-get|hx-post)="(/o/acme/(?!stac/)[^"#]*)"')

# Which of the organization's pages each role may open; the catalog's own are for all of them.
OPENS = {
    Role.VIEWER: {"people/"},
    Role.CONTRIBUTOR: {"people/", "drop/"},
    Role.EDITOR: {"people/", "drop/", "trash/", "usage/"},
    Role.ADMIN: {"people/", "drop/", "trash/", "keys/", "usage/", "settings/"},
    Role.OWNER: {"people/", "drop/", "trash/", "keys/", "usage/", "settings/"},
}
# What stands on the catalog's pages.
WRITES = {
    "Drop files": {Role.CONTRIBUTOR, Role.EDITOR, Role.ADMIN, Role.OWNER},
    "New collection": {Role.EDITOR, Role.ADMIN, Role.OWNER},
    f"{COLLECTION}edit/": {Role.EDITOR, Role.ADMIN, Role.OWNER},
    f"{COLLECTION}rename/": {Role.EDITOR, Role.ADMIN, Role.OWNER},
    f"{ITEM}edit/": {Role.EDITOR, Role.ADMIN, Role.OWNER},
    f"{HOME}keys/": {Role.ADMIN, Role.OWNER},
}


@pytest.fixture(params=list(Role))
def role(request, acme, ada, cyd) -> Role:
    Membership.objects.create(user=cyd, organization=acme, role=request.param)
    with tenant_scope(acme):
        scenes = catalog.collection("scenes", "members")
        catalog.item(scenes, "one")
        drafts.unpublish(catalog.item(scenes, "two"), actor=Actor.of(ada))
    return request.param


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_pages_open_by_role(cyd_client, role):
    for page in PAGES[2:]:
        expected = 200 if page in OPENS[role] else 403
        assert cyd_client.get(HOME + page).status_code == expected, page


def test_buttons_are_there_by_role(cyd_client, role):
    text = "".join(read(cyd_client, path) for path in (HOME, COLLECTION, ITEM))
    for words, roles in WRITES.items():
        assert (words in text) is (role in roles), words


def test_nothing_leads_to_a_refusal(cyd_client, role):
    """Whatever a page links to or sends, its reader may do."""
    pages = [HOME + page for page in PAGES if page in ("", "map/") or page in OPENS[role]]
    pages += [COLLECTION, f"{COLLECTION}?view=use", f"{COLLECTION}?view=about", ITEM]
    leads = {found for page in pages for found in LEADS.findall(read(cyd_client, page))}
    assert len(leads) > 8
    for path in sorted(leads):
        assert cyd_client.get(path).status_code in (200, 302, 405), path
    # What is sent is asked with nothing in it: refused for that, perhaps, but not for the role.
    sent = {path for path in leads if cyd_client.get(path).status_code == 405}
    for path in sorted(sent):
        assert cyd_client.post(path).status_code != 403, path
