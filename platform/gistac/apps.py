from django.apps import AppConfig

from gistac import startup

__all__ = ["GistacConfig", "startup"]  # importing it registers its check


class GistacConfig(AppConfig):
    name = "gistac"
