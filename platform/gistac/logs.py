"""One line of JSON for each thing that happened, with its request and its organization."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.db import connection

# The request that this thread is answering; "" in the worker and in commands.
request_id: ContextVar[str] = ContextVar("request_id", default="")
# And the address that it came from, as the proxies that we trust have passed it on.
address: ContextVar[str | None] = ContextVar("address", default=None)

# What a log record carries by itself; everything else was given by the caller as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}

# The token in the address of what a link shares opens it.
_LINK = re.compile(r"(/shared/)[A-Za-z0-9_%-]{20,}")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := request_id.get():
            line["request"] = known
        if organization := _organization():
            line["organization"] = organization
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _LINK.sub(r"\1…", json.dumps(line, default=str, ensure_ascii=False))


def origin() -> tuple[str | None, str]:
    """Address and id of the request that this thread is answering, for audit records."""
    return address.get(), request_id.get()


def _organization() -> str:
    """The one whose schema this thread is in: its immutable id, and no query."""
    tenant = getattr(connection, "tenant", None)
    return str(getattr(tenant, "pk", None) or "")


def settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, where supervisors and containers read it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": sys.stderr}
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # A line for every statement, and for every poll of the queue, is nobody's to read.
            "django.db.backends": {"level": "INFO"},
            "django.server": {"handlers": [], "propagate": True},
            # Ours says the same for every request, with its time.
            "django.request": {"level": "ERROR"},
            "procrastinate": {"level": "INFO"},
            "procrastinate.blueprints": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
            "rasterio": {"level": "WARNING"},
        },
    }
