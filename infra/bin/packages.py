"""Debian's packages: PostgreSQL with PostGIS, and a browser for the tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ground import Place, Refusal, answer, run

OLDEST_POSTGRESQL = 15
CLUSTER_DEFAULTS = Path("/etc/postgresql-common/createcluster.conf")


def postgresql() -> Path | None:
    """The bin folder of the newest PostgreSQL that has PostGIS."""
    found: list[tuple[int, Path]] = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = folder.parent.name
        control = Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
        if version.isdigit() and (folder / "initdb").exists() and control.exists():
            found.append((int(version), folder))
    newest = max(found, default=(0, None))
    return newest[1] if newest[0] >= OLDEST_POSTGRESQL else None


def chromium() -> str | None:
    """GISTAC_CHROMIUM names another browser of its kind (Ubuntu has none by apt)."""
    named = os.environ.get("GISTAC_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("google-chrome")


def install(place: Place, *, browser: bool, venv_module: bool) -> list[str]:
    """Install what is missing and say what that was."""
    wanted: list[str] = []
    if postgresql() is None:
        wanted += ["postgresql", "postgresql-postgis"]
    # The first thing that people paste, and the tests too.
    if shutil.which("curl") is None:
        wanted += ["curl"]
    if browser and chromium() is None:
        wanted += ["chromium"]
    # Playwright brings a Node of its own, which needs this and does not bring it.
    if browser and not list(Path("/usr/lib").glob("*/libatomic.so.1")):
        wanted += ["libatomic1"]
    if venv_module:
        wanted += ["python3-venv"]
    if not wanted:
        return []
    _apt(place, wanted)
    if postgresql() is None:
        raise Refusal(
            f"Your system's packages bring no PostgreSQL {OLDEST_POSTGRESQL} or newer with "
            "PostGIS: Debian 12, Debian 13 and Ubuntu 24.04 do."
        )
    return [f"installed {' '.join(wanted)}"]


def install_tools(place: Place, wanted: dict[str, str]) -> None:
    """Commands by the packages that bring them."""
    missing = [package for command, package in wanted.items() if shutil.which(command) is None]
    if missing:
        _apt(place, missing)


def _apt(place: Place, wanted: list[str]) -> None:
    names = " ".join(wanted)
    if shutil.which("apt-get") is None:
        raise Refusal(f"This system has no apt-get: install by hand what stands for {names}.")
    root = _as_root(names)
    log = place.logs / "setup.log"
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    run(
        [*apt, "update"],
        log=log,
        refusal="apt-get could not fetch its package lists: is there a network?",
    )
    # Debian keeps an administrator's createcluster.conf as it is when asked this way.
    keep = ["-o", "Dpkg::Options::=--force-confold", "--no-install-recommends"]
    with _no_system_cluster(root):
        run(
            [*apt, "install", *keep, *wanted],
            log=log,
            refusal=f"apt-get could not install {names}: the lines above say why.",
        )


def _as_root(names: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise Refusal(
            f"{names} must be installed, and there is no sudo here: "
            f"ask an administrator to run `apt-get install {names}`."
        )
    if answer(["sudo", "-n", "true"]) is None and not sys.stdin.isatty():
        raise Refusal(
            f"{names} must be installed, and sudo asks for a password that nobody is here to "
            "type: run this in a terminal."
        )
    return ["sudo"]


@contextmanager
def _no_system_cluster(root: list[str]) -> Iterator[None]:
    """Keep the package from making and starting a database service of its own.

    The file is put back afterwards: it is the administrator's, not ours.
    """
    before = CLUSTER_DEFAULTS.read_text() if CLUSTER_DEFAULTS.exists() else None
    _write_as_root(root, (before or "") + "\ncreate_main_cluster = false\n")
    try:
        yield
    finally:
        packaged = Path("/usr/share/postgresql-common/createcluster.conf")
        if before is None and packaged.exists():
            before = packaged.read_text()
        _write_as_root(root, before or "")


def _write_as_root(root: list[str], text: str) -> None:
    subprocess.run([*root, "mkdir", "-p", str(CLUSTER_DEFAULTS.parent)], check=True)
    subprocess.run(
        [*root, "tee", str(CLUSTER_DEFAULTS)],
        input=text.encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
