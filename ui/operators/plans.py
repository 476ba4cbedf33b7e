"""Plans: what each allows."""

from typing import Any

from django import forms
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from tenants import plans
from tenants.models import Organization, Plan
from ui.operators.site import Shown, by

NO_LIMIT = "Empty: no limit."


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Plan
        fields = ["name", *Plan.LIMITS]
        labels = {
            "storage": "Bytes of files",
            "signed_bytes_per_month": "Bytes given out a month",
            "tiles_per_month": "Map tiles a month",
            "requests_per_minute": "Requests a minute",
        }
        help_texts = dict.fromkeys(Plan.LIMITS, NO_LIMIT)


class PlanAdmin(Shown):
    form = PlanForm
    pages = ("changelist", "change", "add")
    list_display = ("name", *Plan.LIMITS, "organizations")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        having = Organization.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
        counted = Subquery(
            having.annotate(count=Count("pk")).values("count"), output_field=IntegerField()
        )
        found: QuerySet[Plan] = super().get_queryset(request)
        return found.annotate(having=Coalesce(counted, 0))

    def organizations(self, row: Any) -> int:
        return int(row.having)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """By the verb, with its records."""
        limits = {limit: form.cleaned_data[limit] for limit in Plan.LIMITS}
        plans.change(obj.name, limits, by=by(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Our audit says it already."""

    log_change = log_addition
