"""Programs are refused by problem documents, people by pages, also outside of any view."""

import pytest


@pytest.mark.parametrize("address", ["/o/acme/stac/nothing/here", "/o/acme/api/nothing"])
def test_programs_get_a_problem_document(db, client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "NotFound"


def test_an_organization_that_is_not_there_answers_programs_alike(db, client):
    unknown = client.get("/o/nobody/stac/collections/x")
    assert unknown.status_code == 404
    assert unknown["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/o/acme/nothing/here", "/nothing", "/o/nobody/"])
def test_people_get_a_page(db, client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
