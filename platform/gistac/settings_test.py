"""Settings of the tests: the same product at the address that the test client uses."""

import os

os.environ["GISTAC_URL"] = os.environ.get("GISTAC_TEST_URL", "http://testserver")

from gistac.settings import *

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
STORAGES["assets"]["OPTIONS"]["bucket_name"] = f"{S3['bucket_name']}-test-{_worker}"
KEY_RATE = ADDRESS_RATE = 0  # a test that is about one sets it
STAC_SCHEMAS = None  # tests that need schemas bring them
STAC_SCHEMA_HOSTS = []
if "GISTAC_STATIC_ROOT" not in os.environ:
    # Nothing was collected for this process, so static files come from where they are built.
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
