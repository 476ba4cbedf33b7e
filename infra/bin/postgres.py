"""A private PostgreSQL cluster: our folder, our port, loopback only, no system service."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import packages
from ground import Place, Refusal, run
from memory import Memory
from supervisor import Service

SYSTEM_USER = "gistac-postgres"
# What a database may lose when its machine stops, and tests do not need.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    def __init__(self, place: Place, memory: Memory, *, throw_away: bool = False) -> None:
        self.place = place
        self.memory = memory
        self.throw_away = throw_away
        self.user = SYSTEM_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.folder = Path(memory.text("cluster", str(self._folder())))

    def _folder(self) -> Path:
        """PostgreSQL refuses to run as root, and its own user cannot enter root's home.

        A name by chance, remembered: a checkout deleted and cloned again at the same path does
        not meet a database whose password went with the first.
        """
        if os.geteuid() != 0:
            return self.place.folder / "postgres"
        return Path("/var/lib/gistac") / secrets.token_hex(6)

    @property
    def bin(self) -> Path:
        found = packages.postgresql()
        if found is None:
            raise Refusal("PostgreSQL with PostGIS is not installed.")
        made_by = self.folder / "PG_VERSION"
        if made_by.exists():
            found = found.parents[1] / made_by.read_text().strip() / "bin"
        if not found.exists():
            raise Refusal(
                f"The database in {self.folder} was made by PostgreSQL "
                f"{made_by.read_text().strip()}, which is no longer installed: install it again."
            )
        return found

    @property
    def port(self) -> int:
        return int(self.memory.values["postgres_port"])

    @property
    def url(self) -> str:
        return f"postgresql://gistac:{self.memory.secret('database')}@127.0.0.1:{self.port}/gistac"

    @property
    def owner_url(self) -> str:
        """Of the cluster's superuser."""
        secret = self.memory.secret("database_owner")
        return f"postgresql://postgres:{secret}@127.0.0.1:{self.port}/postgres"

    def make(self) -> list[str]:
        """initdb into a side folder that takes its name when whole: a killed one is no cluster."""
        if (self.folder / "PG_VERSION").exists():
            return []
        if os.geteuid() == 0:
            self._make_system_user()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder.with_name(self.folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        shutil.chown(unfinished, self.user)
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self.memory.secret("database_owner"))
            password.flush()
            shutil.chown(password.name, self.user)
            run(
                [
                    *self._as_user(),
                    *(self.bin / "initdb", "-D", unfinished, "-U", "postgres", "-E", "UTF8"),
                    *("--locale=C.UTF-8", "--auth=scram-sha-256", "--pwfile", password.name),
                    *(["--no-sync"] if self.throw_away else []),
                ],
                log=self.place.logs / "setup.log",
                cwd=Path("/"),
                refusal=f"PostgreSQL could not make a database in {self.folder}.",
            )
        unfinished.rename(self.folder)
        return [f"made in {self.folder}"]

    def _make_system_user(self) -> None:
        try:
            pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            run(
                [
                    *("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"),
                    *("--shell", "/usr/sbin/nologin", SYSTEM_USER),
                ],
                log=self.place.logs / "setup.log",
                refusal=f"The system user {SYSTEM_USER}, who runs PostgreSQL, could not be made.",
            )

    def _as_user(self) -> list[str]:
        return ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"] * (
            os.geteuid() == 0
        )

    def remove_stale_lock(self) -> None:
        """After a crash its number may be another program's by now, and PostgreSQL would refuse.

        Only called when no process stands in the folder any more.
        """
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def service(self) -> Service:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            # Many schemas in one transaction (sign-up, dumps) lock many relations.
            "max_locks_per_transaction": "256",
            "shared_buffers": "256MB",
            "log_destination": "stderr",
            "logging_collector": "off",
            **(THROW_AWAY if self.throw_away else {}),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Service(
            name="postgres",
            command=[
                *self._as_user(),
                str(self.bin / "postgres"),
                "-D",
                str(self.folder),
                *options,
            ],
            cwd=self.folder,
            # A fast shutdown: sessions are ended, everything is written.
            stop_signal="SIGINT",
            ready=self.answers,
            patience=60,
        )

    def answers(self) -> bool:
        command = [str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def make_database(self) -> list[str]:
        """The product's own role is no superuser; PostGIS is put where new databases find it."""
        if self._sql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'gistac'") == "1":
            return []
        self._sql("template1", "CREATE EXTENSION IF NOT EXISTS postgis")
        if not self._sql("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'gistac'"):
            password = self.memory.secret("database")
            self._sql("postgres", f"CREATE ROLE gistac LOGIN CREATEDB PASSWORD '{password}'")
        self._sql("postgres", "CREATE DATABASE gistac OWNER gistac")
        return ["database made"]

    def _sql(self, database: str, statement: str) -> str:
        result = subprocess.run(
            [
                *(str(self.bin / "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"),
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database),
            ],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PGPASSWORD": self.memory.secret("database_owner")},
        )
        if result.returncode:
            raise Refusal(f"PostgreSQL refused: {result.stderr.strip()}")
        return result.stdout.strip()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
