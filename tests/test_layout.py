"""The house as ARCHITECTURE.md draws it, checked file by file."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ui.audit import ACTIONS

NAMED_ACTIONS = {action for group in ACTIONS.values() for action in group}
ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("platform/gistac", "tenants", "catalogs", "ui")
TOP = {"catalogs", "infra", "platform", "static", "templates", "tenants", "tests", "ui"}
LONGEST_FILE = 500

type Found = Iterator[tuple[Path, ast.AST]]


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def nodes(*folders: str) -> Found:
    for path in sources(*folders):
        for node in parsed(path):
            yield path, node


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_platform_is_a_source_root_and_no_package():
    """With this file Python's own `platform` module is hidden, and much of it breaks."""
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_the_folders_are_the_known_ones():
    named = {path.name for path in ROOT.iterdir() if path.is_dir()}
    made = {"node_modules", "staticfiles"} | {name for name in named if name.startswith((".", "_"))}
    assert {name for name in named - made if not name.endswith(".egg-info")} == TOP


def test_no_file_is_too_long():
    long = {
        str(path.relative_to(ROOT)): length
        for path in sources(*ROOMS, "tests", "infra/bin")
        if "migrations" not in path.parts
        and (length := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}, "a noun is missing"


def test_nothing_of_ours_is_asynchronous():
    """An organization's schema belongs to a thread's connection, and a coroutine has no thread."""
    commands = "platform/gistac/management/commands"
    allowed = {f"{commands}/sweep.py", f"{commands}/worker.py"}  # procrastinate's own interface
    found = [
        place(path, node.lineno)
        for path, node in nodes(*ROOMS)
        if isinstance(node, ast.AsyncFunctionDef) and str(path.relative_to(ROOT)) not in allowed
    ]
    assert found == []


def test_a_schema_is_entered_by_tenant_scope_alone():
    """django-tenants' own ways in keep what they found in a place that threads share."""
    home = ROOT / "tenants" / "current.py"
    entering = {"activate", "set_tenant", "set_schema", "set_schema_to_public", "deactivate"}
    banned = {"schema_context", "tenant_context"}
    backend = ROOT / "tenants" / "database"
    shown_to_fail = ROOT / "tests" / "tenants" / "test_scope.py"
    found = []
    for path, node in nodes(*ROOMS, "tests"):
        if not isinstance(node, ast.Attribute | ast.alias):
            continue
        if path == home or backend in path.parents or path in (Path(__file__), shown_to_fail):
            continue
        if isinstance(node, ast.Attribute) and node.attr in entering:
            owner = ast.unparse(node.value)
            # allauth's TOTP.activate(user), Django's timezone.activate(): other things.
            if owner not in {"timezone", "translation"} and not owner[0].isupper():
                found.append(place(path, node.lineno))
        if isinstance(node, ast.alias) and node.name in banned:
            found.append(place(path, node.lineno))
    assert found == []


def test_no_organization_is_its_own_context_manager():
    """`with organization:` is django-tenants' spelling; it leaks from thread to thread."""
    suspicious = re.compile(r"(^|[._])(tenant|organization|acme|other)$")
    found = [
        place(path, node.lineno)
        for path, node in nodes(*ROOMS, "tests")
        if path.name != "test_scope.py"  # shows that it is refused
        if isinstance(node, ast.With)
        for item in node.items
        if not isinstance(item.context_expr, ast.Call)
        and suspicious.search(ast.unparse(item.context_expr))
    ]
    assert found == []


HTMX_2 = {
    r"hx-ext=": "htmx 4 needs no hx-ext: include the script",
    r"hx-disabled-elt": "it is hx-disable now",
    r"hx-vars": "it is hx-vals now",
    r"htmx:[a-z]+[A-Z]": "events are written htmx:after:swap",
    r"<body[^>]*\shx-(headers|target|boost)=": "inheritance is explicit: write hx-…:inherited",
}


@pytest.mark.parametrize(("spelling", "advice"), HTMX_2.items())
def test_no_htmx_2(spelling, advice):
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "src").rglob("*.js")]
    found = [str(path.relative_to(ROOT)) for path in files if re.search(spelling, path.read_text())]
    assert found == [], advice


MARKUP = {
    r"\sstyle=\"": "the content security policy refuses style attributes",
    r"\son[a-z]+=\"": "the content security policy refuses event attributes",
    r"https?://[^\"' ]*\.(js|css|woff2)": "nothing is loaded from elsewhere",
}


@pytest.mark.parametrize(("spelling", "advice"), MARKUP.items())
def test_no_markup_that_the_browser_would_refuse(spelling, advice):
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if path.parent.name != "email"  # read by mail programs, which know no style sheets
        and re.search(spelling, path.read_text())
    ]
    assert found == [], advice


def test_locks_name_no_registry():
    locks = [ROOT / name for name in ("requirements.txt", "requirements-dev.txt")]
    named = [path.name for path in locks if re.search(r"--index-url|https?://", path.read_text())]
    assert named == []
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_every_setting_is_in_the_table():
    """infra/README.md names each GISTAC_* variable that the product reads."""
    table = (ROOT / "infra" / "README.md").read_text()
    used = {
        name
        for path in sources("platform/gistac")
        if path.name != "settings_test.py"
        for name in re.findall(r"GISTAC_[A-Z][A-Z0-9_]+", path.read_text())
    }
    assert sorted(name for name in used if f"`{name}`" not in table) == []


# Records -----------------------------------------------------------------------
ACTION = re.compile(r"[a-z_]*(\.[a-z_]+)+")  # its end alone where the rest is put in: ".restore"


def test_every_action_of_the_audit_has_words_for_people():
    """Whatever writes a record names what it is about by a literal, or is given it as `action`."""
    written = {
        (action, place(path, call.lineno))
        for path in sources(*ROOMS)
        for call, said in records_of(parsed(path)[0])
        for action in said or ["no literal"]
    }
    assert len(written) > 40  # it does find them
    assert {each for each in written if not is_named(each[0])} == set()


def is_named(action: str) -> bool:
    if action.startswith("."):
        return any(known.endswith(action) for known in NAMED_ACTIONS)
    return action in NAMED_ACTIONS


def records_of(tree: ast.AST) -> Iterator[tuple[ast.Call, list[str]]]:
    """Calls that write a record, but for those that pass an action on; each with its literals."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    passing = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and any(writes_a_record(call) and "action" in names_in(call) for call in calls_in(function))
    }
    for call in calls:
        own = ast.unparse(call.func).removeprefix("self.") in passing
        if own or (writes_a_record(call) and "action" not in names_in(call)):
            values = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
            yield call, [text for text in map(str, values) if ACTION.fullmatch(text)][:1]


def calls_in(function: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def writes_a_record(call: ast.Call) -> bool:
    return ast.unparse(call.func) == "audit.record"


def names_in(call: ast.Call) -> set[str]:
    return {argument.id for argument in call.args if isinstance(argument, ast.Name)}
