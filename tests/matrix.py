"""The declared table of who gets which answer: read, written as short as it goes, compared.

A line: route, what it is asked for, methods, then statuses, the general before the particular:

    ui:keys - GET all 302, stranger 404, viewer-editor 403, admin-owner 200

`all`, `roles`, `keys` (one of each scope) and `bad` (keys that are not good) stand for several, and
so does a range of roles; what comes later in the line holds. `403/404`: one of several alike gets
the one and another the other, or the one at one door and the other at the other door.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tenants.roles import SCOPES, Role

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ROLES = tuple(reversed(Role.values))  # the one that may least first
KEYS = tuple(SCOPES)
EVERYONE = ("nobody", "stranger", *ROLES, *KEYS, "bad")
OUTSIDE = ("nobody", "stranger", "bad")  # who is in no organization
ON_PLATFORM = ("nobody", "stranger", "operator", "bad")  # who there is on the platform's own pages


class Row(NamedTuple):
    route: str
    thing: str
    method: str


type Answers = dict[str, str]  # who to status
type Table = dict[Row, Answers]


def read(text: str, everyone: tuple[str, ...] = EVERYONE) -> Table:
    rows: Table = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, things, methods, said = line.split(maxsplit=3)
        answers = dict(_answers(said, everyone))
        for thing in things.split(","):
            for method in METHODS if methods == "*" else methods.split(","):
                rows[Row(name, thing, method)] = answers
    return rows


def _answers(said: str, everyone: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for part in said.split(","):
        words = part.split()
        if len(words) != 2:
            return  # no line of this table: nobody gets what it says, so it is shown as wrong
        for who in _meant(words[0], everyone):
            yield who, words[1]


def _meant(word: str, everyone: tuple[str, ...]) -> Iterable[str]:
    several = {"all": everyone, "roles": ROLES, "keys": KEYS}
    if everyone == ON_PLATFORM:  # who is signed in
        several["stranger"] = ("stranger", "operator")
    first, _, last = word.partition("-")
    if first in ROLES and last in ROLES:
        return ROLES[ROLES.index(first) : ROLES.index(last) + 1]
    return several.get(word, (word,))


def written(rows: Table, everyone: tuple[str, ...] = EVERYONE) -> str:
    """The shortest text that `read` takes for these rows: what to paste after a look at it."""
    methods: dict[tuple[str, str, str], list[str]] = {}
    for row, answers in rows.items():
        said = _shortest(answers, everyone)
        methods.setdefault((row.route, row.thing, said), []).append(row.method)
    things: dict[tuple[str, str, str], list[str]] = {}
    for (route, thing, said), found in methods.items():
        listed = "*" if len(found) == len(METHODS) else ",".join(found)
        things.setdefault((route, listed, said), []).append(thing)
    return "\n".join(
        f"{route} {','.join(found)} {listed} {said}"
        for (route, listed, said), found in things.items()
    )


def _shortest(answers: Answers, everyone: tuple[str, ...]) -> str:
    texts = [_said(answers, base, everyone) for base in sorted(set(answers.values()))]
    return min(texts, key=len)


def _said(answers: Answers, base: str, everyone: tuple[str, ...]) -> str:
    parts = [f"all {base}"]
    parts += [f"{who} {answers[who]}" for who in OUTSIDE[:2] if answers[who] != base]
    if everyone == ON_PLATFORM and answers["operator"] != answers["stranger"]:
        parts += [f"operator {answers['operator']}"]
    if everyone == EVERYONE:
        parts += _roles(answers, base)
        parts += _keys(answers, base)
    parts += [f"bad {answers['bad']}"] if answers["bad"] != base else []
    return ", ".join(parts)


def _roles(answers: Answers, base: str) -> Iterator[str]:
    runs: list[list[str]] = []
    for role in ROLES:
        if runs and answers[runs[-1][0]] == answers[role]:
            runs[-1].append(role)
        else:
            runs.append([role])
    for run in runs:
        if answers[run[0]] != base:
            name = run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}"
            yield f"{'roles' if len(run) == len(ROLES) else name} {answers[run[0]]}"


def _keys(answers: Answers, base: str) -> Iterator[str]:
    statuses = [answers[scope] for scope in KEYS]
    most = max(sorted(set(statuses)), key=lambda status: (statuses.count(status), status == base))
    if most != base:
        yield f"keys {most}"
    yield from (f"{scope} {answers[scope]}" for scope in KEYS if answers[scope] != most)


def differences(declared: str, answered: Table, everyone: tuple[str, ...] = EVERYONE) -> str:
    """Routes that no line names, and lines that are not so; ready to be looked at and pasted."""
    known = read(declared, everyone)
    wrong = {row: answers for row, answers in answered.items() if known.get(row) != answers}
    gone = sorted({row.route for row in known.keys() - answered.keys()})
    notes = [f"# {route}: remove what is not asked any more" for route in gone]
    return "\n".join([*notes, written(wrong, everyone)]).strip()
