"""Sign-in by allauth; permission by the role in the current organization."""

from collections.abc import Iterable
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet

from tenants.askers import Token
from tenants.current import current_organization
from tenants.models import ApiKey, Membership, Organization, User
from tenants.roles import BEYOND_COLLECTIONS, PERMISSIONS, READ_SCOPES, SCOPES

# Whatever its holder may: a token reads.
_READING = frozenset().union(*(SCOPES[scope] for scope in READ_SCOPES)) | {
    "stac.view_every_collection"
}
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def in_force() -> QuerySet[Membership]:
    """Memberships that count now: where the organization requires a second factor, only those of
    people who have one."""
    proof = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_FACTORS)
    return Membership.objects.filter(Q(organization__second_factor_required=False) | Exists(proof))


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def role_in(user: User, organization: Organization) -> str | None:
    """The role, looked up once and kept on the user, who lives as long as a request."""
    if user.known_roles is None:
        user.known_roles = {}
    if organization.pk not in user.known_roles:
        memberships = in_force().filter(user=user, organization=organization)
        user.known_roles[organization.pk] = memberships.values_list("role", flat=True).first()
    return user.known_roles[organization.pk]


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]
    def get_all_permissions(self, user_obj: Any, obj: object | None = None) -> set[str]:
        organization = current_organization()
        if organization is None or not user_obj.is_active:
            return set()
        if isinstance(user_obj, Token):
            return self.get_all_permissions(user_obj.holder) & _READING
        if isinstance(user_obj, ApiKey):
            return _of_key(user_obj, organization)
        return _of_person(user_obj, organization) if isinstance(user_obj, User) else set()

    def has_perm(self, user_obj: Any, perm: str, obj: object | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        permissions = self.get_all_permissions(user_obj)
        return any(permission.startswith(f"{app_label}.") for permission in permissions)


def _of_person(user: User, organization: Organization) -> set[str]:
    role = role_in(user, organization)
    granted = PERMISSIONS[role] if role else frozenset()
    return set(granted if user.app_scopes is None else granted & _allowed(user.app_scopes))


def _allowed(scopes: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def _of_key(key: ApiKey, organization: Organization) -> set[str]:
    """A key does what its scopes say, as far as its creator may do it now, and only at home."""
    if key.organization_id != organization.pk:
        return set()
    allowed = _of_person(key.creator, organization) & _allowed(key.scopes)
    return allowed if key.collections is None else allowed - BEYOND_COLLECTIONS
