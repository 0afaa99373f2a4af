"""Reports, claims of imported posts, and what moderators do; each of their acts has a reason and enters the log."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.actions.inbox import notify
from members.models import Member
from members.permissions import Refused
from threads import notifications
from threads.actions import heading, references, steps
from threads.models import Claim, ClaimKind, Flag, Post, PostState, Thread, ThreadState
from threads.permissions import may_claim, may_look_up, may_moderate, may_report


@transaction.atomic(durable=True)
def report(post: Post, *, by: Member, reason: str, note: str) -> Flag:
    """Tell the moderators about a post; a second report of the same post replaces the first."""
    steps.lock_member(by)
    if not may_report(by, post):
        raise PermissionDenied(_("You may not report this post."))
    return Flag.objects.update_or_create(post=post, by=by, defaults={"reason": reason, "note": note})[0]


@transaction.atomic(durable=True)
def claim(post: Post, *, by: Member | None, kind: str, contact: str, note: str) -> Claim:
    """Say that an imported post is one's own, to have it under one's name or removed; a moderator decides."""
    steps.lock_member(by)
    if not may_claim(post):
        raise PermissionDenied(_("Only imported posts that nobody has claimed can be claimed."))
    if kind == ClaimKind.MINE and by is None:
        raise Refused(_("Sign in to have the post under your name; a removal needs no account."))
    return Claim.objects.create(post=post, by=by, kind=kind, contact=contact, note=note)


@transaction.atomic(durable=True)
def decide_claim(claim: Claim, *, by: Member, granted: bool, reason: str) -> Claim:
    """Grant or refuse a claim: a granted one gives the post its author, or hides it where removal was asked for."""
    _ask_may_moderate(by)
    thread, post = steps.lock_post(claim.post)
    claim = Claim.objects.select_for_update(no_key=True).select_related(None).get(pk=claim.pk)
    if claim.decided_at:
        raise Refused(_("This claim was decided meanwhile."))
    if granted and claim.kind == ClaimKind.MINE and (claim.by is None or not may_claim(post)):
        raise Refused(_("The post has an author by now, or who claimed it has left. Refuse the claim."))
    if granted and claim.kind == ClaimKind.MINE:
        post.author = claim.by
    elif granted:
        steps.stamp(post, PostState.HIDDEN, by=by, reason=reason)
    post.save()
    claim.granted, claim.decided_at, claim.decided_by, claim.reason = granted, timezone.now(), by, reason
    claim.save()
    steps.recount(thread)
    steps.log("grant_claim" if granted else "refuse_claim", post, by=by, reason=reason)
    if claim.by:
        notify([claim.by], kind="claim", subject=f"claim:{claim.pk}", actor=by)
    else:
        notifications.answer_visitor(claim)
    return claim


@transaction.atomic(durable=True)
def look_up_author(post: Post, *, by: Member, reason: str) -> Member | None:
    """Who wrote a post whose name is withheld; None where the account is gone. Looking is logged before it is told."""
    steps.lock_member(by)
    if not may_look_up(by, post):
        raise PermissionDenied(_("Only moderators look up who wrote a post, and only where the name is withheld."))
    steps.log("look_up_author", post, by=by, reason=reason)
    return post.author


@transaction.atomic(durable=True)
def hide_post(post: Post, *, by: Member, reason: str) -> Post:
    """Take a published post away from readers. It leaves no line; its author sees text and reason."""
    return _turn_post(post, PostState.PUBLISHED, PostState.HIDDEN, "hide_post", by=by, reason=reason)


@transaction.atomic(durable=True)
def restore_post(post: Post, *, by: Member, reason: str) -> Post:
    """Give a hidden post back to readers; a withdrawn one is its author's to bring back."""
    return _turn_post(post, PostState.HIDDEN, PostState.PUBLISHED, "restore_post", by=by, reason=reason)


@transaction.atomic(durable=True)
def hide_thread(thread: Thread, *, by: Member, reason: str) -> Thread:
    """Take a thread with all its posts away from readers."""
    return _set_thread_state(thread, ThreadState.HIDDEN, "hide_thread", by=by, reason=reason)


@transaction.atomic(durable=True)
def restore_thread(thread: Thread, *, by: Member, reason: str) -> Thread:
    """Give a hidden thread back to readers."""
    return _set_thread_state(thread, ThreadState.PUBLISHED, "restore_thread", by=by, reason=reason)


@transaction.atomic(durable=True)
def lock(thread: Thread, *, by: Member, reason: str) -> Thread:
    """Let nobody but moderators write in a thread; the reason stands above it."""
    thread = _moderated(thread, by=by)
    thread.locked_at, thread.locked_reason = thread.locked_at or timezone.now(), reason
    return _done(thread, "lock_thread", by=by, reason=reason)


@transaction.atomic(durable=True)
def unlock(thread: Thread, *, by: Member, reason: str) -> Thread:
    """Let members write in a thread again."""
    thread = _moderated(thread, by=by)
    thread.locked_at, thread.locked_reason = None, ""
    return _done(thread, "unlock_thread", by=by, reason=reason)


@transaction.atomic(durable=True)
def pin(thread: Thread, *, by: Member, reason: str, until: datetime) -> Thread:
    """Keep a thread on top of the list until a time; now or earlier ends it."""
    thread = _moderated(thread, by=by)
    thread.pinned_until = until if until > timezone.now() else None
    return _done(thread, "pin_thread" if thread.pinned_until else "unpin_thread", by=by, reason=reason)


@transaction.atomic(durable=True)
def retitle(thread: Thread, *, by: Member, title: str, based_on: int | None = None, reason: str = "") -> Thread:
    """Give a thread another title; its address keeps working, the slug in it is decoration.

    `based_on` is the version of title, situation and tags that was read: an older one raises
    `heading.HeadingChangedMeanwhile`.
    """
    thread = _moderated(thread, by=by)
    if thread.title != title:
        if based_on not in {None, thread.revisions.version()}:
            raise heading.HeadingChangedMeanwhile(thread)
        heading.change(thread, by=by, title=title)
        steps.log("retitle_thread", thread, by=by, reason=reason)
    return thread


def _ask_may_moderate(by: Member) -> None:
    steps.lock_member(by)
    if not may_moderate(by):
        raise PermissionDenied(_("Only moderators do that."))


def _moderated(thread: Thread, *, by: Member) -> Thread:
    _ask_may_moderate(by)
    return steps.lock_thread(thread.pk)


def _done(thread: Thread, action: str, *, by: Member, reason: str) -> Thread:
    steps.grow(thread)
    steps.log(action, thread, by=by, reason=reason)
    return thread


def _set_thread_state(thread: Thread, state: ThreadState, action: str, *, by: Member, reason: str) -> Thread:
    thread = _moderated(thread, by=by)
    steps.stamp(thread, state, by=by, reason=reason)
    thread = _done(thread, action, by=by, reason=reason)
    steps.tell_where_named(thread)
    references.tell_of(thread)
    return thread


def _turn_post(post: Post, old: PostState, new: PostState, action: str, *, by: Member, reason: str) -> Post:
    """From one state to another; what is in neither, because somebody was faster, is refused."""
    _ask_may_moderate(by)
    thread, post = steps.lock_post(post)
    if post.state != old:
        state = post.get_state_display()
        raise Refused(_("Nothing was changed: this post is “%(state)s” by now.") % {"state": state})
    steps.stamp(post, new, by=by, reason=reason)
    post.save()
    steps.recount(thread)
    steps.log(action, post, by=by, reason=reason)
    references.tell(post)
    return post
