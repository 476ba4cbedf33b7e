"""One setting after another, in short rounds: which values serve best on this machine."""

import argparse
import os
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg

from tests.benchmarks import questions
from tests.benchmarks.asking import Asked, ask
from tests.benchmarks.servers import Ours

KINDS = ("latest", "bbox", "page100")
SECONDS = 3
WARM = 3
_WEB = "max_parallel_workers_per_gather=0"

# Of the processes: environment variables, WORKERS and THREADS. The first row is the production's.
PROCESSES: dict[str, Mapping[str, str]] = {
    "as it is": {},
    "1 process": {"WORKERS": "1"},
    "3 processes": {"WORKERS": "3"},
    "4 threads": {"THREADS": "4"},
    "1 at once": {"GISTAC_ANSWERED_AT_ONCE": "1"},
    "2 at once": {"GISTAC_ANSWERED_AT_ONCE": "2"},
    "3 at once": {"GISTAC_ANSWERED_AT_ONCE": "3"},
    "8 at once": {"GISTAC_ANSWERED_AT_ONCE": "8", "GISTAC_DATABASE_POOL": "12"},
    "4 connections": {"GISTAC_DATABASE_POOL": "4"},
    "16 connections": {"GISTAC_DATABASE_POOL": "16"},
    "parallel plans": {"GISTAC_DATABASE_LIMITS": "max_parallel_workers_per_gather=2"},
    "jit": {"GISTAC_DATABASE_LIMITS": f"{_WEB} jit=on"},
    "random_page_cost 1.1": {"GISTAC_DATABASE_LIMITS": f"{_WEB} random_page_cost=1.1"},
    "work_mem 32 MB": {"GISTAC_DATABASE_LIMITS": f"{_WEB} work_mem=32MB"},
}


def run(ours: Ours, words: argparse.Namespace) -> None:
    if not ours.is_loaded():
        ours.load(words.size, words.seed)
    with psycopg.connect(_owner("gistac"), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    asked = {kind: questions.of(kind, words.size, words.seed) for kind in KINDS}
    found: dict[str, dict[str, list[Asked]]] = {
        name: {kind: [] for kind in KINDS} for name in PROCESSES
    }
    for _ in range(words.rounds):
        for name, settings in PROCESSES.items():
            with ours.serving(
                Path(tempfile.mkdtemp()), {"GISTAC_DATABASE_LIMITS": _WEB, **settings}
            ):
                ask(ours.root, asked[KINDS[0]], words.connections, WARM)
                for kind, paths in asked.items():
                    ask(ours.root, paths, words.connections, 1)
                    found[name][kind].append(ask(ours.root, paths, words.connections, SECONDS))
    _report(found, words.connections)


def _owner(database: str) -> str:
    return os.environ["BENCH_OWNER"].rsplit("/", 1)[0] + f"/{database}"


def _report(found: dict[str, dict[str, list[Asked]]], connections: int) -> None:
    print(f"\nAnswers a second, and p99 in milliseconds, of {connections} connections")
    print(f"| setting | {' | '.join(KINDS)} |\n{'| --- ' * (len(KINDS) + 1)}|")
    for name, kinds in found.items():
        told = [
            f"{_median(each, 'rate'):,.0f} ({_median(each, 'p99'):.0f})" for each in kinds.values()
        ]
        print(f"| {name} | {' | '.join(told)} |", flush=True)


def _median(rounds: list[Asked], name: str) -> float:
    return statistics.median(getattr(one, name) for one in rounds)
