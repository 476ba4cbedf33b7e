"""Every other address of the API."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ..errors import NotFound
from .base import StacView


class Nothing(StacView):
    """404 in the form that clients read."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound

    def get(self, request: Request, rest: str) -> HttpResponse:
        raise NotFound
