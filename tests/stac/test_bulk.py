"""Many items in one request: lists and lines, all or none or what is good, ids that are there."""

import orjson
import pytest

from catalogs.stac import bodies, bulk
from tests.stac import documents

ITEMS = "collections/c/items"
NDJSON = "application/x-ndjson"
SEQUENCE = "application/geo+json-seq"
LENIENT = {"Prefer": "handling=lenient"}


@pytest.fixture
def home(stac):
    """The address of a collection's items."""
    assert stac.post("collections", documents.collection()).status_code == 201
    return ITEMS


def lines(*items) -> bytes:
    return b"".join(
        (item if isinstance(item, bytes) else orjson.dumps(item)) + b"\n" for item in items
    )


def send(stac, *items, content_type=NDJSON, lenient=False, method="", headers=None):
    headers = {**(headers or {}), **(LENIENT if lenient else {})}
    path = f"{ITEMS}?method={method}" if method else ITEMS
    return stac.post(path, lines(*items), content_type=content_type, headers=headers)


def said(answer) -> list[tuple]:
    """What became of each item."""
    assert answer.status_code == 207, answer.content
    assert answer["Preference-Applied"] == "handling=lenient"
    return [(row.get("id"), row["status"], row["code"]) for row in answer.json()["items"]]


def test_it_works(stac, home):
    answer = send(stac, *(documents.item(id, west) for west, id in enumerate("abc")))
    assert answer.status_code == 201, answer.content
    assert "Location" not in answer
    counts = {"received": 3, "created": 3, "replaced": 0, "skipped": 0, "refused": 0}
    assert answer.json() == counts
    assert sorted(stac.ids()) == ["a", "b", "c"]
    assert stac.ids(bbox="2.5,50.5,2.6,50.6") == ["c"]
    one = stac.post(home, documents.item("d"))
    read, alone = stac(f"{home}/c"), stac(f"{home}/d")
    assert read["ETag"].endswith('-1"')
    assert read["ETag"] != one["ETag"]
    assert set(read.json()) == set(alone.json())
    assert "eo:cloud_cover" not in stac.get("collections/c/queryables")["properties"]


def test_what_is_written_is_what_was_sent(stac, home):
    """By COPY as by one insert: every kind of value."""
    odd = {
        "t": "a\tb\nc\\N\\.\x01é\u2028",
        "n": [1.5, -0.0, 1e20, 2**53, None, True],
        "o": {"": {}},
    }
    sent = documents.item("odd \\N", properties={**odd, "eo:cloud_cover": 3})
    assert send(stac, sent, documents.nowhere("no"), content_type=SEQUENCE).status_code == 201
    read = stac.get(f"{home}/odd%20%5CN")
    assert read["properties"] == sent["properties"]
    assert stac.ids(filter='"eo:cloud_cover" = 3') == ["odd \\N"]
    assert stac.get(f"{home}/no")["geometry"] is None
    assert "eo:cloud_cover" in stac.get("collections/c/queryables")["properties"]


@pytest.mark.parametrize("kind", [NDJSON, "application/ndjson", SEQUENCE, "application/json-seq"])
def test_every_kind_of_lines(stac, home, kind):
    mark = b"\x1e" if "seq" in kind else b""
    text = b"\r\n" + b"\n".join(mark + orjson.dumps(documents.item(id)) for id in "ab")
    assert stac.post(home, text, content_type=kind).status_code == 201
    assert sorted(stac.ids()) == ["a", "b"]


class TestMethods:
    @pytest.fixture
    def old(self, stac, home):
        assert stac.post(home, documents.item("a", properties={"old": 1})).status_code == 201
        return stac(f"{home}/a")["ETag"]

    def test_insert(self, stac, old):
        answer = send(stac, documents.item("b"), documents.item("a"))
        assert (answer.status_code, answer.json()["code"]) == (409, "Conflict")
        assert "Item 1" in answer.json()["description"]
        assert stac.ids() == ["a"]

    def test_upsert(self, stac, home, old):
        new = documents.item("a", west=20, properties={"new": 2})
        answer = send(stac, new, documents.item("b"), method="upsert")
        assert answer.json()["created"] == answer.json()["replaced"] == 1
        read = stac(f"{home}/a")
        assert read.json()["properties"] == new["properties"]
        assert read["ETag"] != old
        assert read["ETag"].endswith('-2"')
        assert stac.ids(bbox="20,50,21,51") == ["a"]
        names = stac.get("collections/c/queryables")["properties"]
        assert "new" in names
        assert "old" not in names

    def test_skip(self, stac, home, old):
        answer = send(stac, documents.item("a", west=20), documents.item("b"), method="skip")
        assert answer.json()["created"] == answer.json()["skipped"] == 1
        assert stac(f"{home}/a")["ETag"] == old

    def test_replace(self, stac, home, old):
        answer = send(stac, documents.item("a"), documents.item("b"), method="replace")
        assert answer.status_code == 404
        assert stac(f"{home}/a")["ETag"] == old
        assert send(stac, documents.item("a", west=20), method="replace").status_code == 201
        assert stac(f"{home}/a")["ETag"] != old
        assert stac.ids() == ["a"]

    def test_a_replaced_item_keeps_its_files(self, stac, home, inside):
        from catalogs.stac import transactions  # noqa: PLC0415
        from catalogs.stac.models import Asset, Collection, Trashed  # noqa: PLC0415

        held = [
            transactions.HeldFile(key, f"o/x/{key}", 4, "1220" + "0" * 64, "image/tiff")
            for key in ("data", "gone")
        ]
        transactions.create_item(Collection.objects.get(), documents.item("a"), held)
        document = stac.get(f"{home}/a")
        gate = document["assets"]["data"]["href"]
        del document["assets"]["gone"]
        assert send(stac, document, documents.item("b"), method="upsert").status_code == 201
        read = stac(f"{home}/a")
        assert read.json()["assets"]["data"]["href"] == gate
        assert read["ETag"].endswith('-2"')
        assert [asset.key for asset in Asset.objects.all()] == ["data"]
        assert [file["key"] for file in Trashed.objects.get().held] == ["gone"]

    def test_a_derived_extent_follows(self, stac, home, inside):
        from catalogs.stac import transactions  # noqa: PLC0415
        from catalogs.stac.models import Collection  # noqa: PLC0415

        transactions.delete_collection(Collection.objects.get())
        transactions.create_collection(documents.collection(), derived=True)
        send(stac, documents.item("a", west=10), documents.item("b", west=40))
        box = [10, 50, 41, 51]
        assert stac.get("collections/c")["extent"]["spatial"]["bbox"] == [box]
        send(stac, documents.item("b", west=20), method="upsert")
        assert stac.get("collections/c")["extent"]["spatial"]["bbox"] == [[10, 50, 21, 51]]

    def test_there_is_no_other(self, stac, home):
        answer = send(stac, documents.item(), method="delsert")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "method")
        answer = stac.post(f"{home}?method=upsert", documents.item())
        assert (answer.status_code, answer.json()["parameter"]) == (400, "method")

    def test_ids_twice_are_named(self, stac, home):
        twice = [documents.item(id) for id in "aba"]
        answer = send(stac, *twice)
        assert answer.status_code == 409
        assert "Item 2: The item 'a' comes twice" in answer.json()["description"]
        assert said(send(stac, *twice, lenient=True, method="upsert")) == [
            ("a", 201, "Created"),
            ("b", 201, "Created"),
            ("a", 409, "Conflict"),
        ]


class TestLenient:
    def test_it_keeps_what_is_good(self, stac, home):
        stac.post(home, documents.item("there"))
        answer = send(
            stac,
            documents.item("a"),
            b"{no json",
            documents.item("b", assets=None),
            documents.item("there"),
            b"[]",
            documents.item("c", geometry={"type": "Point", "coordinates": [200, 100]}),
            documents.item("d"),
            lenient=True,
        )
        assert said(answer) == [
            ("a", 201, "Created"),
            (None, 400, "InvalidParameterValue"),
            ("b", 400, "InvalidParameterValue"),
            ("there", 409, "Conflict"),
            (None, 400, "InvalidParameterValue"),
            ("c", 400, "InvalidParameterValue"),
            ("d", 201, "Created"),
        ]
        rows = answer.json()["items"]
        assert [row["index"] for row in rows] == list(range(7))
        assert rows[2]["pointer"] == "/assets"
        assert all(row["description"].endswith(".") for row in rows if row["status"] >= 400)
        assert (answer.json()["created"], answer.json()["refused"]) == (2, 5)
        assert sorted(stac.ids()) == ["a", "d", "there"]

    def test_a_list_of_features(self, stac, home):
        features = [documents.item("a"), {"type": "Feature"}, None]
        sent = {"type": "FeatureCollection", "features": features}
        answer = stac.post(home, sent, headers={"Prefer": 'respond-sync, Handling="lenient"'})
        assert [status for _, status, _ in said(answer)] == [201, 400, 400]

    def test_several_batches(self, stac, home, monkeypatch):
        monkeypatch.setattr("catalogs.stac.bulk.BATCH", 3)
        items = [documents.item(f"i{n}", west=n) for n in range(8)]
        items[4] = b"null"
        answer = send(stac, *items, lenient=True)
        assert (answer.json()["created"], answer.json()["refused"]) == (7, 1)
        assert send(stac, *items, method="upsert").status_code == 400

    def test_a_fault_in_a_later_batch_undoes_those_before(self, stac, home, monkeypatch):
        monkeypatch.setattr("catalogs.stac.bulk.BATCH", 2)
        answer = send(stac, *(documents.item(f"i{n}") for n in range(7)), b"null")
        assert answer.status_code == 400
        assert answer.json()["description"].startswith("Item 7: ")
        assert stac.ids() == []
        assert stac.get("collections/c/items")["numberMatched"] == 0


class TestOneKeyOneWrite:
    def test_it_works(self, stac, home):
        def ask(key="k1", body=None, **more):
            headers = {"Idempotency-Key": key}
            return stac.post(home, body or documents.item(), headers=headers, **more)

        first, second = ask(), ask()
        assert (first.status_code, second.status_code) == (201, 201)
        assert second.content == first.content
        for name in ("Location", "ETag", "Content-Type"):
            assert second[name] == first[name]
        assert second["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first
        assert ask(body=documents.item("other")).status_code == 422
        assert ask(key="k2").status_code == 409
        assert ask(key="k2", body=documents.item("other")).status_code == 201

    def test_so_is_what_is_said_of_extensions(self, stac, home):
        named = documents.item(stac_extensions=["https://example.com/unknown/schema.json"])
        headers = {"Idempotency-Key": "k"}
        answers = [stac.post(home, named, headers=headers) for _ in range(2)]
        assert 'rel="describedby"' in answers[0]["Link"]
        assert answers[1]["Link"] == answers[0]["Link"]

    def test_reports_too(self, stac, home):
        headers = {"Idempotency-Key": "k", **LENIENT}
        ask = lines(documents.item("a"), b"null")
        answers = [stac.post(home, ask, content_type=NDJSON, headers=headers) for _ in range(2)]
        assert said(answers[0]) == said(answers[1])
        other = {**headers, "Prefer": "handling=strict"}
        assert stac.post(home, ask, content_type=NDJSON, headers=other).status_code == 422

    def test_old_answers_are_forgotten(self, stac, home, inside):
        from datetime import timedelta  # noqa: PLC0415

        from catalogs.stac.models import Answered  # noqa: PLC0415

        headers = {"Idempotency-Key": "k"}
        stac.post(home, documents.item(), headers=headers)
        old = Answered.objects.get()
        Answered.objects.update(created=old.created - timedelta(hours=25))
        assert stac.post(home, documents.item(), headers=headers).status_code == 409

    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
    def test_wrong_keys(self, stac, home, key):
        answer = stac.post(home, documents.item(), headers={"Idempotency-Key": key})
        assert answer.status_code == 400


HOSTILE = {
    "empty": b"",
    "nul": b'{"id": "\\u0000"}',
    "raw nul": b"\x00\x00",
    "not utf-8": b'{"id": "\xff"}',
    "surrogate": b'{"id": "\\ud800"}',
    "deep": b'{"a":' * 70 + b"1" + b"}" * 70,
    "very deep": b"[" * 100_000,
    "nan": b'{"id": NaN}',
    "twice": b'{"id": "a", "id": "b"}',
    "byte order mark": b"\xef\xbb\xbf" + orjson.dumps(documents.item()),
    "a list": b"[1]",
    "a large number": b'{"type": "Feature", "id": 99999999999999999999}',
    "another collection": orjson.dumps(documents.item(collection="x")),
    "a record in lines": b"\x1e" + orjson.dumps(documents.item()),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_lines(stac, home, text):
    strict = stac.post(home, text, content_type=NDJSON)
    assert strict.status_code == 400, strict.content
    assert strict.json()["description"].endswith(".")
    if not text:
        return
    answer = send(stac, documents.item("a"), text, documents.item("z"), lenient=True)
    assert [status for _, status, _ in said(answer)] == [201, 400, 201]


def test_a_line_without_end(stac, home, monkeypatch):
    """Is passed over piece by piece."""
    monkeypatch.setattr("catalogs.stac.documents.LARGEST", 5_000)
    monkeypatch.setattr("catalogs.stac.bodies.CHUNK", 1_000)
    endless = b'{"a": "' + b"x" * 100_000
    answer = send(stac, documents.item("a"), endless, documents.item("b"), lenient=True)
    assert [status for _, status, _ in said(answer)] == [201, 413, 201]
    assert send(stac, endless).status_code == 413


def test_too_large_bodies(stac, home, monkeypatch):
    for parser in bodies.PARSERS:
        monkeypatch.setattr(parser, "largest", 1_000)
    for kind in (NDJSON, "application/geo+json"):
        answer = stac.post(home, b" " * 1_001, content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (413, "ContentTooLarge")
        assert stac.post(home, b" " * 1_000, content_type=kind).status_code < 413
    monkeypatch.setattr("catalogs.stac.bulk.MOST_AT_ONCE", 2)
    monkeypatch.setattr(bodies.PARSERS[2], "largest", 10_000)
    assert send(stac, *(documents.item(id) for id in "abc")).status_code == 413
    assert stac.ids() == []


def test_more_than_one_waits_for(stac, home, monkeypatch):
    """A small body may hold many items: compressed, or of few bytes each."""
    monkeypatch.setattr(bulk, "MOST_WAITED_FOR", 1)
    answer = send(stac, documents.item("a"), documents.item("b"))
    assert answer.status_code == 413
    assert "respond-async" in answer.json()["description"]
    assert stac.ids() == []
    assert send(stac, documents.item("a")).status_code == 201


def test_nothing_is_nothing(stac, home):
    """As an empty list of features is."""
    assert send(stac, b"").json()["received"] == 0


REFUSED = [
    ("reader", "", {}, 403),
    ("stranger", "", {}, 404),
    ("wrong_key", "", {}, 401),
    ("stac", "", {"content_type": "text/csv"}, 415),
    ("stac", "", {"content_type": f"{NDJSON}; charset=latin-1"}, 415),
    ("stac", "?colour=red", {}, 400),
    ("stac", "?method=skip&method=skip", {}, 400),
    ("stac", "?method=upsert", {"headers": {"If-Match": '"x"'}}, 400),
]


@pytest.mark.parametrize(("who", "query", "more", "status"), REFUSED)
def test_who_and_what_is_refused(request, stac, home, who, query, more, status):
    client = request.getfixturevalue(who)
    answer = client.post(home + query, lines(documents.item()), **{"content_type": NDJSON, **more})
    assert answer.status_code == status, answer.content


class TestConditions:
    @pytest.fixture
    def asking(self, stac, home, inside):
        from catalogs.stac.models import Collection  # noqa: PLC0415

        stac.post(home, documents.item())
        Collection.objects.update(require_if_match=True)

    def test_changes_must_say_which_version(self, stac, home, asking):
        for path, body in ((f"{home}/i", documents.item()), ("collections/c", None)):
            body = body or documents.collection()
            for method, sent in (("PUT", body), ("PATCH", {}), ("DELETE", None)):
                answer = stac(path, method, sent)
                assert (answer.status_code, answer.json()["code"]) == (428, "PreconditionRequired")
            tag = stac(path)["ETag"]
            assert stac(path, "PATCH", {}, headers={"If-Match": tag}).status_code == 204
        assert send(stac, documents.item(), method="upsert").status_code == 428
        any_version = {"If-Match": "*"}
        answer = send(stac, documents.item(), method="upsert", headers=any_version)
        assert answer.status_code == 201
        assert stac(f"{home}/i", "DELETE", headers=any_version).status_code == 204

    def test_what_is_new_needs_none(self, stac, home, asking):
        assert stac.post(home, documents.item("new")).status_code == 201
        assert stac(f"{home}/put", "PUT", documents.item("put"), upsert="true").status_code == 201


def test_put_makes_what_is_new(stac, home):
    address = f"{home}/new"
    assert stac(address, "PUT", documents.item("new")).status_code == 404
    made = stac(address, "PUT", documents.item("new"), upsert="true")
    assert (made.status_code, made["Location"]) == (201, stac.root + address)
    assert stac(address, "PUT", documents.item("new"), upsert="true").status_code == 204
    assert stac(address, "PUT", documents.item("old"), upsert="true").status_code == 400
    gone = {"If-Match": '"x"'}
    answer = stac(f"{home}/x", "PUT", documents.item("x"), headers=gone, upsert="true")
    assert answer.status_code == 404


def test_jobs(stac, home, stranger, reader, settings):
    """At once in a plain project; GiSTAC's worker is tested beside its verbs."""
    if "tenants" in settings.INSTALLED_APPS:
        pytest.skip("There the worker does it.")
    text = lines(documents.item("a"), b"null", documents.item("b"))
    headers = {"Prefer": "respond-async, handling=lenient", "Idempotency-Key": "k"}
    answer = stac.post(home, text, content_type=NDJSON, headers=headers)
    assert answer.status_code == 202, answer.content
    assert "respond-async" in answer["Preference-Applied"]
    again = stac.post(home, text, content_type=NDJSON, headers=headers)
    assert again["Location"] == answer["Location"]
    job = answer["Location"].removeprefix(stac.root)
    told = stac.get(job)
    assert (told["status"], told["created"], told["refused"]) == ("successful", 2, 1)
    assert told["errors"][0]["index"] == 1
    assert orjson.loads(stac(f"{job}/report").content) == told["errors"][0]
    assert len(stac.get("jobs")["jobs"]) == 1
    for other in (stranger, reader):
        assert other(job).status_code == other(f"{job}/report").status_code == 404
        assert other.get("jobs")["jobs"] == []
    assert stac(job, "DELETE").status_code == 409
    assert stac("jobs/nonsense").status_code == 404
    assert stac(f"{job}/report", after="x").status_code == 400
    browser = stac(f"{job}/report", headers={"Accept": "text/html"})
    assert (browser.status_code, browser["Content-Type"]) == (200, NDJSON)
    assert stac(f"{job}/report", f="html").status_code == 400


def test_openapi_tells_of_it(stac):
    post = stac.get("api")["paths"]["/collections/{collection}/items"]["post"]
    assert NDJSON in post["requestBody"]["content"]
    names = {parameter["name"]: parameter["in"] for parameter in post["parameters"]}
    assert names["method"] == "query"
    assert names["Prefer"] == names["Idempotency-Key"] == "header"
    assert {"201", "207"} <= set(post["responses"])
