from django.apps import AppConfig


class StacConfig(AppConfig):
    name = __package__
    label = "stac"
    verbose_name = "STAC catalog"
