"""What linking terms costs beside writing the rest of a thread's page: 5,000 terms, 25 posts of 1 KB.

Run: .venv/bin/python -m bench.marks. The goal (issue 3): under 1/5 without the cache of pieces, and little with it.

“The rest of the page” is a visitor's whole request for it, which no cache of pages answers, with the pieces of the
posts kept: middleware, queries to the local database, meanings, templates, gzip. The glossary is a hard one: half of
the words of a post begin one of its terms.
"""

from bench.many import people, portal  # noqa: I001  first, for it sets Django up
import random
import statistics
import time
from collections.abc import Callable
from unittest.mock import patch

from django.core.cache import caches
from django.db import transaction
from django.test import Client

from bench.terms import POSTS, glossary, post as a_post
from glossary import lexicon
from glossary.lexicon import PortalLexicon, SenseEntry, TermEntry
from markup.render import RENDERER_VERSION, render
from markup.terms import link_terms, write
from threads.models import Post, Thread

ROUNDS = 30


def median_of(step: Callable[[], object], before: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(ROUNDS):
        before()
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def a_thread(chance: random.Random) -> Thread:
    thread = Thread.objects.create(title="What does a PMO do?", slug="what", post_count=POSTS, last_number=POSTS)
    bodies = [a_post(chance) for _ in range(POSTS)]
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
        for number, (body, author) in enumerate(zip(bodies, people(), strict=False), 1)
    )
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
        posts = list(thread.posts.order_by("number"))
        compare(thread, posts, words)
        transaction.set_rollback(True)


def compare(thread: Thread, posts: list[Post], words: PortalLexicon) -> None:
    visitor = Client(headers={"host": "127.0.0.1", "accept-encoding": "gzip"})

    def page() -> None:
        assert visitor.get(thread.get_absolute_url()).status_code == 200  # noqa: PLR2004, S101

    def link() -> None:
        for post in posts:
            link_terms(post.body_html, words.spellings)

    def from_pieces() -> None:
        seen: set[int] = set()
        for piece in linked:
            write(piece, seen=seen, link=lambda mark: mark.html)

    linked = [link_terms(post.body_html, words.spellings) for post in posts]
    link()
    rest = median_of(page, caches["pages"].clear)
    whole = median_of(page, lambda: [caches[name].clear() for name in ("pages", "pieces")])
    linking, kept = median_of(link, int), median_of(from_pieces, int)
    print(f"{len(words.spellings)} terms, {sum(len(post.body) for post in posts) / POSTS:.0f} characters a post")
    print(f"the rest of the page {rest:.2f} ms, the whole page with nothing kept {whole:.2f} ms")
    print(f"linking {linking:.2f} ms = {linking / rest:.0%} of the rest; with pieces kept {kept / rest:.1%}")


if __name__ == "__main__":
    main()
