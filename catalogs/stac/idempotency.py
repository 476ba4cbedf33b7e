"""The Idempotency-Key header: a write that is sent again is done once, and answered again.

The answer is stored in the transaction that writes, so it is there exactly where the write is,
whatever is killed when. Refusals are not stored: they wrote nothing, and may be tried again.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone

from .errors import Busy, Invalid, Unprocessable
from .remembered import Answered
from .sight import asker

KEPT = timedelta(hours=24)
PATIENCE = "10min"  # for what is done beside the database, as storing a large body
MOST_FORGOTTEN = 1_000  # by one request
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ANSWERED = (
    *("Content-Type", "ETag", "Last-Modified", "Link", "Location"),
    *("Preference-Applied", "Retry-After"),
)


def once(
    user: Any, key: str | None, asked: tuple[str, ...], answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """Does `answer` once for this key of this user, and gives what it gave when asked again.

    `asked` says what was asked; the same key with another is 422. While another request with the
    key is at work, 409.
    """
    if key is None:
        return answer()
    if not _KEY.fullmatch(key):
        raise Invalid("An Idempotency-Key has 1 to 255 characters of ASCII, and no space.")
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()
    with transaction.atomic():
        _claim(asker(user), key)
        _forget()
        known = Answered.objects.filter(asker=asker(user), key=key).first()
        if known is not None:
            return _again(known, digest)
        response = answer()
        Answered.objects.create(
            asker=asker(user),
            key=key,
            digest=digest,
            status=response.status_code,
            headers={name: response[name] for name in _ANSWERED if name in response},
            body=response.content.decode(),
        )
        return response


def _claim(asker: str, key: str) -> None:
    """Until the transaction ends, or whoever runs it; a large body is stored meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE}'")
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock("
            "hashtextextended(current_schema() || ' answer ' || %s || ' ' || %s, 0))",
            [asker, key],
        )
        [claimed] = cursor.fetchone()
    if not claimed:
        raise Busy("Another request with this Idempotency-Key is being answered just now.")


def _forget() -> None:
    """Old answers, but for those that another request is forgetting: nobody waits for them."""
    old = Answered.objects.filter(created__lt=timezone.now() - KEPT)
    free = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    Answered.objects.filter(pk__in=list(free[:MOST_FORGOTTEN])).delete()


def _again(known: Answered, digest: str) -> HttpResponse:
    if known.digest != digest:
        raise Unprocessable("This Idempotency-Key was used for another request; take a new one.")
    response = HttpResponse(known.body, status=known.status)
    if "Content-Type" not in known.headers:
        del response["Content-Type"]
    for name, value in known.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response
