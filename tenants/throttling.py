"""How often a stranger may guess."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from tenants import rates


class Guesses(SimpleRateThrottle):
    def whose(self, request: Any) -> str:
        """Who has one address of a network has all, and so no more guesses."""
        return rates.neighbours(self.get_ident(request))


class KeyFailures(Guesses):
    """Refused keys of one address; good keys are not counted, and anonymous reads write nothing."""

    rate = "30/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"refused-keys:{self.whose(request)}"


class WrongInvitations(Guesses):
    """Links that lead to no invitation, asked for from one address; good ones are not counted."""

    rate = "30/min"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"wrong-invitations:{self.whose(request)}"

    def throttle_success(self) -> bool:
        return True

    def note(self) -> None:
        """One more; after `allow_request`."""
        super().throttle_success()
