"""`make test`: what CI runs, on a database and a store that are thrown away."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import packages
import python
from ground import PYTHON, ROOT, VENV, Place
from stack import Stack


class Failed(Exception):
    """One or more checks failed; each has said so itself."""


def _tool(name: str) -> str:
    return str(VENV / "bin" / name)


# Tests of the core that no organization changes: run for the core alone.
ASKED_ONCE = (
    "test_aggregation",
    "test_aggregation_differential",
    "test_bulk_parquet",
    "test_collection_search",
    "test_counts",
    "test_cql2_differential",
    "test_cql2_examples",
    "test_cql2_indexes",
    "test_cql2_limits",
    "test_cql2_standard",
    "test_extents",
    "test_fetching",
    "test_fields",
    "test_filter",
    "test_free_text",
    "test_geometry",
    "test_json",
    "test_near",
    "test_paging",
    "test_plans",
    "test_query",
    "test_queryables",
    "test_rules",
    "test_samples",
    "test_search_place",
    "test_search_time",
    "test_shapes",
    "test_sort",
    "test_summaries",
    "test_tables",
    "test_tiles",
    "test_upgrading",
    "test_validation",
    "test_validator",
)

# And one that is asked in GiSTAC only, where every operation has more ways to answer.
ASKED_THERE = "tests/stac/test_openapi_drives.py"

# A file's tests share what they make; the slowest are said, to be looked at.
SPREAD = ("--dist", "loadfile", "--durations", "20")

LINTS: dict[str, list[str]] = {
    "ruff": [_tool("ruff"), "check", "."],
    "ruff format": [_tool("ruff"), "format", "--check", "."],
    "imports": [_tool("lint-imports")],
    "templates": [_tool("djlint"), "templates", "--lint", "--quiet"],
    "types": [_tool("mypy")],
    "types of infra/bin": [_tool("mypy"), "--strict", "--config-file=", *["infra/bin"]],
    "django check": [str(PYTHON), "manage.py", "check"],
    "migrations": [str(PYTHON), "manage.py", "makemigrations", "--check", "--dry-run"],
}


def test(place: Place, chosen: list[str]) -> None:
    began = time.monotonic()
    with_stack(place, lambda stack, environment: _all(environment, chosen))
    print(f"make test took {time.monotonic() - began:.0f} s", flush=True)


def test_long(place: Place, chosen: list[str]) -> None:
    with_stack(
        place,
        lambda stack, environment: _run({"tests": _pytest("-m", "long", *chosen)}, environment),
    )


def bench(place: Place, words: list[str]) -> None:
    """The benchmark, beside a peer in an environment of its own."""
    packages.install_tools(place, {"wrk": "wrk"})
    peer = python.make_peer(place)

    def work(stack: Stack, environment: dict[str, str]) -> list[str]:
        more = {
            "DJANGO_SETTINGS_MODULE": "gistac.settings",
            "BENCH_OWNER": stack.cluster.owner_url,
            "BENCH_PEER": str(peer),
            "GISTAC_DATABASE_LIMITS": "statement_timeout=60s max_parallel_workers_per_gather=0",
            "PATH": f"{stack.cluster.bin}{os.pathsep}{os.environ['PATH']}",
        }
        command = [str(PYTHON), "-m", "tests.benchmarks", *words]
        return _run({"benchmark": command}, {**environment, **more})

    with_stack(place, work, keep="bench" if "--keep" in words else "")


def with_stack(
    place: Place, work: Callable[[Stack, dict[str, str]], list[str]], keep: str = ""
) -> None:
    """A database and a store of their own, fast because nothing of them has to last; only what is
    kept under a name waits for the next run, until its folder is removed."""
    throw_away = Place(place.folder / (keep or "test"))
    if throw_away.folder.exists():
        leave = Stack(throw_away, throw_away=True)
        leave.claim()
        leave.recover()
        if not keep:
            leave.remove()
            shutil.rmtree(throw_away.folder)
        elif leave.lock:
            leave.lock.close()
    throw_away.make()
    throw_away.enough_room(3)
    stack = Stack(throw_away, throw_away=True)
    stack.claim()
    try:
        stack.choose_ports()
        stack.cluster.make()
        stack.store.make()
        stack.start_servers()
        stack.cluster.make_database()
        environment = {
            **stack.environment,
            "GISTAC_CHROMIUM": packages.chromium() or "",
            # Tests start some hundred processes, each of which would compile what it imports.
            "PYTHONDONTWRITEBYTECODE": "",
        }
        stack.manage("make_bucket", refusal="The bucket could not be made.")
        failed = work(stack, environment)
    finally:
        stack.stop()
        if not keep:
            stack.remove()
    if failed:
        raise Failed(f"Failed: {', '.join(failed)}.")


def _all(environment: dict[str, str], chosen: list[str]) -> list[str]:
    if chosen:
        return _run({"tests": _pytest(*chosen)}, environment)
    alone = ("-c", "tests/standalone/pytest.ini", "-n", "2", *SPREAD, f"--ignore={ASKED_THERE}")
    standalone = _pytest(*alone, "tests/standalone", "tests/stac")
    with ThreadPoolExecutor(1) as beside:
        lints = beside.submit(_lint, environment)
        failed = _run({"the STAC core alone": standalone}, environment)
        failed += _told(lints.result())
    once = [f"--ignore=tests/stac/{name}.py" for name in ASKED_ONCE]
    # Three on two cores: some of them always wait for a browser, or for what was killed.
    whole = _pytest("-n", "3", *SPREAD, "--no-loadscope-reorder", *once)
    # The closing line of this one is the run's.
    return failed + _run({"tests": whole}, environment)


def _pytest(*words: str) -> list[str]:
    return [str(PYTHON), "-m", "pytest", "-q", *words]


def _run(commands: dict[str, list[str]], environment: dict[str, str]) -> list[str]:
    """Run every one, so that one failure does not hide the next."""
    failed = []
    for name, command in commands.items():
        began = time.monotonic()
        print(f"--- {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
        print(f"    {time.monotonic() - began:.1f} s", flush=True)
        if code.returncode:
            failed.append(name)
    return failed


def _lint(environment: dict[str, str]) -> dict[str, subprocess.CompletedProcess[str]]:
    """Beside the first tests: the longest computes on one core alone."""
    return {
        name: subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for name, command in LINTS.items()
    }


def _told(answers: dict[str, subprocess.CompletedProcess[str]]) -> list[str]:
    for name, answer in answers.items():
        print(f"--- {name}\n{answer.stdout}", end="", flush=True)
    return [name for name, answer in answers.items() if answer.returncode]


def format_code(place: Place, chosen: list[str]) -> None:
    for command in (["ruff", "check", "--fix", "."], ["ruff", "format", "."]):
        subprocess.run([_tool(command[0]), *command[1:]], cwd=ROOT, check=False)
    subprocess.run([_tool("djlint"), "templates", "--reformat", "--quiet"], cwd=ROOT, check=False)


def lock(place: Place, chosen: list[str]) -> None:
    python.lock(place)


def manage(place: Place, words: list[str]) -> None:
    """Django's own commands on the database and store that `make run` keeps running."""
    environment = {**os.environ, **Stack(place).environment}
    command = [str(PYTHON), "manage.py", *words]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        raise Failed("That command failed.")


COMMANDS: dict[str, Callable[[Place, list[str]], None]] = {
    "test": test,
    "test-long": test_long,
    "bench": bench,
    "format": format_code,
    "lock": lock,
    "manage": manage,
}
