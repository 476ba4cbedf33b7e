"""What the database alone can do with our own SQL: pgbench, prepared, nothing of Python."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

MOST_FILES = 100  # pgbench takes 128


def _plain(statement: str) -> str:
    """On one line; a colon in a text, which pgbench would take for a variable, by its number."""
    texts = re.compile(r"'(?:[^']|'')*'")
    return re.sub(r"\s*\n\s*", " ", texts.sub(_without_colons, statement))


def _without_colons(text: re.Match[str]) -> str:
    if ":" not in text[0]:
        return text[0]
    return "U&" + text[0].replace("\\", r"\\").replace(":", r"\003a")


def rate(
    statements: Sequence[str], *, database: str, schema: str, connections: int, seconds: int
) -> float:
    """Questions a second."""
    at = urlsplit(database)
    with tempfile.TemporaryDirectory() as name:
        files: list[str] = []
        for number, statement in enumerate(statements[:MOST_FILES]):
            path = Path(name) / f"{number}.sql"
            path.write_text(_plain(statement) + ";\n")
            files += ["-f", str(path)]
        told = subprocess.run(
            [
                *("pgbench", "--no-vacuum", "-M", "prepared", "-c", str(connections), "-j", "1"),
                *("-T", str(seconds), "-h", str(at.hostname), "-p", str(at.port)),
                *("-U", str(at.username), *files, at.path[1:]),
            ],
            env={
                "PATH": os.environ["PATH"],
                "PGPASSWORD": str(at.password),
                # As our server has them, for the same plans.
                "PGOPTIONS": f"-c search_path={schema},public -c jit=off"
                " -c max_parallel_workers_per_gather=0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if told.returncode:
        raise RuntimeError(f"pgbench failed:\n{told.stderr[-2000:]}")
    return float(re.findall(r"tps = ([\d.]+)", told.stdout)[-1])
