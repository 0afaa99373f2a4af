"""Mail about the glossary, enqueued in the transaction of the action that causes it."""

from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from glossary.models import Suggestion, SuggestionKind, SuggestionState
from members.jobs import send_mail


def answer_suggestion(suggestion: Suggestion) -> None:
    """Tell who suggested something what a curator decided and why; nobody where they have left."""
    member = suggestion.by
    if member is None or not member.is_active or not member.email:
        return
    about = {"kind": suggestion.get_kind_display(), "text": suggestion.text}
    said = [_("You suggested for the glossary: %(kind)s, “%(text)s”.") % about]
    if suggestion.state == SuggestionState.ACCEPTED and suggestion.kind == SuggestionKind.CHANGE and suggestion.sense:
        told = _("A curator has taken it up. The definition reads now: “%(definition)s”")
        said.append(told % {"definition": suggestion.sense.definition})
    elif suggestion.state == SuggestionState.ACCEPTED:
        said.append(_("A curator has taken it up. Readers see it once it is published."))
    else:
        said.append(_("A curator has decided against it."))
    text = "\n\n".join([*said, *filter(None, [suggestion.reason]), settings.SITE_URL + reverse("my_proposals")])
    subject = _("Your suggestion for the glossary of %(portal)s") % {"portal": settings.PORTAL_NAME}
    message_id = make_msgid(domain=urlsplit(settings.SITE_URL).hostname)
    send_mail.enqueue(subject, text, [member.email], message_id)
