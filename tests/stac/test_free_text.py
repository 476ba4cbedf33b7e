"""`q` of search, items and collections (STAC API Free-Text Search 1.0.0-rc.1, both classes)."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.stac import bulk, freetext, transactions
from catalogs.stac.models import Collection, Item
from tests.stac import documents

PROVES = (
    "https://api.stacspec.org/v1.0.0-rc.1/item-search#free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/item-search#advanced-free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/ogcapi-features#free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/ogcapi-features#advanced-free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
    "https://api.stacspec.org/v1.0.0-rc.1/collection-search#advanced-free-text",
)

ANIMALS = {
    "quick": "The quick animal",
    "brown": "A brown one",
    "both": "quick and brown",
    "fox": "Quick brown fox",
    "dog": "brown dog",
    "none": "nothing of it",
}


def fill(stac, texts, id="c"):
    stac.post("collections", documents.collection(id))
    for name, text in texts.items():
        sent = documents.item(name, properties={"title": text})
        assert stac.post(f"collections/{id}/items", sent).status_code == 201


def found(stac, q, **more):
    """The same by GET of /search, of /items, and as collections of these titles."""
    searched = sorted(stac.ids(q=q, **more))
    listed = stac.get("collections/c/items", q=q, **more)["features"]
    assert sorted(item["id"] for item in listed) == searched
    return searched


def test_it_works(stac):
    fill(stac, ANIMALS)
    assert found(stac, "quick") == ["both", "fox", "quick"]
    assert found(stac, "QUICK,dog") == ["both", "dog", "fox", "quick"]
    assert found(stac, "quick brown") == ["fox"]
    answer = stac.post("search", {"q": ["dog", "quick brown"]})
    assert sorted(item["id"] for item in answer.json()["features"]) == ["dog", "fox"]


# The table of the extension, by GET; `climate model` is a phrase there and two words by POST.
ADVANCED = [
    ('"quick brown"', ["fox"]),
    ("quick OR dog", ["both", "dog", "fox", "quick"]),
    ("quick AND brown", ["both", "fox"]),
    ("(quick OR brown) AND fox", ["fox"]),
    ("quick +brown -fox", ["both", "brown", "dog"]),
    ("quick -fox", ["both", "quick"]),
    ("-quick", ["brown", "dog", "none"]),
    ("-quick,-brown", ["none"]),
    ("quick AND -brown", ["quick"]),
    ("dog OR quick AND fox", ["dog", "fox"]),
    ("dog OR -brown", ["dog", "none", "quick"]),
    ("+(quick,dog) +brown", ["both", "dog", "fox"]),
    ('-"quick brown" quick', ["both", "quick"]),
    ("((((quick))))", ["both", "fox", "quick"]),
    ('"OR"', []),
    ("quick and brown", ["both"]),
]


@pytest.mark.parametrize(("q", "expected"), ADVANCED)
def test_advanced(stac, q, expected):
    fill(stac, ANIMALS)
    assert found(stac, q) == expected


def test_a_posted_text_is_advanced_and_a_list_is_not(stac):
    fill(stac, ANIMALS)

    def posted(q):
        features = stac.post("search", {"q": q}).json()["features"]
        return sorted(item["id"] for item in features)

    assert posted("quick dog") == ["both", "dog", "fox", "quick"]
    assert posted("quick, dog") == ["both", "dog", "fox", "quick"]
    assert posted(["quick dog"]) == []
    assert posted(["quick AND brown"]) == ["both"]
    assert posted([]) == posted("") == posted(None) == sorted(ANIMALS)


LANGUAGES = [
    ("Die Straße in Köln", "strasse", "KOLN"),
    ("Été à Genève", "ete", "Genève"),
    ("To be or not to be", "to be or not", "be"),
    ("Running waters", "running", "WATERS"),
    ("衛星画像のカタログ", "画像", "カタログ"),
    ("ข้อมูลดาวเทียม", "ดาวเทียม", "ข้อมูล"),
    ("Спутниковый снимок", "СНИМОК", "спутниковый"),
    ("ΟΔΟΣ Αθηνών", "οδός", "αθηνων"),
    ("صور الأقمار", "الأقمار", "صور"),
    ("हिन्दी पाठ", "हिन्दी", "पाठ"),
    ("Sentinel-2 L2A, tile 32TQM", "sentinel 2", "sentinel-2"),
    ("eo:cloud_cover <10", "cloud_cover", "eo:cloud"),
    ("위성 영상", "위성", "영상"),
]


@pytest.mark.parametrize(("text", *["one", "other"]), LANGUAGES)
def test_words_of_any_language(stac, text, one, other):
    fill(stac, {"it": text, "else": "Something entirely different"})
    assert found(stac, one) == found(stac, other) == found(stac, f'"{text}"') == ["it"]


def test_only_whole_words_match(stac):
    fill(stac, {"it": "Landsat"})
    assert found(stac, "land") == found(stac, "landsats") == []


def test_what_is_looked_at(stac):
    stac.post("collections", documents.collection("c"))
    properties = {
        "title": "alpha",
        "description": 'beta "quoted" back\\nslash',
        "keywords": ["gamma", 'del"ta', "two words"],
        "platform": "sentinel-2a",
        "instruments": ["msi"],
        "other": "unlooked",
    }
    stac.post("collections/c/items", documents.item("S2A_MSIL1C", properties=properties))
    stac.post(
        "collections/c/items", documents.item("odd", properties={"title": "x", "keywords": 5})
    )
    for q in ("alpha", "beta", "quoted", "gamma", "del ta", "two words", "sentinel-2a", "msi",
              "S2A_MSIL1C", "msil1c", "nslash"):  # fmt: skip
        assert found(stac, q) == ["S2A_MSIL1C"], q
    # A phrase does not go on from one text to the next.
    for q in ("unlooked", "alpha beta", "gamma del", "msil1c alpha", "ta two", "1", "-1 x"):
        assert found(stac, q) == [], q


def test_collections_and_an_edit_is_found_at_once(stac):
    providers = [{"name": "Agency of Waters", "roles": ["host"]}]
    sent = documents.collection("one", title="Glaciers", keywords=["ice"], providers=providers)
    stac.post("collections", sent)
    stac.post("collections", documents.collection("two", description="Deserts of sand"))

    def ids(q):
        return [each["id"] for each in stac.get("collections", q=q)["collections"]]

    for q in ("glaciers", "ice", "agency of waters", "one", "ice,desert", "sand AND ice OR one"):
        assert ids(q) == ["one"], q
    assert ids("ice,sand") == ["one", "two"]
    assert ids("-ice") == ["two"]
    stac("collections/one", "PATCH", {"title": "Moraines"}, "application/merge-patch+json")
    assert (ids("glaciers"), ids("moraines")) == ([], ["one"])
    fill(stac, {"it": "before"})
    stac("collections/c/items/it", "PATCH", {"properties": {"title": "after"}},
         "application/merge-patch+json")  # fmt: skip
    assert (found(stac, "before"), found(stac, "after")) == ([], ["it"])


def test_private_words_are_not_found(inside, stac, stranger):
    for name, visibility in (("open", "public"), ("secret", "members")):
        collection = transactions.create_collection(
            documents.collection(name, title="Harbour"), Collection.Visibility(visibility)
        )
        document = documents.item(f"of-{name}", properties={"title": "Harbour"})
        transactions.create_item(collection, document)
    assert stranger.ids(q="harbour") == ["of-open"]
    found = stranger.get("collections", q="harbour")["collections"]
    assert [each["id"] for each in found] == ["open"]
    assert stranger.ids(q="-nothing") == ["of-open"]


def test_pages_keep_the_words(stac):
    fill(stac, {f"i{number}": "same word" if number % 2 else "other" for number in range(9)})
    page, seen = stac.get("search", q="same,nothing", limit=2), []
    while True:
        seen += [item["id"] for item in page["features"]]
        following = [link for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        page = stac.get(following[0]["href"])
    assert sorted(seen) == ["i1", "i3", "i5", "i7"]


WRONG = ['"open', "(open", "close)", "()", "a AND", "OR b", "a AND OR b", "AND", "!!!", "-, ,-",
         "a AND )", "(" * 11 + "a" + ")" * 11, " ".join(["a"] * 51) + ' "b"', ",".join("a" * 51),
         "x" * 1001, "a\x00b", "+ AND a"]  # fmt: skip


@pytest.mark.parametrize("q", WRONG)
def test_a_bad_text_gets_a_sentence(stranger, q):
    for path in ("search", "collections"):
        answer = stranger(path, q=q)
        assert answer.status_code == 400, answer.content
        problem = answer.json()
        assert problem["parameter"] == "q"
        assert problem["description"].startswith("q: ")
        assert problem["description"].endswith(".")


@pytest.mark.parametrize("q", [5, True, {}, ["a", 5], [["a"]], ["x" * 1001], ["a"] * 51, ["!"]])
def test_a_bad_body_gets_a_sentence(stranger, q):
    answer = stranger.post("search", {"q": q})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "q")


def test_twice_is_refused_and_long_texts_are_kept(stac):
    assert stac("search?q=a&q=b").status_code == 400
    long = " ".join(f"word{number}" for number in range(60_000))
    fill(stac, {"it": "first " + long, "x" * 200: "y" * 20_000})
    assert found(stac, "first word0") == ["it"]


WORDS = st.sampled_from(["Red", "göld", "straße", "x1"])
TERM = st.tuples(st.just("phrase"), st.lists(WORDS, min_size=1, max_size=2))
TREE = st.recursive(
    TERM,
    lambda inner: st.tuples(
        st.sampled_from(["AND", "OR", ""]),
        st.lists(st.tuples(st.sampled_from(["", "+", "-"]), inner), min_size=1, max_size=3),
    ),
    max_leaves=6,
)


def written(tree):
    kind, parts = tree
    if kind == "phrase":
        return f'"{" ".join(parts)}"'
    return "(" + f" {kind} ".join(mark + written(part) for mark, part in parts) + ")"


def holds(tree, words):
    kind, parts = tree
    if kind == "phrase":
        size = len(parts)
        return any(words[at : at + size] == parts for at in range(len(words)))
    truths = [(mark, holds(part, words)) for mark, part in parts]
    if kind and len(parts) > 1:
        plain = [truth != (mark == "-") for mark, truth in truths]
        return all(plain) if kind == "AND" else any(plain)
    needed = [truth for mark, truth in truths if mark == "+"]
    excluded = [truth for mark, truth in truths if mark == "-"]
    optional = [truth for mark, truth in truths if mark == ""]
    return all(needed) and not any(excluded) and (bool(needed) or not optional or any(optional))


@pytest.fixture
def texts(inside):
    pool = ["red", "gold", "strasse", "x1"]
    rows = [[a, b, c] for a in pool for b in pool for c in [*pool, "blue"]]
    home = transactions.create_collection(documents.collection())
    items = [documents.item(f"i{n}", properties={"title": " ".join(row)})
             for n, row in enumerate(rows)]  # fmt: skip
    bulk.create_items(home, items)
    return {f"i{number}": row for number, row in enumerate(rows)}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=TREE)
def test_same_as_plain_python(texts, tree):
    plain = {"Red": "red", "göld": "gold", "straße": "strasse"}

    def folded(tree):
        kind, parts = tree
        if kind == "phrase":
            return kind, [plain.get(word, word) for word in parts]
        return kind, [(mark, folded(part)) for mark, part in parts]

    asked = freetext.condition(written(tree), posted=True)
    got = set(Item.objects.filter(asked).values_list("stac_id", flat=True))
    assert got == {id for id, words in texts.items() if holds(folded(tree), words)}


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(q=st.one_of(st.text(max_size=40), st.text('ab"()+-, ANDOR', max_size=40)))
def test_any_text_is_read_or_refused(stranger, q):
    assert stranger("search", q=q.encode(errors="replace").decode()).status_code in (200, 400)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("q", ["zebra", "zebra,gnu", "zebra AND gnu", '"zebra crossing" -gnu'])
def test_the_index_is_used(q):
    home = transactions.create_collection(documents.collection())
    items = [documents.item(f"i{n}", properties={"title": f"title {n}"}) for n in range(50)]
    bulk.create_items(home, items)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    asked = freetext.condition(q)
    assert "item_by_word" in Item.objects.filter(asked).values("key").explain()
    assert "collection_by_word" in Collection.objects.filter(asked).values("pk").explain()
