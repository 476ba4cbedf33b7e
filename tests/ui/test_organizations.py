"""The list of a person's organizations, a new one, and an organization's settings."""

import pytest

from tenants.models import Organization

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_the_list_names_the_own_ones_alone(ada_client, queries):
    with queries(5):
        answer = ada_client.get("/organizations/")
    assert "/o/acme/" in answer.text
    assert "/o/other/" not in answer.text


def test_the_switcher_is_the_same_list_without_a_page(ada_client):
    answer = ada_client.get("/organizations/", headers=HTMX)
    assert "/o/acme/" in answer.text
    assert "<html" not in answer.text


def test_a_stranger_signs_in_first(client):
    answer = client.get("/organizations/")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Forganizations%2F"


def test_a_person_without_any_is_led_to_a_new_one(cyd_client):
    assert cyd_client.get("/").headers["Location"] == "/organizations/new/"
    assert "/organizations/new/" in cyd_client.get("/organizations/").text


def test_making_one_leads_to_its_home(cyd_client, cyd):
    answer = cyd_client.post("/organizations/new/", {"name": "Coast Survey", "slug": "coast"})
    assert answer.headers["Location"] == "/o/coast/"
    made = Organization.objects.get(slug="coast")
    assert made.memberships.get().user == cyd


def test_the_short_name_may_be_left_out(cyd_client):
    answer = cyd_client.post("/organizations/new/", {"name": "Coast Survey"})
    assert answer.headers["Location"] == "/o/coast-survey/"


def test_sent_twice_it_is_made_once(cyd_client):
    words = {"name": "Coast Survey", "slug": "coast"}
    first, second = (cyd_client.post("/organizations/new/", words) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/o/coast/"
    assert Organization.objects.filter(name="Coast Survey").count() == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"name": "", "slug": "coast"}, "This field is required."),
        ({"name": "Acme", "slug": "acme"}, "is taken"),
        ({"name": "Coast", "slug": "api"}, "is kept for the platform itself"),
        ({"name": "Coast", "slug": "a--b"}, "Two hyphens"),
        ({"name": "海", "slug": ""}, "Choose a short name"),
        ({"name": "a\0b", "slug": "coast"}, "Null characters are not allowed."),
        ({"name": "Coast", "slug": "a\0b"}, "Use small letters"),
        ({"name": "x" * 10_000, "slug": "coast"}, "at most 120 characters"),
    ],
)
def test_what_is_wrong_is_said(cyd_client, words, sentence):
    answer = cyd_client.post("/organizations/new/", words)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_the_short_name_is_checked_while_it_is_typed(ada_client):
    free = ada_client.get("/organizations/slug?slug=coast", headers=HTMX)
    assert "http://testserver/o/coast/stac/" in free.text
    taken = ada_client.get("/organizations/slug?slug=acme", headers=HTMX)
    assert "is taken" in taken.text
    assert "/o/acme/stac/" not in taken.text


def test_a_name_suggests_a_short_name_until_one_was_typed(ada_client):
    suggested = ada_client.get("/organizations/slug?for=name&name=Coast+Survey&slug=&suggested=")
    assert 'value="coast-survey"' in suggested.text
    own = ada_client.get("/organizations/slug?for=name&name=Coast&slug=mine&suggested=coast")
    assert 'name="slug"' not in own.text
    assert "/o/mine/stac/" in own.text


def test_settings_show_the_addresses_of_both_doors(ada_client, queries):
    with queries(6):
        answer = ada_client.get("/o/acme/settings/")
    assert "http://testserver/o/acme/stac/" in answer.text
    assert "http://acme.testserver" in answer.text


def test_an_owner_renames(ada_client, acme):
    answer = ada_client.post("/o/acme/settings/", {"name": "Acme Imagery"}, follow=True)
    assert "The name is saved." in answer.text
    acme.refresh_from_db()
    assert acme.name == "Acme Imagery"


def test_a_name_is_needed(ada_client, acme):
    answer = ada_client.post("/o/acme/settings/", {"name": ""})
    assert answer.status_code == 422
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_settings_are_for_those_who_may(ben_client, cyd_client, client):
    assert ben_client.get("/o/acme/settings/").status_code == 403
    assert cyd_client.get("/o/acme/settings/").status_code == 404
    assert client.get("/o/acme/settings/").status_code == 302
