"""Answers go out compressed where that pays: JSON and CSV shrink to a sixth, map tiles to a half.

gzip, which every client has, by ISA-L: of a page of items it takes a tenth of zlib's time, for a
sixth more bytes than Django's level. Clients ask for it with every request, so what it costs is a
part of every answer. Single documents keep their strong ETag and go as they are, for `If-Match`
must find it again.

Who sends cookies is a browser that another site may make ask, and measure what comes (BREACH): it
gets Django's gzip, padded by some random bytes.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from isal import igzip, isal_zlib

SMALLEST = 1_000  # bytes: what fits one packet anyway goes as it is
LEVEL = 2
_KINDS = ("json", "csv", "html", "vector-tile")
_padded = GZipMiddleware(lambda request: HttpResponse())
_GZIP = 16 + isal_zlib.MAX_WBITS  # a stream with gzip's own header


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
    return _padded.process_response(plain, answer) if plain.COOKIES else _packed(answer)


def _packed(answer: Any) -> HttpResponseBase:
    if answer.streaming:
        answer.streaming_content = _parts(answer.streaming_content)
        del answer.headers["Content-Length"]
    else:
        answer.content = igzip.compress(answer.content, LEVEL)
        answer.headers["Content-Length"] = str(len(answer.content))
    answer.headers["Content-Encoding"] = "gzip"
    packed: HttpResponseBase = answer
    return packed


def _parts(parts: Iterable[bytes]) -> Iterator[bytes]:
    packing = isal_zlib.compressobj(LEVEL, wbits=_GZIP)
    for part in parts:
        # Each part can be read as it comes, also the last words of a stream that breaks off.
        yield packing.compress(part) + packing.flush(isal_zlib.Z_SYNC_FLUSH)
    yield packing.flush()


def _takes_gzip(accepted: str) -> bool:
    """`gzip;q=0` is a refusal (RFC 9110, 12.5.3)."""
    for one in accepted.lower().split(","):
        name, _, quality = one.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "").rstrip(".0") != "q="
    return False
