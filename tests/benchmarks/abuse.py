"""One organization asked the dearest questions by many, while another one is asked normally."""

import argparse
import json
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from catalogs.stac import bulk, transactions
from catalogs.stac.models import Collection
from tenants.current import tenant_scope
from tests.benchmarks import data, questions
from tests.benchmarks.asking import Asked, ask
from tests.benchmarks.crowd import register
from tests.benchmarks.servers import Ours

ITEMS = 1_000  # of the organization that is asked normally
NORMAL = 4  # connections, each of which thinks for so many milliseconds between two questions
THINKING = 40
KNOWN_AFTER = 7  # seconds in which each process learns that somebody asks
ABUSERS = 32
BEFORE = 15  # seconds that they have asked by then: the first are on credit
LONGER = 2  # seconds that they go on
KINDS = ("latest", "bbox", "id")
# As web has them in production.
LIMITS = (
    "statement_timeout=5s lock_timeout=2s idle_in_transaction_session_timeout=30s"
    " max_parallel_workers_per_gather=0"
)


def run(ours: Ours, words: argparse.Namespace) -> None:
    if not ours.is_loaded():
        ours.load(words.size, words.seed)
    root = f"{ours.url}/o/{_bystander(words.seed)}/stac/"
    paths = [path for kind in KINDS for path in questions.of(kind, ITEMS, words.seed)]
    print(
        "\n| asked by 32 | p50 ms | p95 ms | times | answered/s | refused/s |\n"
        + "| --- " * 6
        + "|"
    )
    rounds: dict[str, list[tuple[Asked, Asked | None]]] = {name: [] for name in ["nothing", *DEAR]}
    for _ in range(words.rounds):
        for name, each in rounds.items():
            with ours.serving(Path(tempfile.mkdtemp()), {"GISTAC_DATABASE_LIMITS": LIMITS}):
                ask(root, paths, NORMAL, KNOWN_AFTER, THINKING)
                each.append(_both(ours, name, root, paths, words.seconds))
    alone = _median([one for one, _ in rounds["nothing"]], "p95")
    for name, each in rounds.items():
        p50, p95 = (_median([one for one, _ in each], figure) for figure in ("p50", "p95"))
        told = [name, f"{p50:.1f}", f"{p95:.1f}", f"{p95 / alone:.2f}"]
        abusers = [other for _, other in each if other]
        if abusers:
            asking = BEFORE + words.seconds + LONGER
            refused = statistics.median(one.faults / asking for one in abusers)
            told += [f"{_median(abusers, 'rate') - refused:.1f}", f"{refused:.1f}"]
        print(f"| {' | '.join(told)} |", flush=True)


def _both(
    ours: Ours, name: str, root: str, paths: list[str], seconds: int
) -> tuple[Asked, Asked | None]:
    with ThreadPoolExecutor() as pool:
        abused = None
        if name in DEAR:
            all_of_it = BEFORE + seconds + LONGER
            abused = pool.submit(ask, ours.root, DEAR[name], ABUSERS, all_of_it)
            ask(root, paths, NORMAL, BEFORE, THINKING)
        asked = pool.submit(ask, root, paths, NORMAL, seconds, THINKING)
        return asked.result(), abused.result() if abused else None


def _bystander(seed: int) -> str:
    organization = register()
    documents = list(data.items(3 * ITEMS, seed))
    with tenant_scope(organization):
        for id in data.COLLECTIONS:
            kept = transactions.create_collection(data.collection(id), Collection.Visibility.PUBLIC)
            bulk.create_items(kept, [one for one in documents if one["collection"] == id][:ITEMS])
    return str(organization.slug)


def _median(rounds: list[Asked], name: str) -> float:
    return statistics.median(getattr(one, name) for one in rounds)


def _filtered(filter: str) -> dict[str, str]:
    return {"filter": filter, "filter-lang": "cql2-text"}


_RING = [[-170 + 10 * n, 60 if n % 2 else 40] for n in range(35)]
_AREA = {"type": "Polygon", "coordinates": [[*_RING, [170, -60], [-170, -60], _RING[0]]]}
_NOWHERE = _filtered("file_of_none = 'x' OR \"eo:cloud_cover\" > 1000")
_WORDS = _filtered("title LIKE '%nothing of the kind%'")
_TILES = [(zoom, row, column) for zoom in (1, 2, 3) for row in range(2) for column in range(2)]
# What no index serves, and what reads and draws most.
DEAR = {
    "a filter": [f"search?{urlencode(_NOWHERE)}"],
    "LIKE": [f"search?{urlencode(_WORDS)}"],
    "intersects": [f"search?{urlencode({'intersects': json.dumps(_AREA), 'limit': 1000})}"],
    "aggregations": [
        "aggregate?aggregations=total_count,datetime_frequency,centroid_geohash_grid_frequency"
    ],
    "tiles": [f"tiles/WebMercatorQuad/{z}/{y}/{x}" for z, y, x in _TILES],
    "filtered tiles": [
        f"tiles/WebMercatorQuad/{z}/{y}/{x}?{urlencode(_WORDS)}" for z, y, x in _TILES
    ],
    "large pages": ["search?limit=1000"],
}
