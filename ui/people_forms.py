"""Forms about people: who is invited, and who becomes the owner."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms

from tenants import join_links
from tenants.models import Membership
from tenants.roles import Role

_QUOTED = re.compile(r'"[^"]*"')
_BETWEEN = re.compile(r"[,;\r\n]+")
_IN_ANGLES = re.compile(r"<([^<>]*)>")


def addresses_in(text: str) -> list[str]:
    """Of a pasted list, each once; `Ada Lovelace <ada@example.org>` gives the address alone."""
    return list(dict.fromkeys(each.lower() for each in _addresses(text) if each))


def _addresses(text: str) -> Iterator[str]:
    for part in _BETWEEN.split(_QUOTED.sub("", text)):
        found = _IN_ANGLES.findall(part)
        yield from (each.strip() for each in found) if found else part.split()


def role_choices(roles: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the roles, the least first."""
    return [(role.value, role.label) for role in reversed(Role) if role in set(roles)]


class InviteForm(forms.Form):
    addresses = forms.CharField(
        label="Mail addresses",
        max_length=20_000,
        help_text="One or many, with commas, spaces or lines between them.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label="Role", initial=Role.VIEWER)
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=500,
        help_text="Stands in the mail.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, roles: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = role_choices(roles)  # type: ignore[attr-defined]

    def clean_addresses(self) -> list[str]:
        found = addresses_in(self.cleaned_data["addresses"])
        if not found:
            raise forms.ValidationError("Enter at least one address.")
        return found


class JoinLinkForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=role_choices(join_links.ROLES))
    days = forms.IntegerField(label="Days", min_value=1, max_value=join_links.LONGEST, initial=7)
    people = forms.IntegerField(
        label="People", min_value=1, max_value=join_links.MOST_PEOPLE, initial=25
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="id_link_%s")


class MailDomainForm(forms.Form):
    domain = forms.CharField(
        label="Mail domain",
        max_length=254,
        widget=forms.TextInput(
            attrs={
                "placeholder": "example.org",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        help_text="Of a mail address that you have confirmed, or a proven host of yours.",
    )
    role = forms.ChoiceField(label="Role", choices=role_choices(join_links.ROLES))

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="id_domain_%s", **kwargs)


class TransferForm(forms.Form):
    to = forms.ModelChoiceField(
        Membership.objects.none(), label="New owner", empty_label="Choose a member"
    )

    def __init__(self, *args: Any, own: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(organization=own.organization_id).exclude(pk=own.pk)
        field = self.fields["to"]
        field.queryset = members.select_related("user").order_by("user__name", "user__email")  # type: ignore[attr-defined]
        field.label_from_instance = lambda each: f"{each.user} ({each.get_role_display()})"  # type: ignore[attr-defined]
