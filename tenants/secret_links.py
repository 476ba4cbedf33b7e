"""Tokens of links that can be shown again: made from a row's id with the server's secret."""

import base64
import hashlib
from uuid import UUID

from django.utils.crypto import salted_hmac


def token_of(salt: str, pk: UUID) -> str:
    made = salted_hmac(salt, str(pk), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
