"""Who is here: people, organizations, their doors, members and keys; all in `public`."""

import secrets
import string
import uuid
from collections.abc import Iterable
from typing import Any, Never, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from tenants.measured import DEFAULT_PLAN, Notice, Plan, Usage
from tenants.roles import Role

__all__ = ["Notice", "Plan", "Usage"]

_SCHEMA_ALPHABET = string.ascii_lowercase + string.digits


def new_schema_name() -> str:
    """`t_` and 12 random characters: never derived from what a person typed."""
    return "t_" + "".join(secrets.choice(_SCHEMA_ALPHABET) for _ in range(12))


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class Asker:
    """Someone or something that asks: may it? RoleBackend answers for the organization served."""

    def has_perm(self, permission: str, obj: models.Model | None = None) -> bool:
        """Whether it may, in the organization whose schema is in use."""
        asker = cast("User", self)
        return any(backend.has_perm(asker, permission, obj) for backend in auth.get_backends())

    def has_perms(self, permissions: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(permission, obj) for permission in permissions)

    @property
    def name_on_lists(self) -> str:
        """As what it stands on the list of a collection for named ones."""
        asker = cast("User", self)
        return f"{asker._meta.model_name}:{asker.pk}"

    @property
    def named_as(self) -> tuple[str, ...]:
        """All of them must stand there for it to see the collection (catalogs.stac.sight)."""
        return (self.name_on_lists,)


class User(Asker, AbstractBaseUser):
    """A person, known by a mail address, in any number of organizations.

    There is no superuser: what a person may do comes from a role in one organization. Who runs the
    platform is an operator, which is a role in none.
    """

    email = models.EmailField("mail address", max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    job_mails = models.BooleanField(default=True, db_default=True)  # when a long job has ended
    date_joined = models.DateTimeField(default=timezone.now)
    is_operator = models.BooleanField(default=False, db_default=False)  # tenants/operators.py

    known_roles: dict[uuid.UUID, str | None] | None = None  # kept for a request's length
    app_scopes: frozenset[str] | None = None  # where an app asks in this person's name
    seen_by: "User | None" = None  # an operator, in whose eyes a request is answered

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.name or self.email


class Organization(TenantMixin):  # type: ignore[misc]
    """A tenant: one schema, one STAC API root, one bucket prefix."""

    class State(models.TextChoices):
        ACTIVE = "active"  # served
        SUSPENDED = "suspended"  # kept, served to nobody
        DELETING = "deleting"  # served to nobody, and removed once it is due

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, default=new_schema_name)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created = models.DateTimeField(default=timezone.now)
    deletion_due = models.DateTimeField(null=True, blank=True)  # until then it can be taken back
    second_factor_required = models.BooleanField(default=False, db_default=False)  # of members
    # A plan that somebody has is kept by the constraint.
    plan: models.ForeignKey[Plan | str, Plan] = models.ForeignKey(
        Plan, models.DO_NOTHING, default=DEFAULT_PLAN, db_default=DEFAULT_PLAN, related_name="+"
    )

    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=r"^t_[a-z0-9]{12}$"),
                name="schema_names_are_ours",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def activate(self) -> Never:
        """django-tenants' own ways into a schema leak between threads."""
        raise TypeError("Enter an organization by tenants.current.tenant_scope.")

    __enter__ = activate

    @property
    def is_kept(self) -> bool:
        """Deleted, and its owner can still take that back."""
        due = self.deletion_due
        return self.state == self.State.DELETING and due is not None and due > timezone.now()

    @property
    def path(self) -> str:
        """The path door, on the platform's host."""
        return f"/o/{self.slug}/"

    @property
    def address(self) -> str:
        return settings.PLATFORM_URL + self.path

    @property
    def stac_address(self) -> str:
        return f"{self.address}stac/"


class SchemaVersion(models.Model):
    """Which migrations an organization's schema has; tenants/schemas.py keeps it."""

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="version"
    )
    fingerprint = models.CharField(max_length=16, db_index=True)
    migrated = models.DateTimeField(default=timezone.now)
    tried = models.DateTimeField(default=timezone.now)  # in vain, or first

    def __str__(self) -> str:
        return self.fingerprint


class SchemaTemplate(models.Model):
    """The empty tables of an organization at one version, as SQL."""

    fingerprint = models.CharField(primary_key=True, max_length=16)
    schema_name = models.CharField(max_length=63)  # that stands in it
    sql = models.TextField()

    def __str__(self) -> str:
        return self.fingerprint


class FormerSlug(models.Model):
    """A slug that an organization had: leads to it, and is nobody else's until then.

    It names the organization by value, for it outlives it.
    """

    slug = models.CharField(primary_key=True, max_length=40)
    organization_id = models.UUIDField(db_index=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name that is an organization's door, in lower case and without a final dot."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(domain=Lower("domain")), name="domains_are_lower_case"
            )
        ]

    @property
    def address(self) -> str:
        """Reached as the platform is: same scheme, same port."""
        return f"{urlsplit(settings.PLATFORM_URL).scheme}://{with_port(self.domain)}"


class ClaimedHost(models.Model):
    """A host that an organization says is its own; a door once the DNS has said so too."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="claimed_hosts")
    host = models.CharField(max_length=253)
    token = models.CharField(max_length=32)
    created = models.DateTimeField(default=timezone.now)
    proven = models.DateTimeField(null=True)  # since when it is a door
    checked = models.DateTimeField(default=timezone.now)
    asked = models.DateTimeField(null=True)  # when a person last had it checked
    failures = models.PositiveSmallIntegerField(default=0)  # in a row

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "host", name="one_claim_of_a_host"),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def record_name(self) -> str:
        return f"_gistac.{self.host}"

    @property
    def record(self) -> str:
        return f"gistac-host={self.token}"


def with_port(host: str) -> str:
    """Every host is reached by the port of the platform's own address, whatever a request says."""
    port = urlsplit(settings.PLATFORM_URL).port
    return f"{host}:{port}" if port else host


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    joined = models.DateTimeField(default=timezone.now)
    last_active = models.DateTimeField(default=timezone.now, null=True)  # noted once an hour

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="one_membership_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} ({self.role})"


class Invitation(models.Model):
    """A role offered to whoever proves a mail address; tenants/invitations.py knows its life."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)  # in small letters
    role = models.CharField(max_length=12, choices=Role)
    note = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=64, unique=True)  # the SHA-256 of the link's token
    inviter = models.ForeignKey(User, models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    sent = models.DateTimeField(default=timezone.now)
    mails = models.PositiveSmallIntegerField(default=1)
    accepted = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization",
                "email",
                condition=models.Q(accepted=None, revoked=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"


class JoinLink(models.Model):
    """Whoever has it can join as this role; tenants/join_links.py knows its life."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="join_links")
    role = models.CharField(max_length=12, choices=Role)
    digest = models.CharField(max_length=64, unique=True)  # the SHA-256 of the link's token
    maker = models.ForeignKey(User, models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    left = models.PositiveSmallIntegerField()  # how many can still join
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization",
                "role",
                condition=models.Q(revoked=None),
                name="one_join_link_per_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.organization}"


class MailDomain(models.Model):
    """People whose mail address is of it can join as this role; tenants/mail_domains.py."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="mail_domains")
    domain = models.CharField(max_length=253, db_index=True)  # in small letters, IDNA
    role = models.CharField(max_length=12, choices=Role)
    maker = models.ForeignKey(User, models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "domain", name="a_mail_domain_is_open_once"),
        ]

    def __str__(self) -> str:
        return self.domain


class RemovedMember(models.Model):
    """Who was removed comes back by an invitation alone: neither this account nor its addresses."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    addresses = ArrayField(models.EmailField(), default=list)  # confirmed then, in small letters
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="removed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.addresses} from {self.organization}"


class AuditRecord(models.Model):
    """What was done about people and keys. Rows are only ever added; a trigger refuses the rest.

    It names by value: a record outlives whom and what it names.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    organization_id = models.UUIDField(null=True)  # none: of the platform, shown to operators
    actor_kind = models.CharField(max_length=8, default="user", db_default="user")
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=254)
    action = models.CharField(max_length=60)  # scope.verb, as member.remove
    objects_named = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)  # of the request, if there was one
    request = models.CharField(max_length=64, default="", db_default="")  # its id, as in the log
    before = models.JSONField(null=True)  # what changed, as it was and as it is
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index("organization_id", "at", "id", name="people_audit_by_time"),
            GinIndex(
                Func("objects_named", Value("$.*"), function="jsonb_path_query_array"),
                name="people_audit_by_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action}"


class Reservation(models.Model):
    """Bytes of the store that an organization has promised to its uploads under way."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True)
    bytes = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.bytes} bytes for {self.organization}"


class HandOver(models.Model):
    """A sign-in on its way from the platform's host to an organization's: used once, soon."""

    code = models.CharField(max_length=64, unique=True)  # its SHA-256
    browser = models.CharField(max_length=64)  # the SHA-256 of what the browser holds
    session_key = models.CharField(max_length=40, default="")  # of the platform's session
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} to {self.organization}"


class Impersonation(models.Model):
    """An operator sees an organization as a member; tenants/impersonation.py knows its life."""

    operator = models.ForeignKey(User, models.CASCADE, related_name="+")
    member = models.ForeignKey(User, models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200)
    session_key = models.CharField(max_length=40)  # the operator's, with which it ends
    started = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.operator} as {self.member} in {self.organization}"


class SigningKey(models.Model):
    """What our OpenID Connect issuer signs with, sealed with the server's secret (oidc.py)."""

    sealed = models.TextField()
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"made at {self.created}"


class ApiKey(Asker, models.Model):
    """A program's key, and `request.user` when a program asks; tenants/keys.py knows its format."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="keys")
    creator = models.ForeignKey(User, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    pepper = models.CharField(max_length=12)  # which pepper made the digest
    last4 = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=24))
    collections = ArrayField(models.CharField(max_length=256), null=True)  # null: all of them
    addresses = ArrayField(models.CharField(max_length=43), default=list, db_default=[])
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoke_reason = models.CharField(max_length=200, blank=True, db_default="")
    rotated_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="rolled_to")
    made_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")  # by a key
    rolled = models.DateTimeField(null=True)  # another took its place then
    line = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())  # kept when it is rolled
    last_used = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    last_used_agent = models.CharField(max_length=120, blank=True)
    denied = models.PositiveIntegerField(default=0, db_default=0)  # uses after its end
    last_denied = models.DateTimeField(null=True)
    reminded = models.PositiveSmallIntegerField(null=True)  # days before its end, by mail

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __str__(self) -> str:
        return self.name

    @property
    def name_on_lists(self) -> str:
        """The same for the key that takes its place when it is rolled."""
        return f"key:{self.line}"

    @property
    def named_as(self) -> tuple[str, ...]:
        """Itself, and its creator where that one does not see all: a key never sees more."""
        if self.creator.has_perm("stac.view_every_collection"):
            return (self.name_on_lists,)
        return (self.name_on_lists, self.creator.name_on_lists)

    @property
    def only_collections(self) -> tuple[str, ...] | None:
        """It sees and changes nothing of others, public ones included."""
        return None if self.collections is None else tuple(self.collections)

    @property
    def is_over(self) -> bool:
        """Revoked, or expired."""
        expired = self.expires is not None and self.expires <= timezone.now()
        return self.revoked is not None or expired
