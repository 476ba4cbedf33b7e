"""stac-geoparquet as it is sent to us, unpacked by a process of its own (parquet_lines.py)."""

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from . import parquet_lines
from .errors import Invalid, TooLarge

MEDIA_TYPES = ("application/vnd.apache.parquet", "application/x-parquet")
_MAGIC = b"PAR1"
_LIMITS = {
    resource.RLIMIT_DATA: 2 * 2**30,  # bytes of memory
    resource.RLIMIT_CPU: 3600,  # seconds of computing
    resource.RLIMIT_FSIZE: 2**16,  # bytes of what it may say of a fault
    resource.RLIMIT_CORE: 0,
}
# Nothing of ours on its path; and no bytecode is kept: the limit of what it may write would cut
# those files off, and whoever imports the same module next would read what is left.
_ALONE = ("-I", "-B")
# Nothing of ours, and one memory for all, which the limit counts.
_ENVIRONMENT = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}


class Lines:
    """The items of a file, one line of JSON each; `rows` is known once the first was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.rows = self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(0)
        if self.file.read(4) != _MAGIC:
            raise Invalid("This is no Parquet file.")
        self.file.seek(0)
        with _on_disk(self.file) as source, tempfile.TemporaryFile() as said:
            program = [sys.executable, *_ALONE, str(Path(parquet_lines.__file__))]
            with subprocess.Popen(  # noqa: S603 - our own program
                program, stdin=source, stdout=subprocess.PIPE, stderr=said, env=_ENVIRONMENT
            ) as child:
                try:
                    for kind, most in _LIMITS.items():  # before it has read anything
                        resource.prlimit(child.pid, kind, (most, most))
                    yield from self._lines(child)
                finally:
                    child.kill()
            if child.returncode:
                raise _refusal(child.returncode, said)

    def _lines(self, child: subprocess.Popen[bytes]) -> Iterator[bytes]:
        if child.stdout is None:
            return
        self.rows = int(child.stdout.readline() or 0)
        for line in child.stdout:
            self.read += 1
            yield line
        child.wait()

    def done(self) -> float:
        return self.read / self.rows if self.rows else 0.0


def _on_disk(file: IO[bytes]) -> IO[bytes]:
    """A file that another process can read from its start."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who asks
    shutil.copyfileobj(file, copy, 2**20)
    copy.seek(0)
    return copy


def _refusal(status: int, said: IO[bytes]) -> Invalid | TooLarge:
    said.seek(0)
    sentence = said.read(500).decode(errors="replace")
    if status != parquet_lines.REFUSED or "more than" in sentence or "At most" in sentence:
        known = sentence if status == parquet_lines.REFUSED else ""
        return TooLarge(known or "The Parquet file is damaged, or unpacks to more than is taken.")
    return Invalid(sentence)
