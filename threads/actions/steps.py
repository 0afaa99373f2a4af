"""Steps that several actions share. Each runs inside its caller's transaction, under the thread's lock."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from markup.render import RENDERER_VERSION, render
from members.actions.site import grow_site_version
from members.models import AFFILIATION, Member, SiteVersion
from members.permissions import Refused
from members.prepared import Prepared
from threads.models import ModerationEntry, Post, ShownAs, Thread, ThreadEvent
from threads.models.posts import own_document

_locked_member = Prepared(
    lambda pk: Member.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"), pk=int
)


def lock_member(by: Member | None) -> None:
    """Lock who acts, the first lock of every action: an account that is being deleted writes nothing any more."""
    if by and not _locked_member(pk=by.pk):
        raise PermissionDenied(_("This account no longer exists."))


# The version of the glossary, which posts are indexed with: a column of a statement that asks for more.
LEXICON = Subquery(SiteVersion.objects.filter(pk=1).values("lexicon"))


def locking(pk: int) -> QuerySet[Any]:
    """The query that locks a thread, with `lexicon`."""
    rows: QuerySet[Any] = Thread.objects.select_for_update(no_key=True).filter(pk=pk).annotate(lexicon=LEXICON)
    return rows


_locked_thread = Prepared(locking, pk=int)


def lock_thread(pk: int, rows: Prepared = _locked_thread, **values: Any) -> Thread:
    """The thread's row, locked until the end of the transaction; raises `Refused` when it is gone meanwhile.

    With `lexicon`, or with what `rows` asks for beside it of these values: that is as of when the statement began, so
    it must be of rows that nobody changes while this one waits for its lock.
    """
    thread: Thread | None = rows.first(pk=pk, **values)
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


# One statement: counted from the published posts of a locked thread, written to it and to the rows of its tags.
#
# The last post is the newest, not the one of the highest number: one that was moved here stands at the end with a date
# of its own. People are counted by name: accounts come (a granted claim) and go, the count must not change with them.
RECOUNT = """
WITH counted AS (
    UPDATE threads_thread SET
        revision = %(revision)s,
        last_number = %(last_number)s,
        last_post_id = (
            SELECT id FROM threads_post
            WHERE thread_id = %(thread)s AND state = 'published' AND created_at = found.last_at
            ORDER BY number DESC LIMIT 1
        ),
        last_posted_at = coalesce(found.last_at, last_posted_at),
        post_count = found.posts,
        people_count = found.people,
        country_count = found.countries,
        unattributed_count = found.unattributed
    FROM (
        SELECT
            max(created_at) AS last_at,
            count(*) AS posts,
            count(DISTINCT author_name) FILTER (WHERE author_name <> '') AS people,
            count(DISTINCT author_country) FILTER (WHERE author_country <> '') AS countries,
            count(*) FILTER (WHERE author_name = '') AS unattributed
        FROM threads_post WHERE thread_id = %(thread)s AND state = 'published'
    ) AS found
    WHERE id = %(thread)s
    RETURNING
        revision, last_post_id, last_posted_at, post_count, people_count, country_count, unattributed_count
), tagged AS (
    UPDATE threads_threadtag SET last_posted_at = counted.last_posted_at
    FROM counted WHERE content_object_id = %(thread)s
)
SELECT * FROM counted
"""


def recount(*threads: Thread) -> None:
    """Set the locked threads' counters from their published posts, and let their pages have a new revision.

    Of their other columns nothing is saved but `last_number`.
    """
    for thread in [each for each in threads if _counts_otherwise(each)]:
        if thread.last_number > 1:  # one that never held more was named nowhere
            tell_where_named(thread)


def _counts_otherwise(thread: Thread) -> bool:
    """Count one; returns whether that decides anew if readers see it."""
    was_shown = thread.post_count > 0
    said = {"thread": thread.pk, "last_number": thread.last_number, "revision": thread.revision + 1}
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, said)
        for column, count in zip(cursor.description, cursor.fetchone(), strict=True):
            setattr(thread, column.name, count)
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
