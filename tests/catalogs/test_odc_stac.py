"""odc-stac's usual walk: search, then load the pixels of what was found, lazily, by the gate."""

import numpy as np
import odc.stac
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from odc.loader import configure_rio
from pystac_client import Client
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from catalogs.stac import transactions
from catalogs.stac.transactions import HeldFile
from tenants.current import tenant_scope
from tests.stac import documents

SIDE = 100


def scene(value: int) -> bytes:
    """One degree from 10 E, 51 N southwards, of one value."""
    with MemoryFile() as memory:
        profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint16"}
        place = {"crs": "EPSG:4326", "transform": from_origin(10, 51, 0.01, 0.01), "nodata": 0}
        with memory.open(**profile, **place) as dataset:
            dataset.write(np.full((1, SIDE, SIDE), value, dtype="uint16"))
        return memory.read()


@pytest.fixture
def catalog(live, bucket) -> Client:
    """Two scenes of one place, a month apart, in a private collection."""
    with tenant_scope(live.organization):
        collection = transactions.create_collection(documents.collection())
        for month in (1, 2):
            content = scene(month)
            path = f"o/{live.organization.pk}/u/{month}/a.tif"
            name = storages["assets"].save(path, ContentFile(content))
            kind = "image/tiff; application=geotiff"
            file = HeldFile("data", name, len(content), "1220" + "00" * 32, kind)
            asset = {"href": "data.tif", "type": kind, "roles": ["data"]}
            document = documents.item(
                f"scene-{month}",
                properties={"datetime": f"2024-0{month}-01T00:00:00Z", "proj:code": "EPSG:4326"},
                assets={"data": asset},
            )
            transactions.create_item(collection, document, held=[file])
    headers = {"Authorization": f"Bearer {live.key()}"}
    configure_rio(
        cloud_defaults=True, GDAL_HTTP_HEADERS=f"Authorization: {headers['Authorization']}"
    )
    return Client.open(live.stac, headers=headers)


def test_it_works(catalog):
    found = catalog.search(collections=["c"], bbox=[10.2, 50.2, 10.8, 50.8])
    loaded = odc.stac.load(
        found.items(),
        bands=["data"],
        bbox=[10.2, 50.2, 10.8, 50.8],
        crs="EPSG:4326",
        resolution=0.01,
        chunks={},
    )
    assert list(loaded.time.dt.strftime("%Y-%m").values) == ["2024-01", "2024-02"]
    pixels = loaded["data"].compute()
    assert [int(pixels[n].min()) for n in range(2)] == [1, 2]
    assert [int(pixels[n].max()) for n in range(2)] == [1, 2]
