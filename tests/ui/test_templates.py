"""Rules that every template keeps; they are read, not rendered."""

import re
from pathlib import Path

import lucide
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "email" not in path.parent.name]
SCRIPTS = sorted((ROOT / "static" / "src").rglob("*.js"))

# Spellings of htmx 2, which htmx 4 ignores or reads otherwise.
HTMX_2 = re.compile(
    r"hx-(ext|disabled-elt|vars|params|disinherit|inherit|request|history)\s*="
    r"|htmx:(after|before)[A-Z]|htmx\.(addClass|removeClass|defineExtension|off)\b"
    r"|htmx:(configRequest|responseError|sendError|xhr)"
)
# Set on a container they reach nothing below it unless they say so.
NOT_INHERITED = re.compile(r"<body[^>]*\shx-(headers|target|swap)=")
ICON = re.compile(r"{% lucide \"([^\"]+)\"|(?<![\w-])icon=\"([a-z0-9-]+)\"")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS], ids=name)
def test_htmx_is_spelled_as_version_4(path):
    text = path.read_text()
    assert not HTMX_2.search(text)
    assert not NOT_INHERITED.search(text)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_nothing_needs_a_weaker_policy(path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "inline handler"
    assert not re.search(r"\shx-on[:a-z]", text), "hx-on needs unsafe-eval"
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or "application/json" in script or "nonce=" in script


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_icons_exist(path):
    for icon in re.findall(ICON, path.read_text()):
        lucide._load_icon("".join(icon))


def test_every_part_says_how_it_is_used():
    for path in (ROOT / "templates" / "ui").glob("_*.html"):
        assert "{% comment %}" in path.read_text()[:120], name(path)
