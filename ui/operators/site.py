"""Who may come in, and what every page here has in common."""

from functools import update_wrapper
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from tenants.audit import Operator
from tenants.backends import has_second_factor
from tenants.models import User
from tenants.operators import may_operate
from ui.access import to_sign_in
from ui.operators.verbs import Verbs
from ui.requests import PersonRequest


class OperatorSite(admin.AdminSite):
    """For operators who have shown their second factor in this session; for others, no page."""

    site_title = site_header = "GiSTAC for operators"
    index_title = "Looking after GiSTAC"
    final_catch_all_view = False
    pages = ("index", "jsi18n", "app_list")  # one signs in and out like everybody

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and may_operate(user) and has_shown_it(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def guarded(request: PersonRequest, *args: Any, **named: Any) -> HttpResponse:
            return first(request) or inner(request, *args, **named)

        return update_wrapper(guarded, inner)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        urls = super().get_urls()
        return [each for each in urls if not hasattr(each, "name") or each.name in self.pages]


def first(request: PersonRequest) -> HttpResponse | None:
    """What comes before a page: for strangers that there is none."""
    if not request.user.is_authenticated and request.method == "GET":
        return to_sign_in(request)
    if not isinstance(request.user, User) or not request.user.is_operator:
        raise Http404("There is nothing at this address.")
    if not has_second_factor(request.user):
        messages.error(request, "Operators need a second factor: add a passkey or an app.")
        return redirect("platform:account")
    if not has_shown_it(request):
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('mfa_reauthenticate')}?{query}")
    if "%00" in request.get_full_path():  # the admin looks up what it is sent as it is
        raise BadRequest("Null characters are not allowed.")
    return None


def has_shown_it(request: HttpRequest) -> bool:
    """Their second factor, in this session."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class Shown(Verbs, admin.ModelAdmin):  # type: ignore[type-arg]
    """A table to look at. What can be done with a row is a verb; nothing is saved as such."""

    actions = None
    pages: tuple[str, ...] = ("changelist", "change")
    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True  # who came this far

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        start = f"{self.opts.app_label}_{self.opts.model_name}_"
        shown = [f"{start}{page}" for page in self.pages]
        urls = [each for each in super().get_urls() if each.name in shown]
        if not self.verbs:
            return urls
        act = self.admin_site.admin_view(self.act)
        return [path("<path:object_id>/do/<slug:verb>/", act, name=f"{start}do"), *urls]


def by(request: HttpRequest) -> Operator:
    assert isinstance(request.user, User)
    return Operator(request.user)
