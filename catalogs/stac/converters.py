"""The path converter of ids: `<stac:collection>`."""

from django.urls import register_converter


class StacId:
    """Any characters but '/' and control characters; Django has percent-decoded them."""

    regex = r"[^/\x00-\x1f\x7f]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(StacId, "stac")
