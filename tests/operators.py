"""Olga runs the platform."""

import time

from allauth.account.internal.flows import login
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from tenants import operators
from tenants.models import User
from tests.conftest import person


def shown(user: User) -> dict[str, object]:
    """What stands in a session in which this person has shown their second factor."""
    return {
        login._AUTHENTICATION_METHODS_USER_SESSION_KEY: str(user.pk),
        login.AUTHENTICATION_METHODS_SESSION_KEY: [
            {"method": "mfa", "type": "totp", "at": time.time()}
        ],
    }


def an_operator(name: str = "olga") -> User:
    user = person(name)
    operators.appoint(user)
    TOTP.activate(user, generate_totp_secret())
    return User.objects.get(pk=user.pk)


def at_work(user: User) -> Client:
    """Signed in with the second factor."""
    client = Client()
    client.force_login(user)
    session = client.session
    session.update(shown(user))
    session.save()
    return client
