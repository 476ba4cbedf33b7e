"""The whole of a local GiSTAC in one place: database, store, web, worker, sweeper."""

import fcntl
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import IO

from ground import PYTHON, ROOT, VENV, Place, Refusal, fingerprint, is_current, run
from memory import Memory
from postgres import Cluster
from processes import end_left_overs
from seaweed import PORTS, Store
from supervisor import Service, Supervisor

# Enough for two cores. Most of the threads keep those who wait: few are answered at once, and the
# next turn goes to the organization that has the fewest (gistac.fairness).
WEB_WORKERS, WEB_THREADS = 2, 64


class Stack:
    def __init__(self, place: Place, *, throw_away: bool = False) -> None:
        self.place = place
        self.memory = Memory(place)
        self.throw_away = throw_away
        self.cluster = Cluster(place, self.memory, throw_away=throw_away)
        self.store = Store(place, self.memory)
        self.supervisor = Supervisor(place)
        self.lock: IO[str] | None = None

    def claim(self) -> None:
        """Two supervisors of one place would end each other's processes."""
        lock = (self.place.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refusal(
                f"GiSTAC is running from {self.place.folder} already (process "
                f"{lock.read().strip() or 'unknown'}): stop that one with Ctrl-C first."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self.lock = lock

    def recover(self) -> list[str]:
        """End what a killed run left, and choose the ports."""
        ended = end_left_overs(self.place, self.cluster.folder)
        self.cluster.remove_stale_lock()
        return [f"ended {ended} processes of a run that was killed"] if ended else []

    def choose_ports(self, web: int | None = None) -> int:
        for name in ("postgres", *PORTS):
            self.memory.port(f"{name}_port")
        port = self.memory.web_port(web)
        self.memory.save()
        return port

    @property
    def address(self) -> str:
        return f"http://localhost:{self.memory.values['web_port']}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of web, worker and every command, the same for all."""
        settings = {
            "GISTAC_SECRET_KEY": self.memory.secret("secret_key"),
            "GISTAC_KEY_PEPPERS": f"1:{self.memory.secret('key_pepper')}",
            "GISTAC_URL": self.address,
            "GISTAC_DATABASE_URL": self.cluster.url,
            "GISTAC_MAIL_DIR": str(self.place.mail),
            "GISTAC_SCHEMAS": str(self.place.folder / "schemas"),
            "GISTAC_DEVELOPMENT": "true",
            **self.store.settings,
        }
        if self.throw_away:  # tests ask nothing of the network
            settings["GISTAC_SCHEMA_HOSTS"] = ""
        self.memory.save()
        return settings

    def manage(self, *words: str, refusal: str, aloud: bool = False) -> None:
        run(
            [PYTHON, "manage.py", *words],
            log=self.place.logs / "setup.log",
            env=self.environment,
            refusal=refusal,
            aloud=aloud,
        )

    def collect_static(self) -> list[str]:
        stamp = ROOT / "staticfiles" / ".collected"
        expected = fingerprint([ROOT / "static", ROOT / "requirements-dev.txt"])
        if is_current(stamp, expected):
            return []
        self.manage("collectstatic", "--noinput", refusal="The static files were not collected.")
        stamp.write_text(expected)
        return ["collected"]

    def start_servers(self) -> None:
        """Those that are asked over the network; they must stand before anything is migrated."""
        self.supervisor.start(self.cluster.service())
        self.supervisor.start(self.store.service())

    def start_product(self) -> None:
        environment = self.environment
        self.supervisor.start(self._web(environment))
        for name, command in (("worker", ["worker"]), ("sweeper", ["sweep"])):
            self.supervisor.start(
                Service(
                    name=name,
                    command=[str(PYTHON), "manage.py", *command],
                    cwd=ROOT,
                    env=environment,
                    ready=lambda: True,
                )
            )

    def _web(self, environment: Mapping[str, str]) -> Service:
        return Service(
            name="web",
            command=[
                *(str(VENV / "bin" / "granian"), "--interface", "wsgi", "gistac.wsgi:application"),
                *("--host", "127.0.0.1", "--port", str(self.memory.values["web_port"])),
                *("--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)),
                *("--respawn-failed-workers", "--respawn-interval", "0.5"),
                *("--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning"),
            ],
            cwd=ROOT,
            env=environment,
            ready=self.is_ready,
            patience=60,
        )

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        self.supervisor.stop()

    def remove(self) -> None:
        """For a throw-away stack only."""
        self.cluster.remove()
