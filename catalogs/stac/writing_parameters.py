"""What writes take, and what is asked of them afterwards."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field

from .bulk import Method
from .parameters import Parameter, Parameters

_METHODS = [str(method) for method in Method]


@extend_schema_field({"type": "boolean", "default": False})
class FlagParameter(Parameter):
    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            raise self.fault("it is true or false.")
        return bool(data == "true")


class DeleteCollectionParameters(Parameters):
    cascade = FlagParameter(help_text="Delete its items too.")


@extend_schema_field({"type": "integer", "minimum": 0})
class AfterParameter(Parameter):
    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"\d{1,9}", str(data), re.ASCII):
            raise self.fault("it is a whole number.")
        return int(data)


class ReportParameters(Parameters):
    after = AfterParameter(help_text="Tell of the items after this one.")


class UpgradeParameters(Parameters):
    upgrade = FlagParameter(help_text="Bring an older document to STAC 1.1.0 first.")


class PutItemParameters(UpgradeParameters):
    upsert = FlagParameter(help_text="Create the item where it is new.")


@extend_schema_field({"type": "string", "enum": _METHODS, "default": _METHODS[0]})
class MethodParameter(Parameter):
    def to_internal_value(self, data: Any) -> str:
        if data not in _METHODS:
            raise self.fault(f"there is {', '.join(_METHODS)}.")
        return str(data)


class WriteParameters(UpgradeParameters):
    method = MethodParameter(help_text="What to do with ids that are there already.")
