"""Words that people wrote, made safe to show; and dates as sentences have them."""

import html
from datetime import UTC, datetime
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from markdown_it import MarkdownIt

# Pictures are left out: they would be fetched from elsewhere and tell who reads.
_TAGS = {
    *("p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


def _reader() -> MarkdownIt:
    """CommonMark without HTML; headings become bold lines: the page's outline is ours."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("heading_open", lambda *_: "<p><strong>")
    reader.add_render_rule("heading_close", lambda *_: "</strong></p>\n")
    return reader


_MARKDOWN = _reader()


@lru_cache(maxsize=256)
def markdown(source: str) -> SafeString:
    """CommonMark that strangers wrote, as HTML that can do nothing."""
    cleaned = nh3.clean(
        _MARKDOWN.render(source),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
    )
    return mark_safe(cleaned)  # noqa: S308 (cleaned just above)


@lru_cache(maxsize=1024)
def excerpt(source: str, length: int = 160) -> str:
    """The first words of a text, without its marks."""
    bare = html.unescape(nh3.clean(_MARKDOWN.render(source[:4000]), tags=set()))
    return Truncator(" ".join(bare.split())).chars(length)


def day(when: datetime) -> str:
    return f"{when.day} {when:%b} {when.year}"


def day_and_time(when: datetime) -> str:
    utc = when.astimezone(UTC) if when.tzinfo else when
    return f"{day(utc)}, {utc:%H:%M} UTC" if (utc.hour, utc.minute) != (0, 0) else day(utc)


def span(start: datetime | None, end: datetime | None, open_end: str = "now") -> str:
    """A range of time in few words: "2 Mar 2020", "Mar to Jul 2021", "2015 to now"."""
    if start is None and end is None:
        return ""
    if start is None:
        assert end is not None
        return f"until {day(end)}"
    if end is None:
        return f"{day(start)} to {open_end}"
    if start.date() == end.date():
        return day(start)
    if start.year == end.year:
        return f"{start.day} {start:%b} to {day(end)}"
    return f"{day(start)} to {day(end)}"
