"""The reader's process: nothing that it started outlives it."""

import sys
import time
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from catalogs.rasters import reader, scan
from catalogs.rasters.refusals import CRASHED, Rejected

LEAVES_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({note!r}, "w").write(str(child.pid))
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_what_an_ended_reader_leaves_behind_is_ended_too(tmp_path, monkeypatch):
    note, script = tmp_path / "pid", tmp_path / "reader.py"
    script.write_text(LEAVES_A_CHILD.format(note=str(note)))
    reader._skipped_drivers()  # asked once, of the true reader
    monkeypatch.setattr(reader, "_PYTHON", (sys.executable, str(script)))
    source = reader.Source(4, None, lambda start, length: b"II*\x00")
    with pytest.raises(Rejected) as rejected:
        reader.run("describe", source, reader.Limits(wall=20))
    assert rejected.value.refusal == CRASHED
    until = time.monotonic() + 10
    while is_alive(int(note.read_text())):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_readers_import_was_compiled_before_the_first():
    """They keep no bytecode themselves, and would compile all of it each time."""
    kept = Path(cache_from_source(scan.__file__))
    kept.unlink(missing_ok=True)
    reader._skipped_drivers.cache_clear()
    reader._skipped_drivers()
    assert kept.exists()
