"""Mail about discussions, enqueued in the transaction of the action that causes it."""

from collections.abc import Iterable
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from members.jobs import send_mail
from members.models import Member
from threads.models import Claim, Evidence, EvidenceState, MeaningRequest


def answer_claim(claim: Claim, *, reason: str) -> None:
    """Tell whoever asked for a removal, or claimed a post, what a moderator decided and why."""
    address = claim.by.email if claim.by else claim.contact
    if not address:
        return
    asked = {"asked": claim.get_kind_display(), "post": settings.SITE_URL + claim.post.permanent_url()}
    outcome = _("A moderator has granted it.") if claim.granted else _("A moderator has not granted it.")
    text = "\n\n".join([_("You asked of the post %(post)s: “%(asked)s”.") % asked, outcome, reason])
    subject = _("Your request about a post on %(portal)s") % {"portal": settings.PORTAL_NAME}
    send_mail.enqueue(subject, text, [address], make_msgid(domain=urlsplit(settings.SITE_URL).hostname))


def answer_evidence(evidence: Evidence, *, reason: str) -> None:
    """Tell who proposed words as evidence what a curator decided; the words are not repeated."""
    member = evidence.proposed_by
    if member is None or not member.is_active or not member.email:
        return
    address = settings.SITE_URL + evidence.post.permanent_url()
    said = [_("You proposed words of the post %(post)s as evidence for the glossary.") % {"post": address}]
    is_published = evidence.state == EvidenceState.PUBLISHED
    said.append(_("A curator has published them.") if is_published else _("A curator has decided against it."))
    text = "\n\n".join([*said, *filter(None, [reason]), settings.SITE_URL + reverse("my_proposals")])
    subject = _("Your proposal for the glossary of %(portal)s") % {"portal": settings.PORTAL_NAME}
    send_mail.enqueue(subject, text, [member.email], make_msgid(domain=urlsplit(settings.SITE_URL).hostname))


def answer_question(request: MeaningRequest, askers: Iterable[Member]) -> None:
    """Tell those who asked what a word means that it was answered; each in a mail of their own."""
    thread = request.thread
    said = [
        _("You asked what “%(word)s” means in “%(title)s”.") % {"word": request.text, "title": thread.title},
        request.answer,
        settings.SITE_URL + thread.get_absolute_url(),
    ]
    subject = _("What “%(word)s” means, on %(portal)s") % {"word": request.text, "portal": settings.PORTAL_NAME}
    for member in askers:
        if member.is_active and member.email:
            identity = make_msgid(domain=urlsplit(settings.SITE_URL).hostname)
            send_mail.enqueue(subject, "\n\n".join(said), [member.email], identity)
