"""django-tenants' PostGIS backend, made to fail closed (filled in by the tenants room)."""

from django_tenants.postgresql_backend.base import DatabaseWrapper

__all__ = ["DatabaseWrapper"]
