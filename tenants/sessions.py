"""Where a person is signed in: each sign-in on the platform, with the hosts it was handed over to.

One sign-in ends as a whole: on whatever host it is ended, none of its sessions is good after that.
A session is a row that every request looks for, so that it ends at once, at every door.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.models import User
from tenants.requests import Request

NOTED_EVERY = timedelta(hours=1)
SEEN = "seen"  # in the session: when it was last noted


@dataclass
class SignIn:
    """A session of the platform, and those of hosts that came of it."""

    session: UserSession
    hosts: list[str] = field(default_factory=list)


def begin(request: Request, *, of: str = "") -> None:
    """Called when a session was just signed in; `of` is the platform's session that it came of."""
    request.session[SEEN] = time.time()
    if not of:
        return  # allauth makes the row of a sign-in of its own
    UserSession.objects.purge_and_list(request.user)
    UserSession.objects.create_from_request(request)
    made = UserSession.objects.filter(session_key=request.session.session_key)
    made.update(data={"of": of, "host": request.get_host()})


def note_seen(request: Request) -> None:
    """At most one UPDATE an hour and session."""
    seen = request.session.get(SEEN)
    if seen is None or time.time() - seen < NOTED_EVERY.total_seconds():
        return
    request.session[SEEN] = time.time()
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=timezone.now(), ip=get_adapter().get_client_ip(request)
    )


def hold(session_key: str) -> bool:
    """Whether this session can still be used; in a transaction, until which it does not end."""
    good = Session.objects.filter(pk=session_key, expire_date__gt=timezone.now())
    return good.select_for_update().first() is not None


def mark(session_key: str) -> str:
    """Names a session where its key must not stand."""
    return salted_hmac("tenants.sessions", session_key, algorithm="sha256").hexdigest()


def is_marked_good(user: User, marked: str) -> bool:
    """Whether a session of this person that is named so can still be used."""
    found = _good(user).values_list("session_key", flat=True)
    return any(constant_time_compare(mark(each), marked) for each in found)


def sign_ins(user: User) -> list[SignIn]:
    """The newest first."""
    found = list(_good(user).order_by("-last_seen_at", "-pk"))
    roots = {each.session_key: SignIn(each) for each in found if not each.data.get("of")}
    for each in found:
        if of := each.data.get("of"):
            root = roots.setdefault(of, SignIn(each))
            root.hosts.append(each.data.get("host", ""))
    return list(roots.values())


def _good(user: User) -> QuerySet[UserSession]:
    session = Session.objects.filter(pk=OuterRef("session_key"), expire_date__gt=timezone.now())
    found: QuerySet[UserSession] = UserSession.objects.filter(Exists(session), user=user)
    return found


def end(session: UserSession) -> None:
    """The whole sign-in that this session belongs to."""
    _end(session.user_id, lambda each: _root(each) == _root(session))


def end_this(request: Request) -> None:
    """The sign-in that a request comes with."""
    for session in UserSession.objects.filter(session_key=request.session.session_key):
        end(session)


def end_others(user: User, session_key: str) -> None:
    """All but the sign-in of this session of the platform."""
    _end(user.pk, lambda each: _root(each) != session_key)


def end_all(user: User) -> None:
    _end(user.pk, lambda each: True)


def _of(user: int) -> QuerySet[UserSession]:
    found: QuerySet[UserSession] = UserSession.objects.filter(user_id=user)
    return found


def _root(session: UserSession) -> str:
    """The key of the platform's session that it came of, or its own."""
    return str(session.data.get("of") or session.session_key)


@transaction.atomic
def _end(user: int, ends: Callable[[UserSession], bool]) -> None:
    """The platform's sessions first: whoever is handing one over is waited for, and then listed."""
    roots = {_root(each) for each in _of(user) if ends(each)}
    list(Session.objects.select_for_update().filter(pk__in=roots).order_by("pk"))
    keys = [each.session_key for each in _of(user) if ends(each)]
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
