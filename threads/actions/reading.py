"""Noting how far a member has read."""

from django.db import connection, transaction

from members.models import Member
from threads.models import Thread

UPSERT = """
INSERT INTO threads_readmark (member_id, thread_id, number, read_at) VALUES (%s, %s, %s, now())
ON CONFLICT (member_id, thread_id) DO UPDATE SET number = excluded.number, read_at = excluded.read_at
WHERE threads_readmark.number < excluded.number
"""


@transaction.atomic(durable=True)
def mark_read(thread: Thread, *, by: Member, number: int) -> None:
    """Note that this member had the posts up to this number before them. Never goes back: tabs open in any order."""
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [by.pk, thread.pk, number])
