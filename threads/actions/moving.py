"""Moving posts to another thread, and undoing that. Splitting and merging can be made of the same steps."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member
from members.permissions import Refused
from threads.actions import evidence, following, questions, references, steps
from threads.models import EventKind, ModerationEntry, Post, Thread, ThreadEvent
from threads.permissions import may_moderate

MOST_AT_ONCE = 100
UNDONE_WITHIN = timedelta(days=30)
MOVED = "move_posts"  # in the log


@transaction.atomic(durable=True)
def move(posts: Sequence[Post], *, to: Thread, by: Member, reason: str) -> ModerationEntry:
    """Put posts of one thread at the end of another, in time order, under new numbers; returns the log's entry.

    In whatever state they are, they stay in it. The numbers they had are given to no other post. What refers to them
    goes on doing so, and whoever edits, hides or reacts to one at the same moment does it where it stands then. Both
    threads are locked, the smaller id first, then the posts. Raises `PermissionDenied`, and `Refused` as
    `ask_movable` does, and for posts that somebody else has moved meanwhile.
    """
    _ask_may_move(by)
    ask_movable(posts, to)
    source, target = _locked_threads(posts[0].thread_id, to.pk)
    rows = _locked_posts(source, [post.pk for post in posts])
    if len(rows) < len({post.pk for post in posts}):
        raise Refused(_("Nothing was moved: one of these posts was moved or deleted meanwhile. Choose them anew."))
    ask_movable(rows, target)
    rows.sort(key=lambda post: (post.created_at, post.number))
    first = target.last_number + 1
    numbers = {post.pk: number for number, post in enumerate(rows, start=first)}
    target.last_number += len(rows)
    entry = steps.log(MOVED, source, by=by, reason=reason, detail=_detail(rows, source, target, numbers))
    at = timezone.now()
    _note(entry, source, target, rows, first, at)
    following.carry({post.author_id for post in rows if post.author_id}, of=source, to=target, at=at)
    _carry(rows, source, target, numbers)
    return entry


@transaction.atomic(durable=True)
def undo(entry: ModerationEntry, *, by: Member, reason: str) -> ModerationEntry:
    """Give posts that were moved their thread and number back, from what the log says of it; returns a new entry.

    What was posted under them stays where it is. Raises `PermissionDenied`, and `Refused` for what is no move, is
    older than `UNDONE_WITHIN` or undone already, and for posts that do not stand where that move put them.
    """
    _ask_may_move(by)
    if not is_move(entry):
        raise Refused(_("Only a move is undone here."))
    if entry.created_at < timezone.now() - UNDONE_WITHIN:
        raise Refused(_("A move can be undone for 30 days. Move the posts back instead: they get new numbers then."))
    kept: dict[str, Any] = entry.detail or {}
    moved = {row["id"]: row for row in kept["posts"]}
    source, target = _locked_threads(kept["from"], kept["to"])
    lines = ThreadEvent.objects.filter(act=entry.pk, undone_at=None)
    came = lines.filter(kind=EventKind.CAME).first()
    if came is None:
        raise Refused(_("This move was undone already."))
    rows = _locked_posts(target, list(moved))
    if {post.pk: post.number for post in rows} != {pk: row["is"] for pk, row in moved.items()}:
        raise Refused(_("One of these posts does not stand where this move put it: it was moved again, or is gone."))
    numbers = {pk: row["was"] for pk, row in moved.items()}
    detail = {**_detail(rows, target, source, numbers), "undoes": entry.pk}
    done = steps.log("undo_move", source, by=by, reason=reason, detail=detail)
    following.carry_back(list(moved), of=target, at=came.at)
    lines.update(undone_at=timezone.now())
    _carry(rows, target, source, numbers)
    return done


def ask_movable(posts: Sequence[Post], to: Thread | None) -> None:
    """Refuse, with a sentence, what is not moved to this thread, or (None) to any; reads only, so the form asks it too.

    Merging moves whole discussions, splitting makes new ones: neither is done here.
    """
    if not posts or len(posts) > MOST_AT_ONCE:
        raise Refused(_("Choose the posts to be moved, at most %(most)d at once.") % {"most": MOST_AT_ONCE})
    if any(post.thread_id != posts[0].thread_id for post in posts):
        raise Refused(_("Choose posts of one discussion: these stand in several."))
    if any(post.number == 1 for post in posts):
        raise Refused(_("The post that opens a discussion stays in it: its title and the answers belong to it."))
    if to is not None:
        _ask_fitting(posts[0].thread, to)


def _ask_fitting(source: Thread, to: Thread) -> None:
    if source.pk == to.pk:
        raise Refused(_("The posts stand in this discussion already. Choose another one."))
    if to.is_hidden:
        raise Refused(
            _("That discussion is hidden. To take the posts away, hide them: their authors then read your reason.")
        )
    if source.is_imported != to.is_imported:
        raise Refused(
            _("Of imported posts nobody knows when they were written, so they stand only in imported discussions.")
        )
    if source.is_sample != to.is_sample:
        raise Refused(_("Samples stay among samples."))


def can_be_undone(entry: ModerationEntry) -> bool:
    """Whether `undo` is worth being offered; reads only."""
    is_young = entry.created_at > timezone.now() - UNDONE_WITHIN
    return is_move(entry) and is_young and ThreadEvent.objects.filter(act=entry.pk, undone_at=None).exists()


def is_move(entry: ModerationEntry) -> bool:
    """Whether an entry of the log speaks of a move that `undo` can read; reads only."""
    return entry.action == MOVED and bool(entry.detail)


def _ask_may_move(by: Member) -> None:
    steps.lock_member(by)
    if not may_moderate(by):
        raise PermissionDenied(_("Only moderators do that."))


def _locked_threads(source: int, target: int) -> tuple[Thread, Thread]:
    """Both locked, by id whichever of them is which."""
    locked = {pk: steps.lock_thread(pk) for pk in sorted({source, target})}
    return locked[source], locked[target]


def _locked_posts(thread: Thread, ids: Sequence[int]) -> list[Post]:
    """Those of these posts that stand in a locked thread, locked by id."""
    rows = list(Post.objects.select_for_update(no_key=True).filter(pk__in=ids, thread=thread).order_by("pk"))
    for post in rows:
        post.thread = thread
    return rows


def _detail(rows: Sequence[Post], source: Thread, target: Thread, numbers: Mapping[int, int]) -> dict[str, Any]:
    places = [{"id": post.pk, "was": post.number, "is": numbers[post.pk]} for post in rows]
    return {"from": source.pk, "to": target.pk, "posts": places}


def _note(
    entry: ModerationEntry, source: Thread, target: Thread, rows: Sequence[Post], first: int, at: datetime
) -> None:
    """Write the lines between the posts: above those that came, and in each gap of the thread that they left."""
    gaps = list(_gaps(sorted(post.number for post in rows)))
    shown = [post.number for post in rows if post.is_published]
    came = {"thread": target, "number": first, "other": source, "other_number": gaps[0][0]}
    lines = [ThreadEvent(kind=EventKind.CAME, count=len(shown), at=at, act=entry.pk, **came)]
    for number, length in gaps:
        count = sum(number <= each < number + length for each in shown)
        left = {"thread": source, "number": number, "other": target, "other_number": first}
        lines.append(ThreadEvent(kind=EventKind.LEFT, count=count, at=at, act=entry.pk, **left))
    ThreadEvent.objects.bulk_create(lines)


def _gaps(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first of each unbroken run of numbers, and how many it holds."""
    starts = [0, *(place for place, (before, now) in enumerate(pairwise(numbers), start=1) if now - before > 1)]
    for start, end in pairwise([*starts, len(numbers)]):
        yield numbers[start], end - start


def _carry(rows: Sequence[Post], source: Thread, target: Thread, numbers: Mapping[int, int]) -> None:
    """Give locked posts of a locked thread another one and these numbers, with all that hangs on where they stand.

    Both threads get their counters anew, and with them a new revision.
    """
    _forget_mails_known_there(rows, target)
    for post in rows:
        post.thread, post.number = target, numbers[post.pk]
    Post.objects.bulk_update(rows, ["thread", "number", "message_id"])
    moved = [post.pk for post in rows]
    questions.carry(moved, of=source, to=target)
    evidence.carry(moved, to=target)
    # A page that shows a post is named by the revision of its thread: what it gets now, it was named by never before.
    source.revision = target.revision = max(source.revision, target.revision)
    steps.recount(source, target)
    references.tell_of_moved(moved, source, target)


def _forget_mails_known_there(rows: Sequence[Post], target: Thread) -> None:
    """A mail that went to both threads made a post in each; the one that moves goes on being known by its token."""
    mails = [post.message_id for post in rows if post.message_id]
    there = set(target.posts.filter(message_id__in=mails).values_list("author", "message_id")) if mails else set()
    for post in rows:
        if (post.author_id, post.message_id) in there:
            post.message_id = ""
