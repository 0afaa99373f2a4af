"""Starting, replying, editing, withdrawing."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from markup.slugs import slug
from members.actions.site import grow_site_version
from members.models import AFFILIATION, Member
from members.permissions import Refused
from members.prepared import Prepared
from threads.actions import drafts, evidence, following, images, questions, references, steps, tagging, words
from threads.models import Post, PostRevision, PostState, ShownAs, Thread
from threads.permissions import (
    may_bring_back,
    may_edit,
    may_moderate,
    may_reply,
    may_show_less,
    may_start,
    may_withdraw,
)

MOST_A_MINUTE = 60  # posts by one member


class EditedMeanwhile(Refused):
    """Somebody else changed the post since the form was opened; `post` is what stands now."""

    def __init__(self, post: Post) -> None:
        super().__init__(_("This post was changed while you were writing. Both texts are below."))
        self.post = post


@transaction.atomic(durable=True)
def start(
    *,
    by: Member,
    title: str,
    body: str,
    tags: Sequence[str],
    token: UUID,
    context: str = "",
    shown_as: str = ShownAs.EVERYTHING,
    draft: int | None = None,
) -> Post:
    """Start a thread with its first post; returns that post. `draft` is the revision of its draft that the form knew.

    The member's row is locked first, so that a second submit of the same form
    waits and then lands on the first post. Raises `PermissionDenied`, `Refused`
    and `markup.render.Unrenderable`.
    """
    columns = steps.rendered(body)
    steps.lock_member(by)
    if not may_start(by):
        raise PermissionDenied(_("You may not start a discussion."))
    # A statement of its own after the lock, so that it sees what was written while that was held elsewhere.
    known = Member.objects.annotate(lexicon=steps.LEXICON, **_of_author(by, token, _minute_ago())).get(pk=by.pk)
    if posted := _posted_before(known, body):
        return posted
    _ask_confirmed(by, known)
    _ask_pace(known)
    thread = Thread.objects.create(
        title=title, context=context, slug=slug(title, fallback="thread"), starter=by, is_sample=by.is_sample
    )
    tagging.tag_thread(thread, tags)
    post = steps.add_post(thread, **columns, **steps.snapshot(by, shown_as), token=token)
    words.index_new([post], version=known.lexicon)
    images.claim(post)
    leads_elsewhere = references.note(post)
    following.posted(post)
    drafts.drop(post, revision=draft)
    steps.recount(thread)
    if leads_elsewhere:
        grow_site_version()
    return post


@transaction.atomic(durable=True)
def reply(
    thread: Thread,
    *,
    by: Member,
    body: str,
    token: UUID,
    shown_as: str = ShownAs.EVERYTHING,
    draft: int | None = None,
    message_id: str = "",
) -> Post:
    """Add a post to a thread. `draft` is the revision of its draft that the form knew, `message_id` of its mail.

    The thread row is locked, so a moderator who locks the thread either
    comes before this reply and refuses it, or after and keeps it. Raises
    `PermissionDenied`, `Refused` and `markup.render.Unrenderable`.
    """
    columns = steps.rendered(body)
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk, _locked_for_reply, by=by.pk, token=token, body=body, since=_minute_ago())
    if not may_reply(by, thread):
        raise PermissionDenied(_("You may not post in this thread."))
    if posted := _brought_before(message_id, by, thread, token) or _posted_before(thread, body):
        return posted
    _ask_confirmed(by, thread)
    _ask_pace(thread)
    _ask_unlocked(thread, by)
    post = steps.add_post(thread, **columns, **steps.snapshot(by, shown_as), token=token, message_id=message_id)
    words.index_new([post], version=thread.lexicon)  # type: ignore[attr-defined]  # annotated by the lock
    images.claim(post)
    leads_elsewhere = references.note(post)
    following.posted(post)
    drafts.drop(post, revision=draft)
    steps.recount(thread)
    if leads_elsewhere:
        grow_site_version()
    return post


@transaction.atomic(durable=True)
def edit(
    post: Post, *, by: Member, body: str, based_on: int, token: UUID | None = None, draft: int | None = None
) -> Post:
    """Give a post a new text and keep the old one; saving what stands already changes nothing.

    `based_on` is the revision the form was opened on: an older one raises
    `EditedMeanwhile` with the post as it stands. `token` is the form's, `draft`
    the revision of its draft that it knew.
    """
    columns = steps.rendered(body)
    steps.lock_member(by)
    thread, post = steps.lock_post(post)
    if not may_edit(by, post):
        raise PermissionDenied(_("You may not edit this post."))
    if post.body == body:
        drafts.drop_edit(post, by=by, token=token, revision=draft)
        return post
    if post.revision != based_on:
        raise EditedMeanwhile(post)
    _ask_unlocked(thread, by)
    _keep_revision(post)
    for name, value in columns.items():
        setattr(post, name, value)
    post.revision += 1
    post.edited_at = timezone.now()
    post.edited_by = by
    post.save()
    evidence.recheck(post)
    references.lock(post)
    references.recheck(post)
    words.index_again(post, version=thread.lexicon)  # type: ignore[attr-defined]  # annotated by the lock
    questions.recheck(post)
    told = references.are_elsewhere(post)
    references.note(post, anew=True)
    images.claim(post)
    following.edited(post)
    drafts.drop_edit(post, by=by, token=token, revision=draft)
    steps.grow(thread)
    references.tell(post, before=told)
    if post.author_id != by.pk:
        steps.log("edit_post", post, by=by)
    return post


@transaction.atomic(durable=True)
def withdraw(post: Post, *, by: Member) -> Post:
    """Take one's own post away from readers; it leaves no line, and its author can bring it back."""
    return _change_state(post, by=by, allowed=may_withdraw, state=PostState.WITHDRAWN)


@transaction.atomic(durable=True)
def bring_back(post: Post, *, by: Member) -> Post:
    """Undo `withdraw`."""
    return _change_state(post, by=by, allowed=may_bring_back, state=PostState.PUBLISHED)


@transaction.atomic(durable=True)
def show_less(post: Post, *, by: Member, shown_as: str) -> Post:
    """Let one's own post show less of oneself; what is taken away is taken out of its row and does not come back."""
    steps.lock_member(by)
    thread, post = steps.lock_post(post)
    if not may_show_less(by, post):
        raise PermissionDenied(_("Only its author decides what a post shows of them."))
    if post.shown_as == shown_as:
        return post  # the second click of a double click
    if shown_as not in post.lesser_shown:
        raise Refused(_("A post may show less of its author later, never something else."))
    post.shown_as = shown_as
    for field in AFFILIATION:
        if field not in steps.SHOWN[shown_as]:
            setattr(post, f"author_{field}", "")
    if not post.is_named:
        post.source_header = ""  # of an imported post: it names its author
    post.save()
    steps.recount(thread)
    references.tell(post)
    return post


def _change_state(post: Post, *, by: Member, allowed: Callable[[Member, Post], bool], state: PostState) -> Post:
    steps.lock_member(by)
    thread, post = steps.lock_post(post)
    if post.state == state and post.author_id == by.pk:
        return post  # the second click of a double click
    if not allowed(by, post):
        raise PermissionDenied(_("Only its author can do that, and not while a moderator has hidden the post."))
    steps.stamp(post, state, by=by, reason="")
    post.save()
    steps.recount(thread)
    references.tell(post)
    return post


def _keep_revision(post: Post) -> None:
    PostRevision.objects.create(
        post=post,
        number=post.revision,
        body=post.body,
        written_by_id=post.edited_by_id if post.edited_at else post.author_id,
        written_at=post.edited_at or post.created_at,
    )


def _minute_ago() -> datetime:
    return timezone.now() - timedelta(minutes=1)


def _of_author(by: Member, token: UUID, since: datetime, body: str | None = None) -> dict[str, Any]:
    """What posting asks about its author: columns of the one statement that follows the lock on the member.

    Nobody else writes what they are read from until that lock is gone. With `body`, the statement is of a thread: the
    same words may have come just now by way of the Back button.
    """
    sent = Q(token=token)
    if body is not None:
        sent |= Q(thread=OuterRef("pk"), number=OuterRef("last_number"), body=Value(body), state=PostState.PUBLISHED)
    recent = by.posts.filter(created_at__gt=since)
    confirmed = by.emailaddress_set.filter(verified=True)  # type: ignore[attr-defined]
    return {
        "sent_before": ArraySubquery(Post.objects.filter(sent, author=by).order_by("pk").values("pk")),
        "just_posted": ArraySubquery(recent.values("pk")),
        "has_address": Exists(confirmed),
    }


_locked_for_reply = Prepared(
    lambda pk, by, **said: steps.locking(pk).annotate(**_of_author(Member(pk=by), **said)),
    pk=int,
    by=int,
    token=UUID,
    body=str,
    since=datetime,
)


def _posted_before(known: Any, body: str) -> Post | None:
    """What was sent already: by the same form, or the same words just now in this thread.

    Another text from the same form (back, written anew) is another post. `known` has the columns of `_of_author`.
    """
    if not known.sent_before:
        return None
    earlier: list[Post] = list(Post.objects.select_related("thread").filter(pk__in=known.sent_before).order_by("pk"))
    for post in earlier:
        if post.body == body:
            return post
    for post in earlier:
        Post.objects.filter(pk=post.pk).update(token=None)
    return None


def _brought_before(message_id: str, by: Member, thread: Thread, token: UUID) -> Post | None:
    """The reply that this very mail has brought already, wherever it was moved; mail servers deliver twice."""
    if not message_id:
        return None
    here = Q(thread=thread, message_id=message_id)
    rows = Post.objects.select_related("thread").filter(here | Q(token=token), author=by)
    found: Post | None = rows.order_by("pk").first()
    return found


def _ask_confirmed(by: Member, known: Any) -> None:
    if not by.is_sample and not known.has_address:
        raise Refused(_("Confirm your e-mail address, then post. Your text is kept below."))


def _ask_pace(known: Any) -> None:
    """Nobody writes this fast: counted under the member's lock, so that no second process counts beside."""
    if len(known.just_posted) >= MOST_A_MINUTE:
        raise Refused(_("You are posting very fast. Your text is kept below; try again in a minute."))


def _ask_unlocked(thread: Thread, by: Member) -> None:
    if thread.is_locked and not may_moderate(by):
        raise Refused(_("A moderator has locked this thread. Your text is kept below."))
