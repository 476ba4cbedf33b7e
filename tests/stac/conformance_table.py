"""Which test proves which conformance class: the table in catalogs/stac/CONFORMANCE.md.

A test module that proves classes names them in PROVES. Write the table anew by

    python -m tests.stac.conformance_table
"""

import ast
from collections import defaultdict
from pathlib import Path

from catalogs.stac.conformance import CONFORMS_TO

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "catalogs/stac/CONFORMANCE.md"
HEAD = """# What the API conforms to

Each class that the API declares, and the tests that prove it. A class is declared when a test
proves it, not before. This page is made from the code: `python -m tests.stac.conformance_table`.

| class | proven by |
| --- | --- |
"""


def proofs() -> dict[str, list[str]]:
    """The paths of the test modules that name each class, from the root of the project."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for class_ in _proved_in(ast.parse(path.read_text())):
            found[class_].append(str(path.relative_to(ROOT)))
    return found


def _proved_in(module: ast.Module) -> tuple[str, ...]:
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="PROVES")], value=value):
                return tuple(ast.literal_eval(value))
    return ()


def table() -> str:
    named = proofs()
    return HEAD + "".join(
        f"| `{class_}` | {', '.join(_link(path) for path in named[class_])} |\n"
        for class_ in CONFORMS_TO
    )


def _link(path: str) -> str:
    return f"[{Path(path).stem}](../../{path})"


if __name__ == "__main__":
    TABLE.write_text(table())
