"""Noting how far a member has read, in a thread and so in their inbox."""

from django.db import connection, transaction
from django.utils import timezone

from members.models import Member
from threads.models import Thread

# How far, and what told of these posts and of the thread itself: a post is found by its place of today, wherever it was
# moved.
READ = """
WITH told AS (
    UPDATE members_notification AS row SET read_at = now()
    WHERE row.member_id = %(member)s AND row.read_at IS NULL AND CASE
        WHEN row.subject LIKE 'post:%%' THEN EXISTS (
            SELECT 1 FROM threads_post
            WHERE id = split_part(row.subject, ':', 2)::bigint AND thread_id = %(thread)s AND number <= %(number)s
        )
        ELSE row.context = %(context)s
    END
)
INSERT INTO threads_readmark (member_id, thread_id, number, read_at)
VALUES (%(member)s, %(thread)s, %(number)s, now())
ON CONFLICT (member_id, thread_id) DO UPDATE SET number = excluded.number, read_at = excluded.read_at
WHERE threads_readmark.number < excluded.number
"""


@transaction.atomic(durable=True)
def mark_read(thread: Thread, *, by: Member, number: int) -> None:
    """Note that this member had the posts up to this number before them. Never goes back: tabs open in any order."""
    with connection.cursor() as cursor:
        context = f"thread:{thread.pk}"
        cursor.execute(READ, {"member": by.pk, "thread": thread.pk, "number": number, "context": context})


@transaction.atomic(durable=True)
def mark_all_read(*, by: Member) -> None:
    """Let nothing that is there by now count as new in any thread; the inbox keeps its own marks."""
    Member.objects.filter(pk=by.pk).update(read_all_at=timezone.now())
