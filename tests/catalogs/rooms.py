"""Quotas for tests: settings.UPLOAD_ROOM names one of these."""

from typing import Any


def endless(organization: Any) -> None:
    return None


def small(organization: Any) -> int:
    return 10_000_000
