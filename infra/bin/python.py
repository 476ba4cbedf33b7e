"""A Python >= 3.12, and the virtual environment with the pinned requirements."""

import shutil
from pathlib import Path

from ground import PYTHON, ROOT, VENV, Place, answer, fingerprint, is_current, run

# 3.13 is what the product is developed on; others follow in the order they are trusted.
VERSIONS = ("3.13", "3.12", "3.14")
# Whom the machine trusts, uv, pip and npm trust too (each brings a list of its own): company
# networks have certificates of theirs.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
TRUST = (
    {
        "UV_SYSTEM_CERTS": "1",
        "PIP_CERT": str(CERTIFICATES),
        "NODE_EXTRA_CA_CERTS": str(CERTIFICATES),
    }
    if CERTIFICATES.exists()
    else {}
)


def system_can_make_venvs() -> bool:
    """Debian's own python3 comes without ensurepip; `python3-venv` brings it."""
    return answer(["python3", "-c", "import ensurepip, venv"]) is not None


def uv(place: Place) -> Path:
    """The uv of the machine, or one from PyPI in a small environment of its own."""
    present = shutil.which("uv")
    if present and answer([present, "--version"]):
        return Path(present)
    folder = place.folder / "uv"
    if answer([folder / "bin" / "uv", "--version"]) is None:
        log = place.logs / "setup.log"
        run(
            ["python3", "-m", "venv", "--clear", folder],
            log=log,
            refusal="python3 could not make a virtual environment: install python3-venv.",
        )
        run(
            [folder / "bin" / "pip", "install", "-q", "uv"],
            log=log,
            env=TRUST,
            refusal="uv could not be fetched from PyPI: is there a network?",
        )
    return folder / "bin" / "uv"


def has_uv(place: Place) -> bool:
    return shutil.which("uv") is not None or (place.folder / "uv" / "bin" / "uv").exists()


def find_python(place: Place) -> str:
    """Look in PATH and where pyenv keeps its versions; only then ask uv to download one."""
    candidates = [
        *(f"python{version}" for version in VERSIONS),
        "python3",
        *map(str, sorted(Path.home().glob(".pyenv/versions/*/bin/python3"), reverse=True)),
    ]
    ask = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    found: dict[str, str] = {}
    for candidate in candidates:
        version, _, path = (answer([candidate, "-c", ask]) or "").partition(" ")
        found.setdefault(version, path)
    for version in VERSIONS:
        if version in found:
            return found[version]
    run(
        [uv(place), "python", "install", VERSIONS[0]],
        log=place.logs / "setup.log",
        env=TRUST,
        refusal="No Python 3.12 or newer is in PATH or ~/.pyenv/versions, and uv could not "
        "download one: install one and run this again.",
    )
    return VERSIONS[0]


def make_venv(place: Place) -> list[str]:
    """The one environment for running and testing; the image installs requirements.txt alone."""
    requirements = ROOT / "requirements-dev.txt"
    stamp = VENV / ".requirements"
    # A checkout that moved needs a new environment: scripts in it name their folder.
    expected = fingerprint([requirements, ROOT / "pyproject.toml"], str(ROOT))
    works = answer([PYTHON, "-c", "import gistac"]) is not None
    if works and is_current(stamp, expected):
        return []
    log = place.logs / "setup.log"
    tool = uv(place)
    environment = {"VIRTUAL_ENV": str(VENV), "UV_PYTHON_PREFERENCE": "only-system", **TRUST}
    if answer([PYTHON, "-c", "import sys; assert sys.version_info >= (3, 12)"]) is None:
        python = find_python(place)
        run(
            [tool, "venv", "--clear", "--python", python, VENV],
            log=log,
            refusal=f"uv could not make {VENV} with {python}.",
        )
    run(
        [tool, "pip", "install", "--require-hashes", "-r", requirements],
        log=log,
        env=environment,
        refusal="The Python packages could not be installed from PyPI: is there a network?",
    )
    run(
        [tool, "pip", "install", "--no-deps", "--no-build-isolation", "-e", ROOT],
        log=log,
        env=environment,
        refusal="GiSTAC's own packages could not be installed into .venv.",
    )
    stamp.write_text(expected)
    version = answer([PYTHON, "-c", "import platform; print(platform.python_version())"])
    return [f"Python {version}, requirements as pinned"]


def make_peer(place: Place) -> Path:
    """An environment for the server that the benchmark compares with; its Python."""
    folder = place.folder / "peer"
    wanted = ["stac-fastapi-pgstac[server]==7.2.0", "pypgstac[psycopg]==0.10.0"]
    stamp, expected = folder / ".requirements", fingerprint([], " ".join(wanted))
    if not is_current(stamp, expected):
        log, tool = place.logs / "setup.log", uv(place)
        run(
            [tool, "venv", "--clear", "--python", PYTHON, folder],
            log=log,
            refusal=f"uv could not make {folder}.",
        )
        run(
            [tool, "pip", "install", *wanted],
            log=log,
            env={"VIRTUAL_ENV": str(folder), **TRUST},
            refusal="The peer could not be installed from PyPI: is there a network?",
        )
        stamp.write_text(expected)
    return folder / "bin" / "python"


def lock(place: Place) -> None:
    """Write both requirements files anew from pyproject.toml, without index addresses."""
    compile_: list[str | Path] = [
        uv(place),
        *("pip", "compile", "-q", "--upgrade", "-p", PYTHON, "pyproject.toml", "--universal"),
        *("--python-version", "3.12", "--generate-hashes", "--no-emit-index-url", "--no-header"),
    ]
    outputs: dict[str, list[str]] = {
        "requirements.txt": [],
        "requirements-dev.txt": ["--group", "dev"],
    }
    for name, more in outputs.items():
        run(
            [*compile_, *more, "-o", name],
            log=place.logs / "setup.log",
            env=TRUST,
            refusal=f"{name} could not be compiled.",
        )
