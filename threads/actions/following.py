"""Following threads, tags, terms and people, and telling those who do of what is new."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from members.models import Member
from threads.actions import steps
from threads.models import Follow, FollowLevel, Post, Tag, Thread
from threads.models.reading import SUBJECTS

# Of these an edit may tell, whatever the age of the post: their rows stay, so that it tells of the same only once.
TOLD_BY_EDITS = ("mention", "quote")

# One statement, whatever the number of followers: who started or replied follows (unless they follow, or have muted,
# already); and everybody who should hear of the post gets one row, for the nearest of the reasons there are.
#
# A thread that is muted is silent in every way; a muted tag takes its new threads out of what other tags and people
# bring. Of a person heard only when they mention or quote one, what they write in threads and under tags that one
# follows is silent as well. All that is said of a person counts only for posts that say who wrote them: else a row, or
# the lack of it, would tell. `actor` is null for the same reason.
TELL = """
WITH follows AS (
    INSERT INTO threads_follow (member_id, thread_id, level, created_at)
    SELECT id, %(thread)s, 'all', %(now)s FROM members_member
    WHERE id = %(author)s AND %(follow)s AND CASE WHEN %(opens)s THEN follows_started ELSE follows_replied END
    ON CONFLICT (thread_id, member_id) WHERE thread_id IS NOT NULL DO NOTHING
), reasons AS (
    {reasons}
), nearest AS (
    SELECT DISTINCT ON (member_id) member_id, kind FROM reasons ORDER BY member_id, rank
)
INSERT INTO members_notification (member_id, kind, subject, context, actor_id, count, created_at, mailed_at)
SELECT
    member.id, nearest.kind, %(subject)s, %(context)s, %(named)s, 1, %(now)s,
    CASE WHEN member.mail_rhythm = 'none' OR member.mail_held_at IS NOT NULL OR member.email = '' THEN %(now)s END
FROM nearest JOIN members_member AS member ON member.id = nearest.member_id
WHERE member.id <> %(author)s AND member.is_active AND NOT member.is_sample
    AND NOT EXISTS (
        SELECT 1 FROM threads_follow AS muted
        WHERE muted.member_id = member.id AND (
            muted.level = 'muted' AND (muted.thread_id = %(thread)s OR muted.person_id = %(named)s)
            OR muted.level = 'mentions' AND muted.person_id = %(named)s AND nearest.kind NOT IN ('mention', 'quote')
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM members_notification AS told WHERE told.member_id = member.id AND told.subject = %(subject)s
    )
ON CONFLICT (member_id, kind, subject) DO NOTHING
"""
# Those that a post cannot have are left out: PostgreSQL plans the statement longer than it runs.
MENTIONED = "SELECT member_id, 1 AS rank, 'mention' AS kind FROM threads_personmention WHERE post_id = %(post)s"
QUOTED = """
    SELECT target.author_id AS member_id, 2 AS rank, 'quote' AS kind
    FROM threads_reference AS reference JOIN threads_post AS target ON target.id = reference.target_id
    WHERE reference.post_id = %(post)s AND reference.kind = 'quote' AND target.author_id IS NOT NULL
"""
IN_THREAD = """
    SELECT member_id, 3 AS rank, 'reply' AS kind FROM threads_follow WHERE thread_id = %(thread)s AND level = 'all'
"""
UNLESS_TAG_MUTED = """
    NOT EXISTS (
        SELECT 1 FROM threads_follow AS muted JOIN threads_threadtag AS its USING (tag_id)
        WHERE its.content_object_id = %(thread)s AND muted.member_id = threads_follow.member_id
            AND muted.level = 'muted'
    )
"""
WITH_TAG = f"""
    SELECT member_id, 4 AS rank, 'thread' AS kind
    FROM threads_follow JOIN threads_threadtag AS tagging USING (tag_id)
    WHERE tagging.content_object_id = %(thread)s AND level = 'all' AND {UNLESS_TAG_MUTED}
"""  # noqa: S608 constants
BY_PERSON = """
    SELECT member_id, 5 AS rank, 'person' AS kind FROM threads_follow WHERE person_id = %(named)s AND level = 'all'
"""


def posted(post: Post) -> None:
    """Tell whoever follows or is named in a post of this transaction, and let its author follow the thread.

    A step of the actions that post, under the thread's lock, after its references and mentions are written. One
    statement. Of samples nobody is told.
    """
    _tell(post, is_new=True)


def edited(post: Post) -> None:
    """Tell those whom an edit has mentioned or quoted first; who was told of the post hears nothing more."""
    _tell(post, is_new=False)


def _tell(post: Post, *, is_new: bool) -> None:
    if post.thread.is_sample or post.author_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            TELL.format(reasons=" UNION ALL ".join(_reasons(post, is_new=is_new))),
            {
                "post": post.pk,
                "thread": post.thread_id,
                "author": post.author_id,
                "named": post.author_id if post.is_named else None,
                "subject": f"post:{post.pk}",
                "context": f"thread:{post.thread_id}",
                "opens": post.number == 1,
                "follow": is_new,
                "now": timezone.now(),
            },
        )


def _reasons(post: Post, *, is_new: bool) -> list[str]:
    """Why somebody may hear of this post."""
    if not is_new:
        return [MENTIONED, QUOTED]
    if post.number > 1:
        return [MENTIONED, QUOTED, IN_THREAD, BY_PERSON]
    return [MENTIONED, QUOTED, IN_THREAD, WITH_TAG, f"{BY_PERSON} AND {UNLESS_TAG_MUTED}"]


@transaction.atomic(durable=True)
def follow(*, by: Member, level: str, **subject: Any) -> Follow:
    """Hear everything new of one thing (`thread=`, `tag=`, `term=` or `person=`), only what names oneself, or nothing.

    The caller looks the thing up among what the member sees. Saying the same again changes nothing.
    """
    steps.lock_member(by)
    row = _named(subject)
    if not by.is_active:
        raise PermissionDenied(_("You may not follow anything."))
    if row.get("person_id") == by.pk:
        raise PermissionDenied(_("This is your own page."))
    return Follow.objects.update_or_create(member=by, **row, defaults={"level": FollowLevel(level)})[0]


@transaction.atomic(durable=True)
def unfollow(*, by: Member, **subject: Any) -> None:
    """Forget what `follow` said of one thing."""
    steps.lock_member(by)
    Follow.objects.filter(member=by, **_named(subject)).delete()


@transaction.atomic(durable=True)
def say_again(row: int, *, by: Member, level: str) -> None:
    """Change or (with no level) forget what one said, by the key of the row: also of what one does not see any more."""
    steps.lock_member(by)
    said = Follow.objects.filter(member=by, pk=row)
    if level:
        said.update(level=FollowLevel(level))
    else:
        said.delete()


@transaction.atomic(durable=True)
def stop(what: str, *, by: Member) -> None:
    """End what the link of a mail names: `thread:44` mutes it, `tags:44` and `person:7` end what brought the mail.

    `by` is who got the mail: the link is signed, and needs no session.
    """
    steps.lock_member(by)
    word, _colon, number = what.partition(":")
    own = Follow.objects.filter(member=by)
    if word == "thread" and Thread.objects.filter(pk=number).exists():
        Follow.objects.update_or_create(member=by, thread_id=int(number), defaults={"level": FollowLevel.MUTED})
    elif word == "tags":
        own.filter(tag__taggings__content_object=int(number)).delete()
    elif word in {"person", "term"}:
        own.filter(**{word: number}).delete()


def move_followers(tag: Tag, *, into: Tag) -> None:
    """Let who follows a tag that is merged follow the other one; what they said of that one already stays. A step."""
    tag.follows.exclude(member__in=into.follows.values("member")).update(tag=into)


def carry(authors: Collection[int], *, of: Thread, to: Thread, at: datetime) -> None:
    """Let who wrote what is moved, and hears of the thread it leaves, hear of the other one too. A step of moving.

    What somebody has said of that one already stays. `at` is the time of the move, by which `carry_back` knows them.
    """
    hearing = of.follows.filter(member__in=authors, level=FollowLevel.ALL).values_list("member", flat=True)
    rows = [Follow(member_id=pk, thread=to, level=FollowLevel.ALL, created_at=at) for pk in hearing]
    Follow.objects.bulk_create(rows, ignore_conflicts=True)


def carry_back(posts: Collection[int], *, of: Thread, at: datetime) -> None:
    """Undo `carry` for who has written nothing there but the posts that leave `of` again. A step of undoing a move."""
    wrote = Post.objects.filter(thread=of, author=OuterRef("member")).exclude(pk__in=posts)
    of.follows.filter(~Exists(wrote), level=FollowLevel.ALL, created_at=at).delete()


def _named(subject: dict[str, Any]) -> dict[str, Any]:
    """Exactly one of `SUBJECTS`, by its key; a term may come as the lexicon knows it."""
    if len(subject) != 1 or not subject.keys() <= set(SUBJECTS):
        raise TypeError(f"Follow exactly one of {', '.join(SUBJECTS)}.")
    return {f"{name}_id": row.id for name, row in subject.items()}
