"""What was done about people, keys and organizations, everywhere; read only."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from tenants.models import AuditRecord, Organization
from ui.audit import words
from ui.operators.site import Shown


class RecordAdmin(Shown):
    list_display = ("at", "actor_name", "what", "organization", "named")
    list_display_links = ("at",)
    list_filter = ("actor_kind",)
    search_fields = ("actor_name", "action")
    ordering = ("-at", "-pk")
    fields = readonly_fields = (
        "at",
        "organization",
        "actor_kind",
        "actor_id",
        "actor_name",
        "action",
        "named",
        "before",
        "after",
        "address",
        "request",
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        asked = lookup == "organization_id"
        return asked or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        slug = Organization.objects.filter(pk=OuterRef("organization_id")).values("slug")[:1]
        found: QuerySet[AuditRecord] = super().get_queryset(request)
        return found.annotate(slug=Subquery(slug))

    @admin.display(ordering="action")
    def what(self, row: AuditRecord) -> str:
        return words(row.action)

    @admin.display
    def organization(self, row: Any) -> str:
        return row.slug or (str(row.organization_id) if row.organization_id else "the platform")

    @admin.display(description="about")
    def named(self, row: AuditRecord) -> str:
        return ", ".join(f"{name}: {value}" for name, value in row.objects_named.items() if value)
