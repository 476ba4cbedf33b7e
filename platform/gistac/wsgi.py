"""The WSGI entry point: threads, never ASGI, since a scope belongs to a thread's connection."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

from gistac.startup import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gistac.settings")
os.environ.setdefault(
    "GISTAC_DATABASE_LIMITS",
    "statement_timeout=5s lock_timeout=2s idle_in_transaction_session_timeout=30s "
    # Many ask at once, for little: starting helpers costs more than they bring.
    "max_parallel_workers_per_gather=0",
)

# A thread that computes gives way after a millisecond, not five: a short question waits for the
# interpreter after each word from PostgreSQL, and beside a page of a thousand items that is most
# of what it waits for.
sys.setswitchinterval(0.001)

application = get_wsgi_application()
refuse_unsafe()
for urlconf in ("gistac.urls", "gistac.urls_public", "gistac.urls_shared"):
    get_resolver(urlconf).reverse_dict  # noqa: B018 - reads all views in, before the first request
gc.collect()
gc.freeze()  # what stands now, stays: no request waits for a walk through all of it
for counting in ("tenants.usage", "gistac.asked"):  # their models can be imported only now
    import_string(f"{counting}.keep_writing")()
