"""The code that pages show is run as it stands, against a real server and a real store."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.test import override_settings
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds

from tenants.current import tenant_scope
from tenants.roles import READ_SCOPES
from tests.ui import catalog

CODE = re.compile(r'data-snippet="([^"]+)">(.*?)</code>', re.DOTALL)


def snippets(page: str) -> dict[str, str]:
    return {label: html.unescape(code) for label, code in CODE.findall(page)}


def raster() -> bytes:
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=16,
            height=16,
            count=1,
            dtype="uint8",
            crs="EPSG:4326",
            transform=from_bounds(0, 0, 1, 1, 16, 16),
        ):
            pass
        return bytes(memory.getbuffer())


@pytest.fixture(params=["public", "members"])
def live_catalog(request, live, _bucket):
    with override_settings(PLATFORM_URL=live.url):
        call_command("make_bucket")
    with tenant_scope(live.organization):
        scenes = catalog.collection("it's 100%", request.param)
        held = [catalog.file("data", raster(), catalog.COG)]
        catalog.item(scenes, "a'b$c `d", held=held)
    live.private = request.param == "members"
    return live


def run(command: list[str], live, **more: str) -> str:
    keys = {"GISTAC_KEY": live.key(READ_SCOPES)} if live.private else {}
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **keys, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def page(live, path: str) -> dict[str, str]:
    answer = live.session().get(f"{live.address}collections/{path}?view=use", timeout=20)
    assert answer.status_code == 200
    return snippets(answer.text)


ITEM = "it's%20100%25/items/a'b$c%20%60d/"


@pytest.mark.usefixtures("live_catalog")
class TestSnippets:
    def test_a_collection_by_curl(self, live):
        found = run(["sh", "-c", page(live, "it's%20100%25/")["curl"]], live)
        assert '"a\'b$c `d"' in found

    def test_a_collection_by_pystac_client(self, live):
        found = run([sys.executable, "-c", page(live, "it's%20100%25/")["pystac-client"]], live)
        assert "a'b$c `d 2024-05-01" in found

    def test_an_item_by_curl(self, live):
        assert '"assets"' in run(["sh", "-c", page(live, ITEM)["curl"]], live)

    def test_an_item_by_pystac_client(self, live):
        found = run([sys.executable, "-c", page(live, ITEM)["pystac-client"]], live)
        assert found.startswith("data http")

    def test_a_file_by_gdal(self, live, tmp_path):
        found = run(["sh", "-c", page(live, ITEM)["GDAL"]], live, PATH=with_gdalinfo(tmp_path))
        assert "16" in found

    def test_the_address_for_qgis_is_the_catalog(self, live):
        [address] = re.findall(r"URL +(\S+)", page(live, ITEM)["QGIS"])
        assert requests.get(address, timeout=20).json()["type"] == "Catalog"

    def test_public_ones_open_in_stac_browser(self, live):
        text = live.session().get(f"{live.address}collections/{ITEM}?view=use", timeout=20).text
        found = re.findall(r'href="(https://radiantearth[^"]+/external/)http:/([^"]+)"', text)
        assert bool(found) is not live.private
        for _, rest in found:
            assert (
                requests.get(f"http://{html.unescape(rest)}", timeout=20).json()["id"] == "a'b$c `d"
            )


def with_gdalinfo(folder: Path) -> str:
    """GDAL's own tool where it is installed; else the same library, opening the same name."""
    tool = folder / "gdalinfo"
    tool.write_text(
        f"#!{sys.executable}\nimport sys, rasterio\n"
        "with rasterio.open(sys.argv[1]) as found:\n    print(found.profile)\n"
    )
    tool.chmod(0o755)
    return f"{os.environ['PATH']}{os.pathsep}{folder}"
