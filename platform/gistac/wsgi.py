"""The WSGI entry point: threads, never ASGI, since a scope belongs to a thread's connection."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gistac.settings")

application = get_wsgi_application()
