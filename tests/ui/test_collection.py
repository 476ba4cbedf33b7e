"""A collection's page."""

import pytest

from catalogs.stac.models import Item
from tests.ui import catalog

PAGE = "/o/acme/collections/scenes/"


def test_it_works(in_acme, bucket, sign_in):
    scenes = catalog.collection(
        keywords=["alps"],
        providers=[{"name": "Survey", "url": "https://survey.example", "roles": ["producer"]}],
    )
    catalog.item(scenes, "a", held=[catalog.picture()], title="First scene")
    answer = sign_in().get(PAGE)
    text = answer.content.decode()
    assert "<strong>somewhere</strong>" in text
    assert "First scene" in text
    assert 'href="https://spdx.org/licenses/CC-BY-4.0.html"' in text
    assert 'href="https://survey.example"' in text
    assert "alps" in text
    assert "45°N to 47°N, 10°E to 12°E" in text
    assert 'data-bbox="10,45,12,47"' in text
    [feature] = answer.context["footprints"]["features"]
    assert feature["id"] == "scenes/a"
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["properties"]["overlay"].endswith("/items/a/assets/thumbnail")


def test_strangers_find_nothing_where_it_is_private(in_acme, sign_in, oda):
    catalog.collection(visibility="members")
    absent = PAGE.replace("scenes", "absent")
    for client in (sign_in(), sign_in(oda)):
        private, missing = client.get(PAGE), client.get(absent)
        assert private.status_code == missing.status_code == 404
        assert len(private.content) == len(missing.content)


def test_members_see_the_private_one(in_acme, ben_client):
    catalog.collection(visibility="members")
    assert ben_client.get(PAGE).status_code == 200


def test_actions_are_shown_to_those_who_may(in_acme, ada_client, ben_client, sign_in):
    catalog.collection()
    assert "Add files" in ada_client.get(PAGE).content.decode()
    for client in (ben_client, sign_in()):
        assert "Add files" not in client.get(PAGE).content.decode()


def test_pages_hold_every_item_once(in_acme, ada_client):
    scenes = catalog.collection()
    for number in range(50):
        catalog.item(scenes, f"i{number:02}", datetime=f"2024-01-{number % 9 + 1:02}T00:00:00Z")
    seen, address = [], PAGE
    while address:
        page = ada_client.get(address).context["page"]
        seen += [row.stac_id for row in page.rows]
        address = page.next and PAGE + page.next
    assert sorted(seen) == [f"i{number:02}" for number in range(50)]


def test_a_token_of_another_list_names_the_first_page(in_acme, ada_client):
    scenes, others = catalog.collection(), catalog.collection("others")
    for number in range(30):
        catalog.item(scenes, f"i{number:02}")
        catalog.item(others, f"i{number:02}")
    foreign = ada_client.get("/o/acme/collections/others/").context["page"].next
    assert ada_client.get(PAGE + foreign).context["page"].previous == ""


@pytest.mark.parametrize("query", ["?view=none", "?as=table", "?page=%00", "?view=use&page=x"])
def test_odd_addresses_are_answered(in_acme, ada_client, query):
    catalog.collection()
    assert ada_client.get(PAGE + query).status_code == 200


def test_details_have_labels_and_units(in_acme, ada_client):
    catalog.collection(summaries={"gsd": [10, 20], "eo:cloud_cover": {"minimum": 0, "maximum": 7}})
    text = ada_client.get(PAGE, {"view": "about"}).content.decode()
    assert "10 m, 20 m" in text
    assert "Electro-Optical" in text
    assert "0%, 7%" in text


def test_any_id_has_its_page(in_acme, ada_client):
    catalog.collection("höhe 100% & more?#")
    answer = ada_client.get("/o/acme/")
    assert (
        ada_client.get("/o/acme/collections/h%C3%B6he%20100%25%20&%20more%3F%23/").status_code
        == 200
    )
    assert "h%C3%B6he%20100%25%20&amp;%20more%3F%23/" in answer.content.decode()


def test_scripts_in_the_document_stay_words(in_acme, sign_in):
    catalog.collection(
        title="<script>alert(1)</script>",
        description="[x](javascript:alert(1)) <b onclick=alert(1)>b</b> ![p](https://e.org/p.png)",
        providers=[{"name": "<i>P</i>", "url": "javascript:alert(1)"}],
        license="other",
        keywords=["</script><script>alert(1)"],
    )
    text = sign_in().get(PAGE).content.decode()
    assert "<script>alert" not in text
    assert 'href="javascript:' not in text
    assert "onclick=alert(1)>" not in text.replace("&lt;b onclick=alert(1)&gt;", "")
    assert "e.org/p.png" not in text


def test_a_thousand_items_ask_no_more_of_the_database(
    in_acme, sign_in, django_assert_max_num_queries
):
    scenes = catalog.collection()
    Item.objects.bulk_create(
        Item(collection=scenes, stac_id=f"i{n}", body="{}", properties={}) for n in range(1000)
    )
    with django_assert_max_num_queries(10):
        assert sign_in().get(PAGE).status_code == 200


def test_items_over_time_are_drawn(in_acme, sign_in):
    scenes = catalog.collection()
    for number, day in enumerate(["2024-01-05", "2024-01-06", "2025-03-01"]):
        catalog.item(scenes, f"i{number}", datetime=f"{day}T10:00:00Z")
    bars = sign_in().get(PAGE).context["bars"]
    assert bars.interval == "week"
    assert [(bar.label, bar.count) for bar in bars.bars if bar.count] == [
        ("Week of 1 Jan 2024", 2),
        ("Week of 24 Feb 2025", 1),
    ]
    assert len(bars.bars) == 61
    assert {bar.height for bar in bars.bars} == {100, 50, 0}
    text = sign_in().get(PAGE).content.decode()
    assert "Week of 1 Jan 2024: 2" in text
    assert "style=" not in text.partition("<figure")[2].partition("</figure>")[0]


def test_one_moment_is_not_drawn(in_acme, sign_in):
    scenes = catalog.collection()
    assert sign_in().get(PAGE).context["bars"] is None
    catalog.item(scenes, "a")
    assert sign_in().get(PAGE).context["bars"] is None


def test_years_beyond_all_measure_are_not_drawn(in_acme, sign_in):
    scenes = catalog.collection()
    for year in ("0001", "9999"):
        catalog.item(scenes, year, datetime=f"{year}-12-31T23:59:59Z")
    assert sign_in().get(PAGE).context["bars"] is None


def test_months_and_years_follow_each_other(in_acme, sign_in):
    scenes = catalog.collection()
    for number, day in enumerate(["2019-11-30", "2020-01-01", "2023-12-31"]):
        catalog.item(scenes, f"i{number}", datetime=f"{day}T10:00:00Z")
    bars = sign_in().get(PAGE).context["bars"].bars
    assert [bar.label for bar in bars[:3]] == ["November 2019", "December 2019", "January 2020"]
    assert len(bars) == 50
    catalog.item(scenes, "old", datetime="1999-05-01T00:00:00Z")
    bars = sign_in().get(PAGE).context["bars"].bars
    assert [bar.label for bar in bars] == [str(year) for year in range(1999, 2024)]
