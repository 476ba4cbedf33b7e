"""What we tell allauth in our own words."""

from itertools import chain
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.shortcuts import render

from tenants import mail, sessions
from tenants.models import User
from tenants.requests import Request


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def login(self, request: Request, user: User) -> None:
        super().login(request, user)
        sessions.begin(request)

    def logout(self, request: Request) -> None:
        """On organizations' hosts as well, where the same sign-in led to."""
        sessions.end_this(request)
        super().logout(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In our words and brand; links lead to the platform's own address."""
        links = {
            "account": f"{settings.PLATFORM_URL}/account/",
            "login": f"{settings.PLATFORM_URL}/accounts/login/",
            "signup": f"{settings.PLATFORM_URL}/accounts/signup/",
        }
        mail.compose(email, f"{template_prefix}_message.html", {**context, **links}).send()


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def list_apps(self, request: Request, **wanted: Any) -> list[SocialApp]:
        """Those of the environment; no table is asked."""
        return list(chain(*_build_apps_from_settings(**wanted).values()))

    def pre_social_login(self, request: Request, sociallogin: SocialLogin) -> None:
        """Nobody new without an address that the provider has proven."""
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        proven = [each for each in sociallogin.email_addresses if each.verified is True]
        if not proven:
            page = render(request, "socialaccount/unproven.html", status=403)
            raise ImmediateHttpResponse(page)
        sociallogin.email_addresses = proven
        user_email(sociallogin.user, proven[0].email.lower())

    def populate_user(self, request: Request, sociallogin: SocialLogin, data: Any) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        name = data.get("name")
        user.name = " ".join(name.split())[:120] if isinstance(name, str) else ""
        return user


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Passkey, Passkey 2, ..."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"
