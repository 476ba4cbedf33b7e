"""Forms about organizations: a new one, its name, its end."""

from typing import Any

from django import forms

from tenants.models import Organization
from tenants.slugs import slug_problem, suggest_slug


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


class DeletionForm(forms.Form):
    slug = forms.CharField(
        label="Short name",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.fields["slug"].help_text = f"Type “{organization.slug}” to say that you mean it."

    def clean_slug(self) -> str:
        if self.cleaned_data["slug"].strip() != self.organization.slug:
            raise forms.ValidationError("This is not its short name.")
        return str(self.organization.slug)
