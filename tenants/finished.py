"""The setting TELL_FINISHED: a mail to who started a long job, unless they want none."""

from tenants import mail
from tenants.backends import in_force
from tenants.current import current_organization
from tenants.models import ApiKey, User


def tell(kind: str, id: str, /, *, title: str, text: str, page: str) -> None:
    """Called inside the organization; who is in it no more is told nothing."""
    organization = current_organization()
    person = _person(kind, id)
    if organization is None or person is None or not person.is_active or not person.job_mails:
        return
    if not in_force().filter(user=person, organization=organization).exists():
        return
    words = {"title": title, "text": text, "organization": organization.name}
    href = organization.address + page
    mail.later(person.email, "people/email/finished.html", **words, href=href)


def _person(kind: str, id: str) -> User | None:
    """Of a key it is who made it."""
    if not id.isdecimal():
        return None
    if kind == "user":
        return User.objects.filter(pk=id).first()
    key = ApiKey.objects.filter(pk=id).select_related("creator").first() if kind == "key" else None
    return key.creator if key else None
