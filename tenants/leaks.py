"""A key that was found where it should not be: whoever posts its text ends it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenants import key_text, keys, mail
from tenants.models import ApiKey

LONGEST = 64_000  # bytes that are looked through
MOST_AT_ONCE = 20
REASON = "Its whole text was posted as leaked."


@csrf_exempt
@require_POST
def leaked(request: HttpRequest) -> HttpResponse:
    """Always 202: whoever guesses learns nothing."""
    end(request.read(LONGEST).decode(errors="replace"))
    return HttpResponse(status=202)


def end(text: str) -> None:
    """Revokes the keys that stand in a text, and tells who made them."""
    for found in list(key_text.all_in(text))[:MOST_AT_ONCE]:
        rows = ApiKey.objects.filter(key_id=key_text.key_id(found), revoked=None)
        key = keys.known(rows.select_related("organization"), found)
        if key is not None and (ended := keys.revoke(key, by=None, reason=REASON)):
            _tell(key, along=ended[1:])


def _tell(key: ApiKey, along: list[ApiKey]) -> None:
    words = {"key": key.name, "key_id": key.key_id, "organization": key.organization.name}
    words["along"] = ", ".join(f"“{each.name}”" for each in along)
    address = f"{key.organization.address}keys/"
    mail.later(key.creator.email, "people/email/key_leaked.html", **words, address=address)
