"""A thread that is hard to show: 2,000 posts by 500 people, long names, long posts, emoji, Arabic; made by bulk.

    .venv/bin/python -m bench.long                       # in var/bench, with what bench.many makes there
    PORTAL_VAR=/tmp/x .venv/bin/python -m bench.long     # in the portal of another folder

Prints the thread's address, and how long early and late pages take side by side, each of them written anew.
"""

from bench.many import execute, portal  # noqa: I001  first, for it sets Django up
import random
import statistics
import time
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from django.utils import timezone

from bench.terms import TEXT
from markup.render import RENDERER_VERSION, render
from members.models import Member
from threads.models import Post, Reaction, Thread

POSTS, PEOPLE, LONGEST, ROUNDS = 2_000, 500, 30_000, 20
SLUG = "long-and-hard"
COUNTERS = """
    UPDATE threads_thread AS thread SET post_count = found.posts, last_number = found.posts,
        people_count = found.people, last_post_id = found.last_post, last_posted_at = found.at
    FROM (
        SELECT count(*) AS posts, count(DISTINCT author_name) AS people, max(id) AS last_post, max(created_at) AS at
        FROM threads_post WHERE thread_id = {thread}
    ) AS found
    WHERE thread.id = {thread}
"""


def a_name(number: int) -> str:
    """Of all kinds: plain, 60 characters without a space, Arabic, emoji."""
    kinds = (f"Plain Name {number}", f"{'Wolfeschlegelsteinhausenbergerdorff' * 2}"[:56] + f"{number:04}")
    return (*kinds, f"داليا الحداد {number}", f"👩🏽‍💻 Zoë {number}")[number % 4]


def a_text(number: int) -> str:
    """Mostly a paragraph; some are very long, run the other way, or hold a word, a table or a block that never ends."""
    words = f"{TEXT} "
    hard = {
        3: words * (LONGEST // len(words)),
        5: "ما الفرق بين PMO و CMO؟ " * 12,
        7: "https://example.org/" + "a-very-long-path-" * 20,
        11: "W" * 600,
        13: "🎉" * 120 + "\n\n👨‍👩‍👧‍👦 und 🇺🇳",
        17: "|" + " a column |" * 14 + "\n|" + "---|" * 14 + "\n|" + " value of it |" * 14,
        19: "```\n" + "one long line of code " * 30 + "\n```",
        23: "> " + "> ".join(["quoted "] * 6) + "\n\n" + "1. " + "\n   1. ".join(["deep"] * 5),
    }
    return next((text for place, text in hard.items() if number % 25 == place), words[: 200 + number % 400])


def make() -> Thread:
    now = timezone.now()
    Member.objects.bulk_create(
        Member(
            username=f"long-{n}",
            name=a_name(n),
            name_key=f"long-{n}",
            email=f"long-{n}@example.org",
            role=("Head of " + "Transformation" * 4)[:60] if n % 3 else "PMO Lead",
            organisation="Organisation" * 5 if n % 5 == 0 else "Acme",
            location="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, United Kingdom",
            password="!",  # noqa: S106 nobody signs in as them
        )
        for n in range(PEOPLE)
    )
    people = list(Member.objects.filter(username__startswith="long-").order_by("pk"))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, primary=True, verified=True) for person in people
    )
    title = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft: 🤔 من يتكلم؟"
    thread = Thread.objects.create(title=title, slug=SLUG, starter=people[0])
    texts = {n: a_text(n) for n in range(1, POSTS + 1)}
    html = {text: render(text) for text in set(texts.values())}
    posts = Post.objects.bulk_create(
        Post(
            thread=thread,
            number=n,
            author=(author := people[n % PEOPLE]),
            author_name=author.name,
            author_role=author.role,
            author_organisation=author.organisation,
            author_location=author.location,
            body=text,
            body_html=html[text],
            renderer_version=RENDERER_VERSION,
            created_at=now - timedelta(minutes=POSTS - n),
        )
        for n, text in texts.items()
    )
    chance = random.Random(POSTS)  # noqa: S311
    Reaction.objects.bulk_create(
        Reaction(post=post, member=person, kind=kind)
        for post in posts[:10] + posts[-10:]
        for kind in ("agree", "helped")
        for person in chance.sample(people, chance.choice((0, 1, 2, 30)))
        if person.pk != post.author_id
    )
    execute(COUNTERS.format(thread=thread.pk))
    execute("ANALYZE")
    return thread


def milliseconds(*addresses: str) -> list[float]:
    """The medians of pages that no cache answers, asked for in turn."""
    client, times = Client(headers={"host": "127.0.0.1"}), {address: [] for address in addresses}
    for _ in range(ROUNDS):
        for address, taken in times.items():
            caches["pages"].clear()
            begun = time.perf_counter()
            client.get(address)
            taken.append(time.perf_counter() - begun)
    return [statistics.median(taken) * 1000 for taken in times.values()]


def main() -> None:
    with portal(0):
        thread = Thread.objects.filter(slug=SLUG).first()
        if thread is None:
            with transaction.atomic():
                execute("SET LOCAL statement_timeout = 0")
                thread = make()
        address = thread.get_absolute_url()
        print(address)
        # The first and the last page have reactions, and the others none: each is compared with its like.
        for early, late in ((1, POSTS // 25), (2, POSTS // 25 - 1)):
            first, last = milliseconds(f"{address}?page={early}", f"{address}?page={late}")
            print(f"Page {early}: {first:.0f} ms; page {late}: {last:.0f} ms; {last / first:.2f} times as long.")


if __name__ == "__main__":
    main()
