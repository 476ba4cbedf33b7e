"""Quotas for tests: settings.UPLOAD_ROOM names one of these."""

from typing import Any


def endless(organization: Any, promised: int) -> None:
    return None


def small(organization: Any, promised: int) -> int:
    return 10_000_000
