"""Changes to a part of a document: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from typing import Any

import jsonpatch
import orjson
from jsonpointer import JsonPointerException

from .documents import LARGEST, Document
from .errors import Conflict, Invalid, TooLarge, Unprocessable
from .parsers import walk

MOST_OPERATIONS = 200


def apply(document: Document, patch: Document | list[Any]) -> Document:
    """The patched document; the given one may be changed.

    An object is a merge patch, a list a JSON Patch. Raises `Conflict` where a `test` fails,
    `Unprocessable` where a path is not there, `Invalid` where it is no patch at all.
    """
    patched = _operations(document, patch) if isinstance(patch, list) else _merge(document, patch)
    if not isinstance(patched, dict):
        raise Unprocessable("The patch leaves no JSON object.")
    walk(patched)
    return patched


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


def _operations(document: Document, patch: list[Any]) -> Any:
    if len(patch) > MOST_OPERATIONS:
        raise Invalid(f"At most {MOST_OPERATIONS} operations in one patch.")
    result: Any = document
    for number, operation in enumerate(patch):
        result = _operate(result, operation, f"/{number}")
        # Copies of copies grow without bound; a document that is too large stops them.
        if operation.get("op") == "copy":
            walk(result)
            if len(orjson.dumps(result)) > LARGEST:
                raise TooLarge("The patch makes the document too large.", pointer=f"/{number}")
    return result


def _operate(document: Any, operation: Any, pointer: str) -> Any:
    if not isinstance(operation, dict):
        raise Invalid("An operation is an object with `op` and `path`.", pointer=pointer)
    try:
        return jsonpatch.apply_patch(document, [operation], in_place=True)
    except jsonpatch.JsonPatchTestFailed as fault:
        raise Conflict("The test of the patch does not hold.", pointer=pointer) from fault
    except (jsonpatch.JsonPatchConflict, JsonPointerException) as fault:
        raise Unprocessable(f"The patch cannot be applied: {fault}.", pointer=pointer) from fault
    except (jsonpatch.InvalidJsonPatch, TypeError) as fault:
        raise Invalid(f"This is no operation of a JSON Patch: {fault}.", pointer=pointer) from fault
