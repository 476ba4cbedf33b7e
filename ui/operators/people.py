"""People: in which organizations, whether they can sign in, and their way out."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode

from tenants import operators
from tenants.backends import SECOND_FACTORS
from tenants.models import Membership, User
from ui.operators.site import Shown, by
from ui.operators.verbs import Reason, Sure, Verb


def deactivate(request: HttpRequest, row: User, *, reason: str) -> None:
    operators.close_account(row, reason=reason, by=by(request))


def reactivate(request: HttpRequest, row: User) -> None:
    operators.reopen_account(row, by=by(request))


def sign_out(request: HttpRequest, row: User) -> None:
    operators.sign_out(row, by=by(request))


class PersonAdmin(Shown):
    verbs = {
        "sign-out": Verb(
            "Sign out everywhere",
            "All sessions end at once, and so does what apps read in this person's name.",
            "{} is signed out everywhere.",
            sign_out,
        ),
        "deactivate": Verb(
            "Deactivate",
            "This person cannot sign in; their keys and links open nothing. Their organizations"
            " read of it in their audit.",
            "{} is deactivated.",
            deactivate,
            Reason,
            lambda row: row.is_active,
        ),
        "reactivate": Verb(
            "Reactivate",
            "This person can sign in again; their keys and links work as before.",
            "{} is active again.",
            reactivate,
            Sure,
            lambda row: not row.is_active,
        ),
    }
    list_display = ("email", "name", "is_active", "second_factor", "is_operator", "active")
    list_filter = ("is_active", "is_operator")
    search_fields = ("email", "name", "memberships__organization__slug")
    ordering = ("email",)
    fields = readonly_fields = (
        "email",
        "name",
        "is_active",
        "second_factor",
        "is_operator",
        "organizations",
        "active",
        "date_joined",
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """A link of an organization's page asks for its members."""
        asked = lookup == "memberships__organization"
        return asked or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        proof = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        seen = Membership.objects.filter(user=OuterRef("pk")).order_by(
            F("last_active").desc(nulls_last=True)
        )
        found: QuerySet[User] = super().get_queryset(request)
        return found.annotate(
            proven=Exists(proof), last_active=Subquery(seen.values("last_active")[:1])
        )

    @admin.display(boolean=True, ordering="proven")
    def second_factor(self, row: Any) -> bool:
        return bool(row.proven)

    @admin.display(description="last active", ordering="last_active")
    def active(self, row: Any) -> Any:
        return row.last_active

    @admin.display
    def organizations(self, row: User) -> str:
        """Each with the way to see it as this person does."""
        found = row.memberships.select_related("organization").order_by("organization__slug")
        query = urlencode({"member": row.email})
        page = "admin:tenants_organization_"
        lines = (
            (
                reverse(f"{page}change", args=[each.organization_id]),
                each.organization.slug,
                each.get_role_display().lower(),
                reverse(f"{page}do", args=[each.organization_id, "see"]),
                query,
            )
            for each in found
        )
        line = '<p><a href="{}">{}</a>, {} (<a href="{}?{}">see it so</a>)</p>'
        return format_html_join("", line, lines) or "-"
