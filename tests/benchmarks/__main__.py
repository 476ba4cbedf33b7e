"""`make bench`: GiSTAC and its nearest peer on the same machine, data and questions, in turn."""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import django

django.setup()

# After the settings stand.
from tests.benchmarks import (  # noqa: E402
    abuse,
    crowd,
    data,
    growth,
    limit,
    questions,
    tuning,
    writing,
)
from tests.benchmarks.asking import Asked, ask, weigh  # noqa: E402
from tests.benchmarks.servers import Ours, Peer  # noqa: E402

Rounds = dict[str, list[Asked]]

GROW = "measure ours alone, at --size and at these sizes; no more"
KEEP = "leave what was loaded, and take what an earlier run with the same size has left"
COMPRESSED = "ask for answers by gzip, as browsers and Python's clients do"
ENCODING = "gzip, deflate"  # as requests asks, and so pystac-client
POST = "post"  # one item a request
POSTS = 300


def read_words() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="make bench", description=__doc__)
    words.add_argument("--size", type=int, default=30_000, help="items in all")
    words.add_argument(
        "--kinds", nargs="*", default=[*questions.KINDS, questions.TILES, POST], metavar="KIND"
    )
    words.add_argument("--connections", type=int, default=8)
    words.add_argument("--rounds", type=int, default=2, help="of each kind and server, in turn")
    words.add_argument("--seconds", type=int, default=6, help="of each round")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--compressed", action="store_true", help=COMPRESSED)
    words.add_argument("--without-peer", action="store_true")
    words.add_argument("--grow", type=int, nargs="+", default=[], metavar="SIZE", help=GROW)
    words.add_argument("--keep", action="store_true", help=KEEP)
    words.add_argument("--organizations", type=int, help="many on one server, and nothing else")
    words.add_argument("--abuse", action="store_true", help="by one organization, and no more")
    words.add_argument("--tuning", action="store_true", help="other settings, and no more")
    words.add_argument("--json", type=Path, default=Path(".data/bench.json"))
    said = words.parse_args()
    alone = (said.grow, said.organizations, said.abuse, said.tuning)
    if said.compressed and any(alone):
        words.error("--compressed goes with the comparison alone")
    return said


def main() -> None:
    words = read_words()
    ours = Ours()
    if words.grow:
        _load([ours], words)
        growth.run(ours, words)
        return
    for name, own in {"organizations": crowd, "abuse": abuse, "tuning": tuning}.items():
        if getattr(words, name):
            own.run(ours, words)
            return
    servers: list[Ours | Peer] = [ours]
    if not words.without_peer:
        servers.append(Peer(Path(os.environ["BENCH_PEER"]), os.environ["BENCH_OWNER"]))
    loaded = _load(servers, words)
    asked = [kind for kind in words.kinds if kind != POST]
    found = {kind: measure(words, kind, servers, ours) for kind in asked}
    posted = post(words, servers) if POST in words.kinds else {}
    report(words, found, loaded, posted)


def _load(servers: Sequence[Ours | Peer], words: argparse.Namespace) -> dict[str, float]:
    """Items a second of each that was loaded now."""
    loaded: dict[str, float] = {}
    for server in servers:
        if server.is_loaded():
            continue
        loaded[server.name] = words.size / server.load(words.size, words.seed)
        print(f"{server.name}: loaded {loaded[server.name]:,.0f} items/s", flush=True)
    if loaded:
        _analyze([server.database for server in servers])
    return loaded


def _analyze(databases: Sequence[str]) -> None:
    import psycopg  # noqa: PLC0415 - only here, with an owner's rights

    for database in databases:
        address = os.environ["BENCH_OWNER"].rsplit("/", 1)[0] + f"/{database}"
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")


def measure(
    words: argparse.Namespace, kind: str, servers: list[Ours | Peer], ours: Ours
) -> dict[str, object]:
    """One kind: each server alone, in turn, so that neither has the better minute."""
    paths = questions.of(kind, words.size, words.seed)
    if kind == questions.TILES:
        servers = [ours]
    rounds: Rounds = {server.name: [] for server in servers}
    encoding = ENCODING if words.compressed else ""
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(words.rounds):
            for server in servers:
                with server.serving(Path(folder)):
                    asked = server.root, paths, words.connections
                    ask(*asked, 2, encoding=encoding)  # warm
                    rounds[server.name].append(ask(*asked, words.seconds, encoding=encoding))
                    sizes = weigh(server.root, paths) if kind == questions.TILES else []
    alone = limit.rate(
        ours.statements(paths[: limit.MOST]),
        database=os.environ["GISTAC_DATABASE_URL"],
        schema=ours.schema,
        connections=words.connections,
        seconds=words.seconds,
    )
    print(f"{kind}: {_summary(rounds)}, database alone {alone:,.0f}/s", flush=True)
    if kind == questions.TILES:
        p95 = _median(rounds[ours.name], "p95")
        largest = statistics.quantiles(sizes, n=20)[-1] / 1000
        print(f"{kind}: p95 {p95:.0f} ms, {largest:.0f} kB compressed", flush=True)
    return {
        "rounds": {n: [asdict(one) for one in each] for n, each in rounds.items()},
        "sql": alone,
    }


def post(words: argparse.Namespace, servers: list[Ours | Peer]) -> dict[str, float]:
    """Milliseconds of a write, the median of those of each round."""
    rounds: dict[str, list[float]] = {server.name: [] for server in servers}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(words.rounds):
            first = words.size + int(time.time()) + number * POSTS  # not those of an earlier run
            documents = list(data.items(POSTS, words.seed, first))
            for server in servers:
                with server.serving(Path(folder)):
                    took = writing.one_by_one(server.root, server.headers, documents)
                    rounds[server.name].append(took)
    return {name: statistics.median(each) for name, each in rounds.items()}


def _summary(rounds: Rounds) -> str:
    return ", ".join(f"{n} {_median(each, 'rate'):,.0f}/s" for n, each in rounds.items())


def _median(rounds: list[Asked], name: str) -> float:
    return statistics.median(getattr(one, name) for one in rounds)


def report(
    words: argparse.Namespace,
    found: dict[str, dict[str, object]],
    loaded: dict[str, float],
    posted: dict[str, float],
) -> None:
    print(f"\n{words.size:,} items, {words.connections} connections, medians of {words.rounds}")
    print("| kind | ours/s | p50 ms | p99 ms | peer/s | times | database alone/s | share |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind, each in found.items():
        print(_line(kind, each))
    print(f"\nloading, items/s: {_beside(loaded)}; one item, ms: {_beside(posted)}")
    conditions = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    words.json.parent.mkdir(parents=True, exist_ok=True)
    told = {"words": {**vars(words), "json": str(words.json)}, "loaded": loaded, "posted": posted}
    told["kinds"] = found
    words.json.write_text(json.dumps({**conditions, **told}, indent=1))
    print(f"\nAll figures are in {words.json}.")


def _beside(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {figure:,.1f}" for name, figure in figures.items())


def _line(kind: str, each: dict[str, object]) -> str:
    rounds: dict[str, list[dict[str, float]]] = each["rounds"]  # type: ignore[assignment]
    alone: float = each["sql"]  # type: ignore[assignment]
    mine = {
        n: statistics.median(one[n] for one in rounds[Ours.name]) for n in ("rate", "p50", "p99")
    }
    told = [kind, f"{mine['rate']:,.0f}", f"{mine['p50']:.1f}", f"{mine['p99']:.1f}"]
    if Peer.name in rounds:
        other = statistics.median(one["rate"] for one in rounds[Peer.name])
        told += [f"{other:,.0f}", f"{mine['rate'] / other:.1f}"]
    else:
        told += ["", ""]
    told += [f"{alone:,.0f}", f"{mine['rate'] / alone:.2f}"]
    faults = sum(int(one["faults"]) for each_ in rounds.values() for one in each_)
    return f"| {' | '.join(told)} |" + (f" {faults} faults!" if faults else "")


if __name__ == "__main__":
    main()
