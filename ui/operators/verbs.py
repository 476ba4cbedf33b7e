"""What an operator does with one row: a form on a page of its own, then one verb of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from tenants.impersonation import ImpersonationRefused
from tenants.lifecycle import LifecycleRefused
from tenants.operators import OperatorRefused
from tenants.plans import PlanRefused

REFUSALS = (ImpersonationRefused, LifecycleRefused, OperatorRefused, PlanRefused)


class Sure(forms.Form):
    """Nothing to say but yes."""


class Reason(forms.Form):
    reason = forms.CharField(max_length=200, help_text="Kept in the audit, for its owners to read.")


@dataclass(frozen=True)
class Verb:
    """`do` is called with the request, the row, and what the form says; gives where to go, if not
    back to the row."""

    label: str
    told: str  # what it does, on its page
    done: str
    do: Callable[..., str | None]
    form: type[forms.Form] = Sure
    fits: Callable[[Any], bool] = lambda row: True


class Verbs:
    """Of an admin's rows, by the name in their address."""

    verbs: dict[str, Verb] = {}

    def act(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        shown = cast("admin.ModelAdmin[Any]", self)
        row, chosen = shown.get_object(request, object_id), self.verbs.get(verb)
        if row is None or chosen is None:
            raise Http404("There is nothing at this address.")
        form = chosen.form(
            request.POST if request.method == "POST" else None, initial=_said(request)
        )
        if request.method == "POST" and form.is_valid():
            try:
                address = chosen.do(request, row, **form.cleaned_data)
            except REFUSALS as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, chosen.done.format(row))
                return redirect(address or _page_of(row))
        context = {
            **shown.admin_site.each_context(request),
            "title": f"{chosen.label}: {row}",
            "opts": shown.opts,
            "original": row,
            "back": _page_of(row),
            "form": form,
            "verb": chosen,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/verb.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shown = cast("admin.ModelAdmin[Any]", super())
        row = cast("admin.ModelAdmin[Any]", self).get_object(request, object_id)
        fitting = {name: verb for name, verb in self.verbs.items() if row and verb.fits(row)}
        context = {"verbs": fitting, **(extra_context or {})}
        return shown.change_view(request, object_id, form_url, context)


def _said(request: HttpRequest) -> dict[str, Any]:
    return {name: value for name, value in request.GET.items() if request.method == "GET"}


def _page_of(row: Any) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
