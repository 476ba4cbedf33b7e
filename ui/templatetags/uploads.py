"""Tags of the pages where files arrive."""

from django import template

from catalogs.room import readable
from tenants import quotas
from tenants.models import Organization

register = template.Library()
register.filter("size_in_words", readable)


@register.simple_tag
def room_left(organization: Organization) -> int | str:
    """Bytes that may still come; empty where nothing limits it."""
    room = quotas.room_left(organization)
    return "" if room is None else room
