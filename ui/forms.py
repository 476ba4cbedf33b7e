"""Forms of the frame: people and keys."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from tenants.models import User
from tenants.roles import READ_SCOPES, WRITE_SCOPES


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": "Your name"}
        help_texts = {"name": "Shown to the members of your organizations."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class KeyForm(forms.Form):
    """A key for a program: what it is for, what it may do, how long."""

    PRESETS = {"read": READ_SCOPES, "write": WRITE_SCOPES}
    LONGEST = 366

    name = forms.CharField(label="What is it for?", max_length=80)
    preset = forms.ChoiceField(
        label="What may it do?",
        choices=[
            ("read", "Read: search the catalog and download files"),
            ("write", "Read and write: also upload, change and delete items and collections"),
        ],
        initial="read",
        widget=forms.RadioSelect,
    )
    expiry = forms.ChoiceField(
        label="How long?",
        choices=[
            ("30", "30 days"),
            ("90", "90 days"),
            ("365", "1 year"),
            ("custom", "Until a date"),
        ],
        initial="90",
    )
    until = forms.DateField(
        label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("expiry") == "custom" and "until" in cleaned:
            self._check_until(cleaned["until"])
        return cleaned

    def _check_until(self, until: date | None) -> None:
        today = timezone.localdate()
        if until is None:
            self.add_error("until", "Choose the last day on which the key works.")
        elif not today < until <= today + timedelta(days=self.LONGEST):
            self.add_error("until", "Choose a day between tomorrow and a year from now.")

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.PRESETS[self.cleaned_data["preset"]]

    @property
    def expires(self) -> Any:
        """The end of the last day."""
        if self.cleaned_data["expiry"] == "custom":
            days = (self.cleaned_data["until"] - timezone.localdate()).days + 1
            return timezone.now().replace(hour=0, minute=0, second=0) + timedelta(days=days)
        return timezone.now() + timedelta(days=int(self.cleaned_data["expiry"]))
