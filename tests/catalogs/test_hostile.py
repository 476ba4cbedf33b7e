"""Files that attack: nothing outside them is read, nobody is called, limits hold.

Tripwires: a canary file whose pixels must never show, and a socket that must never be called.
"""

import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import tifffile

from catalogs.rasters import reader
from catalogs.rasters.refusals import Rejected
from tests.catalogs.scenes import scene

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def describe(tmp_path):
    """Describes bytes in the confined child, as the job does; gives the refusal's code."""

    def run(data: bytes, limits: reader.Limits | None = None) -> str:
        path = tmp_path / "in.tif"
        path.write_bytes(data)
        source = reader.Source(len(data), path, lambda start, length: b"")
        limits = limits or reader.describing(len(data))
        try:
            reader.run("describe", source, limits, filename="in.tif")
        except Rejected as rejected:
            return rejected.refusal.code
        return "taken"

    return run


@pytest.fixture
def canary(tmp_path) -> Path:
    path = tmp_path / "elsewhere" / "canary.tif"
    path.parent.mkdir()
    path.write_bytes(scene(pixels=np.full((1, 48, 48), 77, dtype="uint8")))
    return path


@pytest.fixture
def wire():
    """A listening socket, and the list of those who called."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                calls.append(str(address))
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", calls
        server.shutdown(socket.SHUT_RDWR)


def pointing_at(target: str, item: str = "OVERVIEW_FILE", domain: str = "OVERVIEWS") -> bytes:
    pixels = np.full((1, 96, 96), 5, dtype="uint8")
    return scene(pixels=pixels, tags={item: target}, domain=domain)


@pytest.mark.parametrize("item", ["OVERVIEW_FILE", "overview_file"])
def test_an_overview_elsewhere_is_refused_before_gdal_sees_it(describe, canary, item):
    assert describe(pointing_at(str(canary), item)) == "names-other-files"


def test_a_vrt_as_overview_is_refused(describe, canary):
    vrt = f'<VRTDataset rasterXSize="48" rasterYSize="48">{canary}</VRTDataset>'
    assert describe(pointing_at(vrt)) == "names-other-files"


def test_an_address_as_overview_is_refused_and_not_called(describe, wire):
    url, calls = wire
    assert describe(pointing_at(f"/vsicurl/{url}/a.tif")) == "names-other-files"
    assert calls == []


def test_a_geolocation_array_elsewhere_is_refused(describe, canary):
    assert describe(pointing_at(str(canary), "X_DATASET", "GEOLOCATION")) == "names-other-files"


def test_entities_that_hide_a_name_are_refused(describe):
    text = (
        '<!DOCTYPE a [<!ENTITY o "OVERVIEWS">]><GDALMetadata><Item name="OVERVIEW_FILE" '
        'domain="&o;">/etc/passwd</Item></GDALMetadata>'
    )
    assert describe(with_metadata(text)) == "names-other-files"


def with_metadata(text: str) -> bytes:
    out = io.BytesIO()
    pixels = np.ones((32, 32), dtype="uint8")
    raw = text.encode() + b"\0"
    tifffile.imwrite(out, pixels, extratags=[(42112, 2, len(raw), raw, True)], metadata=None)
    return out.getvalue()


def test_letters_by_their_numbers_hide_no_name_in_broken_xml(describe):
    xml = (
        '<GDALMetadata><Item name="OVERVIEW&#95;FILE" domain="OVER&#86;IEWS">x</Item>'
        "</GDALMetadata><broken"
    )
    assert describe(with_metadata(xml)) == "names-other-files"


def test_a_vrt_named_tif_is_refused(describe):
    assert describe(b'<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>') == "other-format"


def test_a_bomb_of_pixels_is_refused(describe):
    data = bytearray(scene(64, 64, tiled=True, blockxsize=16, blockysize=16))
    for tag in (256, 257):  # width and height
        set_tag(data, tag, 2_000_000)
    assert describe(bytes(data)) == "too-many-pixels"


def test_a_huge_block_is_refused(describe):
    pixels = np.zeros((1, 20_000, 20_000), dtype="uint8")
    wide = scene(
        pixels=pixels, compress="deflate", tiled=True, blockxsize=20_000, blockysize=19_984
    )
    assert len(wide) < 2_000_000
    assert describe(wide) == "huge-blocks"


def set_tag(data: bytearray, wanted: int, value: int) -> None:
    """Write another value into a tag of the first directory (little-endian classic TIFF)."""
    [at] = struct.unpack_from("<I", data, 4)
    [count] = struct.unpack_from("<H", data, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        [tag] = struct.unpack_from("<H", data, entry)
        if tag == wanted:
            struct.pack_into("<HII", data, entry + 2, 4, 1, value)
            return
    raise LookupError(wanted)


def test_directories_in_a_loop_end(describe):
    data = bytearray(scene())
    [at] = struct.unpack_from("<I", data, 4)
    [count] = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)  # the next directory is this one
    started = time.monotonic()
    assert describe(bytes(data)) in ("taken", "damaged", "too-many-images")
    assert time.monotonic() - started < 30


def test_too_many_images_are_refused(describe):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for _ in range(80):
            writer.write(np.zeros((16, 16), dtype="uint8"), metadata=None)
    assert describe(out.getvalue()) == "too-many-images"


@pytest.mark.parametrize("cut", [8, 20, 100, 1000, 5000])
def test_truncated_files_are_refused(describe, cut):
    assert describe(scene(compress="deflate")[:cut]) in ("damaged", "not-a-tiff")


def test_too_little_memory_ends_the_child_not_the_parent(describe):
    limits = reader.Limits(memory=150 * 1024**2)
    assert describe(scene(), limits) in ("too-heavy", "unreadable", "damaged")


def test_too_little_time_ends_the_child(describe):
    assert describe(scene(), reader.Limits(wall=0.3)) == "too-heavy"
    assert describe(scene(3000, 3000), reader.Limits(seconds=1)) in ("too-heavy", "taken")


def test_mutated_files_are_taken_or_refused_and_nothing_else(describe):
    """A small sample; the thousands run by hand."""
    generator = np.random.default_rng(20261122)
    good = scene(compress="deflate", tags={"A": "B"}, tiled=True, blockxsize=32, blockysize=32)
    for _ in range(6):
        data = bytearray(good)
        for at in generator.integers(0, len(data), 8):
            data[at] = generator.integers(0, 256)
        assert describe(bytes(data))


def test_a_killed_reader_is_a_refusal_and_leaves_no_process(tmp_path):
    path = tmp_path / "in.tif"
    path.write_bytes(scene())
    source = reader.Source(path.stat().st_size, path, lambda start, length: b"")

    def kill(done: float) -> None:
        until = time.monotonic() + 10
        while not children() and time.monotonic() < until:  # its name shows a moment after it
            time.sleep(0.01)
        for child in children():
            os.kill(child, signal.SIGKILL)

    with pytest.raises(Rejected):
        reader.run("describe", source, reader.Limits(), alive=kill, filename="in.tif")
    assert children() == []


def test_a_job_that_must_stop_ends_its_reader(tmp_path):
    path = tmp_path / "in.tif"
    path.write_bytes(scene())
    source = reader.Source(path.stat().st_size, path, lambda start, length: b"")

    def stale(done: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        reader.run("describe", source, reader.Limits(), alive=stale, filename="in.tif")
    assert children() == []


def children() -> list[int]:
    """Readers that this process has started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    commands = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in listed}
    return [pid for pid, command in commands.items() if b"catalogs.rasters.child" in command]


CONFINED = """
import json, os, socket, subprocess, sys
from pathlib import Path
from catalogs.rasters import child
from catalogs.rasters.confine import confine
allowed, canary, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
confine(child._readable({"path": allowed}), [])
def works(action):
    try:
        action()
    except (OSError, subprocess.SubprocessError) as fault:
        return type(fault).__name__
    return "works"
import rasterio
def overview():
    with rasterio.open(allowed, driver="GTiff") as dataset:
        assert 77 not in dataset.read(out_shape=(1, 48, 48)), "another file's pixels"
print(json.dumps({
    "own file": works(lambda: open(allowed).close()),
    "overview": works(overview),
    "canary": works(lambda: open(canary).close()),
    "passwd": works(lambda: open("/etc/passwd").close()),
    "environment": works(lambda: open(f"/proc/{os.getppid()}/environ").read()),
    "write": works(lambda: open(allowed, "w").close()),
    "folder": works(lambda: os.listdir("/")),
    "tcp": works(lambda: socket.create_connection(("127.0.0.1", port))),
    "udp": works(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "unix": works(lambda: socket.socket(socket.AF_UNIX)),
    "program": works(lambda: subprocess.run(["/bin/true"])),
    "kill": works(lambda: os.kill(os.getppid(), 0)),
}))
"""


def test_the_locked_process_can_open_its_file_and_nothing_else(tmp_path, canary, wire):
    """What would happen if a file got past the scan of its tags."""
    url, calls = wire
    evil = tmp_path / "evil.tif"
    evil.write_bytes(pointing_at(str(canary)))
    with rasterio.open(evil) as dataset:
        assert 77 in dataset.read(out_shape=(1, 48, 48)), "the trap bites where nothing is locked"
    port = url.rpartition(":")[2]
    run = subprocess.run(
        [sys.executable, "-c", CONFINED, str(evil), str(canary), port],
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "GDAL_PAM_ENABLED": "NO"},
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen.pop("own file") == "works"
    assert seen.pop("overview") in ("works", "RasterioIOError")
    assert set(seen.values()) == {"PermissionError"}, seen
    assert calls == []


def test_the_child_gets_no_secret(tmp_path):
    environment = reader._environment(tmp_path)
    assert not [name for name in environment if "SECRET" in name or "PASSWORD" in name]
    assert not [name for name in environment if name.startswith("GISTAC")]
    assert environment["AWS_NO_SIGN_REQUEST"] == "YES"
