"""A portal with 100,000 posts, for benches: made by bulk in a database of its own, once, and kept in var/bench.

    .venv/bin/python -m bench.many                       # make it (a minute or two), or say that it is there
    PORTAL_VAR=var/bench make run                        # look at it; manage.py works on it in the same way

Another folder or number: `PORTAL_VAR=/tmp/x .venv/bin/python -m bench.many --posts 20000`. A bench in Python imports
`portal` from here before any model and works inside `with portal():`. The posts hold terms of the starter glossary,
two of them in half of the posts and most in few, and acronyms that nobody has defined. Mentions and the counters of
threads are what the actions would write; what the worker counts beside the pages is for the worker.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_cmo.settings")
os.environ.setdefault("PORTAL_VAR", str(ROOT / "var" / "bench"))
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402  Django's settings come first
from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from tqdm import tqdm  # noqa: E402

from bench.terms import TEXT  # noqa: E402
from glossary import lexicon  # noqa: E402
from glossary.lexicon import PortalLexicon  # noqa: E402
from markup.render import RENDERER_VERSION, render  # noqa: E402
from members.actions.site import grow_site_version  # noqa: E402
from members.models import Member  # noqa: E402
from pmo_cmo import localdb  # noqa: E402
from threads.lexicon import words_of  # noqa: E402
from threads.models import Post, Thread  # noqa: E402

POSTS, POSTS_OF_THREAD, TEXTS, PEOPLE = 100_000, 25, 2_000, 300
BATCH = 2_000
COMMON = ("PMO", "sponsor")  # in half of the posts each


@contextlib.contextmanager
def portal(posts: int = POSTS) -> Iterator[None]:
    """The portal's database, running and filled, for the length of a block."""
    with localdb.running(Path(settings.VAR_DIR)):
        command = [sys.executable, "manage.py", "prepare"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        missing = posts - Post.objects.filter(thread__slug__startswith="one-of-many-").count()
        if missing > 0:
            fill(missing)
        yield


def people() -> list[Member]:
    """Those who wrote the posts; their addresses are confirmed, so they may write more."""
    return list(Member.objects.filter(username__startswith="bench-").order_by("pk"))


def fill(posts: int) -> None:
    """So many posts more, in threads of 25; in one transaction, so that a stopped one leaves nothing."""
    chance = random.Random(posts)  # noqa: S311
    words = lexicon.current()
    texts = [a_text(chance, words) for _ in tqdm(range(min(TEXTS, posts)), desc="texts")]
    with transaction.atomic():
        execute("SET LOCAL statement_timeout = 0")
        texts_of = make_posts(posts, texts, chance)
        write_mentions(texts_of, [html for _body, html in texts], words)
        execute(COUNTERS)
        execute("UPDATE glossary_spellingchange SET done_at = now() WHERE done_at IS NULL")  # it is what they hold
        grow_site_version()
    execute("SET statement_timeout = 0; ANALYZE")


def a_text(chance: random.Random, words: PortalLexicon) -> tuple[str, str]:
    """Some 600 characters, as written and as HTML. Few terms are used often and most are rare."""
    terms = [term.text for term in words.terms.values()]
    said = chance.sample(TEXT.split(), 80)
    said += [name for name in COMMON if chance.random() < 0.5]  # noqa: PLR2004
    said += [terms[int(len(terms) * chance.random() ** 3)] for _ in range(4)]
    said += [f"{chance.choice('QXZ')}{chance.choice('BCDFG')}{chance.choice('KLMNP')}" for _ in range(2)]
    chance.shuffle(said)
    body = " ".join(said)
    return body, render(body)


def make_posts(posts: int, texts: Sequence[tuple[str, str]], chance: random.Random) -> list[tuple[int, int]]:
    """Returns the id of each with the place of its text."""
    authors = people() or make_people()
    now = timezone.now()
    threads = Thread.objects.bulk_create(
        Thread(title=f"One of many, {n}", slug=f"one-of-many-{n}", starter=chance.choice(authors))
        for n in range(-(-posts // POSTS_OF_THREAD))
    )
    made: list[tuple[int, int]] = []
    with tqdm(total=posts, unit="post", desc="posts") as progress:
        for first in range(0, posts, BATCH):
            places = [chance.randrange(len(texts)) for _ in range(min(BATCH, posts - first))]
            rows = Post.objects.bulk_create(
                Post(
                    thread=threads[number // POSTS_OF_THREAD],
                    number=number % POSTS_OF_THREAD + 1,
                    author=(author := chance.choice(authors)),
                    author_name=author.name,
                    author_organisation=author.organisation,
                    body=texts[place][0],
                    body_html=texts[place][1],
                    renderer_version=RENDERER_VERSION,
                    created_at=now - timedelta(minutes=posts - number),
                )
                for number, place in enumerate(places, first)
            )
            made += [(row.pk, place) for row, place in zip(rows, places, strict=True)]
            progress.update(len(rows))
    return made


def make_people() -> list[Member]:
    names = [f"bench-{n}" for n in range(PEOPLE)]
    Member.objects.bulk_create(
        Member(
            username=name,
            name=name.title(),
            name_key=name,
            email=f"{name}@example.org",
            organisation=f"Organisation {n % 40}",
            password="!",  # noqa: S106 nobody signs in as them
        )
        for n, name in enumerate(names)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=member, email=member.email, primary=True, verified=True) for member in people()
    )
    return people()


def write_mentions(texts_of: Sequence[tuple[int, int]], texts: Sequence[str], words: PortalLexicon) -> None:
    rows = [
        (place, word.key, word.text, word.term, word.words)
        for place, html in enumerate(tqdm(texts, desc="words of texts"))
        for word in words_of(html, words)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO threads_mention (post_id, key, text, term_id, words) SELECT post, key, text, term, words"
            " FROM unnest(%s::int[], %s::text[], %s::text[], %s::bigint[], %s::text[])"
            " AS found (place, key, text, term, words)"
            " JOIN unnest(%s::bigint[], %s::int[]) AS written (post, place) USING (place)",
            [*map(list, zip(*rows, strict=True)), *map(list, zip(*texts_of, strict=True))],
        )


COUNTERS = """
    UPDATE threads_thread AS thread SET
        post_count = found.posts, last_number = found.last_number, people_count = found.people,
        last_post_id = found.last_post, last_posted_at = found.last_posted_at, created_at = found.first_posted_at
    FROM (
        SELECT thread_id, count(*) AS posts, max(number) AS last_number, count(DISTINCT author_name) AS people,
            max(id) AS last_post, max(created_at) AS last_posted_at, min(created_at) AS first_posted_at
        FROM threads_post GROUP BY thread_id
    ) AS found
    WHERE thread.id = found.thread_id AND thread.slug LIKE 'one-of-many-%'
"""


def execute(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=POSTS)
    with portal(parser.parse_args().posts):
        print(f"{Post.objects.count()} posts in {Thread.objects.count()} threads lie in {settings.VAR_DIR}.")


if __name__ == "__main__":
    main()
