"""One small supervisor: starts services in order, restarts what dies, stops all in order."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ground import Place, Refusal
from processes import MARK

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A service that held this long is well: its next fall is a first one.
WELL_AFTER = 60.0
LARGEST_LOG = 50_000_000


@dataclass
class Service:
    name: str
    command: list[str]
    cwd: Path
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "SIGTERM"
    patience: float = 30.0  # seconds that starting, and stopping, may take


class Running:
    """One service's process, and when it may be started again."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = FIRST_PAUSE
        self.again_at = 0.0
        self.restarts = 0


class Supervisor:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.running: list[Running] = []
        self.ending = threading.Event()
        self.watching: threading.Thread | None = None
        self.guard = threading.RLock()

    def start(self, service: Service) -> None:
        """Start it and wait until it is ready; from then on it is kept alive."""
        one = Running(service)
        with self.guard:
            self._launch(one)
            self.running.append(one)
        if self.watching is None:
            self.watching = threading.Thread(target=self._watch, daemon=True)
            self.watching.start()
        until = time.monotonic() + service.patience
        while not service.ready():
            if self.ending.is_set():
                return
            if one.restarts > 3 or time.monotonic() > until:
                raise Refusal(f"{service.name} does not start: see {self._log(service)}.")
            time.sleep(0.1)

    def stop(self) -> None:
        """The last started is the first stopped, so that nobody loses what they stand on."""
        self.ending.set()
        with self.guard:
            for one in reversed(self.running):
                self._end(one)

    def _log(self, service: Service) -> Path:
        return self.place.logs / f"{service.name}.log"

    def _launch(self, one: Running) -> None:
        log = self._log(one.service)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            one.process = subprocess.Popen(
                one.service.command,
                cwd=one.service.cwd,
                env={**os.environ, **one.service.env, MARK: str(self.place.folder)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Its own group: Ctrl-C reaches us alone, and we end them in order.
                start_new_session=True,
            )
        one.started = time.monotonic()

    def _watch(self) -> None:
        while not self.ending.wait(0.2):
            with self.guard:
                for one in self.running:
                    self._look_after(one)

    def _look_after(self, one: Running) -> None:
        now = time.monotonic()
        if self.ending.is_set() or one.process is None or one.process.poll() is None:
            if one.process is None and now >= one.again_at and not self.ending.is_set():
                self._launch(one)
            return
        code = one.process.returncode
        _signal_group(one.process.pid, signal.SIGKILL)  # its children, if it left any
        one.pause = FIRST_PAUSE if now - one.started > WELL_AFTER else one.pause
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        print(f"{one.service.name} ended {how}; starting it again in {one.pause:g} s", flush=True)
        one.process = None
        one.restarts += 1
        one.again_at = now + one.pause
        one.pause = min(one.pause * 2, LONGEST_PAUSE)

    def _end(self, one: Running) -> None:
        if one.process is None:
            return
        if one.process.poll() is None:
            one.process.send_signal(signal.Signals[one.service.stop_signal])
            try:
                one.process.wait(one.service.patience)
            except subprocess.TimeoutExpired:
                print(f"{one.service.name} does not stop; it is killed", flush=True)
        _signal_group(one.process.pid, signal.SIGKILL)
        one.process.wait()
        one.process = None


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
