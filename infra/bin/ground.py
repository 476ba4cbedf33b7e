"""What every step stands on: where things are, how progress and refusals are said."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class Refusal(Exception):
    """What is in the way, in one sentence for a person."""


def _not_yours(folder: Path) -> Refusal:
    return Refusal(
        f"{folder} cannot be written by you: change its owner, or run this as the user who owns it."
    )


class Place:
    """A folder that holds all of one running GiSTAC: database, files, mails, logs, secrets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.logs = self.folder / "logs"
        self.mail = self.folder / "mail"

    def make(self) -> None:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self.mail.mkdir(exist_ok=True)
        except PermissionError as error:
            raise _not_yours(Path(str(error.filename))) from None
        for folder in (ROOT, self.folder, self.logs):
            if not os.access(folder, os.W_OK):
                raise _not_yours(folder)

    def enough_room(self, gigabytes: float) -> None:
        free = shutil.disk_usage(self.folder).free / 1e9
        if free < gigabytes:
            raise Refusal(
                f"The disk under {self.folder} has {free:.1f} GB free and {gigabytes:.0f} GB "
                "are needed: make room and run this again."
            )


class Report:
    """Says each step with its seconds."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.number = 0

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """The block appends what it did; nothing appended means it was done already."""
        self.number += 1
        began = time.monotonic()
        print(f"[{self.number:>2}/{self.steps}] {title} ...", flush=True)
        done: list[str] = []
        yield done
        print(
            f"        {', '.join(done) or 'already there'} ({time.monotonic() - began:.1f} s)",
            flush=True,
        )


def say(line: str) -> None:
    """What a step is about to do, when that takes a while."""
    print(f"        {line}", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    refusal: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    aloud: bool = False,
) -> None:
    """Run to the end, its words into the log; on failure its last lines, then the refusal.

    `aloud` says its lines as they come.
    """
    last: deque[str] = deque(maxlen=15)
    with (
        log.open("a") as written,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=None if sys.stdin and sys.stdin.isatty() else subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
        ) as process,
    ):
        written.write(f"\n$ {' '.join(map(str, command))}\n")
        for line in process.stdout or ():
            written.write(line)
            last.append(f"        | {line}")
            if aloud:
                say(line.rstrip("\n"))
    if process.returncode:
        print("" if aloud else "".join(last), end="", flush=True)
        raise Refusal(f"{refusal} (The whole output is in {log}.)")


def answer(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str | None:
    """The command's output, or None where it is missing or fails."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, env=env, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """One hash over the contents of files and folders, and over what else decides."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner only."""
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    new.replace(file)


def is_current(stamp: Path, expected: str) -> bool:
    return stamp.is_file() and stamp.read_text() == expected
