"""The form of an item: what people read and change of a STAC document, and nothing else of it."""

import copy
import json
from collections.abc import Iterable
from typing import Any

from django import forms
from leaflet.forms.fields import GeometryField
from leaflet.forms.widgets import LeafletWidget

from catalogs.drafts import moment
from catalogs.stac import times
from catalogs.stac.errors import Invalid
from catalogs.stac.geometry import ITEM_VERTICES
from catalogs.stac.geometry import GeometryField as StacGeometry
from catalogs.stac.parsers import parse
from ui import fields

Document = dict[str, Any]

DATES = ("datetime", "start_datetime", "end_datetime")
OWN = ("title", "description", *DATES)
UNTOUCHED = ("created", "updated")  # kept by the server
PREFIX = "properties."
NEW = "new."
_TRUTH = [("", "not given"), ("true", "yes"), ("false", "no")]


class DateField(forms.CharField):
    """A moment in UTC as the browser's own picker writes it, or as RFC 3339 text."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) and value.endswith("Z"):
            return value[:19]
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By what the browser shows, which has no fractions and leaves out seconds of zero."""
        shown, typed = str(self.prepare_value(initial) or ""), str(data or "").strip()
        return shown not in (typed, f"{typed}:00")

    def clean(self, value: Any) -> str:
        typed = super().clean(value).strip()
        try:
            return times.text(times.parse(moment(typed))) if typed else ""
        except Invalid as fault:
            problem = f"“{typed[:40]}” is no date and time. Write it like 2020-02-12 23:20, in UTC."
            raise forms.ValidationError(problem) from fault


class PlaceWidget(LeafletWidget):  # type: ignore[misc]
    """What was typed comes back as it was typed, were it no geometry."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        typed = value if isinstance(value, str) else None
        context: dict[str, Any] = super().get_context(name, None if typed else value, attrs)
        if typed:
            context["serialized"] = typed
        return context


class PlaceField(GeometryField):  # type: ignore[misc]
    """GeoJSON as text, drawn by django-leaflet's widget; checked by the API's own field."""

    widget = PlaceWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> Any:
        if not value or not str(value).strip():
            return None
        try:
            read = parse(str(value).encode())
        except Invalid as fault:
            raise forms.ValidationError(fault.message) from fault
        if isinstance(read, dict) and read.get("type") == "Feature":
            read = read.get("geometry")
        try:
            StacGeometry(vertices=ITEM_VERTICES, mend=True).to_internal_value(read)
        except Invalid as fault:
            raise forms.ValidationError(fault.message) from fault
        return read

    def clean(self, value: Any) -> Any:
        return self.to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else json.dumps(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or None))
        except forms.ValidationError:
            return True


class ItemForm(forms.Form):
    """Title, description, time and the properties that the document has."""

    all_optional = True  # so that no field needs to say it

    title = forms.CharField(max_length=1000, required=False)
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Markdown may be used.",
    )
    datetime = DateField(label="Date and time (UTC)", required=False)
    start_datetime = DateField(label="From (UTC)", required=False)
    end_datetime = DateField(label="Until (UTC)", required=False)

    def __init__(self, document: Document, *args: Any, **options: Any) -> None:
        self.document = document
        properties = document["properties"]
        self.described = [key for key in properties if key not in (*OWN, *UNTOUCHED)]
        initial = {name: properties.get(name) or "" for name in OWN}
        options["initial"] = initial
        super().__init__(*args, **options)
        for key in self.described:
            self.fields[PREFIX + key] = field_for(key, properties[key])
        for key in self._added():
            self.fields[NEW + key] = field_for(key, "")

    def _added(self) -> Iterable[str]:
        """Properties that the sender has added: they are fields of this answer only."""
        start = self.add_prefix(NEW)
        names = [name.removeprefix(start) for name in self.data if name.startswith(start)]
        if "add" in self.data:
            names.append(self.data.get("add-name", "").strip())
        taken = {*self.document["properties"], *OWN, *UNTOUCHED}
        return [name for name in dict.fromkeys(names) if name and name not in taken]

    @property
    def properties(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith((PREFIX, NEW))]

    def clean(self) -> Document:
        cleaned: Document = super().clean() or self.cleaned_data
        start, end = cleaned.get("start_datetime"), cleaned.get("end_datetime")
        if bool(start) != bool(end):
            missing = "end_datetime" if start else "start_datetime"
            self.add_error(missing, "A range has a beginning and an end.")
        elif start and end and times.parse(start) > times.parse(end):
            self.add_error("end_datetime", "This is before the beginning.")
        elif not start and not cleaned.get("datetime") and "datetime" not in self.errors:
            self.add_error("datetime", "Give a date, or a range from and until.")
        return cleaned

    def applied(self) -> Document:
        """The document with what was changed here; everything else stays as it is."""
        document = copy.deepcopy(self.document)
        properties = document["properties"]
        for name in self.changed_data:
            value = self.cleaned_data.get(name)
            if name in DATES:
                continue
            key = name.removeprefix(PREFIX).removeprefix(NEW)
            if name.startswith((PREFIX, NEW)) or name in OWN:
                put(properties, key, value)
        if any(name in self.changed_data for name in DATES):
            self._date(properties)
        return document

    def _date(self, properties: Document) -> None:
        for name in DATES:
            if name in self.changed_data:
                put(properties, name, self.cleaned_data[name])
        properties.setdefault("datetime", None)  # STAC asks for the member even beside a range


def put(properties: Document, key: str, value: Any) -> None:
    if value in ("", None):
        properties.pop(key, None)
    else:
        properties[key] = value


class JsonField(forms.CharField):
    """Lists and objects, as JSON; any other text stands for itself where `loose`."""

    def __init__(self, loose: bool = False, **options: Any) -> None:
        self.loose = loose
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        short = json.dumps(value, ensure_ascii=False)
        return short if len(short) < 60 else json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return ""
        try:
            return parse(text.encode())
        except Invalid as fault:
            if self.loose:
                return text
            raise forms.ValidationError(fault.message) from fault

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "").split() != str(data or "").split()


class WordsField(forms.CharField):
    """A list of texts, written with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [word.strip() for word in super().clean(value).split(",") if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


class NumberField(forms.CharField):
    """A JSON number: whole ones stay whole."""

    def clean(self, value: Any) -> float | int | str:
        text = super().clean(value).strip()
        if not text:
            return ""
        try:
            number = parse(text.encode())
        except Invalid:
            number = None
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise forms.ValidationError("Give a number, as 12 or 0.5.")
        return number

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str("" if initial is None else initial) != str(data or "").strip()


class TruthField(forms.ChoiceField):
    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value) if isinstance(value, bool) else value

    def clean(self, value: Any) -> bool | str:
        text = str(super().clean(value))
        return text if text == "" else text == "true"

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


def field_for(key: str, value: Any) -> forms.Field:
    """A field that suits what stands there now."""
    spec = fields.spec_of(key)
    unit = str(spec.get("unit") or "")
    label = fields.label_of(key, spec) + (f" ({unit})" if unit else "")
    options: dict[str, Any] = {"label": label, "required": False, "initial": value}
    if explain := str(spec.get("explain") or ""):
        options["help_text"] = explain
    if isinstance(value, bool):
        return TruthField(choices=_TRUTH, **options)
    if isinstance(value, int | float):
        return NumberField(widget=forms.TextInput(attrs={"inputmode": "decimal"}), **options)
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        options["help_text"] = "Separate them by commas."
        return WordsField(**options)
    if isinstance(value, list | dict) or value is None:
        options.pop("required")
        area = forms.Textarea(attrs={"rows": 4, "class": "font-mono", "spellcheck": "false"})
        return JsonField(widget=area, **options)
    if value == "":
        options.pop("required")
        return JsonField(loose=True, **options)
    return forms.CharField(**options)


class PlaceForm(forms.Form):
    all_optional = True
    geometry = PlaceField(
        label="Geometry",
        help_text="GeoJSON in longitude and latitude (WGS 84). Empty: nowhere on the map.",
    )


class AssetForm(forms.Form):
    all_optional = True
    title = forms.CharField(max_length=1000, required=False)
    description = forms.CharField(max_length=5000, required=False)
    roles = WordsField(
        required=False, help_text="As data, thumbnail, overview, metadata; commas between."
    )

    def __init__(self, key: str, asset: Document, *args: Any, **options: Any) -> None:
        self.key, self.asset = key, asset
        options["prefix"] = f"asset.{key}"
        options["initial"] = {
            name: asset.get(name, "") for name in ("title", "description", "roles")
        }
        super().__init__(*args, **options)

    def applied(self, asset: Document) -> None:
        for name in self.changed_data:
            put(asset, name, self.cleaned_data[name] or "")


class ItemForms:
    """All forms of the page of one item, as one."""

    def __init__(self, document: Document, data: Any = None) -> None:
        self.document = document
        self.item = ItemForm(document, data)
        self.place = PlaceForm(data, initial={"geometry": document.get("geometry")})
        assets = document.get("assets") or {}
        self.assets = [AssetForm(key, asset, data) for key, asset in assets.items()]

    @property
    def all(self) -> list[forms.Form]:
        return [self.item, self.place, *self.assets]

    def is_valid(self) -> bool:
        return not any([not form.is_valid() for form in self.all])  # noqa: C419 - asks every form

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """id of the field, label, message: for the list at the top."""
        return [
            (form[name].auto_id if name != "__all__" else "", _label(form, name), str(message))
            for form in self.all
            for name, messages in form.errors.items()
            for message in messages
        ]

    def applied(self) -> Document:
        document = self.item.applied()
        if "geometry" in self.place.changed_data:
            document["geometry"] = self.place.cleaned_data["geometry"]
            document.pop("bbox", None)  # belongs to the geometry before
            if document["geometry"] is not None:
                document["bbox"] = box_of(document["geometry"])
        for form in self.assets:
            form.applied(document["assets"][form.key])
        return document


def _label(form: forms.Form, name: str) -> str:
    return str(form[name].label) if name in form.fields else ""


def box_of(geometry: Document) -> list[float]:
    box = StacGeometry(vertices=ITEM_VERTICES, mend=True).to_internal_value(geometry).box
    return [float(side) for side in box]
