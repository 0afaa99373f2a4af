"""Counting how much words are used and read, beside the pages: lists of words then read one small table."""

from django.db import connection, transaction

from glossary import lexicon
from glossary.lexicon import PortalLexicon
from members.actions.site import grow_words_version
from threads.lexicon import meant
from threads.models import Mention, WordUse, WordUseKind

LOCK = 0x776F7264  # an advisory lock: “word”
TOP = 12  # acronyms on `/glossary/`
# The web role's limit of five seconds is for pages; this runs beside them, and on a portal of any size.
LIMITS = "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB'"

SHOWN = """
    FROM threads_mention AS mention
    JOIN threads_post AS post ON post.id = mention.post_id AND post.state = 'published'
    JOIN threads_thread AS thread ON thread.id = post.thread_id AND thread.state = 'published'
"""
PLACES = "mention.key, mention.text, post.thread_id, post.number, post.author_id"
UNDEFINED = f"""
    mentioned AS (
        SELECT mention.key AS word, {PLACES} {SHOWN}
        WHERE mention.term_id IS NULL AND mention.words = ''
            AND NOT EXISTS (SELECT FROM unnest(%(defined)s::text[]) AS defined WHERE defined = mention.key)
            AND NOT EXISTS (
                SELECT FROM threads_mention AS said JOIN threads_post AS other ON other.id = said.post_id
                WHERE said.words <> '' AND other.state = 'published'
                    AND said.key = mention.key AND other.thread_id = post.thread_id
            )
    )
"""  # noqa: S608 constants
TERM = f"mentioned AS (SELECT mention.term_id AS word, {PLACES} {SHOWN} WHERE mention.term_id IS NOT NULL)"
# The order of `threads.lexicon.settle`: spelled out, chosen, the tags where they agree, the usual sense.
OPEN = f"""
    meaning AS (SELECT * FROM unnest(%(terms)s::bigint[], %(senses)s::bigint[]) AS row (term, sense)),
    words_meant AS (
        SELECT * FROM unnest(%(said_of)s::bigint[], %(said)s::text[], %(meant)s::bigint[]) AS row (term, words, sense)
    ),
    held AS (
        SELECT mention.term_id AS word, {PLACES} {SHOWN} WHERE mention.term_id IN (SELECT term FROM meaning)
    ),
    spelled AS (
        SELECT mention.term_id AS term, post.thread_id, count(DISTINCT words_meant.sense) AS meanings {SHOWN}
        JOIN words_meant ON words_meant.term = mention.term_id AND words_meant.words = mention.words
        GROUP BY 1, 2
    ),
    chosen AS (
        SELECT choice.term_id AS term, choice.thread_id, bool_or(meaning.sense IS NOT NULL) AS is_published
        FROM threads_threadsense AS choice
        LEFT JOIN meaning ON meaning.term = choice.term_id AND meaning.sense = choice.sense_id
        WHERE choice.state = 'chosen'
        GROUP BY 1, 2
    ),
    bound AS (
        SELECT meaning.term, tagging.content_object_id AS thread_id, count(DISTINCT meaning.sense) AS senses
        FROM threads_threadtag AS tagging
        JOIN threads_tag AS tag ON tag.id = tagging.tag_id
        JOIN meaning ON meaning.sense = tag.sense_id
        GROUP BY 1, 2
    ),
    mentioned AS (
        SELECT held.* FROM held
        LEFT JOIN spelled ON spelled.term = held.word AND spelled.thread_id = held.thread_id
        LEFT JOIN chosen ON chosen.term = held.word AND chosen.thread_id = held.thread_id
        LEFT JOIN bound ON bound.term = held.word AND bound.thread_id = held.thread_id
        WHERE coalesce(spelled.meanings, 0) <> 1 AND CASE
            WHEN chosen.term IS NOT NULL THEN NOT chosen.is_published
            WHEN bound.senses = 1 THEN FALSE
            ELSE held.word <> ALL (%(usual)s::bigint[]) END
    )
"""  # noqa: S608 constants
COUNT = """
    WITH {mentioned},
    place AS (
        SELECT word, min(key) AS key, min(text) AS text, thread_id, min(number) AS number, count(*) AS posts
        FROM mentioned GROUP BY word, thread_id
    ),
    reader AS (
        SELECT place.word, mark.member_id FROM place
        JOIN threads_readmark AS mark ON mark.thread_id = place.thread_id AND mark.number >= place.number
        UNION
        SELECT word, author_id FROM mentioned WHERE author_id IS NOT NULL
    ),
    counted AS (
        SELECT word, min(key) AS key, min(text) AS text, sum(posts) AS posts, count(*) AS threads
        FROM place GROUP BY word
    ),
    fresh AS (
        SELECT DISTINCT ON (key) key, text, posts, threads, coalesce(people.readers, 0) AS readers
        FROM counted
        LEFT JOIN (SELECT word, count(*) AS readers FROM reader GROUP BY word) AS people USING (word)
        ORDER BY key, posts DESC
    ),
    gone AS (
        DELETE FROM threads_worduse AS row
        WHERE kind = %(kind)s AND NOT EXISTS (SELECT FROM fresh WHERE fresh.key = row.key)
    )
    INSERT INTO threads_worduse AS row (kind, key, text, posts, threads, readers)
    SELECT %(kind)s, key, text, posts, threads, readers FROM fresh
    ON CONFLICT (kind, key) DO UPDATE SET
        text = excluded.text, posts = excluded.posts, threads = excluded.threads, readers = excluded.readers
    WHERE (row.text, row.posts, row.threads, row.readers)
        IS DISTINCT FROM (excluded.text, excluded.posts, excluded.threads, excluded.readers)
"""


@transaction.atomic(durable=True)
def count_words() -> bool:
    """Count posts, discussions and readers of every word anew; False when another worker is at it.

    A reader is a member whose read mark of a discussion (`ReadMark`) reaches the
    first post there that holds the word, or who wrote such a post: each counted
    once. Only rows whose figures changed are written. The job's, so there is no
    `by`; it may run twice. Cost: `python -m bench.desk`.
    """
    words = lexicon.current()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(LIMITS)
        before = _top()
        for kind, mentioned, said in (
            (WordUseKind.UNDEFINED, UNDEFINED, {"defined": sorted(words.not_undefined)}),
            (WordUseKind.TERM, TERM, {}),
            (WordUseKind.OPEN, OPEN, _ambiguous(words)),
        ):
            cursor.execute(COUNT.format(mentioned=mentioned), {"kind": kind, **said})
    grow_words_version(is_changed=_top() != before)
    return True


def _top() -> list[tuple[object, ...]]:
    """What `/glossary/` shows of it."""
    return list(WordUse.objects.undefined().for_list().values_list("text", "posts", "readers")[:TOP])


def _ambiguous(words: PortalLexicon) -> dict[str, list[object]]:
    """Terms of several published senses, those with a usual one, and the meanings of what posts spell them out as."""
    terms = {pk: term for pk, term in words.terms.items() if len(term.senses) > 1}
    pairs = [(term.id, sense.id) for term in terms.values() for sense in term.senses]
    usual = [term.id for term in terms.values() if term.usual in {sense.id for sense in term.senses}]
    rows = Mention.objects.spelled_out().filter(term__in=list(terms)).order_by()
    said = [
        (term, spelled, sense.id if (sense := meant(terms[term], spelled)) else 0)
        for term, spelled in rows.values_list("term", "words").distinct()
    ]
    return {
        "terms": [pair[0] for pair in pairs],
        "senses": [pair[1] for pair in pairs],
        "usual": list(usual),
        "said_of": [row[0] for row in said],
        "said": [row[1] for row in said],
        "meant": [row[2] for row in said],
    }
