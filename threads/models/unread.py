"""What is new to a member: one rule for marks on lists, the list of unread threads and the number in the head."""

from datetime import UTC, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, Func, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject

from members.models import Member, Reader
from threads.models.posts import NAMED, Post, PostQuerySet, PostState
from threads.models.reading import Follow, FollowLevel, ReadMark
from threads.models.threads import ThreadQuerySet

# More new posts of a thread than this, and more unread threads, are not counted: “99+”.
MOST_NEW = 100
EVER = datetime(1970, 1, 1, tzinfo=UTC)


# New is a published post of somebody else whose number is above what the member has read of its thread or, where they
# have opened none of it, that came after they joined; and never what is older than “mark all read”. Two halves that
# exclude each other: what was active since then, by the index of the list, and what they read a part of before. Of a
# thread the last post is looked at first: it is the one that is new, mostly.
#
# What a member has muted is not new to them: a thread, what stands under a tag unless they follow the thread itself,
# and what a person posts. Of a person only posts that say who wrote them: else the silence would name who did not.
#
# Written by hand: where no number is above the mark no post is looked for, each half stops at the first new post of a
# thread (a LIMIT keeps PostgreSQL from joining whole tables when its guess of their rows is wrong), and Django mixes up
# the names of tables when queries stand four deep in each other. `with_new` says the same in Django's words; a test
# holds both against each other.
UNREAD = """
SELECT thread.id
FROM (
    SELECT thread.id, me.id AS reader_id, coalesce(mark.number, 0) AS read_up_to,
        coalesce(me.read_all_at, CASE WHEN mark.number IS NULL THEN me.date_joined END, %s) AS new_since
    FROM members_member AS me
    JOIN threads_thread AS thread ON thread.last_posted_at > coalesce(me.read_all_at, me.date_joined)
    LEFT JOIN LATERAL (
        SELECT number FROM threads_readmark WHERE member_id = me.id AND thread_id = thread.id LIMIT 1
    ) AS mark ON true
    WHERE me.id = %s AND thread.state = 'published' AND thread.post_count > 0
        AND thread.last_number > coalesce(mark.number, 0)
    UNION ALL
    SELECT thread.id, me.id, mark.number, %s
    FROM members_member AS me
    JOIN threads_readmark AS mark ON mark.member_id = me.id
    JOIN threads_thread AS thread
        ON thread.id = mark.thread_id AND thread.last_number > mark.number AND thread.last_posted_at <= me.date_joined
    WHERE me.id = %s AND me.read_all_at IS NULL AND thread.state = 'published' AND thread.post_count > 0
) AS thread
CROSS JOIN LATERAL (
    SELECT 1 FROM threads_post AS post
    WHERE post.thread_id = thread.id AND post.number > read_up_to AND post.state = 'published'
        AND post.author_id IS DISTINCT FROM reader_id AND post.created_at > new_since
        AND coalesce(
            (SELECT level <> 'muted' FROM threads_follow WHERE thread_id = thread.id AND member_id = reader_id),
            NOT EXISTS (
                SELECT 1 FROM threads_follow AS muted JOIN threads_threadtag AS tagging USING (tag_id)
                WHERE tagging.content_object_id = thread.id AND muted.member_id = reader_id AND muted.level = 'muted'
            )
        )
        AND NOT (post.shown_as IN ('all', 'no-org') AND EXISTS (
            SELECT 1 FROM threads_follow AS muted
            WHERE muted.person_id = post.author_id AND muted.member_id = reader_id AND muted.level = 'muted'
        ))
    ORDER BY post.number DESC LIMIT 1
) AS new
"""


def unread_by(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Of these, what holds something new for a member."""
    rows: ThreadQuerySet = threads.filter(pk__in=RawSQL(UNREAD, _params(reader.pk)))  # noqa: S611 as below
    return rows


def unread_count(member_id: int) -> RawSQL:
    """How many threads `unread_by` lists for a member, at most `MOST_NEW`, as a column of another query."""
    counted = f"SELECT count(*) FROM ({UNREAD} LIMIT {MOST_NEW}) AS unread"  # noqa: S608 constants
    return RawSQL(counted, _params(member_id))  # noqa: S611 its values are parameters


def _params(member_id: int | None) -> list[object]:
    return [EVER, member_id, EVER, member_id]


def with_new(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Threads with `read_up_to` and, for a member, `new_count`: how many posts are new, at most `MOST_NEW`."""
    if not reader.is_authenticated:
        return threads
    rows = _since(threads, reader)
    numbers = ArraySubquery(_new_to(reader).order_by("number").values("number")[:MOST_NEW])
    counted: ThreadQuerySet = rows.annotate(
        read_up_to=F("read_up_to"), new_count=Func(numbers, function="cardinality", output_field=IntegerField())
    )
    return counted


def with_first_new(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """The same with `first_new` {id, number}: the post to go on reading at; null where nothing is new.

    And with `new_since`: what is older than this is not new.
    """
    if not reader.is_authenticated:
        return threads
    first = _new_to(reader).order_by("number").values(row=JSONObject(id="pk", number="number"))
    rows: ThreadQuerySet = with_new(threads, reader).annotate(first_new=Subquery(first[:1]), new_since=F("new_since"))
    return rows


def _since(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Threads with how far the reader has read, and the time from which on posts of each count as new; null: never."""
    own = Member.objects.filter(pk=reader.pk)
    rows: ThreadQuerySet = threads.alias(read_up_to=ReadMark.objects.up_to(reader)).alias(
        new_since=Case(
            When(Follow.objects.is_muted(reader), then=None),
            When(read_up_to=None, then=Subquery(own.values(start=Coalesce("read_all_at", "date_joined")))),
            default=Subquery(own.values(start=Coalesce("read_all_at", Value(EVER)))),
        )
    )
    return rows


def _new_to(reader: Reader) -> PostQuerySet:
    """The posts that are new to a member, of the thread of an outer query that went through `_since`."""
    posts: PostQuerySet = Post.objects.filter(
        thread=OuterRef("pk"),
        state=PostState.PUBLISHED,
        number__gt=Coalesce(OuterRef("read_up_to"), 0),
        created_at__gt=OuterRef("new_since"),
    ).exclude(author=reader.pk)
    muted = Follow.objects.filter(member=reader.pk, level=FollowLevel.MUTED, person__isnull=False)
    return posts.exclude(author__in=muted.values("person"), shown_as__in=NAMED)
