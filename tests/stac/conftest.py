"""The tests of the STAC core run in GiSTAC and in a plain project; who asks differs."""

from django.conf import settings

if "tenants" in settings.INSTALLED_APPS:
    from tests.stac.door import inside, live_root, reader, stac, stranger, wrong_key
else:
    from tests.standalone.people import inside, live_root, reader, stac, stranger, wrong_key

__all__ = ["inside", "live_root", "reader", "stac", "stranger", "wrong_key"]
