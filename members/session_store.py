"""Sessions as Django keeps them in the database, found by SQL that is written once: every page of a member asks it."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from members.prepared import Prepared

_living = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list("session_data"),
    key=str,
    now=datetime,
)


class SessionStore(DatabaseStore):
    """The store of settings.SESSION_ENGINE."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, under another key from now on, where it is gone."""
        for (data,) in _living(key=self.session_key, now=timezone.now()):
            found: dict[str, Any] = self.decode(data)
            return found
        self._session_key = None
        return {}
