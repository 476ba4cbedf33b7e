"""The API told as OpenAPI 3.0, from the views that serve it."""

import threading
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework.authentication import BaseAuthentication

from . import components

_TOLD = {
    "TITLE": "STAC API",
    "VERSION": "1.0.0",
    "DESCRIPTION": "A SpatioTemporal Asset Catalog (STAC API 1.0.0).",
    "OAS_VERSION": "3.0.3",
    "SCHEMA_PATH_PREFIX": "",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": (),
    "APPEND_COMPONENTS": {"schemas": components.COMPONENTS},
}
_PROBLEM = {
    "description": "A refusal that says why (RFC 9457).",
    "content": {
        "application/problem+json": {"schema": components.ref("Problem")},
        "text/html": {"schema": {"type": "string"}},  # to people
    },
}
_TEXT = {"type": "string"}


_patching = threading.Lock()  # the library's settings are of the whole process


def describe(patterns: tuple[Any, ...]) -> dict[str, Any]:
    """The OpenAPI document of these URL patterns, without `servers`: each door has its own."""
    with _patching:
        return _describe(patterns)


@cache
def _describe(patterns: tuple[Any, ...]) -> dict[str, Any]:
    with patched_settings(_TOLD):
        generator: Any = SchemaGenerator(patterns=list(patterns))  # type: ignore[no-untyped-call]
        schema: dict[str, Any] = generator.get_schema(request=None, public=True)
    for path, method, operation in _operations(schema):
        operation["tags"] = [_tag(path)]
        operation["responses"]["default"] = _PROBLEM
        told = operation["responses"].get("200", {}).get("content", {})
        if method == "get" and any(kind.endswith("json") for kind in told):
            _as_page(operation)
        for parameter in operation.get("parameters", ()):
            _as_read(parameter)
    return schema


def ways_in(authenticators: Iterable[BaseAuthentication]) -> dict[str, dict[str, str]]:
    """How a program may show who it is, as OpenAPI and the Authentication extension name it."""
    found: dict[str, dict[str, str]] = {}
    for authenticator in authenticators:
        told: Any = OpenApiAuthenticationExtension.get_match(authenticator)
        if told is None:
            continue
        names = [told.name] if isinstance(told.name, str) else told.name
        schemes = told.get_security_definition(None)
        found |= zip(names, [schemes] if isinstance(schemes, dict) else schemes, strict=True)
    return {name: scheme for name, scheme in found.items() if scheme.get("in") != "cookie"}


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _as_page(operation: dict[str, Any]) -> None:
    """Every document is a page too, and takes `f` (OGC API Features 1, "html")."""
    operation["responses"]["200"]["content"]["text/html"] = {"schema": _TEXT}
    parameters = operation.setdefault("parameters", [])
    if not any(each["name"] == "f" for each in parameters):
        form = {"type": "string", "enum": ["json", "html"]}
        parameters.append({"in": "query", "name": "f", "schema": form})


def _tag(path: str) -> str:
    if "/tiles/" in path:
        return "Tiles"
    if "/assets/" in path:
        return "Assets"
    if "/items" in path:
        return "Items"
    return "Collections" if "/collections" in path else "Catalog"


def _as_read(parameter: dict[str, Any]) -> None:
    """A list comes with commas between, a geometry as JSON text."""
    if parameter["in"] != "query":
        return
    kind = parameter["schema"].get("type")
    if kind == "array":
        parameter |= {"style": "form", "explode": False}
    elif kind == "object":
        parameter["content"] = {"application/json": {"schema": parameter.pop("schema")}}
