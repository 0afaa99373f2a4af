"""By which invitation somebody came: the link's page notes it in the session, joining asks for it."""

import hashlib

from django.http import HttpRequest

from members.models import Invitation

_IN_SESSION = "invitation"  # the digest of the link's key, never the key


def digest_of(key: str) -> str:
    """What is kept of the key in a link."""
    return hashlib.sha256(key.encode()).hexdigest()


def note_invitation(request: HttpRequest, invitation: Invitation) -> None:
    request.session[_IN_SESSION] = invitation.digest


def forget_invitation(request: HttpRequest) -> None:
    request.session.pop(_IN_SESSION, None)


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation that this visitor came by, while it is open. One query where there is one, else none."""
    digest = request.session.get(_IN_SESSION)
    return Invitation.objects.open().filter(digest=digest).first() if digest else None
