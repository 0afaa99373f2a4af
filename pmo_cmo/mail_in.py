"""Mails that answer: a reply to a notification becomes a post, and its sender hears in words when it cannot.

The address says whose answer it is and for which thread, and is signed; the
mail must come from that member's own address. Machines' mails make nothing and
are answered by nothing. May be given the same mail twice: a mail server or a
mailbox that did not hear that it was taken gives it again.
"""

import enum
import hashlib
import logging
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, make_msgid
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.utils import translation
from django.utils.translation import gettext as _, ngettext

from markup.render import MAX_BYTES, Unrenderable
from markup.replies import text_of_html, written
from members.actions.mailing import note_bounced
from members.jobs import send_mail
from members.models import Member
from members.permissions import Refused
from members.tokens import ReplyTo, read_reply_address
from threads.actions import posting
from threads.forms import in_words
from threads.models import Post, ShownAs, Thread

LARGEST = 25 * 1024 * 1024  # bytes of a mail
REMEMBERED = 24 * 60 * 60  # seconds for which what became of a mail is known; a post knows its mail for good
LONGEST_ID = 200  # characters of a Message-ID that are kept; a longer one by its digest
LONGEST_TEXT = 4 * MAX_BYTES  # characters of a mail that are looked through
# How `members.mails` names a mail about one post; who answers it names it so.
_MAIL_OF_POST = re.compile(r"<post-(?P<post>[0-9]{1,18})\.(?P<member>[0-9]{1,18})@")
NO_TEXT_IN = ("image/", "audio/", "video/", "application/")
# Where a mail server writes whom a mail was for, before what the sender wrote there.
RECIPIENTS = ("X-Original-To", "Delivered-To", "Envelope-To", "To", "Cc")

logger = logging.getLogger(__name__)


class Outcome(enum.Enum):
    """What became of a mail."""

    POSTED = "posted"
    TOLD = "not posted; its sender is told why"
    IGNORED = "from a machine; nothing is done"
    BOUNCED = "a mail that came back; counted"
    UNKNOWN = "to no address of this portal"


@dataclass(frozen=True)
class Answer:
    """A mail whose sender may post."""

    mail: EmailMessage
    member: Member
    thread: int


def receive(raw: bytes, *, recipient: str = "") -> Outcome:
    """Do what a mail asks for. `recipient`, where the mail server says it, comes before the addresses in its head.

    Raises what the database raises when it is away: the mail is to be given again.
    """
    mail = message_from_bytes(raw[:LARGEST], policy=policy.default)
    meant = _meant(mail, recipient)
    if meant is None:
        return Outcome.UNKNOWN
    member = Member.objects.filter(pk=meant.member, is_active=True, is_sample=False).first()
    if member is None:
        return Outcome.UNKNOWN
    known_as = "mail-in-" + hashlib.sha256(f"{meant} {_identity(mail, raw)}".encode()).hexdigest()
    if known := cache.get(known_as):
        return Outcome[known]
    with translation.override(member.language or settings.LANGUAGE_CODE):
        outcome = _taken(Answer(mail, member, meant.thread), raw)
    cache.set(known_as, outcome.name, REMEMBERED)
    return outcome


def _taken(answer: Answer, raw: bytes) -> Outcome:
    if _is_bounce(answer.mail):
        note_bounced(answer.member.pk)
        return Outcome.BOUNCED
    if _is_automatic(answer.mail):
        return Outcome.IGNORED
    return _answer(answer, raw)


def _meant(mail: EmailMessage, recipient: str) -> ReplyTo | None:
    heads = [recipient, *(str(value) for name in RECIPIENTS for value in mail.get_all(name, []))]
    for _name, address in getaddresses([head for head in heads if head]):
        if meant := read_reply_address(address):
            return meant
    return None


def _is_bounce(mail: EmailMessage) -> bool:
    """Whether a mail server says that a mail could not be delivered, for good (RFC 3464)."""
    if mail.get_content_type() != "multipart/report":
        return False
    reports = (part for part in mail.walk() if part.get_content_type() == "message/delivery-status")
    return any("action: failed" in str(report).lower() for report in reports)


def _is_automatic(mail: EmailMessage) -> bool:
    """Whether a machine wrote it: an absence, a receipt, a list (RFC 3834)."""
    said = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence = str(mail.get("Precedence", "")).strip().lower()
    returns = [str(value).strip() for value in mail.get_all("Return-Path", [])]
    signs = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Loop")
    return (
        said != "no"
        or precedence in {"bulk", "list", "junk", "auto_reply"}
        or "<>" in returns
        or mail.get_content_type() == "multipart/report"
        or any(sign in mail for sign in signs)
    )


def _answer(answer: Answer, raw: bytes) -> Outcome:
    if not _is_from(answer.mail, answer.member):
        sender = str(answer.mail.get("From", ""))[:100]
        return _tell(
            answer,
            _(
                "A mail came to the address that answers under your name, but not from your own address (%(sender)s), "
                "so it was not posted. If it was yours, send it from the address of your account."
            )
            % {"sender": sender},
            with_text=False,
        )
    if not answer.thread:
        return _tell(answer, _("Nobody reads this address. Answer a mail about a discussion, or write on its page."))
    thread = Thread.objects.visible_to(answer.member).filter(pk=_answered_in(answer)).first()
    if thread is None:
        return _tell(answer, _("This discussion is no longer shown, so your answer was not posted."))
    if not _shows_everything(answer.member, thread):
        sentence = _(
            "In this discussion you do not show all of who you are, and a mail may say more than you want to. "
            "So it was not posted; write on the page of the discussion: %(address)s"
        )
        return _tell(answer, sentence % {"address": settings.SITE_URL + thread.get_absolute_url()})
    return _post(answer, thread, _text_of(answer.mail), raw)


def _answered_in(answer: Answer) -> int:
    """The thread that the answered mail was about or, where its post was moved, the one where that stands now."""
    named = _MAIL_OF_POST.search(str(answer.mail.get("In-Reply-To", "")))
    if not named or int(named["member"]) != answer.member.pk:
        return answer.thread
    posts = Post.objects.visible_to(answer.member).filter(pk=int(named["post"]))
    return posts.values_list("thread", flat=True).first() or answer.thread


def _post(answer: Answer, thread: Thread, body: str, raw: bytes) -> Outcome:
    if not body:
        return _tell(answer, _("Your mail holds no text of its own above what it quotes, so nothing was posted."))
    identity = _identity(answer.mail, raw)
    try:
        posting.reply(
            thread,
            by=answer.member,
            body=body,
            token=uuid5(NAMESPACE_URL, f"{answer.thread} {identity}"),
            message_id=identity,
        )
    except (Refused, PermissionDenied, Unrenderable) as refusal:
        why = in_words(refusal) if isinstance(refusal, Unrenderable) else refusal
        return _tell(answer, f"{_('Your answer was not posted.')} {why}")
    if left_out := sum(1 for part in answer.mail.iter_attachments() if part.get_content_type().startswith(NO_TEXT_IN)):
        said = ngettext(
            "Your answer is posted, without %(count)d attachment. Pictures can be added on the page: %(address)s",
            "Your answer is posted, without %(count)d attachments. Pictures can be added on the page: %(address)s",
            left_out,
        )
        address = settings.SITE_URL + thread.get_absolute_url()
        _tell(answer, said % {"count": left_out, "address": address}, with_text=False)
    return Outcome.POSTED


def _is_from(mail: EmailMessage, member: Member) -> bool:
    """Whether the one sender is an address that this member has confirmed."""
    senders = {address.lower() for _name, address in getaddresses([str(v) for v in mail.get_all("From", [])])}
    confirmed = EmailAddress.objects.filter(user=member, verified=True).values_list("email", flat=True)
    return len(senders) == 1 and senders <= {address.lower() for address in confirmed}


def _shows_everything(member: Member, thread: Thread) -> bool:
    """Whether their last post in a thread showed all of them: a signature may slip through, and says who they are."""
    own = Post.objects.filter(author=member, thread=thread).order_by("-created_at", "-number")
    return own.values_list("shown_as", flat=True).first() in {None, ShownAs.EVERYTHING}


def _text_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        text = part.get_content()
    except (LookupError, UnicodeError, ValueError):  # an encoding that nobody knows, or that it is not
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = str(text)[:LONGEST_TEXT].replace("\x00", "").replace("\r\n", "\n")
    if part.get_content_type() == "text/html":
        text = text_of_html(text)
    return written(text, is_flowed=part.get_param("format") == "flowed")


def _identity(mail: EmailMessage, raw: bytes) -> str:
    """The mail's Message-ID, or a digest where it is too long to be kept or there is none."""
    said = "".join(str(mail.get("Message-ID", "")).split())
    if said and len(said) <= LONGEST_ID:
        return said
    return hashlib.sha256(said.encode("utf-8", "replace") or raw).hexdigest()


def _tell(answer: Answer, sentence: str, *, with_text: bool = True) -> Outcome:
    """Answer by mail to the member's own address; never to the sender's, who may be somebody else."""
    parts = [sentence]
    if with_text and (text := _text_of(answer.mail)):
        parts += [_("You wrote:"), text]
    subject = _("Your answer by mail on %(portal)s") % {"portal": settings.PORTAL_NAME}
    identity = make_msgid(domain=urlsplit(settings.SITE_URL).hostname)
    if answer.member.email:
        send_mail.enqueue(subject, "\n\n".join(parts) + "\n", [answer.member.email], identity)
    return Outcome.TOLD
