"""What the database alone can do with our own SQL: pgbench, prepared, nothing of Python."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from urllib.parse import urlsplit

MOST = 40  # statements: each connection prepares every one first, in the time that is measured


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
    """Questions a second.

    All in one script: among many, pgbench 15 answers a fraction of what it does with one.
    """
    at = urlsplit(database)
    asked = statements[:MOST]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.writelines(f"{_plain(statement)};\n" for statement in asked)
        script.flush()
        told = subprocess.run(
            [
                *("pgbench", "--no-vacuum", "-M", "prepared", "-c", str(connections), "-j", "1"),
                *("-T", str(seconds), "-h", str(at.hostname), "-p", str(at.port)),
                *("-U", str(at.username), "-f", script.name, at.path[1:]),
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
    return float(re.findall(r"tps = ([\d.]+)", told.stdout)[-1]) * len(asked)
