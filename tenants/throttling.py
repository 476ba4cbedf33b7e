"""How often a stranger may guess."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class KeyFailures(SimpleRateThrottle):
    """Refused keys of one address; good keys are not counted, and anonymous reads write nothing."""

    rate = "30/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"refused-keys:{self.get_ident(request)}"
