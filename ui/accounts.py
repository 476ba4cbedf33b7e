"""What we tell allauth in our own words."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings

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


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Passkey, Passkey 2, ..."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return "Passkey" if count == 0 else f"Passkey {count + 1}"
