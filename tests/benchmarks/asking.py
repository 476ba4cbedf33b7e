"""Asks a server as fast as it answers, by wrk; every answer but 2xx counts as a fault."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

_SCRIPT = """
local paths, n = {}, 0
for line in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = line end
function init(args) n = math.random(#paths) end
local accepted = os.getenv("BENCH_ENCODING")
if accepted then wrk.headers["Accept-Encoding"] = accepted end
function request()
  n = n % #paths + 1
  return wrk.format("GET", paths[n])
end
function delay()
  return tonumber(os.getenv("BENCH_PAUSE"))
end
function done(summary, latency, requests)
  local e = summary.errors
  local faults = e.status + e.connect + e.read + e.write + e.timeout
  io.write(string.format('\\nJSON {"requests": %d, "seconds": %f, "faults": %d, "bytes": %d, ' ..
    '"p50": %f, "p95": %f, "p99": %f}\\n', summary.requests, summary.duration / 1e6,
    faults, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Asked:
    """One round: answers a second, milliseconds, and how many were no answers."""

    rate: float
    p50: float
    p95: float
    p99: float
    faults: int
    bytes_each: float


def ask(
    root: str,
    paths: Sequence[str],
    connections: int,
    seconds: int,
    pause: int = 0,
    encoding: str = "",
) -> Asked:
    """`pause` milliseconds lie between an answer and the next question of a connection;
    `encoding` is what Accept-Encoding says.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ask.lua").write_text(_SCRIPT)
        below = root.split("/", 3)[3]
        (folder / "paths").write_text("".join(f"/{below}{path}\n" for path in paths))
        told = subprocess.run(
            [
                *(
                    "wrk",
                    "--latency",
                    "-t1",
                    f"-c{connections}",
                    f"-d{seconds}s",
                    "--timeout",
                    "10s",
                ),
                *("-s", str(folder / "ask.lua"), root),
            ],
            env={
                "BENCH_PATHS": str(folder / "paths"),
                "BENCH_PAUSE": str(pause),
                **({"BENCH_ENCODING": encoding} if encoding else {}),
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = json.loads(told.split("JSON ", 1)[1].splitlines()[0])
    return Asked(
        rate=found["requests"] / found["seconds"],
        p50=found["p50"],
        p95=found["p95"],
        p99=found["p99"],
        faults=found["faults"],
        bytes_each=found["bytes"] / max(found["requests"], 1),
    )


def weigh(root: str, paths: Sequence[str]) -> list[int]:
    """Bytes of each answer as browsers take it, compressed."""
    sizes = []
    with requests.Session() as session:
        for path in paths:
            answer = session.get(root + path, stream=True, timeout=60)
            answer.raise_for_status()
            sizes.append(len(answer.raw.read(decode_content=False)))
    return sizes
