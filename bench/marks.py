"""What linking terms costs beside writing the rest of a thread's page: 5,000 terms, 25 posts of 1 KB.

Run: .venv/bin/python -m bench.marks. The goal (issue 3): under 1/5 without the cache of pieces, and little with it.

“The rest of the page” is a visitor's whole request for it, which no cache of pages answers, with the pieces of the
posts kept: middleware, queries to the local database, meanings, templates, gzip. The glossary is a hard one, as half of
the words of a post begin one of its terms; the posts say the same, so that the panel of terms is a short one.
"""

from bench.many import people, portal  # noqa: I001  first, for it sets Django up
import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

from django.core.cache import caches
from django.db import transaction
from django.test import Client

from bench.terms import POSTS, TEXT, glossary, post as a_post
from glossary import lexicon
from glossary.lexicon import PortalLexicon, SenseEntry, TermEntry
from markup.acronyms import places
from markup.render import RENDERER_VERSION, render
from markup.terms import Linked, link_terms, write
from threads.actions.words import index_new
from threads.models import Post, Thread, with_undefined

ROUNDS = 30
UNDEFINED = "Our SRO signed the DPIA; QXJ and ZQW wait for it."


def medians_of(*steps: Callable[[], object]) -> list[float]:
    """Milliseconds of each, all of them in turn, so that other work on the machine weighs on all alike."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, taken in zip(steps, times, strict=True):
            caches["pages"].clear()
            start = time.perf_counter()
            step()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) * 1000 for taken in times]


def a_thread(chance: random.Random) -> Thread:
    thread = Thread.objects.create(title="What does a PMO do?", slug="what", post_count=POSTS, last_number=POSTS)
    body = f"{UNDEFINED}\n\n{TEXT.strip()}\n\n{a_post(chance)}"[:1000]
    Post.objects.bulk_create(
        Post(
            thread=thread,
            number=number,
            author=author,
            author_name=author.name,
            author_role="PMO Lead",
            body=body,
            body_html=render(body),
            renderer_version=RENDERER_VERSION,
        )
        for number, author in enumerate(people()[:POSTS], 1)
    )
    index_new(list(thread.posts.all()))
    return thread


def the_glossary(chance: random.Random) -> PortalLexicon:
    """5,000 terms of one published sense."""
    spellings = glossary(chance)
    terms = {
        pk: TermEntry(pk, f"Term {pk}", f"/glossary/term-{pk}/", (SenseEntry(pk, f"Sense {pk}", "A definition.", ""),))
        for pk in range(len(spellings))
    }
    return PortalLexicon(-1, spellings, terms)


def main() -> None:
    chance = random.Random(7)  # noqa: S311 the same glossary and posts in every run
    words = the_glossary(chance)
    with portal(POSTS), patch.object(lexicon, "current", lambda _version=None: words), transaction.atomic():
        thread = a_thread(chance)
        posts = list(with_undefined(thread.posts.order_by("number")))
        compare(thread, posts, words)
        transaction.set_rollback(True)


def compare(thread: Thread, posts: list[Post], words: PortalLexicon) -> None:
    visitor = Client(headers={"host": "127.0.0.1", "accept-encoding": "gzip"})

    def page() -> None:
        assert visitor.get(thread.get_absolute_url()).status_code == 200  # noqa: PLR2004, S101

    def page_without_pieces() -> None:
        caches["pieces"].clear()
        page()

    def link() -> None:
        for post in posts:
            linked_with(post)

    def linked_with(post: Any) -> Linked:
        asked = {row["key"]: row["text"] for row in post.undefined_words}
        return link_terms(post.body_html, words.spellings, undefined=partial(places, wanted=asked))

    def from_pieces() -> None:
        seen: set[int | str] = set()
        for piece in linked:
            write(piece, seen=seen, link=lambda mark: mark.html, ask=lambda word: word.html)

    linked = [linked_with(post) for post in posts]
    link()
    page()
    rest, linking, kept, whole = medians_of(page, link, from_pieces, page_without_pieces)
    size, met, asked = len(posts[0].body), len(linked[0].terms), len(posts[0].undefined_words)
    on_page = f"{met} of them on the page, with {asked} acronyms that nobody has defined"
    print(f"{len(words.spellings)} terms in the glossary, {on_page}, {size} characters a post")
    print(f"the rest of the page {rest:.2f} ms, the whole page with nothing kept {whole:.2f} ms")
    print(f"linking {linking:.2f} ms = {linking / rest:.0%} of the rest; with pieces kept {kept / rest:.1%}")


if __name__ == "__main__":
    main()
