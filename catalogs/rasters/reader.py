"""Starts the confined child, serves it bytes, and ends it when it takes too much."""

import contextlib
import functools
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings

from catalogs.rasters import channel
from catalogs.rasters.channel import Channel, Closed
from catalogs.rasters.formats import Refusal
from catalogs.rasters.refusals import CRASHED, TOO_HEAVY, UNCONFINED, Rejected

log = logging.getLogger(__name__)

MIB = 1024 * 1024
GIB = 1024 * MIB
MOST_RANGE = 16 * MIB  # bytes in one answer to the child
KEPT_DRIVERS = frozenset({"GTiff", "COG", "MEM", "PNG", "JPEG", "WEBP", "VRT"})


_ALONE = (sys.executable, "-s", "-P")  # no user's site-packages, no current folder
# A limited child keeps no bytecode, which its limit would cut off; `warm` has kept it for all.
_PYTHON = (*_ALONE, "-B", "-m")
_ROOT = str(Path(__file__).resolve().parents[2])


class Source(NamedTuple):
    """The bytes of one file: a copy, or a way to ask for ranges of it."""

    size: int
    path: Path | None
    read: Callable[[int, int], bytes]


class Limits(NamedTuple):
    memory: int = GIB
    seconds: int = 20  # of processor time
    wall: float = 60
    written: int = 64 * 1024  # its last words; it can open no file to write


class Answer(NamedTuple):
    document: dict[str, Any]
    attachment: bytes


def describing(size: int) -> Limits:
    """Reading samples costs about the same for all files; slow ranges, and a busy machine, get
    more time by the clock."""
    return Limits(seconds=20 + size // (2 * GIB), wall=60 + size / (64 * MIB))


def converting(size: int) -> Limits:
    """A copy is made with overviews: all grows with the file."""
    return Limits(
        memory=2 * GIB,
        seconds=60 + size // MIB,
        wall=120 + size / (2 * MIB),
        written=size * 4 + 256 * MIB,
    )


def run(
    task: str,
    source: Source,
    limits: Limits,
    *,
    alive: Callable[[float], None] = lambda done: None,
    folder: Path | None = None,
    **options: Any,
) -> Answer:
    """One task on one file. Raises Rejected with a sentence, whatever the file does."""
    request = {
        "task": task,
        "size": source.size,
        "path": str(source.path) if source.path else "",
        "writable": [str(folder)] if folder else [],
        "accept_unconfined": settings.READ_RASTERS_UNCONFINED,
        "limits": {
            "memory": limits.memory,
            "seconds": limits.seconds,
            "written": limits.written,
        },
        **options,
    }
    ours, theirs = socket.socketpair()
    with ours, theirs, tempfile.TemporaryFile() as said:
        child = _start(theirs, said, folder)
        theirs.close()
        try:
            talk = Channel(ours)
            talk.say(channel.REQUEST, request)
            return _serve(talk, source, time.monotonic() + limits.wall, alive)
        except Closed as closed:
            raise Rejected(_reason(child)) from closed
        except (TypeError, ValueError) as garbled:
            raise Rejected(CRASHED) from garbled
        finally:
            _end(child)
            _log(child, said)


def _serve(talk: Channel, source: Source, until: float, alive: Callable[[float], None]) -> Answer:
    """Answer the child's questions until it is done, refuses, ends, or is too slow."""
    attachment, done = b"", 0.0
    while True:
        alive(done)
        left = until - time.monotonic()
        if left <= 0:
            raise Rejected(TOO_HEAVY)
        if not select.select([talk.connection], [], [], min(left, 1))[0]:
            continue
        talk.connection.settimeout(max(left, 1))  # a child that stops amid a message
        kind, payload = talk.receive()
        match kind:
            case channel.READ:
                talk.send(channel.BYTES, _range(source, *channel.unpack_range(payload)))
            case channel.PROGRESS:
                done = float(json.loads(payload))
            case channel.ATTACHMENT:
                attachment = payload
            case channel.DONE:
                return Answer(json.loads(payload), attachment)
            case channel.REFUSED:
                raise Rejected(Refusal(*json.loads(payload)))
            case channel.UNCONFINED:
                raise Rejected(UNCONFINED)
            case _:
                raise Closed


def _range(source: Source, start: int, length: int) -> bytes:
    start, length = min(start, source.size), min(length, MOST_RANGE)
    length = min(length, source.size - start)
    return source.read(start, length) if length > 0 else b""


def _start(theirs: socket.socket, said: IO[bytes], folder: Path | None) -> subprocess.Popen[bytes]:
    handle = theirs.fileno()
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [*_PYTHON, "catalogs.rasters.child", str(handle)],
        env=_environment(folder),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        pass_fds=[handle],
        start_new_session=True,
    )


def _environment(folder: Path | None) -> dict[str, str]:
    """Nothing of ours: no secrets, no credentials; GDAL without sidecars, network and drivers."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTHONPATH": _ROOT,
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder) if folder else "/nonexistent",
        "CPL_TMPDIR": str(folder) if folder else "/nonexistent",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "64",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_SKIP": _skipped_drivers(),
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "AWS_NO_SIGN_REQUEST": "YES",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PROJ_NETWORK": "OFF",
    }


@functools.cache
def _skipped_drivers() -> str:
    """Every driver but the few that GeoTIFFs and thumbnails need."""
    warm = [*_ALONE, "-m", "catalogs.rasters.warm"]
    environment = {"PYTHONPATH": _ROOT, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    known = subprocess.run(warm, env=environment, cwd="/", capture_output=True, check=True)  # noqa: S603
    return ",".join(sorted(set(json.loads(known.stdout)) - KEPT_DRIVERS))


def _reason(child: subprocess.Popen[bytes]) -> Refusal:
    """Why a child went away without an answer, or said what no child says."""
    until = time.monotonic() + 2
    while not _is_over(child) and time.monotonic() < until:
        time.sleep(0.02)
    _end(child)
    too_much = (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ, -signal.SIGABRT)
    return TOO_HEAVY if child.returncode in too_much else CRASHED


def _is_over(child: subprocess.Popen[bytes]) -> bool:
    """Asked without clearing it away: until then no other process can have its number."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(child: subprocess.Popen[bytes]) -> None:
    """With all that it started: they live on when it has ended by itself."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _log(child: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """The child's last words, for whoever looks for the reason of a refusal."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - 2000))
    if words := said.read().decode(errors="replace").strip():
        log.info("the raster reader ended with %s and said: %s", child.returncode, words)
