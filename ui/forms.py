"""Forms of the frame, and what other forms have in common."""

from datetime import date
from typing import Any

from django import forms

from tenants.models import User


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "job_mails"]
        labels = {"name": "Your name", "job_mails": "Mail me when a long job of mine has ended"}
        help_texts = {
            "name": "Shown to the members of your organizations.",
            "job_mails": "Items in bulk, exports and files that took more than a minute.",
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class DayInput(forms.DateInput):
    """A day as browsers ask for it: they take the ISO form alone and complain of other text."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            return None
