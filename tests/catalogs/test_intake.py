"""From the last byte to the draft: what the job makes of a file."""

import numpy as np
import pytest
from rasterio.transform import from_origin
from rio_stac.stac import get_projection_info

from catalogs.models import Draft, Upload
from catalogs.storage import assets
from tests.catalogs.scenes import opened, scene


def test_it_works(take_in):
    upload = take_in("S2_20220722T105631.tif", scene(700, 600, bands=3))
    assert upload["state"] == "review"
    draft = Draft.objects.get(upload=upload["id"])
    properties = draft.document["properties"]
    assert draft.document["id"] == "S2_20220722T105631"
    assert properties["datetime"] == "2022-07-22T10:56:31Z"
    assert draft.sources["datetime"] == {"from": "file name", "text": "20220722T105631"}
    assert properties["proj:code"] == "EPSG:32633"
    assert properties["proj:shape"] == [600, 700]
    assert properties["gsd"] == 30
    assert [band["eo:common_name"] for band in draft.document["assets"]["data"]["bands"]] == [
        "red",
        "green",
        "blue",
    ]
    assert draft.document["bbox"][0] == pytest.approx(15, abs=0.001)
    assert set(draft.document["assets"]) == {"data", "cog", "thumbnail"}


def test_the_converted_copy_is_a_cog_of_the_same_pixels(take_in, tmp_path):
    data = scene(700, 600, seed=7)
    upload = take_in("plain.tif", data)
    draft = Draft.objects.get(upload=upload["id"])
    held = draft.file("cog")
    with opened(data) as plain, opened(b"".join(assets().chunks(held["name"]))) as cog:
        assert cog.profile["tiled"]
        assert cog.overviews(1)
        assert (cog.read() == plain.read()).all()
        assert (cog.crs, cog.transform) == (plain.crs, plain.transform)


def test_a_cog_is_left_as_it_is(take_in):
    upload = take_in("small.tif", scene(256, 256, tiled=True, blockxsize=256, blockysize=256))
    draft = Draft.objects.get(upload=upload["id"])
    assert set(draft.document["assets"]) == {"data", "thumbnail"}
    assert "cloud-optimized" in draft.document["assets"]["data"]["type"]


def test_the_thumbnail_is_a_picture(take_in):
    upload = take_in("scene.tif", scene(800, 500))
    held = Draft.objects.get(upload=upload["id"]).file("thumbnail")
    picture = b"".join(assets().chunks(held["name"]))
    assert picture[8:12] == b"WEBP"
    assert held["size"] == len(picture)


def test_a_file_too_large_to_copy_is_read_by_ranges(take_in, settings):
    settings.COPY_TO_READ = 1000
    upload = take_in("large_2020-05-06.tif", scene(700, 600, seed=3))
    assert upload["state"] == "review"
    draft = Draft.objects.get(upload=upload["id"])
    assert draft.document["properties"]["proj:shape"] == [600, 700]
    assert "cog" in draft.document["assets"]


def test_what_is_no_tiff_is_refused_with_advice(take_in):
    upload = take_in("scene.tif", b"\x89PNG\r\n\x1a\n" + bytes(1000))
    assert (upload["state"], upload["code"]) == ("rejected", "other-format")
    assert "PNG" in upload["problem"]
    assert "gdal_translate" in upload["advice"]


def test_a_file_without_place_is_refused_with_advice(take_in):
    upload = take_in("photo.tif", scene(crs=None, transform=None))
    assert (upload["state"], upload["code"]) == ("rejected", "no-georeference")


def test_a_file_without_crs_is_refused_with_advice(take_in):
    upload = take_in("scene.tif", scene(crs=None))
    assert (upload["state"], upload["code"]) == ("rejected", "no-crs")


def test_a_truncated_file_is_refused(take_in):
    upload = take_in("cut.tif", scene(300, 300)[:20_000])
    assert (upload["state"], upload["code"]) == ("rejected", "damaged")


def test_the_same_bytes_again_are_already_here(take_in, key_client):
    data = scene(seed=11)
    first = take_in("one.tif", data)
    second = take_in("two.tif", data)
    assert (second["state"], second["code"]) == ("rejected", "duplicate")
    assert second["duplicate"] == {"upload": first["id"]}
    assert "one.tif" in second["problem"]


def test_another_file_of_the_same_name_gets_a_number(take_in):
    take_in("scene.tif", scene(seed=1))
    second = take_in("scene.tif", scene(seed=2))
    assert Draft.objects.get(upload=second["id"]).document["id"] == "scene-2"


def test_retry_reads_a_refused_file_again(take_in, key_client, run_jobs, state):
    upload = take_in("scene.tif", scene(crs=None))
    again = key_client.post(upload["links"]["retry"])
    assert again.json()["state"] == "checking"
    run_jobs()
    assert state(upload)["code"] == "no-crs"


def test_a_stale_attempt_writes_nothing(send, run_jobs, state, in_acme):
    upload = send("scene.tif", scene())
    Upload.objects.filter(pk=upload["id"]).update(attempt=7)
    run_jobs()
    assert state(upload)["state"] == "checking"
    assert not Draft.objects.exists()


def test_cancelled_while_it_waits_means_nothing_happens(send, key_client, run_jobs, state, in_acme):
    upload = send("scene.tif", scene())
    key_client.post(upload["links"]["abort"])
    run_jobs()
    assert state(upload)["state"] == "aborted"
    assert not Draft.objects.exists()


def test_valid_pixels_make_the_footprint(take_in):
    pixels = np.zeros((1, 100, 200), dtype="uint8")
    pixels[:, :, 100:] = 9
    upload = take_in(
        "half.tif",
        scene(pixels=pixels, nodata=0, crs="EPSG:4326", transform=from_origin(10, 50, 0.01, 0.01)),
    )
    document = Draft.objects.get(upload=upload["id"]).document
    assert document["bbox"] == pytest.approx([11, 49, 12, 50])
    statistics = document["assets"]["data"]["bands"][0]["statistics"]
    assert statistics["minimum"] == statistics["maximum"] == 9
    assert statistics["valid_percent"] == 50


def test_the_projection_is_told_as_rio_stac_tells_it(take_in):
    data = scene(seed=51)
    draft = Draft.objects.get(upload=take_in("a.tif", data)["id"])
    said = draft.document["properties"]
    with opened(data) as dataset:
        known = get_projection_info(dataset)
    assert said["proj:code"] == f"EPSG:{known['epsg']}"
    for name in ("bbox", "shape", "transform"):
        assert said[f"proj:{name}"] == pytest.approx(known[name])
