"""The STAC core alone: nothing else of ours is loaded. Its own tests run beside this one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOADED = """
import sys, django
django.setup()
import catalogs.stac.urls  # the whole core
print(*sys.modules)
"""


def test_nothing_else_of_ours_is_loaded():
    """In a process of its own: tests that ran before may have loaded anything."""
    told = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(told.stdout.split())
    assert "catalogs.stac.models" in modules
    assert "catalogs.models" not in modules
    others = {"django_tenants", "tenants", "gistac", "ui", "allauth", "procrastinate"}
    assert not {name.partition(".")[0] for name in modules} & others
