"""What `/children` and the catalogs on the way to the items take."""

from typing import Any

from drf_spectacular.utils import extend_schema_field

from .parameters import PageParameters, Parameter, Parameters


@extend_schema_field({"type": "string", "enum": ["Catalog", "Collection"]})
class TypeParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if data not in ("Catalog", "Collection"):
            raise self.fault("it is Catalog or Collection.")
        return str(data)


class ChildrenParameters(PageParameters):
    """STAC API Children 1.0.0-rc.2; `limit` is 100 where it is left out."""

    type = TypeParameter()


@extend_schema_field({"type": "string"})
class IdParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or "\x00" in data:
            raise self.fault("it is an id.")
        return data


class BrowseParameters(Parameters):
    after = IdParameter(help_text="Only what follows this id.")


class BrowseItemsParameters(BrowseParameters):
    until = IdParameter(help_text="Only what does not follow this id.")
