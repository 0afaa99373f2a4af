"""Steps that several actions share. Each runs inside its caller's transaction, under the thread's lock."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from markup.render import RENDERER_VERSION, render
from members.actions.site import grow_site_version
from members.models import AFFILIATION, Member, SiteVersion
from members.permissions import Refused
from threads.models import ModerationEntry, Post, PostState, ShownAs, Thread, ThreadEvent
from threads.models.posts import own_document


def lock_member(by: Member | None) -> None:
    """Lock who acts, the first lock of every action: an account that is being deleted writes nothing any more."""
    if by and Member.objects.select_for_update(no_key=True).filter(pk=by.pk).values_list("pk").first() is None:
        raise PermissionDenied(_("This account no longer exists."))


# The version of the glossary, which posts are indexed with: a column of a statement that asks for more.
LEXICON = Subquery(SiteVersion.objects.filter(pk=1).values("lexicon"))


def lock_thread(pk: int, **also: Any) -> Thread:
    """The thread's row, locked until the end of the transaction; raises `Refused` when it is gone meanwhile.

    With `lexicon`, and what `also` asks for: it is as of when the statement began, so it must be of rows that nobody
    changes while this one waits for its lock.
    """
    rows = Thread.objects.select_for_update(no_key=True).filter(pk=pk)
    thread: Thread | None = rows.annotate(lexicon=LEXICON, **also).first()
    if thread is None:
        raise Refused(_("This thread is gone. Your text is kept below."))
    return thread


def lock_post(post: Post) -> tuple[Thread, Post]:
    """A post and its thread of today, both locked, the thread first; `Refused` when one is gone meanwhile."""
    thread = lock_thread(post.thread_id)
    locked = _post_in(thread, post)
    if locked is None:
        thread = _lock_where_it_went(post)
        locked = _post_in(thread, post)
    if locked is None:
        raise Refused(_moved_now())
    locked.thread = thread
    return thread, locked


def _post_in(thread: Thread, post: Post) -> Post | None:
    locked: Post | None = Post.objects.select_for_update(no_key=True).filter(pk=post.pk, thread=thread).first()
    return locked


def _lock_where_it_went(post: Post) -> Thread:
    """The thread that a post was moved to since the caller read it.

    Another thread is locked by then, whose id may be the greater one: so this lock is not waited for, and nobody waits
    in a circle.
    """
    moved_to = Post.objects.filter(pk=post.pk).values_list("thread").first()
    if moved_to is None:
        raise Refused(_("This post is gone. Your text is kept below."))
    free = Thread.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=moved_to)
    thread: Thread | None = free.annotate(lexicon=LEXICON).first()
    if thread is None:
        raise Refused(_moved_now())
    return thread


def _moved_now() -> str:
    return _("A moderator has moved this post at this very moment. Your text is kept below; send it once more.")


def rendered(body: str) -> dict[str, Any]:
    """The columns that follow from a body; raises `markup.render.Unrenderable`. Called before any lock is taken."""
    html = render(body)
    return {
        "body": body,
        "body_html": html,
        "renderer_version": RENDERER_VERSION,
        "own_search": own_document(html),
    }


# What a post shows of its author's affiliation. What is not shown is not copied.
SHOWN: dict[str, tuple[str, ...]] = {
    ShownAs.EVERYTHING: AFFILIATION,
    ShownAs.NO_ORGANISATION: tuple(field for field in AFFILIATION if field != "organisation"),
    ShownAs.ROLE_AND_COUNTRY: ("role", "role_family", "country"),
    ShownAs.WITHHELD: (),
}


def snapshot(author: Member, shown_as: str = ShownAs.EVERYTHING) -> dict[str, Any]:
    """The affiliation of that day, as a post's columns, as far as its author wants it shown."""
    said = {field: getattr(author, field) for field in AFFILIATION} | {"name": author.shown_name}
    columns = {f"author_{field}": said[field] if field in SHOWN[shown_as] else "" for field in AFFILIATION}
    return {**columns, "author": author, "shown_as": shown_as}


def add_post(thread: Thread, **columns: Any) -> Post:
    """Insert a post under the next number of the locked thread; the caller recounts."""
    thread.last_number += 1
    return Post.objects.create(thread=thread, number=thread.last_number, **columns)


def recount(*threads: Thread) -> None:
    """Set the locked threads' counters from their published posts, and let their pages have a new revision."""
    for thread in [each for each in threads if _counts_otherwise(each)]:
        if thread.last_number > 1:  # one that never held more was named nowhere
            tell_where_named(thread)


def _counts_otherwise(thread: Thread) -> bool:
    """Count one; returns whether that decides anew if readers see it."""
    published = thread.posts.filter(state=PostState.PUBLISHED)
    last = published.order_by("-number")[:1]
    counts = published.aggregate(
        # Of one row, whatever the maximum is taken of: so that the last post costs no statement of its own.
        last_post_id=Max(Subquery(last.values("pk"))),
        end_at=Max(Subquery(last.values("created_at"))),
        last_at=Max("created_at"),
        post_count=Count("pk"),
        # By name: accounts come (a granted claim) and go, and the count must not change with them.
        people_count=Count("author_name", distinct=True, filter=~Q(author_name="")),
        country_count=Count("author_country", distinct=True, filter=~Q(author_country="")),
        unattributed_count=Count("pk", filter=Q(author_name="")),
    )
    end_at, last_at = counts.pop("end_at"), counts.pop("last_at")
    if end_at != last_at:  # what was moved here stands at the end, with a date of its own
        newest = published.filter(created_at=last_at).order_by("-number")
        counts["last_post_id"] = newest.values_list("pk", flat=True).first()
    thread.last_posted_at = last_at or thread.last_posted_at
    was_shown = thread.post_count > 0
    for name, count in counts.items():
        setattr(thread, name, count)
    grow(thread)
    thread.taggings.update(last_posted_at=thread.last_posted_at)
    return was_shown != (thread.post_count > 0)


def tell_where_named(thread: Thread) -> None:
    """Say that a thread is called or shown otherwise now to the pages of those that posts were moved from or to.

    Their lines name it. Rare, so all kept pages go with them; whatever locks a row of its own comes before.
    """
    if ThreadEvent.objects.filter(other=thread).exists():
        grow_site_version()


def grow(thread: Thread) -> None:
    """Save the locked thread under a new revision: whatever of it was cached is out of date."""
    thread.revision += 1
    thread.save()


def log(
    action: str, subject: Thread | Post, *, by: Member | None, reason: str = "", detail: dict[str, Any] | None = None
) -> ModerationEntry:
    """Add to the moderation log: an opaque key, an id, the reason, and what undoing needs."""
    key = f"{subject._meta.model_name}:{subject.pk}"
    by_id = by.pk if by else None
    return ModerationEntry.objects.create(action=action, subject=key, by_id=by_id, reason=reason, detail=detail)


def stamp(subject: Thread | Post, state: str, *, by: Member, reason: str) -> None:
    """Set a state with who, when and why; the caller saves."""
    subject.state = state
    subject.state_by = by
    subject.state_at = timezone.now()
    subject.state_reason = reason
