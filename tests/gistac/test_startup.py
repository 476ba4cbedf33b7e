"""It refuses to start where it would be unsafe, and says why."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from gistac import startup


def test_it_works(db):
    startup.refuse_unsafe()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DEBUG": True, "DEVELOPMENT": False}, "GISTAC_DEBUG"),
        ({"SECURE": True}, "GISTAC_DEVELOPMENT"),
        ({"SECURE": True, "DEVELOPMENT": False}, "GISTAC_TRUSTED_PROXIES"),
        (
            {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}},
            "cache",
        ),
        ({"DEVELOPMENT": False, "KEY_PEPPERS": {"0": "same"}, "SECRET_KEY": "same"}, "PEPPERS"),
    ],
)
def test_a_refused_set_up_is_told_in_a_sentence(settings, monkeypatch, changed, sentence):
    monkeypatch.delenv("GISTAC_TRUSTED_PROXIES", raising=False)
    for name, value in changed.items():
        setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        startup.refuse_unsafe()
