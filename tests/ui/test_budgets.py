"""What a page may weigh, compressed; that of scripts and styles from what the build left."""

import gzip
import json
import re
from pathlib import Path

import pytest

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"
KB = 1000


def loaded(entry: str) -> list[str]:
    """An entry and all that it imports at once; what it imports later is not counted."""
    outputs = json.loads((DIST / "meta.json").read_text())["outputs"]
    found: list[str] = []
    wanted = [f"static/dist/{entry}"]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found.append(name)
        imports = outputs[name]["imports"]
        wanted += [one["path"] for one in imports if one["kind"] == "import-statement"]
    return [name.removeprefix("static/dist/") for name in found]


def weight(names: list[str]) -> int:
    return sum(len(gzip.compress((DIST / name).read_bytes())) for name in names)


@pytest.mark.parametrize(
    ("entries", "most"),
    [
        (["base.js"], 25),
        (["base.js", "map.js"], 130),
        (["base.js", "upload.js"], 60),
        (["base.js", "editor.js"], 150),
    ],
)
def test_scripts(entries, most):
    names = {name for entry in entries for name in loaded(entry)}
    assert weight(sorted(names)) <= most * KB


def test_styles():
    assert weight(["base.css"]) <= 30 * KB


def test_no_entry_imports_another():
    """Their addresses carry a hash: by its plain name an entry would be loaded a second time."""
    built = list(DIST.glob("*.js")) + list(DIST.glob("chunks/*.js"))
    entry = re.compile(r"""["']\.{1,2}/(base|map|upload|editor)\.js["']""")
    assert built
    assert [path.name for path in built if entry.search(path.read_text())] == []


@pytest.mark.parametrize("page", ["/o/acme/", "/o/acme/stac/search?f=html"])
def test_pages_go_compressed(acme, ada_client, page):
    plain = ada_client.get(page)
    packed = ada_client.get(page, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "</html>" in gzip.decompress(packed.content).decode()
    assert len(packed.content) < len(plain.content) / 2
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer["Vary"]
        assert answer["Cache-Control"] == "no-store"
