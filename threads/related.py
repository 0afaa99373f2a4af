"""Threads that are near another one: by the terms that posts of both use, by tags, by words of their titles."""

from django.db import connection

from threads.models import Thread
from threads.models.threads import ThreadQuerySet

SHOWN = 10
# Of each term and tag only the newest uses are looked at: a word that everybody uses costs no more than another.
# A tag was chosen by a person and counts most, a word of the title least; among equals the newest activity comes first.
NEAR = """
WITH terms AS (
    SELECT DISTINCT mention.term_id FROM threads_mention AS mention
    JOIN threads_post AS post ON post.id = mention.post_id
    WHERE post.thread_id = %(thread)s AND post.state = 'published' AND mention.term_id IS NOT NULL
    ORDER BY mention.term_id LIMIT 20
), found AS (
    SELECT DISTINCT post.thread_id AS id, 'term' || terms.term_id AS by, 2 AS weight
    FROM terms
    CROSS JOIN LATERAL (
        SELECT post_id FROM threads_mention WHERE term_id = terms.term_id ORDER BY post_id DESC LIMIT 300
    ) AS mention
    JOIN threads_post AS post ON post.id = mention.post_id AND post.state = 'published'
    UNION ALL
    SELECT tagging.content_object_id, 'tag' || own.tag_id, 3
    FROM threads_threadtag AS own
    CROSS JOIN LATERAL (
        SELECT content_object_id FROM threads_threadtag
        WHERE tag_id = own.tag_id ORDER BY last_posted_at DESC, content_object_id DESC LIMIT 300
    ) AS tagging
    WHERE own.content_object_id = %(thread)s
    UNION ALL
    SELECT other.id, 'word' || word, 1
    FROM threads_thread AS own
    CROSS JOIN unnest(tsvector_to_array(own.search)) AS word
    CROSS JOIN LATERAL (
        SELECT id FROM threads_thread WHERE search @@ quote_literal(word)::tsquery ORDER BY id DESC LIMIT 300
    ) AS other
    WHERE own.id = %(thread)s
)
SELECT found.id FROM found JOIN threads_thread AS thread ON thread.id = found.id
WHERE found.id <> %(thread)s AND thread.state = 'published'
GROUP BY found.id, thread.last_posted_at
ORDER BY sum(weight) DESC, thread.last_posted_at DESC, found.id DESC LIMIT %(most)s
"""


def related_to(thread: Thread, threads: ThreadQuerySet) -> list[Thread]:
    """The nearest of `threads` (what the reader may see), at most `SHOWN`. Two statements, whatever there is."""
    with connection.cursor() as cursor:
        cursor.execute(NEAR, {"thread": thread.pk, "most": 3 * SHOWN})
        order = {pk: place for place, (pk,) in enumerate(cursor.fetchall())}
    found = threads.filter(pk__in=order).for_list()
    return sorted(found, key=lambda each: order[each.pk])[:SHOWN]
