"""Forms of the frame: people, organizations, keys."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from tenants.models import Organization, User
from tenants.roles import READ_SCOPES, WRITE_SCOPES
from tenants.signup import slug_problem, suggest_slug


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": "Your name"}
        help_texts = {"name": "Shown to the members of your organizations."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class OrganizationForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(
            attrs={"autocomplete": "organization", "placeholder": "Acme Imagery"}
        ),
    )
    slug = forms.CharField(label="Short name", required=False, max_length=40)

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).strip().lower()
        slug = slug or suggest_slug(self.cleaned_data.get("name", ""))
        if not slug and "name" in self.cleaned_data:
            raise forms.ValidationError("Choose a short name of small letters and digits.")
        if slug and (problem := slug_problem(slug)):
            raise forms.ValidationError(problem)
        return slug


class OrganizationNameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Organization
        fields = ["name"]
        labels = {"name": "Name"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}


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
