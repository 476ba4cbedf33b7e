"""Whoever made a key hears before it ends: 14, 3 and 1 days before, once each."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tenants import keys, mail
from tenants.models import ApiKey, Organization

DAYS = (1, 3, 14)


def remind() -> int:
    """How many were told. Of days that nobody swept only the last is told."""
    now, told = timezone.now(), 0
    ending = ApiKey.objects.filter(
        revoked=None,
        rolled=None,
        expires__gt=now,
        expires__lte=now + timedelta(days=DAYS[-1]),
        creator__is_active=True,
        organization__state=Organization.State.ACTIVE,
    )
    for key in keys.with_role(ending.select_related("organization")):
        if vars(key).get("creator_role") is not None:
            told += _tell(key)
    return told


def _tell(key: ApiKey) -> int:
    if key.expires is None:
        return 0
    left = key.expires - timezone.now()
    days = next(each for each in DAYS if left <= timedelta(days=each))
    # A key that was made to live less than so long is not told of at once.
    if key.expires - key.created <= timedelta(days=days):
        return 0
    untold = Q(reminded=None) | Q(reminded__gt=days)
    if not ApiKey.objects.filter(untold, pk=key.pk).update(reminded=days):
        return 0
    words = {"key": key.name, "key_id": key.key_id, "organization": key.organization.name}
    mail.later(
        key.creator.email,
        "people/email/key_expiring.html",
        **words,
        ends=f"{key.expires:%-d %B %Y, %H:%M} UTC",
        used="" if key.last_used is None else f"{key.last_used:%-d %B %Y}",
        address=f"{key.organization.address}keys/{key.pk}/roll/",
    )
    return 1
