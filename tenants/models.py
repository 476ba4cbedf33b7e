"""Who is here: people, organizations, their doors, members and keys; all in `public`."""

import secrets
import string
import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from tenants.roles import Role

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

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by a mail address, in any number of organizations."""

    email = models.EmailField("mail address", max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.name or self.email


class Organization(TenantMixin):
    """A tenant: one schema, one STAC API root, one bucket prefix."""

    class State(models.TextChoices):
        ACTIVE = "active"  # served
        SUSPENDED = "suspended"  # kept, served to nobody
        DELETING = "deleting"  # on its way out

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    created = models.DateTimeField(default=timezone.now)

    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name that is an organization's door."""


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    joined = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "organization", name="one_membership_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} ({self.role})"


class ApiKey(models.Model):
    """A program's key. Only a peppered hash of it is kept; see tenants/keys.py for its format."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="keys")
    creator = models.ForeignKey(User, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    pepper = models.CharField(max_length=12)  # which pepper made the digest
    last4 = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=24))
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    last_used_agent = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.name
