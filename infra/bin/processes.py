"""Processes of ours that a killed run left behind, found by marks that no other program bears."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ground import Place, Refusal

MARK = "GISTAC_PLACE"


def left_over(place: Place, cluster: Path | None) -> list[int]:
    """Those started for this place, and those that work in the database's folder.

    PostgreSQL writes over its own environment, but every process of it stands in its folder.
    """
    mark = f"{MARK}={place.folder}".encode()
    found = []
    for pid in _all():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            stands_in = Path(os.readlink(f"/proc/{pid}/cwd"))
        except OSError:
            continue
        if mark in environment or stands_in == cluster:
            found.append(pid)
    return found


def end_left_overs(place: Place, cluster: Path | None) -> int:
    """Ask them to stop, then insist; PostgreSQL's children end by themselves after it."""
    first = left_over(place, cluster)
    for number, seconds in ((signal.SIGINT, 10), (signal.SIGTERM, 5), (signal.SIGKILL, 10)):
        for pid in left_over(place, cluster):
            _signal(pid, number)
        until = time.monotonic() + seconds
        while left_over(place, cluster) and time.monotonic() < until:
            time.sleep(0.1)
    if left_over(place, cluster):
        raise Refusal(f"Processes of an earlier run cannot be ended: {left_over(place, cluster)}.")
    return len(first)


def _all() -> Iterator[int]:
    mine = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != mine:
            yield int(entry.name)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
