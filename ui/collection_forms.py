"""The forms of a collection: about it, who made it, its picture."""

import copy
import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify

from catalogs.stac import documents
from catalogs.stac.errors import Invalid
from catalogs.stac.models import Collection

Document = dict[str, Any]

LICENSES = [
    ("other", "Other, or several: see its description"),
    ("CC0-1.0", "CC0 1.0: no rights reserved"),
    ("CC-BY-4.0", "CC BY 4.0: name the author"),
    ("CC-BY-SA-4.0", "CC BY-SA 4.0: name the author, share alike"),
    ("CC-BY-NC-4.0", "CC BY-NC 4.0: name the author, no commerce"),
    ("CC-BY-NC-SA-4.0", "CC BY-NC-SA 4.0: name the author, no commerce, share alike"),
    ("ODbL-1.0", "ODbL 1.0: Open Database License"),
    ("ODC-By-1.0", "ODC-By 1.0: Open Data Commons Attribution"),
    ("PDDL-1.0", "PDDL 1.0: Public Domain Dedication"),
    ("custom", "Another one, by its SPDX name …"),
]
ROLES = [
    ("producer", "producer"),
    ("licensor", "licensor"),
    ("processor", "processor"),
    ("host", "host"),
]
SPDX = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")
PICTURES = {
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"RIFF": ("image/webp", "webp"),
}
LARGEST_PICTURE = 5_000_000


class TitleForm(forms.Form):
    title = forms.CharField(
        max_length=200,
        error_messages={
            "required": "A collection needs a title.",
            "max_length": "A title has at most 200 characters.",
        },
    )


class CollectionForm(forms.Form):
    title = forms.CharField(max_length=200)
    id = forms.CharField(
        label="Id",
        max_length=256,
        required=False,
        help_text="In the addresses of the API; made of the title when left empty. It stays.",
    )
    description = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What is in it, where it comes from, what it is good for. Markdown may be used.",
    )
    license = forms.ChoiceField(choices=LICENSES, initial="other")
    custom_license = forms.CharField(
        label="SPDX name of the license",
        required=False,
        max_length=120,
        help_text="As on spdx.org/licenses, for example Apache-2.0.",
    )
    keywords = forms.CharField(
        required=False, max_length=2000, help_text="Separate them by commas."
    )
    visibility = forms.ChoiceField(
        label="Who may see it",
        choices=[
            ("members", "Members of this organization only"),
            ("named", "Only members and keys that are named"),
            ("public", "Everyone, without signing in"),
        ],
        widget=forms.RadioSelect,
        initial="members",
    )
    strictness = forms.ChoiceField(
        label="Items that break the rules of an extension they name",
        choices=[
            ("warn", "Take them, and say what is wrong"),
            ("reject", "Refuse them, and say what is wrong"),
            ("off", "Take them, and do not look"),
        ],
        required=False,
        initial="warn",
        help_text="STAC's own rules always hold. This is about what stands in stac_extensions, "
        "from now on; items that are here already stay.",
    )
    require_if_match = forms.BooleanField(
        label="Programs must say which version they change (If-Match)",
        required=False,
        help_text="A change, a replacement or a deletion without it is refused with 428.",
    )
    convert = forms.BooleanField(
        label="Make a Cloud Optimized GeoTIFF beside each plain GeoTIFF that is dropped here",
        required=False,
        initial=True,
    )
    thumbnail = forms.FileField(
        label="Picture",
        required=False,
        help_text="PNG, JPEG or WebP, up to 5 MB.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    thumbnail_from = forms.ChoiceField(label="Or the picture of an item", required=False)

    def __init__(self, document: Document | None, *args: Any, **options: Any) -> None:
        pictured = options.pop("pictured", [])
        self.document = document
        if document is not None:
            options["initial"] = {**initial_of(document), **(options.get("initial") or {})}
        super().__init__(*args, **options)
        for name in (
            "visibility",
            "convert",
            "require_if_match",
        ):  # a box left unchecked says nothing by itself
            self.fields[name].show_hidden_initial = True
        offered = [("", "Keep what is there"), *pictured]
        self.fields["thumbnail_from"].choices = offered  # type: ignore[attr-defined]
        if document is not None:
            del self.fields["id"]
        if not pictured:
            del self.fields["thumbnail_from"]

    def clean_id(self) -> str:
        given = self.cleaned_data["id"].strip() or slugify(self.cleaned_data.get("title", ""))
        if not given:
            raise forms.ValidationError("Give an id; none can be made of this title.")
        try:
            documents.check_id(given)
        except Invalid as fault:
            raise forms.ValidationError(fault.message) from fault
        if Collection.objects.filter(pk=given).exists():
            raise forms.ValidationError(f"There is a collection “{given}” already.")
        return str(given)

    def clean_thumbnail(self) -> "UploadedFile[bytes] | None":
        picture: UploadedFile[bytes] | None = self.cleaned_data["thumbnail"]
        if picture is None:
            return None
        if (picture.size or 0) > LARGEST_PICTURE:
            raise forms.ValidationError("This picture is larger than 5 MB.")
        if picture_kind(picture) is None:
            raise forms.ValidationError("This is no PNG, JPEG or WebP picture.")
        return picture

    def clean(self) -> Document:
        cleaned: Document = super().clean() or self.cleaned_data
        if cleaned.get("license") == "custom":
            if SPDX.fullmatch(cleaned.get("custom_license", "")):
                cleaned["license"] = cleaned["custom_license"]
            else:
                self.add_error("custom_license", "Give the license's SPDX name, as Apache-2.0.")
        return cleaned

    def applied(self) -> Document:
        """The document with what was changed; a new one has only the parts that must be."""
        cleaned = self.cleaned_data
        if self.document is None:
            return {
                "type": "Collection",
                "stac_version": "1.1.0",
                "id": cleaned["id"],
                "title": cleaned["title"],
                "description": cleaned["description"],
                "license": cleaned["license"],
                "links": [],
                **({"keywords": words} if (words := words_of(cleaned["keywords"])) else {}),
            }
        document = copy.deepcopy(self.document)
        changed = self.changed_data
        for name in ("title", "description"):
            if name in changed:
                document[name] = cleaned[name]
        if "license" in changed or "custom_license" in changed:
            document["license"] = cleaned["license"]
        if "keywords" in changed:
            put(document, "keywords", words_of(cleaned["keywords"]))
        return document


def initial_of(document: Document) -> Document:
    license = str(document.get("license", "other"))
    listed = license in dict(LICENSES) and license != "custom"
    return {
        "title": document.get("title") or "",
        "description": document.get("description") or "",
        "license": license if listed else "custom",
        "custom_license": "" if listed else license,
        "keywords": ", ".join(document.get("keywords") or []),
    }


def words_of(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def put(document: Document, key: str, value: Any) -> None:
    if value:
        document[key] = value
    else:
        document.pop(key, None)


def picture_kind(picture: "UploadedFile[bytes]") -> tuple[str, str] | None:
    """Media type and extension, by the first bytes and not by the name."""
    picture.seek(0)
    head = picture.read(12)
    picture.seek(0)
    for magic, kind in PICTURES.items():
        if head.startswith(magic) and (magic != b"RIFF" or head[8:12] == b"WEBP"):
            return kind
    return None


class ProviderForm(forms.Form):
    name = forms.CharField(max_length=200, required=False)
    url = forms.URLField(label="Website", max_length=1000, required=False, assume_scheme="https")
    roles = forms.MultipleChoiceField(
        choices=ROLES, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> Document:
        cleaned: Document = super().clean() or self.cleaned_data
        if not cleaned.get("name") and (cleaned.get("url") or cleaned.get("roles")):
            self.add_error("name", "Give a name, or empty the whole row.")
        return cleaned


ProviderForms = forms.formset_factory(ProviderForm, extra=1, max_num=50, validate_max=True)


def providers_of(document: Document | None) -> list[Document]:
    return [
        {name: provider.get(name) or "" for name in ("name", "url", "roles")}
        for provider in (document or {}).get("providers") or []
    ]


def apply_providers(document: Document, rows: Any) -> None:
    """Rows in their order; members of a provider that the form does not show are kept."""
    if not rows.has_changed():
        return
    known = {one.get("name"): one for one in document.get("providers") or []}
    made = []
    for row in rows.cleaned_data:
        if not row.get("name"):
            continue
        provider = {**known.get(row["name"], {}), "name": row["name"]}
        put(provider, "url", row["url"])
        put(provider, "roles", row["roles"])
        made.append(provider)
    put(document, "providers", made)
