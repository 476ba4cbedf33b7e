"""The form of a link that shares."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from catalogs import shares
from ui.forms import DayInput


class ShareForm(forms.Form):
    label = forms.CharField(
        label="Name of the link",
        max_length=80,
        help_text="For you, and the heading of what its visitors see.",
    )
    until = forms.DateField(
        label="Until",
        widget=DayInput(),
        help_text="The last day on which it works; at most a year from now.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["until"] = timezone.localdate() + shares.LIFETIME
        until = self.fields["until"].widget.attrs
        until["min"] = timezone.localdate().isoformat()
        until["max"] = (timezone.localdate() + shares.LONGEST - timedelta(days=1)).isoformat()

    @property
    def expires(self) -> datetime:
        """The end of the last day."""
        day = min(self.cleaned_data["until"], timezone.localdate() + 2 * shares.LONGEST)
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
