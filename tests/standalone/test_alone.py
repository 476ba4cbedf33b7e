"""The STAC core alone: nothing else of ours is loaded. Its own tests run beside this one."""

import sys


def test_nothing_else_of_ours_is_loaded(db):
    import catalogs.stac.urls  # noqa: F401, PLC0415 - the whole core

    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"django_tenants", "tenants", "gistac", "ui", "allauth", "procrastinate"}
    assert "catalogs.models" not in sys.modules
