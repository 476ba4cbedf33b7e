"""A whole GiSTAC under its own supervisor, as `make run` starts it, to be shot at."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.live import free_port

ROOT = Path(__file__).resolve().parents[2]
SILENCE = 6  # seconds after which a silent worker counts as dead here
PATIENCE = 150

# What a command line must hold for a process to be of that kind.
KINDS = {
    "web": "granian",
    "worker": "manage.py worker",
    "sweeper": "manage.py sweep",
    "s3": "weed",
}

MAKE_KEY = """
import json
from tenants import keys, signup
from tenants.models import User
from tenants.roles import WRITE_SCOPES
owner = User.objects.create_user("ada@example.org", name="Ada")
acme = signup.create_organization(name="Acme", slug="acme", owner=owner)
print(json.dumps(keys.issue(acme, creator=owner, name="t", scopes=WRITE_SCOPES)[1]))
"""


class Stack:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.key = ""
        self.starts = 0

    @property
    def command(self) -> list[str]:
        return [sys.executable, "infra/bin", "run", "--no-demo", "--data", str(self.folder)]

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the test run's own settings: the stack has its own."""
        kept = {name: value for name, value in os.environ.items() if not _of_the_test_run(name)}
        rates = {"GISTAC_KEY_RATE": "0", "GISTAC_ADDRESS_RATE": "0"}
        return {**kept, **rates, "GISTAC_WORKER_SILENCE": str(SILENCE)}

    def start(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self.is_ready, "the stack is ready", self.said)
        self.starts += 1

    def said(self) -> str:
        return (self.folder / "run.log").read_text()[-3000:]

    def is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"The stack ended by itself:\n{self.said()}")
        # Not asked of /readyz: an orphan of an earlier start could answer there.
        return (self.folder / "run.log").read_text().count("GiSTAC runs at") > self.starts

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(120)

    def remove(self) -> None:
        """With the database, which lies elsewhere where root runs it."""
        self.stop()
        memory = json.loads((self.folder / "memory.json").read_text())
        shutil.rmtree(memory["cluster"], ignore_errors=True)

    def manage(self, *words: str) -> str:
        command = [sys.executable, "infra/bin", "manage", "--data", str(self.folder), *words]
        result = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )
        return result.stdout

    def shell(self, code: str) -> object:
        """The JSON that this Python prints inside the product."""
        return json.loads(self.manage("shell", "-v0", "-c", code).strip().splitlines()[-1])

    def pids(self, kind: str) -> list[int]:
        return list(self._postgres() if kind == "postgres" else self._of(KINDS[kind]))

    def _of(self, words: str) -> Iterator[int]:
        mark = f"GISTAC_PLACE={self.folder}".encode()
        for pid, folder in _processes():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                marked = mark in (folder / "environ").read_bytes().split(b"\0")
                if marked and words in command:
                    yield pid

    def _postgres(self) -> Iterator[int]:
        """Every process of it: it stands in its folder."""
        cluster = json.loads((self.folder / "memory.json").read_text())["cluster"]
        for pid, folder in _processes():
            with contextlib.suppress(OSError):
                if os.readlink(folder / "cwd") == cluster:
                    yield pid

    def kill(self, kind: str) -> None:
        pids = self.pids(kind)
        assert pids, f"there is no {kind} to kill"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _processes() -> Iterator[tuple[int, Path]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            yield int(folder.name), folder


def _of_the_test_run(name: str) -> bool:
    return bool(re.match(r"GISTAC_|DJANGO_|PYTEST_|PYTHONPATH$", name))


def wait_until(
    holds: Callable[[], bool], what: str, said: Callable[[], object], seconds: float = PATIENCE
) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"After {seconds} s it is not so that {what}; it says: {said()}")
        time.sleep(0.3)
