"""What is read when something is refused or breaks."""

import json

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_not_found_is_a_page_with_a_way_back(client):
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert 'href="/"' in answer.text


def test_an_organization_that_is_not_there_says_no_more(client):
    answer = client.get("/o/nobody/")
    assert answer.status_code == 404
    assert "nobody" not in answer.text.replace("/o/nobody/", "")


def test_forbidden_says_why(ben_client):
    answer = ben_client.get("/o/acme/keys/")
    assert answer.status_code == 403
    assert "Your role in this organization does not allow this." in answer.text


def test_a_fragment_is_answered_by_a_message(ben_client):
    answer = ben_client.get("/o/acme/keys/", headers=HTMX)
    assert answer.status_code == 403
    assert answer.headers["HX-Reswap"] == "none"
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["kind"] == "error"
    assert not answer.content


def test_a_stale_form_is_explained(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    answer = client.post("/organizations/new/", {"name": "x"})
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.text
    fragment = client.post("/organizations/new/", {"name": "x"}, headers=HTMX)
    assert "open for too long" in fragment.headers["HX-Trigger"]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_each_needs_no_request(status):
    page = render_to_string(f"{status}.html", {})
    assert f"Error {status}" in page


def test_private_pages_stay_out_of_caches(ada_client, client):
    assert ada_client.get("/organizations/").headers["Cache-Control"] == "no-store"
    assert "no-store" not in client.get("/").headers.get("Cache-Control", "")
