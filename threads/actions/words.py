"""Which words posts use: found when a post is written, and anew when the glossary changes."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from glossary import lexicon
from glossary.lexicon import PortalLexicon
from markup.slugs import key
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused
from threads.actions import steps
from threads.lexicon import Word, words_of
from threads.models import Mention, Post, ToldWord

LONGEST_KNOWN = 120  # characters of a word
BATCH = 100  # posts of one transaction: a few milliseconds
MENTIONS = 0x6D656E74  # the class of the advisory locks: “ment”
_WHOLE = 2**31  # an advisory lock of two parts takes 32 bits of a post's id; two posts on one lock only wait


def index_new(posts: Sequence[Post], *, version: int | None = None) -> None:
    """Write the mentions of posts that this transaction made. A step, under the thread's lock; one statement.

    One more where the version of the glossary has not been read since the
    transaction's first lock.
    """
    words = lexicon.current(version)
    rows = [_row(post.pk, word) for post in posts for word in words_of(post.body_html, words)]
    Mention.objects.bulk_create(rows, batch_size=2000)


def index_again(post: Post, *, version: int | None = None) -> None:
    """Write the mentions of a post whose text this transaction changed; a step, under the post's lock.

    `version` as in `index_new`.
    """
    _lock([post.pk], wait=True)
    _write({post.pk: post.body_html}, lexicon.current(version))


@transaction.atomic(durable=True)
def index_posts(ids: Sequence[int]) -> None:
    """Find the mentions of these posts anew; the job's, so there is no `by`, and it may run twice.

    No row of a post is locked, and nobody who posts waits but for an edit of
    one of these very posts, for milliseconds. A post that is being edited at
    the moment is left out: its writer began after the change of the glossary
    (`wait_for_writers`) and indexes it with the new one.
    """
    free = _lock(ids, wait=False)
    # A statement of its own after the locks, so that it sees what was written while they were held elsewhere.
    texts = dict(Post.objects.filter(pk__in=free).values_list("pk", "body_html"))
    if _write(texts, lexicon.current()):
        grow_site_version()  # pages ask at undefined acronyms, and were kept without these since the glossary changed


@transaction.atomic(durable=True)
def know_word(text: str, *, by: Member) -> None:
    """Mark no such term and tell nothing of such an acronym to this member any more.

    It counts towards the curators' list of acronyms that everybody knows. Raises Refused for what is no word.
    """
    steps.lock_member(by)
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST_KNOWN or "\x00" in text or not any(sign.isalnum() for sign in text):
        raise Refused(_("A word has 1 to %(longest)d characters.") % {"longest": LONGEST_KNOWN})
    by.known_words.get_or_create(key=key(text)[: 2 * LONGEST_KNOWN], defaults={"text": text})


@transaction.atomic(durable=True)
def forget_word(pk: int, *, by: Member) -> None:
    """Mark a word again; nothing happens where it is not on the member's list."""
    steps.lock_member(by)
    by.known_words.filter(pk=pk).delete()


@transaction.atomic(durable=True)
def tell(keys: Collection[str], *, by: Member, token: UUID) -> set[str]:
    """Write down that a member is told of these acronyms in one text; returns those that no other text told of before.

    For good, and a row for an acronym and member, however many texts hold it.
    """
    steps.lock_member(by)
    rows = [ToldWord(member=by, key=name, token=token) for name in keys]
    ToldWord.objects.bulk_create(rows, ignore_conflicts=True)
    return set(by.told_words.filter(key__in=keys, token=token).values_list("key", flat=True))


def _row(post: int, word: Word) -> Mention:
    return Mention(post_id=post, key=word.key, text=word.text, term_id=word.term, words=word.words)


def _write(texts: Mapping[int, str], words: PortalLexicon) -> bool:
    """Make the mentions of these posts what their texts hold; what is right already is not written.

    Returns whether an acronym is undefined that was not before.
    """
    stored = {(row.post_id, row.key): row for row in Mention.objects.filter(post__in=texts)}
    wanted = {(pk, word.key): word for pk, html in texts.items() for word in words_of(html, words)}
    right = {place for place, word in wanted.items() if place in stored and _is_same(stored[place], word)}
    gone = [row.pk for place, row in stored.items() if place not in wanted]
    if gone:
        Mention.objects.filter(pk__in=gone).delete()
    Mention.objects.bulk_create(
        [_row(pk, word) for (pk, name), word in wanted.items() if (pk, name) not in right],
        update_conflicts=True,
        unique_fields=["post", "key"],
        update_fields=["text", "term", "words"],
    )
    return any(word.term is None and not word.words for place, word in wanted.items() if place not in right)


def _is_same(row: Mention, word: Word) -> bool:
    return (row.text, row.term_id, row.words) == (word.text, word.term, word.words)


def _lock(ids: Sequence[int], *, wait: bool) -> list[int]:
    """Hold the mentions of posts until the end of the transaction; returns the posts whose are held."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {function}(%s, (id %% %s)::int)::text FROM unnest(%s::bigint[]) AS id",  # noqa: S608 two names
            [MENTIONS, _WHOLE, sorted(ids)],
        )
        return [pk for pk, held in cursor.fetchall() if wait or held == "true"]
