"""Finding the words of posts anew after a spelling changed, on 100,000 posts, while somebody replies.

Run: .venv/bin/python -m bench.reindex. A term that 20,000 posts hold (or as many as --held says) loses its spelling;
the worker's own code finds its mentions anew in a process of its own; replies are posted one after the other all the
time. The same replies are timed without it, before and after. In the end the mentions must be those of an index of all
posts. At last the spelling is given back, so that the bench may run again.
"""

from bench.many import execute, people, portal  # noqa: I001  first, for it sets Django up
import argparse
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

from django.db import connection
from django.db.models import Count
from tqdm import tqdm

from bench.terms import post as a_post
from glossary import lexicon
from glossary.actions import terms
from glossary.models import Term
from members.models import Member
from pmo_cmo import mentions
from threads.actions import posting
from threads.lexicon import words_of
from threads.models import Mention, Post, Thread

ALONE = 20.0  # seconds of replies without anything beside them
PAUSE = 0.02  # seconds between two replies: a portal that is busy, not one that is flooded
PACE = 50  # replies by one member, who may write 60 a minute


def replies(until: Callable[[float], bool], chance: random.Random) -> list[float]:
    """Milliseconds of each reply; each in another thread by another member."""
    threads = list(Thread.objects.filter(slug__startswith="one-of-many-", post_count__lt=1000)[:500])
    members = people()
    took: list[float] = []
    begun = time.monotonic()
    while not until(time.monotonic() - begun):
        thread, by = chance.choice(threads), members[len(took) % len(members)]
        body = a_post(chance)
        start = time.perf_counter()
        posting.reply(thread, by=by, body=body, token=uuid4())
        took.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE)
    return took


def catch_up(seconds: "multiprocessing.Queue[float]") -> None:
    """What the worker does, in a process of its own."""
    start = time.monotonic()
    while not mentions.catch_up():
        time.sleep(1)
    seconds.put(time.monotonic() - start)


def term_in(posts: int) -> Term:
    """The term whose number of posts is nearest to this one."""
    counted = Mention.objects.exclude(term=None).values_list("term").annotate(posts=Count("pk"))
    return Term.objects.get(pk=min(counted, key=lambda row: abs(row[1] - posts))[0])


def respell(term: Term, curator: Member, *, is_marked: bool) -> int:
    """Take the spellings of a term out of posts, or give them back; returns how many posts hold it."""
    spelled = [terms.Spelled(each.text, is_marked=is_marked) for each in term.spellings.all()]
    terms.save_term(term, by=curator, text=term.text, spellings=spelled)
    return Mention.objects.filter(key=term.key).count()


def in_background() -> tuple["multiprocessing.process.BaseProcess", "multiprocessing.Queue[float]"]:
    context = multiprocessing.get_context("fork")
    seconds: multiprocessing.Queue[float] = context.Queue()
    connection.close()  # no process may use another's
    worker = context.Process(target=catch_up, args=(seconds,))
    worker.start()
    return worker, seconds


def differences() -> int:
    """How many mentions are not those of an index of all posts, written from nothing."""
    words = lexicon.current()
    known: dict[str, set[tuple[str, int | None, str]]] = {}
    different = 0
    pks = list(Post.objects.order_by("pk").values_list("pk", flat=True))
    for first in tqdm(range(0, len(pks), 1000), desc="comparing"):
        posts = dict(Post.objects.filter(pk__in=pks[first : first + 1000]).values_list("pk", "body_html"))
        stored: dict[int, set[tuple[str, int | None, str]]] = {pk: set() for pk in posts}
        for post, *row in Mention.objects.filter(post__in=posts).values_list("post_id", "key", "term_id", "words"):
            stored[post].add(tuple(row))
        for pk, html in posts.items():
            if html not in known:
                known[html] = {(word.key, word.term, word.words) for word in words_of(html, words)}
            different += len(stored[pk] ^ known[html])
    return different


def said(name: str, took: list[float], beside: list[float]) -> None:
    figures = []
    for figure, of in (("median", statistics.median), ("p95", _p95), ("max", max)):
        figures.append(f"{figure} {of(took):.1f} ms ({of(took) / of(beside):.2f} ×)")
    print(f"{name}: {len(took)} replies, {', '.join(figures)}")


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=int, default=20_000, help="posts that hold the term")
    chance = random.Random()  # noqa: S311
    wanted = parser.parse_args().held
    with portal():
        execute("SET statement_timeout = 0")
        curator = Member.objects.filter(is_superuser=True).first()
        mentions.catch_up()
        alone = replies(lambda passed: passed > ALONE, chance)
        term = term_in(wanted)
        held = respell(term, curator, is_marked=False)
        worker, seconds = in_background()
        beside = replies(lambda _passed: not worker.is_alive(), chance)
        took = seconds.get(timeout=1)
        alone += replies(lambda passed: passed > ALONE, chance)
        print(f"{held} of {Post.objects.count()} posts held “{term}”; found anew in {took:.1f} s")
        said("without it", alone, alone)
        said("beside it", beside, alone)
        print(f"{differences()} mentions differ from an index of all posts")
        respell(term, curator, is_marked=True)
        mentions.catch_up()


if __name__ == "__main__":
    main()
