"""Answers go out compressed where that pays: JSON and CSV shrink to a sixth, map tiles to a half.

gzip, at Django's level: every client has it, and it costs less time than a slow line gains.
Single documents keep their strong ETag and go as they are, for `If-Match` must find it again.
What is compressed holds no secret beside what the asker sent, so lengths tell nothing (BREACH).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

SMALLEST = 1_000  # bytes: what fits one packet anyway goes as it is
_KINDS = ("json", "csv", "html", "vector-tile")

_gzip = GZipMiddleware(lambda request: HttpResponse())


def compressed(request: Any, answer: HttpResponseBase) -> HttpResponseBase:
    """The answer, compressed if the asker takes it so and it is worth it."""
    plain: HttpRequest = getattr(request, "_request", request)
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if not kind.endswith(_KINDS) or answer.headers.get("ETag", "").startswith('"'):
        return answer
    if not answer.streaming and len(getattr(answer, "content", b"")) < SMALLEST:
        return answer
    if not _takes_gzip(plain.headers.get("Accept-Encoding", "")):
        return answer
    return _gzip.process_response(plain, answer)


def _takes_gzip(accepted: str) -> bool:
    """`gzip;q=0` is a refusal (RFC 9110, 12.5.3)."""
    for one in accepted.lower().split(","):
        name, _, quality = one.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "").rstrip(".0") != "q="
    return False
