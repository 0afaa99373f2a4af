"""What linking terms costs beside writing the rest of a thread's page: 5,000 terms, 25 posts of 1 KB, no database.

Run: python -m bench.marks. The goal (issue 3): under 1/5 without the cache of pieces, and next to nothing with it.
"""

import os
import random
import statistics
import time
from collections.abc import Callable

import django
from django.template.loader import render_to_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_cmo.settings")
os.environ.setdefault("DEBUG", "yes")  # static files by their own names: nothing was collected here
django.setup()

from django.contrib.auth.models import AnonymousUser  # noqa: E402  Django's settings come first
from django.test import RequestFactory  # noqa: E402

from bench.terms import POSTS, TEXT, glossary  # noqa: E402
from markup.render import render  # noqa: E402
from markup.terms import link_terms, write  # noqa: E402
from threads.models import Post, Thread  # noqa: E402

ROUNDS = 15


def median_of(step: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def main() -> None:
    lexicon = glossary(random.Random(7))  # noqa: S311 the same glossary in every run
    thread = Thread(pk=1, title="What does a PMO do?", slug="what", post_count=POSTS, last_number=POSTS)
    thread.tag_list = []  # type: ignore[attr-defined]  # as for_page annotates it
    posts = [
        Post(pk=n, thread=thread, number=n, author_name="Ana Silva", author_role="PMO Lead", body_html=render(TEXT))
        for n in range(1, POSTS + 1)
    ]
    for post in posts:
        post.html = post.body_html  # type: ignore[attr-defined]  # as mark_terms gives it

    def page() -> str:
        context = {"thread": thread, "posts": posts, "page": 1, "pages": range(1, 2), "structured": {}}
        request = RequestFactory().get("/threads/1/what/")
        return render_to_string("threads/thread.html", {**context, "request": request, "user": AnonymousUser()})

    linked = [link_terms(post.body_html, lexicon) for post in posts]
    once_a_page: Callable[[], object] = lambda: [write(each, seen=seen, link=lambda mark: mark.html) for each in linked]  # noqa: E731
    seen: set[int] = set()
    rest = median_of(page)
    uncached = median_of(lambda: [link_terms(post.body_html, lexicon) for post in posts])
    cached = median_of(once_a_page)
    print(f"rest of the page {rest:.2f} ms; linking {uncached:.2f} ms = {uncached / rest:.0%} of it;", end=" ")
    print(f"with pieces kept {cached:.2f} ms = {cached / rest:.1%}")


if __name__ == "__main__":
    main()
