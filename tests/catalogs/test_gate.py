"""The gate as real programs use it: requests, curl and GDAL, with a key, over sockets."""

import subprocess

import numpy as np
import pytest
import rasterio
import requests
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from catalogs.stac import transactions
from catalogs.stac.transactions import HeldFile
from tenants.current import tenant_scope
from tests.stac import documents

PIXELS = np.arange(256 * 256, dtype="uint16").reshape(1, 256, 256)


def _tiff() -> bytes:
    with MemoryFile() as memory:
        profile = {"driver": "GTiff", "width": 256, "height": 256, "count": 1, "dtype": "uint16"}
        tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64}
        place = {"crs": "EPSG:4326", "transform": from_origin(10, 51, 0.01, 0.01)}
        with memory.open(**profile, **tiles, **place) as dataset:
            dataset.write(PIXELS)
        return memory.read()


@pytest.fixture
def content() -> bytes:
    return _tiff()


@pytest.fixture
def href(live, bucket, content) -> str:
    """The gate of a GeoTIFF in a private collection."""
    name = storages["assets"].save(f"o/{live.organization.pk}/u/1/a.tif", ContentFile(content))
    with tenant_scope(live.organization):
        collection = transactions.create_collection(documents.collection())
        file = HeldFile("data", name, len(content), "1220" + "00" * 32, "image/tiff")
        transactions.create_item(collection, documents.item(), held=[file])
    return f"{live.stac}collections/c/items/i/assets/data"


@pytest.fixture
def headers(live) -> dict[str, str]:
    return {"Authorization": f"Bearer {live.key()}"}


def test_it_works(href, headers, content):
    first = requests.get(href, headers=headers, allow_redirects=False, timeout=10)
    assert (first.status_code, first.headers["Cache-Control"]) == (302, "no-store, private")
    assert "Signature" in first.headers["Location"]
    assert requests.get(href, headers=headers, timeout=10).content == content


def test_ranges(href, headers, content):
    part = requests.get(href, headers={**headers, "Range": "bytes=100-199"}, timeout=10)
    assert (part.status_code, part.content) == (206, content[100:200])


def test_head_tells_the_size(href, headers, content):
    answer = requests.head(href, headers=headers, allow_redirects=True, timeout=10)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(content)


def test_strangers_and_wrong_keys(href):
    assert requests.get(href, timeout=10).status_code == 404
    wrong = requests.get(href, headers={"Authorization": "Bearer nonsense"}, timeout=10)
    assert wrong.status_code == 401


def test_curl_with_the_key_as_a_password(href, live, content, tmp_path):
    target = tmp_path / "a.tif"
    command = ["curl", "-sfL", "-u", f"key:{live.key()}", "-o", str(target), href]
    subprocess.run(command, check=True, timeout=20)
    assert target.read_bytes() == content


def test_gdal_reads_a_window(href, headers):
    options = {
        "GDAL_HTTP_HEADERS": f"Authorization: {headers['Authorization']}",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    }
    with rasterio.Env(**options), rasterio.open(f"/vsicurl/{href}") as dataset:
        window = ((64, 128), (64, 128))
        assert (dataset.read(1, window=window) == PIXELS[0, 64:128, 64:128]).all()
