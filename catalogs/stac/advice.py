"""What is wrong with a document, place by place, in sentences for whoever wrote it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import orjson
from jsonschema_rs import ValidationError, ValidationErrorKind

MOST = 20  # faults of one document that are told

_BBOX = "An item with a geometry has a bbox of 4 or 6 numbers; one without has none."
_EXTENT = "A spatial extent is one box, or one around all and two or more parts of it."
_MOMENT = "needs `datetime`; where that is null, both `start_datetime` and `end_datetime`."
_UTC = r"(\+00:00|Z)$"

type _Branches = list[list[ValidationError]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its JSON pointer (RFC 6901), what to do about it, and whose schema says so."""

    pointer: str
    message: str
    schema: str


def faults(errors: Iterable[ValidationError]) -> list[Fault]:
    """The first `MOST` faults that these errors tell of, each once."""
    leaves = (leaf for error in errors for leaf in _leaves(error))
    told = (Fault(_place(leaf), sentence(leaf), _schema(leaf)) for leaf in leaves)
    return list(dict.fromkeys(islice(told, 10 * MOST)))[:MOST]


def could_not_tell(error: ValidationError) -> bool:
    """Whether a pattern of the schema took too long, so that nothing is known."""
    kind = ValidationErrorKind
    return any(
        isinstance(leaf.kind, kind.BacktrackLimitExceeded | kind.RegexEngineFailure)
        for leaf in _leaves(error)
    )


def pointer(path: Iterable[str | int]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Where one of several forms was asked for, what lacks to the form that is meant."""
    branches = _branches(error)
    meant = None if _is_told_whole(error) else _meant(error, branches)
    if meant is None:
        yield error
    else:
        for each in meant:
            yield from _leaves(each)


def _branches(error: ValidationError) -> _Branches:
    match error.kind:
        case ValidationErrorKind.AnyOf(context=branches):
            return branches
        case ValidationErrorKind.OneOfNotValid(context=branches):
            return branches
    return []


def _is_told_whole(error: ValidationError) -> bool:
    return _is_of_bbox(error) or _is_of_moment(error) or bool(_lacks_one_of(error))


def _meant(error: ValidationError, branches: _Branches) -> list[ValidationError] | None:
    """The one form for this `type`, or that lacks least; None where several are as near."""
    kind = [*error.instance_path, "type"]
    named = ValidationErrorKind.Constant | ValidationErrorKind.Enum
    fitting = [
        branch
        for branch in branches
        if not any(each.instance_path == kind and isinstance(each.kind, named) for each in branch)
    ]
    fitting.sort(key=len)
    if len(fitting) == 1 or (len(fitting) > 1 and len(fitting[0]) < len(fitting[1])):
        return fitting[0]
    return None


def _is_of_bbox(error: ValidationError) -> bool:
    """The Item's rule that a geometry and a bbox come together (RFC 7946, 5; STAC, "bbox")."""
    if error.instance_path or not isinstance(error.kind, ValidationErrorKind.OneOfNotValid):
        return False
    return "/item-spec/json-schema/item.json#/definitions/core/" in _location(error)


def _is_of_moment(error: ValidationError) -> bool:
    return (
        error.instance_path == ["properties"]
        and isinstance(error.kind, ValidationErrorKind.AnyOf)
        and "/item-spec/json-schema/" in _location(error)
    )


def _lacks_one_of(error: ValidationError) -> list[str]:
    """The members of which one must be there, where that is all that is asked."""
    names = []
    for branch in _branches(error):
        for each in branch:
            match each.kind:
                case ValidationErrorKind.Required(property=name):
                    if each.instance_path != error.instance_path:
                        return []
                    names.append(name)
                case _:
                    return []
    return list(dict.fromkeys(names))


def _place(error: ValidationError) -> str:
    return "/bbox" if _is_of_bbox(error) else pointer(error.instance_path)


def _location(error: ValidationError) -> str:
    return error.absolute_keyword_location or ""


def _schema(error: ValidationError) -> str:
    return _location(error).partition("#")[0]


def sentence(error: ValidationError) -> str:
    """What to do about one error."""
    at = pointer(error.instance_path)
    if _is_of_bbox(error) or at == "/bbox" or at.startswith("/bbox/"):
        return _BBOX
    if at.startswith("/extent/spatial/bbox"):
        return _EXTENT
    where = at or "The document"
    if _is_of_moment(error):
        return f"{where} {_MOMENT}"
    if names := _lacks_one_of(error):
        return f"{where} lacks {names[0]}." if len(names) == 1 else _one_of(where, names)
    return f"{where} {_what(error)}."


def _one_of(where: str, names: list[str]) -> str:
    return f"{where} needs at least one of {', '.join(names)}."


def _what(error: ValidationError) -> str:
    kinds = ValidationErrorKind
    match error.kind:
        case kinds.Required(property=name):
            return f"lacks {name}"
        case kinds.Type(types=types):
            return f"must be of type {' or '.join(types)}"
        case kinds.Pattern(pattern=rule) if rule == _UTC:
            return "must be a time in UTC that ends with Z, like 2020-02-12T23:20:50Z"
        case kinds.Pattern(pattern=rule):
            return f"is {_short(error.instance)}; it must match {rule[:200]}"
        case kinds.Enum(options=options):
            return f"is {_short(error.instance)}; it must be one of {_short(options)[1:-1]}"
        case kinds.Constant(expected_value=value):
            return f"is {_short(error.instance)}; it must be {_short(value)}"
        case kinds.Minimum(limit=limit) | kinds.ExclusiveMinimum(limit=limit):
            return f"is {_short(error.instance)}; it may not be below {limit}"
        case kinds.Maximum(limit=limit) | kinds.ExclusiveMaximum(limit=limit):
            return f"is {_short(error.instance)}; it may not be above {limit}"
        case _:
            return _how_much(error)


def _how_much(error: ValidationError) -> str:
    kinds = ValidationErrorKind
    match error.kind:
        case kinds.MinItems(limit=limit) | kinds.MinProperties(limit=limit):
            return f"must have at least {limit} members"
        case kinds.MaxItems(limit=limit) | kinds.MaxProperties(limit=limit):
            return f"may have at most {limit} members"
        case kinds.MinLength(limit=limit):
            return "may not be empty" if limit == 1 else f"must have {limit} characters or more"
        case kinds.MaxLength(limit=limit):
            return f"may have at most {limit} characters"
        case kinds.AdditionalProperties(unexpected=names):
            return f"may not have {', '.join(names)[:200]}"
        case kinds.AnyOf() | kinds.OneOfNotValid():
            return f"fits none of the forms that the specification allows{_hint(error)}"
        case kinds.OneOfMultipleValid():
            return "fits more than one of the forms of which the specification allows just one"
        case kinds.Not() | kinds.FalseSchema():
            return "may not stand here, or not with this value"
    return f"is not as the specification has it: {error.message[:300].rstrip('.')}"


def _hint(error: ValidationError) -> str:
    """What the first of several forms, all as near, asks for."""
    branches = _branches(error)
    if not branches or not branches[0]:
        return ""
    first = branches[0][0]
    where = pointer(first.instance_path) or "the document"
    return f": for one of them {where} {_what(first)}" if not _branches(first) else ""


def _short(value: object) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 100 else f"{text[:100]} …"
