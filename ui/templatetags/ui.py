"""Tags of every template (a builtin library: no {% load %} needed)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import lucide as icons
from django import template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ui import addresses, devices

register = template.Library()


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, kind: str, label: str) -> SafeString:
    attributes = {"class": f"shrink-0 {kind}".strip()}
    if label:
        attributes |= {"role": "img", "aria_label": label}
    else:
        attributes |= {"aria_hidden": "true"}
    return mark_safe(icons._render_icon(name, size, **attributes))  # noqa: S308 (own package data)


@register.simple_tag(name="lucide")
def lucide_icon(name: str, size: int = 18, kind: str = "", label: str = "") -> SafeString:
    """{% lucide "map" size=20 %}; a label only when no words stand beside it."""
    return _drawn(str(name), size, str(kind), str(label))


@register.simple_tag
def platform(name: str, *args: Any) -> str:
    """The address of a page of the platform, from any door."""
    return addresses.platform(name, *args)


@register.simple_block_tag(takes_context=True)
def dialog(context: template.Context, content: str, id: str, title: str) -> str:
    """{% dialog "revoke-1" "Revoke this key?" %} a form {% enddialog %}, opened by data-opens."""
    return render_to_string("ui/_dialog.html", {"id": id, "title": title, "content": content})


# daisyUI's class for each of Django's widget types; the others are inputs.
_KINDS = {
    "checkbox": "checkbox",
    "select": "select",
    "selectmultiple": "select",
    "textarea": "textarea",
    "file": "file-input",
    "clearablefile": "file-input",
    "radioselect": "radio radio-sm radio-primary",
    "checkboxselectmultiple": "checkbox checkbox-sm checkbox-primary",
}


@register.filter
def duration(seconds: float) -> str:
    """As one reads it: 12 ms, 0.8 s."""
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"


@register.filter
def device(agent: str) -> str:
    return devices.device(agent)


@register.filter
def kind_of(field: BoundField) -> str:
    return _KINDS.get(field.widget_type, "input")


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's own widget, in our look."""
    kind = kind_of(field)
    names = [kind, str(field.field.widget.attrs.get("class", ""))]
    if kind and field.errors:
        names.append(f"{kind}-error")
    return field.as_widget(attrs={"class": " ".join(filter(None, names))})


@register.filter
def options(field: BoundField) -> list[BoundWidget]:
    """The choices of radio buttons or checkboxes, each in our look."""
    found = list(field.subwidgets)
    for option in found:
        option.data["attrs"]["class"] = kind_of(field)
    return found


@register.filter
def sentence(words: Iterable[str]) -> str:
    """a, b and c."""
    several = [str(word) for word in words]
    return " and ".join(filter(None, [", ".join(several[:-1]), *several[-1:]]))


@register.simple_tag
def moment(when: Any, empty: str = "never") -> SafeString | str:
    """A time that the reader's browser shows by its own clock."""
    if when is None:
        return empty
    written = when.strftime("%d %b %Y, %H:%M UTC")
    return format_html('<time datetime="{}" data-local>{}</time>', when.isoformat(), written)
