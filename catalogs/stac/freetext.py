"""Free text: what `q` asks, and the words that it looks at (STAC API Free-Text Search 1.0.0-rc.1).

The extension has two forms of `q`, and gives no rule for a server that has both. Here:

- a list (POST) is basic: any of its terms, each a phrase;
- a text (POST) is advanced: `climate model` is either word, as its table says;
- in an address, a text that has an operator is advanced, any other one is basic: any of the terms
  between its commas, each a phrase.

Operators are `AND`, `OR`, `+` before what must be there, `-` before what must not, `"` around
phrases, and brackets. AND binds closer than OR, OR closer than a space or a comma; of terms that
stand beside each other any one will do, unless some are required.

Words are compared without case and accents, whole, and in any language: nothing is stemmed and
no word is too usual to be found. Scripts that put no space between words are looked at letter by
letter, so that a word in a sentence is found as a phrase. PostgreSQL does it all, by one index.
"""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import F, Func, GeneratedField, Q, TextField, Value

from . import sql
from .cql2 import functions
from .errors import Invalid

LONGEST = 1_000  # characters of all terms
MOST_TERMS = 50
DEEPEST = 10  # levels of brackets

# What is looked at besides the id, texts and lists of texts (`providers.name`: of a collection).
MEMBERS = ("title", "keywords", "description", "providers.name", "platform", "constellation",
           "mission", "instruments")  # fmt: skip
_LONGEST_TEXT = 50_000  # characters of a row that are looked at; PostgreSQL has an end to it too

# Thai to Burmese, Khmer, Japanese, Chinese: written without spaces.
_UNSPACED = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]"
)
_MEMBERS = " || ".join(f'@.key == "{name}"' for name in MEMBERS)
# The texts as JSON has them, with U+001F instead of what stands between two, no escapes left.
_TEXTS = (
    r"regexp_replace(replace(jsonb_path_query_array(%(expressions)s, "
    rf"""'$.keyvalue() ? ({_MEMBERS}).value[*] ? (@.type() == "string")')::text, """
    r"""'", "', chr(31)), '\\(u[0-9a-f]{4}|.)', ' ', 'g')"""
)
_CONFIG = "'pg_catalog.simple'::regconfig"


def _words(text: Any) -> Func:
    """A text as the words that are compared, with a space between each two."""
    template = (
        "regexp_replace(%(expressions)s COLLATE \"und-x-icu\", '[^[:alnum:]\\u001f]+', ' ', 'g')"
    )
    plain = Func(functions.without_accents(text), template=template, output_field=sql.TEXT)
    template = rf"regexp_replace(%(expressions)s, '({_UNSPACED})', ' \1 ', 'g')"
    return Func(functions.without_case(plain), template=template, output_field=sql.TEXT)


def vector(id: str) -> GeneratedField:
    """The column of a row's words; `id` names that of its id. A phrase never spans two texts."""
    texts = Func(F("properties"), template=_TEXTS, output_field=sql.TEXT)
    whole = Func(
        F(id),
        texts,
        arg_joiner=" || chr(31) || ",
        template=f"left(%(expressions)s, {_LONGEST_TEXT})",
        output_field=TextField(),
    )
    # A word that nobody can ask for stands in each gap.
    template = f"to_tsvector({_CONFIG}, replace(%(expressions)s, chr(31), ' -1 '))"
    expression = Func(_words(whole), template=template, output_field=SearchVectorField())
    return GeneratedField(
        expression=expression, output_field=SearchVectorField(), db_persist=True, editable=False
    )


def condition(value: str | list[Any], *, posted: bool = False) -> Q:
    """The rows that `q` asks for, by their column `words`; all where it is empty.

    A text in an address has both forms; one that was `posted` is advanced, a list is basic.
    Raises `Invalid` with a sentence that wants the parameter's name before it.
    """
    terms = value if isinstance(value, list) else [value]
    if not all(isinstance(term, str) and "\x00" not in term for term in terms):
        raise Invalid("it is a text or a list of texts, without the character U+0000.")
    if sum(map(len, terms)) > LONGEST:
        raise Invalid(f"it is longer than {LONGEST:,} characters.")
    if not any(term.strip() for term in terms):
        return Q()
    asked = _basic(value) if isinstance(value, list) else _text(str(value), posted)
    return Q(sql.infix("@@", F("words"), asked))


def typed(text: str) -> Q:
    """The rows that a person looks for who may still be typing: each word begins one of theirs.

    What has operators is read as `q` is, as soon as it makes sense. Never raises.
    """
    text = text.replace("\x00", "")[:LONGEST]
    try:
        if any(kind not in ("word", "comma") for kind, _ in _tokens(text)):
            return condition(text)
    except Invalid:
        pass
    words = [word for word in text.split() if _is_said(word)][:MOST_TERMS]
    if not words:
        return Q(sql.FALSE) if text.strip() else Q()
    return Q(sql.infix("@@", F("words"), _all([_beginning(word) for word in words])))


def _beginning(word: str) -> Func:
    """Null where PostgreSQL sees no letter in it."""
    template = "(NULLIF((%(expressions)s)::text, '') || ':*')::tsquery"
    return Func(_phrase(word), template=template, output_field=SearchQueryField())


def _text(text: str, posted: bool) -> Func:
    tokens = _tokens(text)
    if posted or any(kind not in ("word", "comma") for kind, _ in tokens):
        return _Advanced(tokens).read()
    return _basic(text.split(","))


def _basic(terms: Sequence[str]) -> Func:
    said = [term for term in terms if _is_said(term)]
    _check_number(len(said))
    return _any([_phrase(term) for term in said])


def _is_said(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _check_number(terms: int) -> None:
    if not terms:
        raise Invalid("there is no letter and no digit to look for.")
    if terms > MOST_TERMS:
        raise Invalid(f"it has more than {MOST_TERMS} terms.")


def _phrase(text: str) -> Func:
    """These words, one after the other."""
    words = _words(Func(Value(text), template="%(expressions)s::text", output_field=sql.TEXT))
    template = f"phraseto_tsquery({_CONFIG}, %(expressions)s)"
    return Func(words, template=template, output_field=SearchQueryField())


def _any(parts: Sequence[Func]) -> Func:
    return reduce(lambda one, other: sql.infix("||", one, other, SearchQueryField()), parts)


def _all(parts: Sequence[Func]) -> Func:
    return reduce(lambda one, other: sql.infix("&&", one, other, SearchQueryField()), parts)


def _not(part: Func) -> Func:
    return Func(part, template="(!! %(expressions)s)", output_field=SearchQueryField())


Token = tuple[str, str]  # kind, text

_TOKEN = re.compile(
    r'\s*(?:(?P<phrase>"[^"]*")|(?P<mark>[+-](?=[^\s,)+-]))|(?P<open>\()|(?P<close>\))'
    r'|(?P<comma>,)|(?P<word>[^\s,()"]+)|(?P<rest>"))'
)


def _tokens(text: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind, said = str(match.lastgroup), match[0].strip()
        if kind == "rest":
            raise Invalid("a quotation mark is opened and not closed.")
        if kind == "word" and said in ("AND", "OR"):
            kind = said
        if kind not in ("word", "phrase") or _is_said(said):
            found.append((kind, said))
    _check_number(sum(kind in ("word", "phrase") for kind, _ in found))
    return found


class _Advanced:
    """Reads the advanced form from left to right, by one token at a time."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.at = 0
        self.depth = 0

    def read(self) -> Func:
        found = self.clauses()
        if self.next == "close":
            raise Invalid("a bracket is closed that was not opened.")
        return found

    @property
    def next(self) -> str:
        return self.tokens[self.at][0]

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def clauses(self) -> Func:
        """What stands beside each other: all that is required, nothing excluded, else any."""
        found: dict[str, list[Func]] = {"+": [], "-": [], "": []}
        while self.next not in ("close", "end"):
            if self.next == "comma":
                self.take()
                continue
            mark, part = self.alternatives()
            found[mark].append(part)
        needed = found["+"] + [_not(part) for part in found["-"]]
        if found[""] and not found["+"]:
            needed.append(_any(found[""]))
        if not needed:
            raise Invalid("brackets need something between them.")
        return _all(needed)

    def alternatives(self) -> tuple[str, Func]:
        """Joined by OR; the mark of one that stands alone is left to who asked."""
        first = self.together()
        if self.next != "OR":
            return first
        parts = [_marked(first)]
        while self.next == "OR":
            self.take()
            parts.append(_marked(self.together()))
        return "", _any(parts)

    def together(self) -> tuple[str, Func]:
        first = self.unit()
        if self.next != "AND":
            return first
        parts = [_marked(first)]
        while self.next == "AND":
            self.take()
            parts.append(_marked(self.unit()))
        return "", _all(parts)

    def unit(self) -> tuple[str, Func]:
        mark = self.take() if self.next == "mark" else ""
        if self.next in ("word", "phrase"):
            return mark, _phrase(self.take())
        if self.next != "open":
            raise Invalid("AND and OR stand between two terms, + and - before one.")
        return mark, self.bracket()

    def bracket(self) -> Func:
        self.take()
        self.depth += 1
        if self.depth > DEEPEST:
            raise Invalid(f"brackets lie deeper than {DEEPEST} levels.")
        found = self.clauses()
        if self.next != "close":
            raise Invalid("a bracket is opened and not closed.")
        self.take()
        self.depth -= 1
        return found


def _marked(unit: tuple[str, Func]) -> Func:
    mark, part = unit
    return _not(part) if mark == "-" else part
