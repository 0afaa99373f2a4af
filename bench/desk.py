"""What the curators' desk and the lists of words cost: 100,000 posts, 5,000 terms, 500 members with read marks.

Run with `make environment-dev && .venv/bin/python -m pytest bench/desk.py -s`. It prints each as a multiple of a base
measured in the same run on the same rows: pages against the first page of the admin, counting (which the worker does
beside the pages) against one plain read of all mentions with their posts.
"""

# ruff: noqa: E501, S101, S608, SLF001  a test by its tool; SQL of the names of columns
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client

from glossary.models import Sense, SenseRevision, Term, TermSlug
from members.actions.site import grow_site_version
from members.models import Member
from tests import factories, glossaries
from tests.world import LIGHT
from threads.actions.counting import SHOWN, count_words
from threads.models import Mention, Post, ReadMark, Thread, WordUse

THREADS, POSTS, MEMBERS, MARKS, TERMS = 5_000, 100_000, 500, 400, 5_000
ROUNDS = 5
LIMIT = 5.0  # seconds: the web role's statement_timeout
# Few words are used often and most are rare: the square of an even draw, over n words.
RARE = "floor({n} * power(random(), 3))::int"


def copies(model: type[models.Model], series: str, **columns: str) -> None:
    """Rows like the first one of a table, as SQL says of the named columns; `n` counts from the series."""
    names = [field.column for field in model._meta.concrete_fields if not field.generated and field.column != "id"]
    table = model._meta.db_table
    values = ", ".join(columns.get(name, f'first."{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    query = f"INSERT INTO {table} ({listed}) SELECT {values} FROM (SELECT * FROM {table} LIMIT 1) AS first, {series}"
    with connection.cursor() as cursor:
        cursor.execute(query)


def execute(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query)


def fill() -> Member:
    """The whole portal, by statements: no action is fast enough for that."""
    curator = glossaries.curator()
    factories.start(factories.member("reader"), body="Nothing to see.")
    term = factories.published_term("QQ", by=curator)
    sense = term.senses.get()
    name = {"username": "'m' || n", "email": "'m' || n || '@example.org'", "name_key": "'m' || n"}
    copies(Member, f"generate_series(1, {MEMBERS}) AS n", **name)
    members = f"(SELECT min(id) FROM members_member WHERE username LIKE 'm%' AND username ~ '[0-9]') + {RARE}"
    copies(Thread, f"generate_series(2, {THREADS}) AS n", slug="'t' || n", last_post_id="NULL", post_count="20")
    execute("CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS place FROM threads_thread")
    per = POSTS // THREADS
    numbers = f"generate_series(2, {per + 1}) AS n, numbered"
    thread = {"thread_id": "numbered.id", "number": "n", "token": "gen_random_uuid()", "message_id": "''"}
    copies(Post, numbers, **thread, author_id=members.format(n=MEMBERS))
    execute(
        f"INSERT INTO threads_readmark (member_id, thread_id, number, read_at) "
        f"SELECT member.id, numbered.id, 1 + floor(random() * {per})::int, now() "
        f"FROM members_member AS member, numbered WHERE random() < {MARKS / THREADS}"
    )
    # From A to Y, so that a letter of the list of all terms holds 200 of them.
    texts = {"text": "chr(65 + n % 25) || n || 'X'", "key": "chr(97 + n % 25) || n || 'x'"}
    copies(Term, f"generate_series(1, {TERMS}) AS n", **texts, slug="'t' || n || 'x'")
    execute(
        f"INSERT INTO {TermSlug._meta.db_table} (slug, term_id) SELECT slug, id FROM glossary_term WHERE text <> 'QQ'"
    )
    copies(Sense, f"generate_series(1, {TERMS}) AS n", name="'Sense ' || n")
    execute(
        "INSERT INTO glossary_termsense (term_id, sense_id, position, kind, language) "
        "SELECT term.id, sense.id, 0, CASE WHEN sense.n = term.n THEN 'preferred' ELSE 'synonym' END, 'en' "
        "FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM glossary_term WHERE text <> 'QQ') AS term "
        f"JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM glossary_sense WHERE id <> {sense.pk}) AS sense "
        "ON sense.n = term.n OR (term.n % 7 = 0 AND sense.n = term.n + 1)"
    )
    execute(
        "INSERT INTO glossary_spelling (term_id, text, key, kind) SELECT id, text, key, 'own' "
        "FROM glossary_term WHERE text <> 'QQ'"
    )
    copies(SenseRevision, f"(SELECT id AS n FROM glossary_sense WHERE id <> {sense.pk}) AS s", sense_id="n")
    execute("UPDATE glossary_senserevision SET created_at = now() - random() * interval '800 days'")
    execute(
        "INSERT INTO threads_mention (post_id, key, text, term_id, words) SELECT post.id, term.key, term.text, term.id, '' "
        f"FROM threads_post AS post, generate_series(1, 5) AS each, LATERAL (SELECT {RARE.format(n=TERMS)} + post.id * 0 AS n) "
        "AS drawn JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place FROM glossary_term) AS term "
        "ON term.place = drawn.n + 1 ON CONFLICT DO NOTHING"
    )
    execute(
        "INSERT INTO threads_mention (post_id, key, text, words) SELECT post.id, 'z' || drawn.n, 'Z' || drawn.n, '' "
        f"FROM threads_post AS post, generate_series(1, 2) AS each, LATERAL (SELECT {RARE.format(n=3000)} + post.id * 0 AS n) "
        "AS drawn ON CONFLICT DO NOTHING"
    )
    for table in ("threads_mention", "threads_post", "threads_thread", "threads_readmark", "glossary_term"):
        execute(f"ANALYZE {table}")
    execute("ANALYZE")
    grow_site_version(lexicon=True)
    return curator


def median_of(step: Callable[[], Any], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@pytest.mark.django_db(transaction=True)
def test_the_desk_on_a_big_portal(settings: Any) -> None:
    settings.STORAGES = LIGHT["STORAGES"]
    curator = fill()
    client = Client()
    client.force_login(curator)
    counted = {model.__name__: model._default_manager.count() for model in (Post, Mention, ReadMark, Term)}
    print("\n", counted)

    def read_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(DISTINCT mention.key), count(*) {SHOWN}")
            cursor.fetchall()

    base = median_of(read_all)
    start = time.perf_counter()
    assert count_words()
    first = time.perf_counter() - start
    again = median_of(count_words, 3)
    print(f"reading all mentions {base:.2f} s; counting them at first {first / base:.1f} ×, again {again / base:.1f} ×")
    print(f"{WordUse.objects.count()} words are counted")
    page = median_of(lambda: client.get("/admin/"))
    for address in ("/admin/desk/", "/admin/desk/?kind=undefined", "/threads/words/", "/glossary/"):
        assert client.get(address).status_code == 200  # noqa: PLR2004
        took = median_of(lambda address=address: client.get(address))  # type: ignore[misc]
        print(f"{address}: {took / page:.1f} × the first page of the admin ({took:.2f} s)")
        assert took < LIMIT / 2
