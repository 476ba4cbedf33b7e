"""Organizations: how they are, and what becomes of them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from tenants import impersonation, lifecycle, plans
from tenants.models import ApiKey, Membership, Organization, Plan, Usage
from ui.operators.site import Shown, by
from ui.operators.verbs import Reason, Sure, Verb

State = Organization.State


class SlugForm(forms.Form):
    slug = forms.CharField(label="Its short name", max_length=40, help_text="So that it is meant.")


class PlanForm(forms.Form):
    plan = forms.ModelChoiceField(Plan.objects.order_by("name"), empty_label=None)


class SeeForm(Reason):
    member = forms.EmailField(label="As which member", help_text="Their mail address.")
    field_order = ("member", "reason")


def suspend(request: HttpRequest, row: Organization, *, reason: str) -> None:
    lifecycle.suspend(row, reason=reason, by=by(request))


def resume(request: HttpRequest, row: Organization) -> None:
    lifecycle.resume(row, by=by(request))


def delete(request: HttpRequest, row: Organization, *, slug: str) -> None:
    if slug.strip() != row.slug:
        raise lifecycle.LifecycleRefused("This is not its short name.")
    lifecycle.delete(row, by=by(request))


def keep(request: HttpRequest, row: Organization) -> None:
    lifecycle.keep(row, by=by(request))


def give(request: HttpRequest, row: Organization, *, plan: Plan) -> None:
    plans.give(row, plan.name, by=by(request))


def see(request: Any, row: Organization, *, member: str, reason: str) -> str:
    impersonation.start(request, row, member, reason=reason)
    return row.path


def _is(*states: str) -> Any:
    return lambda row: row.state in states


_VERBS = {
    "see": Verb(
        "See as a member",
        "For an hour you see the organization as this member does. You can change nothing; each"
        " page that you open is noted in its audit, with your name.",
        "You see {} as a member does.",
        see,
        SeeForm,
        _is(State.ACTIVE),
    ),
    "plan": Verb("Give a plan", "It holds within seconds.", "{} has the plan.", give, PlanForm),
    "suspend": Verb(
        "Suspend",
        "It is served to nobody: keys are refused and jobs are not run. Nothing is lost.",
        "{} is suspended.",
        suspend,
        Reason,
        _is(State.ACTIVE),
    ),
    "resume": Verb(
        "Resume", "It is served again.", "{} is served again.", resume, Sure, _is(State.SUSPENDED)
    ),
    "delete": Verb(
        "Delete",
        "It is served to nobody at once. For 30 days this can be taken back, by its owners too;"
        " then its files and tables are removed.",
        "{} is being deleted.",
        delete,
        SlugForm,
        _is(State.ACTIVE),
    ),
    "keep": Verb(
        "Take the deletion back",
        "All is as it was.",
        "{} is back.",
        keep,
        Sure,
        _is(State.DELETING),
    ),
}


class OrganizationAdmin(Shown):
    verbs = _VERBS
    list_display = ("slug", "name", "state", "plan", "people", "items", "storage", "active")
    list_filter = ("state", "plan")
    search_fields = ("slug", "name", "domains__domain", "memberships__user__email")
    ordering = ("slug",)
    fields = readonly_fields = (
        "slug",
        "name",
        "id",
        "state",
        "deletion_due",
        "plan",
        "items",
        "storage",
        "people",
        "records",
        "active",
        "created",
        "second_factor_required",
        "schema_name",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Items and bytes as they were last measured; nobody's tables are asked."""
        own = {"organization": OuterRef("pk")}
        measured = Usage.objects.filter(**own).exclude(storage=None).order_by("-day")
        members = Membership.objects.filter(**own).order_by().values("organization")
        seen = Membership.objects.filter(**own).order_by(F("last_active").desc(nulls_last=True))
        used = ApiKey.objects.filter(**own).order_by(F("last_used").desc(nulls_last=True))
        found: QuerySet[Organization] = super().get_queryset(request)
        shown: QuerySet[Organization] = found.annotate(
            member_count=Subquery(members.annotate(count=Count("pk")).values("count")),
            item_count=Subquery(measured.values("items")[:1]),
            bytes_held=Subquery(measured.values("storage")[:1]),
            last_active=Greatest(
                Subquery(seen.values("last_active")[:1]), Subquery(used.values("last_used")[:1])
            ),
        )
        return shown

    @admin.display(description="members", ordering="member_count")
    def people(self, row: Any) -> str:
        page = reverse("admin:tenants_user_changelist")
        query = f"?memberships__organization={row.pk}"
        return format_html('<a href="{}{}">{}</a>', page, query, row.member_count or 0)

    @admin.display(ordering="item_count")
    def items(self, row: Any) -> str:
        return "not measured" if row.item_count is None else f"{row.item_count:,}"

    @admin.display(ordering="bytes_held")
    def storage(self, row: Any) -> str:
        return "not measured" if row.bytes_held is None else filesizeformat(row.bytes_held)

    @admin.display(description="last active", ordering="last_active")
    def active(self, row: Any) -> datetime | None:
        last: datetime | None = row.last_active
        return last

    @admin.display(description="audit")
    def records(self, row: Any) -> str:
        page = reverse("admin:tenants_auditrecord_changelist")
        return format_html('<a href="{}?organization_id={}">Its records</a>', page, row.pk)
