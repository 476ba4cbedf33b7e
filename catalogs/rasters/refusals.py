"""The sentences for files that are TIFFs and still cannot be taken."""

from catalogs.rasters.formats import Refusal


class Rejected(Exception):
    """The file cannot become an item; the refusal says why and what would help."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.problem)
        self.refusal = refusal


DAMAGED = Refusal(
    "damaged",
    "The file is damaged or cut off: parts of it cannot be read.",
    "Compare its size with the original's and upload it again; gdalinfo -checksum finds the fault.",
)
NO_GEOREFERENCE = Refusal(
    "no-georeference",
    "The file does not say where on Earth it is.",
    "Put its corners and coordinate system into it: "
    "gdal_translate -a_srs EPSG:4326 -a_ullr west north east south in.tif out.tif",
)
NO_CRS = Refusal(
    "no-crs",
    "The file has coordinates, but does not say in which coordinate system.",
    "Write it into the file, with the right code: gdal_translate -a_srs EPSG:32633 in.tif out.tif",
)
NO_PLACE = Refusal(
    "no-transform",
    "The file names a coordinate system, but does not say where its pixels lie in it.",
    "Give its corners: gdal_translate -a_ullr west north east south in.tif out.tif",
)
NOT_EARTH = Refusal(
    "not-earth",
    "The file's coordinates are on another body than the Earth.",
    "This catalog holds images of the Earth.",
)
LOCAL_CRS = Refusal(
    "unusable-crs",
    "The file's coordinate system cannot be turned into longitude and latitude.",
    "Write the right one into it: gdal_translate -a_srs EPSG:32633 in.tif out.tif",
)
OUTSIDE = Refusal(
    "outside-earth",
    "The file's coordinates lie outside the Earth, so its coordinate system is wrong.",
    "Check it with gdalinfo and correct it: gdal_translate -a_srs EPSG:32633 in.tif out.tif",
)
NO_PIXELS = Refusal(
    "no-valid-pixels",
    "Every pixel of the file is marked as no data.",
    "Check the nodata value with gdalinfo; gdal_translate -a_nodata none in.tif out.tif drops it.",
)
POINTS_ELSEWHERE = Refusal(
    "names-other-files",
    "The file carries instructions to open other files or addresses, so it is not opened.",
    "Write it anew with its own pixels only: gdal_translate -of COG in.tif out.tif",
)
BOMB = Refusal(
    "too-many-pixels",
    "The file says that it holds far more pixels than its bytes could.",
    "Check it with gdalinfo. A mosaic that is mostly empty can be cut into its filled parts.",
)
HUGE_BLOCKS = Refusal(
    "huge-blocks",
    "The file's pixels are packed in pieces too large to read safely.",
    "Pack it in tiles: gdal_translate -of COG in.tif out.tif",
)
MANY_IMAGES = Refusal(
    "too-many-images",
    "The file holds too many images or bands for one item.",
    "Split it: one image in each file.",
)
TOO_HEAVY = Refusal(
    "too-heavy",
    "The file needs more memory or time to read than is allowed.",
    "Pack it in tiles with overviews and upload that: gdal_translate -of COG in.tif out.tif",
)
CRASHED = Refusal(
    "unreadable",
    "Reading the file ended abruptly, so it is not trusted.",
    "Write it anew: gdal_translate -of COG in.tif out.tif",
)
UNCONFINED = Refusal(
    "unconfined",
    "This server cannot read files safely, so it does not read any.",
    "Tell whoever runs it: the kernel needs Landlock. Then press retry.",
)
