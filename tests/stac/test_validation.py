"""Documents held against the extensions that they name: strictness, errors, what is not checked."""

import orjson
import pytest
from django.core.management import call_command

from catalogs.stac import restoring, schemas, transactions
from catalogs.stac.models import Collection, Trashed
from tests.stac import documents

EO = "https://extensions.example/eo/v1/schema.json"
KINDS = "https://extensions.example/kinds/v1/schema.json"
ABSENT = "https://extensions.example/absent/v1/schema.json"
SCHEMAS = {
    EO: {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://elsewhere.example/its-own-name.json#",
        "oneOf": [
            {
                "required": ["type"],
                "properties": {
                    "type": {"const": "Feature"},
                    "properties": {
                        "anyOf": [{"required": ["x:cover"]}, {"required": ["x:snow"]}],
                        "allOf": [{"$ref": "#/definitions/fields"}],
                    },
                },
            },
            {
                "required": ["type"],
                "properties": {
                    "type": {"const": "Collection"},
                    "x:level": {"$ref": "../../kinds/v1/schema.json#/definitions/level"},
                },
            },
        ],
        "definitions": {
            "fields": {
                "properties": {
                    "x:cover": {"type": "number", "minimum": 0, "maximum": 100},
                    "x:snow": {"type": "number"},
                    "x:kind": {"enum": ["a", "b"]},
                    "x:many": {"type": "array", "minItems": 1},
                    "x:name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2},
                },
                "patternProperties": {"^(?!x:)": {}},
                "additionalProperties": False,
            }
        },
    },
    KINDS: {"definitions": {"level": {"const": 1}}},
}


@pytest.fixture
def shelf(settings, tmp_path):
    settings.STAC_SCHEMAS = tmp_path / "schemas"
    for address, schema in SCHEMAS.items():
        schemas.keep(address, orjson.dumps(schema))


@pytest.fixture
def home(stac, shelf):
    """The client of a catalog with the collection c, which warns."""
    assert stac.post("collections", documents.collection()).status_code == 201
    return stac


@pytest.fixture
def strict(home, inside):
    transactions.set_strictness(Collection.objects.get(), Collection.Strictness.REJECT)
    return home


def item(*extensions, **properties):
    return documents.item(stac_extensions=list(extensions), properties=properties)


def report(client, path="collections/c/items/i"):
    return client.get(f"{path}/validation")


def test_it_works(home):
    answer = home.post("collections/c/items", item(EO, **{"x:cover": 5}))
    assert answer.status_code == 201
    assert "Link" not in answer
    told = report(home)
    assert (told["valid"], told["checked"], told["errors"], told["unchecked"]) == (
        True,
        [EO],
        [],
        [],
    )
    assert told["strictness"] == "warn"


def test_warned_of_it_is_kept(home):
    answer = home.post("collections/c/items", item(EO, **{"x:cover": 500}))
    assert answer.status_code == 201
    assert answer["Link"] == (
        f"<{home.root}collections/c/items/i/validation>; "
        'rel="describedby"; type="application/json"; title="1 fault"'
    )
    told = report(home)
    assert told["valid"] is False
    assert told["errors"] == [
        {
            "pointer": "/properties/x:cover",
            "description": "/properties/x:cover is 500; it may not be above 100.",
            "schema": EO,
        }
    ]


WRONG = {
    "too much": ({"x:cover": 101}, "/properties/x:cover", "may not be above 100"),
    "too little": ({"x:cover": -1}, "/properties/x:cover", "may not be below 0"),
    "type": ({"x:cover": "5"}, "/properties/x:cover", "must be of type number"),
    "enum": ({"x:cover": 1, "x:kind": "c"}, "/properties/x:kind", 'one of "a","b"'),
    "few": ({"x:cover": 1, "x:many": []}, "/properties/x:many", "at least 1 members"),
    "pattern": ({"x:cover": 1, "x:name": "AB"}, "/properties/x:name", "must match ^[a-z]+$"),
    "unknown": ({"x:cover": 1, "x:y": 1}, "/properties", "may not have x:y"),
    "none of": ({}, "/properties", "needs at least one of x:cover, x:snow"),
}


@pytest.mark.parametrize(("properties", "pointer", "sentence"), WRONG.values(), ids=WRONG)
def test_a_strict_collection_refuses(strict, properties, pointer, sentence):
    answer = strict.post("collections/c/items", item(EO, **properties))
    problem = answer.json()
    assert (answer.status_code, problem["pointer"]) == (400, pointer), problem
    assert sentence in problem["description"]
    assert problem["description"].endswith(".")
    assert problem["errors"][0] == {
        "pointer": pointer,
        "description": problem["description"],
        "schema": EO,
    }
    assert strict("collections/c/items/i").status_code == 404


def test_every_fault_is_told(strict):
    sent = item(EO, **{"x:cover": 500, "x:kind": "c", "x:name": "A"})
    problem = strict.post("collections/c/items", sent).json()
    assert sorted(each["pointer"] for each in problem["errors"]) == [
        "/properties/x:cover",
        "/properties/x:kind",
        "/properties/x:name",
        "/properties/x:name",
    ]


def test_a_strict_collection_refuses_each_way_of_writing(strict):
    good, bad = item(EO, **{"x:cover": 5}), item(EO, **{"x:cover": 500})
    assert strict.post("collections/c/items", good).status_code == 201
    assert strict("collections/c/items/i", "PUT", bad).status_code == 400
    patch = {"properties": {"x:cover": 500}}
    assert strict("collections/c/items/i", "PATCH", patch).status_code == 400
    several = {"type": "FeatureCollection", "features": [{**bad, "id": "j"}]}
    answer = strict.post("collections/c/items", several)
    assert (answer.status_code, answer.json()["pointer"]) == (
        400,
        "/features/0/properties/x:cover",
    )
    assert strict("collections/c/items/i", "PUT", good).status_code == 204


def test_a_report_on_many_says_it(home, inside):
    several = [item(EO, **{"x:cover": 5}), {**item(EO, **{"x:cover": 500}), "id": "j"}]
    sent = {"type": "FeatureCollection", "features": several}
    lenient = {"headers": {"Prefer": "handling=lenient"}}
    good, bad = home.post("collections/c/items", sent, **lenient).json()["items"]
    assert (good["code"], good.get("description")) == ("Created", None)
    assert bad["description"] == "Its extensions have something to say: 1 fault."
    transactions.set_strictness(Collection.objects.get(), Collection.Strictness.REJECT)
    sent["features"][1]["id"] = "k"
    [_, refused] = home.post("collections/c/items", sent, **lenient).json()["items"]
    assert (refused["status"], refused["pointer"]) == (400, "/properties/x:cover")


def test_off_is_not_looked_at(home, inside):
    transactions.set_strictness(Collection.objects.get(), Collection.Strictness.OFF)
    answer = home.post("collections/c/items", item(EO, ABSENT, **{"x:cover": 500}))
    assert answer.status_code == 201
    assert "Link" not in answer


UNCHECKED = {
    "absent": (ABSENT, "No schema of it is here."),
    "a short name": ("eo", "This is no address of a schema."),
    "a file": ("file:///etc/passwd", "This is no address of a schema."),
    "a folder": ("https://extensions.example/../../etc/passwd", "No schema of it is here."),
}


@pytest.mark.parametrize(("address", "reason"), UNCHECKED.values(), ids=UNCHECKED)
def test_without_a_schema_it_is_kept_and_said(strict, address, reason):
    answer = strict.post("collections/c/items", item(EO, address, **{"x:cover": 1}))
    assert answer.status_code == 201
    assert 'title="1 extension not checked"' in answer["Link"]
    told = report(strict)
    assert told["valid"] is True
    assert told["checked"] == [EO]
    assert told["unchecked"] == [{"schema": address, "description": reason}]


def test_a_schema_that_comes_later_counts(home, settings):
    home.post("collections/c/items", item(ABSENT))
    assert report(home)["unchecked"]
    schemas.keep(ABSENT, b'{"required": ["nothing"]}')
    told = report(home)
    assert (told["unchecked"], told["valid"]) == ([], False)
    assert told["errors"][0]["description"] == "The document lacks nothing."


def test_collections_are_checked_too(home, inside):
    wrong = {"stac_extensions": [EO], "x:level": 2}
    answer = home.post("collections", documents.collection("d", **wrong))
    assert answer.status_code == 201
    assert 'title="1 fault"' in answer["Link"]
    assert report(home, "collections/d")["errors"][0]["pointer"] == "/x:level"
    transactions.set_strictness(Collection.objects.get(pk="d"), Collection.Strictness.REJECT)
    answer = home("collections/d", "PATCH", {"title": "D"})
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/x:level")
    # What the server itself writes of a collection is no author's fault.
    small = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}
    wrong = documents.collection("e", extent=small, **wrong)
    home.post("collections", wrong)
    transactions.set_strictness(Collection.objects.get(pk="e"), Collection.Strictness.REJECT)
    assert home.post("collections/e/items", documents.item()).status_code == 201
    assert home.get("collections/e")["extent"]["spatial"]["bbox"] == [[0, 0, 11, 51]]


def test_what_goes_to_the_trash_comes_back(strict, inside):
    strict.post("collections/c/items", item(ABSENT))
    schemas.keep(ABSENT, b'{"required": ["nothing"]}')
    assert strict("collections/c", "DELETE", cascade="true").status_code == 204
    restoring.restore(Trashed.objects.get(kind="collection"))
    assert strict("collections/c/items/i").status_code == 200
    assert Collection.objects.get().strictness == "reject"


def test_core_faults_are_all_told(home):
    sent = documents.item(properties={"gsd": "a", "created": "x"}, links=3)
    del sent["assets"]
    problem = home.post("collections/c/items", {**sent, "links": []}).json()
    assert sorted(each["pointer"] for each in problem["errors"]) == [
        "",
        "/properties/created",
        "/properties/gsd",
    ]
    assert {each["schema"].partition("/v1.1.0/")[0] for each in problem["errors"]} == {
        "https://schemas.stacspec.org"
    }


HOSTILE = {
    "not json": b"<html>",
    "a list": b"[]",
    "too deep": b'{"not":' * 5000 + b"{}" + b"}" * 5000,
    "too large": b'{"a": "' + b"x" * 2**20 + b'"}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_schema_is_not_kept(home, text):
    with pytest.raises(schemas.Missing):
        schemas.keep(ABSENT, text)
    assert home.post("collections/c/items", item(ABSENT)).status_code == 201


BROKEN = {
    "a bad keyword": {"type": "nothing"},
    "a bad pattern": {"properties": {"id": {"pattern": "("}}},
    "a pattern too large": {"properties": {"id": {"pattern": "(a{1000}){1000}{100}"}}},
    "a reference to nothing": {"$ref": "#/definitions/none"},
    "a reference to no schema": {"$ref": "https://nowhere.example/schema.json"},
}


@pytest.mark.parametrize("schema", BROKEN.values(), ids=BROKEN)
def test_a_broken_schema_is_not_checked(strict, schema):
    schemas.keep(ABSENT, orjson.dumps(schema))
    answer = strict.post("collections/c/items", item(ABSENT, EO, **{"x:cover": 500}))
    assert answer.json()["pointer"] == "/properties/x:cover"
    assert strict.post("collections/c/items", item(ABSENT)).status_code == 201
    [told] = report(strict)["unchecked"]
    assert told["description"].startswith("Its schema cannot be used: ")


def test_a_pattern_that_takes_too_long_is_not_checked(strict):
    slow = {"properties": {"s": {"pattern": "^(?=a)(a|a|b(?!c))*(a|aa)+$"}}}
    schemas.keep(ABSENT, orjson.dumps({"properties": {"properties": slow}}))
    answer = strict.post("collections/c/items", item(ABSENT, s="a" * 5000 + "!"))
    assert answer.status_code == 201
    [told] = report(strict)["unchecked"]
    assert told["description"] == "A pattern of its schema takes too long."


@pytest.mark.parametrize("down", [False, True])
def test_a_schema_that_leads_on_in_a_billion_ways(strict, down):
    """Twice and twice again, to the same value, or to a member of a member."""
    steps = {f"a{n}": {"allOf": [{"$ref": f"#/definitions/a{n + 1}"}] * 2} for n in range(40)}
    if down:
        steps = {name: {"properties": {"properties": step}} for name, step in steps.items()}
    whole = {"$ref": "#/definitions/a0", "definitions": steps | {"a40": {"type": "object"}}}
    schemas.keep(ABSENT, orjson.dumps(whole))
    assert strict.post("collections/c/items", item(ABSENT)).status_code == 201
    assert "too many ways" in report(strict)["unchecked"][0]["description"]


def test_a_schema_that_refers_to_itself(strict):
    schemas.keep(ABSENT, b'{"$ref": "#", "allOf": [{"$ref": "#"}]}')
    assert strict.post("collections/c/items", item(ABSENT)).status_code == 201


def test_a_half_written_file_is_no_schema(strict):
    schemas.shelf().file(ABSENT).write_text('{"address": "https://')
    assert strict.post("collections/c/items", item(ABSENT)).status_code == 201


def test_without_a_folder_nothing_is_checked(home, settings):
    settings.STAC_SCHEMAS = None
    answer = home.post("collections/c/items", item(EO, **{"x:cover": 500}))
    assert answer.status_code == 201
    assert report(home)["unchecked"][0]["schema"] == EO


def test_many_extensions(home):
    named = [f"https://extensions.example/{n}" for n in range(150)]
    assert home.post("collections/c/items", item(*named)).status_code == 201
    reasons = [each["description"] for each in report(home)["unchecked"]]
    assert len(reasons) == 150
    assert reasons.count("More than 100 are named.") == 50


def test_reports_of_what_is_not_there(home, stranger):
    assert home("collections/c/items/none/validation").status_code == 404
    assert home("collections/none/validation").status_code == 404
    home.post("collections/c/items", item())
    assert stranger("collections/c/items/i/validation").status_code == 404
    assert stranger("collections/c/validation").status_code == 404


def test_load_schemas(settings, tmp_path, capsys):
    settings.STAC_SCHEMAS = tmp_path / "schemas"
    given = tmp_path / "given" / "extensions.example" / "eo" / "v1"
    given.mkdir(parents=True)
    (given / "schema.json").write_bytes(orjson.dumps({"type": "object"}))
    (given / "README.md").write_text("none")
    call_command("load_schemas", tmp_path / "given")
    assert schemas.usable(EO) == EO
    said = capsys.readouterr()
    assert said.out == "1 schemas are loaded.\n"
    assert "README.md was left out" in said.err


def test_load_schemas_by_a_map(settings, tmp_path):
    settings.STAC_SCHEMAS = tmp_path / "schemas"
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "map.json").write_bytes(orjson.dumps({EO: "a.json", KINDS: "none.json"}))
    call_command("load_schemas", tmp_path)
    assert schemas.usable(EO) == EO
    with pytest.raises(schemas.Missing):
        schemas.usable(KINDS)
