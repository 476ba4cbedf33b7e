"""Forms of the frame: people and keys."""

from django import forms

from tenants.models import User


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        labels = {"name": "Your name"}
        help_texts = {"name": "Shown to the members of your organizations."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
