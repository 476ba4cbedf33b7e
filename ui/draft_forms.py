"""The form of a draft: as an item's, with where each value came from."""

from collections.abc import Iterable
from typing import Any

from django import forms

from catalogs.models import Draft
from catalogs.stac.models import Collection
from ui.item_forms import NEW, PREFIX, ItemForm

SOURCES = {
    "tag": ("In the file", "file-check", ""),
    "file name": ("From its name", "file-text", ""),
    "collection": ("Collection", "folder", ""),
    "guessed": ("Guessed", "triangle-alert", "warning"),
    "you": ("You", "user-check", ""),
}
FIRST = ("title", "id", "collection")


class DraftForm(ItemForm):
    id = forms.CharField(label="Id", max_length=256)
    collection = forms.ChoiceField(required=False)

    def __init__(self, draft: Draft, homes: Iterable[Collection], data: Any = None) -> None:
        super().__init__(draft.document, data, prefix=f"d{str(draft.pk)[:8]}")
        self.draft = draft
        new = (draft.upload and draft.upload.title) or "My first collection"
        choices = [("", f"A new one: {new}"), *((home.pk, str(home)) for home in homes)]
        self.fields["collection"].choices = choices  # type: ignore[attr-defined]
        self.initial["id"] = draft.document["id"]
        self.initial["collection"] = draft.collection
        self.fields["title"].widget.attrs["placeholder"] = str(draft)

    def clean(self) -> dict[str, Any]:
        """A draft may lack its date; publishing asks for it."""
        cleaned = super().clean()
        if "datetime" in self.errors and not cleaned.get("datetime"):
            blank = not self.data.get(self.add_prefix("datetime"), "").strip()
            if blank:
                del self.errors["datetime"]
        return cleaned

    def changes(self) -> dict[str, Any]:
        """By the names that drafts know; None takes a property away."""
        found = {}
        for name in self.changed_data:
            key = name.removeprefix(PREFIX).removeprefix(NEW)
            value = self.cleaned_data.get(name)
            found[key] = None if value == "" and name != "collection" else value
        return found

    def source(self, name: str) -> dict[str, str] | None:
        """The badge beside a value."""
        told = self.draft.sources.get(name.removeprefix(PREFIX)) or {}
        label, icon, kind = SOURCES.get(told.get("from", ""), ("", "", ""))
        return {"label": label, "icon": icon, "kind": kind} if label else None

    def sourced(self, *names: str) -> list[tuple[forms.BoundField, dict[str, str] | None]]:
        return [(self[name], self.source(name)) for name in names]

    @property
    def first(self) -> list[tuple[forms.BoundField, dict[str, str] | None]]:
        return self.sourced(*FIRST)

    @property
    def moment(self) -> list[tuple[forms.BoundField, dict[str, str] | None]]:
        return self.sourced("datetime")

    @property
    def range(self) -> list[tuple[forms.BoundField, dict[str, str] | None]]:
        return self.sourced("start_datetime", "end_datetime")

    @property
    def rest(self) -> list[tuple[forms.BoundField, dict[str, str] | None]]:
        return self.sourced("description", *(field.name for field in self.properties))
