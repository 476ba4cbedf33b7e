"""A key for a program: what it is for, what it may do, where and from where, and how long."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from tenants import keys
from tenants.key_limits import KeyRefused, Limits
from tenants.models import ApiKey
from tenants.roles import READ_SCOPES, SCOPES_TOLD, UPLOAD_SCOPES, WRITE_SCOPES
from ui.forms import DayInput

PRESETS = {"read": READ_SCOPES, "upload": UPLOAD_SCOPES, "write": WRITE_SCOPES}
OWN = "own"  # a choice of single scopes


class LimitsForm(forms.Form):
    name = forms.CharField(label="What is it for?", max_length=80)
    preset = forms.ChoiceField(
        label="What may it do?",
        choices=[
            ("read", "Read: search the catalog and download files"),
            ("upload", "Read and upload: also send in files, which a person then publishes"),
            ("write", "Read and write: also upload, change and delete items and collections"),
            (OWN, "Let me choose"),
        ],
        initial="read",
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=list(SCOPES_TOLD.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    collections = forms.MultipleChoiceField(
        label="Only in these collections",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    addresses = forms.CharField(
        label="Only from these addresses",
        required=False,
        max_length=2500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "192.0.2.7, 2001:db8::/32"}),
        help_text="IPv4 or IPv6 addresses or networks. From anywhere, if empty.",
    )

    def __init__(self, *args: Any, collections: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        chosen = self.initial.get("collections", ())
        gone = [(id, id) for id in chosen if id not in dict(collections)]
        self.fields["collections"].choices = collections + gone  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("preset") == OWN and not cleaned.get("scopes"):
            self.add_error("scopes", "Choose what the key may do.")
        if not self.errors:
            try:
                Limits.read(**self.limits)
            except KeyRefused as refusal:
                self.add_error("addresses", str(refusal))
        return cleaned

    @property
    def limits(self) -> dict[str, Any]:
        """As tenants.keys takes them."""
        cleaned = self.cleaned_data
        return {
            "scopes": PRESETS.get(cleaned["preset"], cleaned["scopes"]),
            "collections": cleaned["collections"] or None,
            "addresses": cleaned["addresses"].replace(",", " ").split(),
        }


class KeyForm(LimitsForm):
    expiry = forms.ChoiceField(label="How long?", initial="90")
    until = forms.DateField(label="Until", required=False, widget=DayInput())

    def __init__(self, *args: Any, never: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["expiry"].choices = [  # type: ignore[attr-defined]
            ("30", "30 days"),
            ("90", "90 days"),
            ("365", "1 year"),
            ("custom", "Until a date"),
            *([("never", "Without an end")] if never else []),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("expiry") == "custom" and "until" in cleaned:
            self._check_until(cleaned["until"])
        return cleaned

    def _check_until(self, until: date | None) -> None:
        today = timezone.localdate()
        if until is None:
            self.add_error("until", "Choose the last day on which the key works.")
        elif not today < until <= today + keys.LONGEST:
            self.add_error("until", "Choose a day between tomorrow and a year from now.")

    @property
    def expires(self) -> datetime:
        """The end of the last day, if a day was chosen."""
        chosen = self.cleaned_data["expiry"]
        if chosen == "never":
            return keys.NEVER
        if chosen == "custom":
            days = (self.cleaned_data["until"] - timezone.localdate()).days + 1
            return timezone.now().replace(hour=0, minute=0, second=0) + timedelta(days=days)
        return timezone.now() + timedelta(days=int(chosen))


class RollForm(forms.Form):
    overlap = forms.ChoiceField(
        label="How long does the old key go on?",
        choices=[
            ("0", "Not at all"),
            ("1", "One hour"),
            ("24", "24 hours"),
            ("72", "3 days"),
            ("168", "7 days"),
        ],
        initial="24",
    )

    @property
    def hours(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=200,
        help_text="Kept with the key and in the audit.",
    )


def of(key: ApiKey) -> dict[str, Any]:
    """What the form of a key's limits begins with."""
    same = (name for name, scopes in PRESETS.items() if set(scopes) == set(key.scopes))
    return {
        "name": key.name,
        "preset": next(same, OWN),
        "scopes": key.scopes,
        "collections": key.collections or [],
        "addresses": ", ".join(key.addresses),
    }
