"""Words of posts as evidence for senses: members propose, curators publish."""

from collections.abc import Collection
from typing import Protocol

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary import lexicon
from markup.text import own_text
from markup.verbatim import folded, says, standing_in
from members.actions.inbox import notify
from members.models import Member, Notification
from members.permissions import Refused
from threads.actions import steps
from threads.models import Evidence, EvidenceState, Post, Stance, Thread
from threads.permissions import may_propose_evidence, may_publish_evidence

LONGEST_EXCERPT = 1000  # characters
LONGEST_REASON = 500


class HasId(Protocol):
    """A sense of the glossary, as its table or its lexicon gives it."""

    @property
    def id(self) -> int: ...


@transaction.atomic(durable=True)
def propose(post: Post, *, by: Member, sense: HasId, excerpt: str, stance: str) -> Evidence:
    """Offer words of a post as evidence for a published sense; a curator's are published at once.

    The words must stand in the post as it is now, outside quotations, white
    space apart; they are kept as they stand there. The same words for the same
    sense are kept once: a second member gets what the first proposed. Member,
    thread and post are locked, so an edit comes before and refuses, or after
    and marks them as gone. Raises PermissionDenied, Refused, ValidationError
    by field.
    """
    stance = Stance(stance)
    steps.lock_member(by)
    _thread, post = steps.lock_post(post)
    if not may_propose_evidence(by, post):
        raise PermissionDenied(_("Only what all readers see can be evidence."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address first. Your text is kept below."))
    if lexicon.current().sense(sense.id) is None:
        raise Refused(_("This meaning is no longer in the glossary. Choose another one."))
    words = _words_of(post, excerpt)
    row, is_new = Evidence.objects.get_or_create(
        sense_id=sense.id,
        post=post,
        excerpt=words,
        defaults={
            "post_revision": post.revision,
            "stance": stance,
            "written_at": post.edited_at or post.created_at,
            "proposed_by": by,
        },
    )
    if may_publish_evidence(by):
        row.stance = stance
        return _decided(row, EvidenceState.PUBLISHED, by=by)
    if not is_new and row.state == EvidenceState.DECLINED:
        raise Refused(_("Curators have looked at these words and decided against them."))
    return row


@transaction.atomic(durable=True)
def decide(evidence: Evidence, *, by: Member, publish: bool, reason: str = "") -> Evidence:
    """Publish proposed words on the term's page, or decline them; who proposed them is told, once, with `reason`.

    The reason is kept with the words: it stands on the page of one's own proposals.

    What was declined can be published later, and the other way round. Raises
    Refused for words that their author has changed before they were published,
    and for a post that is not shown.
    """
    steps.lock_member(by)
    if not may_publish_evidence(by):
        raise PermissionDenied(_("Only curators decide about evidence."))
    named = Post.objects.filter(pk=evidence.post_id).first()
    if named is None:
        raise Refused(_("This was deleted meanwhile."))
    _thread, post = steps.lock_post(named)
    row = Evidence.objects.select_for_update(no_key=True).filter(pk=evidence.pk).first()
    if row is None:
        raise Refused(_("This was deleted meanwhile."))
    if not publish:
        return _decided(row, EvidenceState.DECLINED, by=by, reason=reason)
    if not post.is_published or post.thread.is_hidden:
        raise Refused(_("Readers do not see this post now, so its words cannot be published."))
    if row.is_gone_from_post and row.state != EvidenceState.PUBLISHED:
        raise Refused(_("The post was edited, and these words no longer stand in it."))
    return _decided(row, EvidenceState.PUBLISHED, by=by, reason=reason)


def recheck(post: Post) -> None:
    """Say of each evidence from a locked post whether its words still stand in it; a step of the actions that edit."""
    rows = list(Evidence.objects.select_for_update(no_key=True).filter(post=post).order_by("pk"))
    text = folded(own_text(post.body_html)) if rows else ""
    for row in rows:
        is_gone = not says(text, row.excerpt)
        if row.is_gone_from_post != is_gone:
            row.is_gone_from_post = is_gone
            row.save(update_fields=["is_gone_from_post"])


def carry(posts: Collection[int], *, to: Thread) -> None:
    """Let who reads the thread that posts were moved to have read what was decided about their words. A step."""
    rows = Evidence.objects.filter(post__in=posts, decided_at__isnull=False, proposed_by__isnull=False)
    told = dict(rows.values_list("pk", "proposed_by"))
    if told:
        subjects = [f"evidence:{pk}" for pk in told]
        decided = Notification.objects.filter(member__in=set(told.values()), kind="evidence", subject__in=subjects)
        decided.update(context=f"thread:{to.pk}")


def _words_of(post: Post, excerpt: str) -> str:
    """The words as they stand in the post; raises ValidationError on `words` for none, too many or others."""
    if not excerpt.strip():
        raise ValidationError({"words": _("Give the words of the post.")})
    if len(" ".join(excerpt.split())) > LONGEST_EXCERPT:
        raise ValidationError({"words": _("Cut it to at most %(most)d characters.") % {"most": LONGEST_EXCERPT}})
    words = standing_in(own_text(post.body_html), excerpt)
    if words is None:
        raise ValidationError(
            {"words": _("These words do not stand so in the post. Cut its text at the ends, and change nothing in it.")}
        )
    return words


def _decided(row: Evidence, state: EvidenceState, *, by: Member, reason: str = "") -> Evidence:
    is_first = row.decided_at is None
    if row.state != state or is_first:
        row.state, row.decided_by, row.decided_at = state, by, timezone.now()
        row.reason = " ".join(reason.split())[:LONGEST_REASON]
    row.save()
    if is_first and row.proposed_by:
        context = f"thread:{row.post.thread_id}"
        notify([row.proposed_by], kind="evidence", subject=f"evidence:{row.pk}", context=context, actor=by)
    return row
