"""The larger figures: many files with random faults, and a file of many parts."""

from collections import Counter

import numpy as np
import pytest
from rasterio.transform import from_origin

from catalogs.models import Draft
from catalogs.rasters import reader
from catalogs.rasters.refusals import Rejected
from tests.catalogs.scenes import scene

pytestmark = pytest.mark.long


def test_500_mutated_files_are_taken_or_refused(tmp_path):
    """Whatever stands in a file, the answer is a description or a refusal, and the parent lives."""
    generator = np.random.default_rng(500)
    layouts = [
        scene(compress="deflate", tiled=True, blockxsize=32, blockysize=32),
        scene(compress="lzw", bands=3, tags={"ACQUISITION_DATE": "2020-01-01"}),
        scene(BIGTIFF="YES", nodata=0),
    ]
    path, answers = tmp_path / "in.tif", Counter[str]()
    for number in range(500):
        data = bytearray(layouts[number % len(layouts)])
        for at in generator.integers(0, min(len(data), 2000), 6):  # tags lie at the start
            data[at] = generator.integers(0, 256)
        path.write_bytes(data)
        source = reader.Source(len(data), path, lambda start, length: b"")
        try:
            reader.run("describe", source, reader.describing(len(data)), filename="in.tif")
            answers["taken"] += 1
        except Rejected as rejected:
            answers[rejected.refusal.code] += 1
    print(answers)
    assert answers.total() == 500


def test_a_file_of_300_mb_in_parts(take_in):
    """20 parts; described, and converted beside the original."""
    pixels = np.random.default_rng(1).integers(1, 255, (3, 10_000, 10_000)).astype("uint8")
    place = from_origin(500_000, 4_600_000, 1, 1)
    upload = take_in("large_20200101.tif", scene(pixels=pixels, transform=place))
    assert upload["part_count"] >= 18
    assert upload["state"] == "review"
    assert set(Draft.objects.get(upload=upload["id"]).document["assets"]) == {
        "data",
        "cog",
        "thumbnail",
    }
