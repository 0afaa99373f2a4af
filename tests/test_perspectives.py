"""Who speaks: from eight people on, by name and not by post; lists and discussions filtered by it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import again, curator, member, moderator, published_term, reply, start
from threads.actions import evidence, moderation, posting
from threads.models import POSTS_PER_PAGE, Thread

pytestmark = pytest.mark.django_db

FAMILIES = ("pmo", "change", "pmo", "planning", "pmo", "change", "", "pmo", "planning", "change")


def person(number, **said):
    family = FAMILIES[number % len(FAMILIES)]
    return member(
        f"p{number}", name=f"Person {number}", **{"role": "Works", "role_family": family, "country": "DE"} | said
    )


def discussion(people=8, *, by=person):
    """One post of each of so many people."""
    speakers = [by(number) for number in range(people)]
    thread = start(speakers[0], body="Opening words.").thread
    for number, speaker in enumerate(speakers[1:], start=2):
        reply(thread, speaker, body=f"Said by number {number}.")
    return again(thread)


def page_of(client, thread, query=""):
    response = client.get(thread.get_absolute_url() + query)
    assert response.status_code == 200
    return response.content.decode()


def posts_on(page):
    return [int(number) for number in re.findall(r'<article class="post" id="post-\d+"[\s\S]*?#(\d+)</a>', page)]


def rows_of(page):
    """The charts' rows as (label, count)."""
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td><meter[^>]*></meter></td>\s*<td>(\d+)</td>', page, re.DOTALL)
    return [(re.sub(r"<[^>]+>", "", label).strip(), int(count)) for label, count in rows]


def test_from_eight_people_and_three_kinds_of_role_on_a_discussion_shows_who_speaks(client):
    page = page_of(client, discussion(8))
    assert "Who is speaking" in page
    assert rows_of(page) == [
        ("PMO", 4),
        ("Change management", 2),
        ("Planning", 1),
        ("Not said", 1),
        ("Germany", 8),
    ]


def test_nothing_is_drawn_from_fewer_people(client):
    assert "Who is speaking" not in page_of(client, discussion(7))


def test_nothing_is_drawn_from_two_kinds_of_role(client):
    thread = discussion(9, by=lambda n: person(n, role_family="pmo" if n % 2 else "change"))
    assert "Who is speaking" not in page_of(client, thread)


def test_people_are_counted_and_not_their_posts(client):
    thread = discussion(8)
    speaker = thread.posts.get(number=1).author
    for _ in range(3):
        reply(thread, speaker)
    assert dict(rows_of(page_of(client, thread)))["PMO"] == 4


def test_posts_without_a_name_are_counted_as_such_and_tell_nothing_of_anybody(client):
    thread = discussion(8)
    reply(thread, person(20, role_family="executive", sector="health"), shown_as="withheld")
    reply(thread, person(21, role_family="executive", country="FR", sector="health"), shown_as="role")
    page = page_of(client, thread)
    labels = dict(rows_of(page))
    assert "2 posts carry no name." in page
    assert not labels.keys() & {"Executive", "France", "Health"}
    assert posts_on(page_of(client, thread, "?role=executive")) == [10]  # which shows its role
    assert posts_on(page_of(client, thread, "?sector=health")) == []


def test_hidden_and_withdrawn_posts_do_not_count(client):
    thread = discussion(8)
    moderation.hide_post(thread.posts.get(number=8), by=moderator(), reason="A reason.")
    assert "Who is speaking" not in page_of(client, thread)


def test_a_filter_leaves_posts_their_numbers_and_says_what_it_left_out(client):
    thread = discussion(8)
    page = page_of(client, thread, "?role=change")
    assert posts_on(page) == [2, 6]
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "1 post by others #1" in text
    assert "3 posts by others #3–#5" in text
    assert "2 posts by others #7–#8" in text
    assert "2 posts of 8." in text
    assert f'<a href="{thread.get_absolute_url()}">Show all posts</a>' in page
    assert 'content="noindex"' in page


def test_two_filters_hold_for_the_same_post(client):
    thread = discussion(8, by=lambda n: person(n, country="FR" if n == 2 else "DE"))
    assert posts_on(page_of(client, thread, "?role=pmo&country=fr")) == [3]
    assert "Nobody here is all of this at once" in page_of(client, thread, "?role=planning&country=FR")


def test_charts_stay_those_of_the_whole_discussion_when_it_is_filtered(client):
    thread = discussion(8)
    assert rows_of(page_of(client, thread, "?role=change")) == rows_of(page_of(client, thread))


def test_a_filtered_discussion_of_few_people_is_shown_whole_and_says_why(client):
    thread = discussion(3)
    page = page_of(client, thread, "?role=change")
    assert posts_on(page) == [1, 2, 3]
    assert "So few people speak" in page


@pytest.mark.parametrize("query", ["role=boss", "country=XX", "sector=1", "size=2"])
def test_an_unknown_value_is_refused_with_a_sentence(client, query):
    thread = discussion(2)
    for address in (thread.get_absolute_url(), "/threads/"):
        response = client.get(f"{address}?{query}")
        assert response.status_code == 400
        assert "there is no such value" in response.content.decode()


def test_pages_stay_those_of_the_numbers(client):
    thread = discussion(8)
    for _ in range(POSTS_PER_PAGE):
        reply(thread, thread.posts.get(number=1).author)
    late = reply(thread, person(30, role_family="executive"))
    page = page_of(client, thread, "?role=executive")  # begins where there is something
    assert posts_on(page) == [late.number]
    assert posts_on(page_of(client, thread, "?role=change&page=1")) == [2, 6]
    assert "On this page they say nothing" in page_of(client, thread, "?role=change&page=2")


def test_a_filtered_page_marks_nothing_as_read(client):
    thread = discussion(8)
    reader = member("rita")
    client.force_login(reader)
    client.get(thread.get_absolute_url() + "?role=change")
    assert not reader.read_marks.exists()


def test_the_charts_cost_one_statement_whatever_the_people(client):
    small, large = discussion(8), discussion(20, by=lambda n: person(100 + n))
    counts = []
    for thread in (small, large):
        with CaptureQueriesContext(connection) as asked:
            client.get(thread.get_absolute_url() + "?role=pmo")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_reads_a_filtered_page_twice_gets_what_was_kept_until_somebody_speaks(client):
    thread = discussion(8)
    address = thread.get_absolute_url() + "?role=change"
    before = client.get(address)["ETag"]
    assert client.get(address)["ETag"] == before
    assert client.get(thread.get_absolute_url() + "?role=pmo")["ETag"] != before
    reply(thread, person(11, role_family="change"))
    assert client.get(address)["ETag"] != before


# --- Lists ---


def titles(client, query, path="/threads/"):
    response = client.get(f"{path}?{query}")
    assert response.status_code == 200
    return re.findall(r'<a href="/threads/\d+/[^"]+/" dir="auto">(.*?)</a>', response.content.decode())


@pytest.fixture
def three():
    planner, changer = person(3, sector="health"), person(1, country="FR", organisation_size="5001+")
    start(planner, title="Plans", tags=["risk"])
    mixed = start(planner, title="Both").thread
    reply(mixed, changer)
    start(changer, title="Changes")
    return planner, changer


def test_lists_are_filtered_by_who_takes_part_or_who_started(client, three):
    assert set(titles(client, "role=change")) == {"Both", "Changes"}
    assert titles(client, "role=change&who=starter") == ["Changes"]
    assert set(titles(client, "sector=health")) == {"Plans", "Both"}
    assert titles(client, "size=5001%2B&who=starter") == ["Changes"]
    assert titles(client, "role=planning&country=FR") == []  # by one and the same
    assert titles(client, "role=planning", "/tags/risk/") == ["Plans"]
    assert titles(client, "role=change", "/tags/risk/") == []


def test_an_empty_answer_says_so_and_how_to_get_out(client, three):
    page = client.get("/threads/?role=executive").content.decode()
    assert "No discussion here has such people" in page
    assert '<option value="executive" selected>' in page
    assert "Show all" in page


def test_fields_left_empty_ask_for_nothing(client, three):
    assert len(titles(client, "role=&country=&sector=&size=&who=anyone")) == 3


def test_lists_tell_nothing_of_who_withheld_it(client):
    secret = person(5, sector="health", country="FR", role_family="executive")
    start(secret, title="Nothing", shown_as="withheld")
    start(secret, title="Role", shown_as="role")
    assert titles(client, "sector=health") == []
    assert titles(client, "country=FR") == ["Role"]
    assert titles(client, "role=executive") == ["Role"]


def test_what_is_hidden_or_withdrawn_finds_nothing(client, three):
    _, changer = three
    posting.withdraw(Thread.objects.get(title="Both").posts.get(number=2), by=changer)
    assert titles(client, "role=change") == ["Changes"]


def test_a_filtered_list_goes_on_with_its_filter(client, three, monkeypatch):
    monkeypatch.setattr("threads.views.reading.THREADS_PER_PAGE", 1)
    page = client.get("/threads/?role=change&order=unanswered").content.decode()
    assert "order=unanswered&amp;role=change" in page
    first = titles(client, "role=change")
    following = re.search(
        r'href="\?(role=change&amp;before=[^"]+)"', client.get("/threads/?role=change").content.decode()
    )
    second = titles(client, following.group(1).replace("&amp;", "&"))
    assert {*first, *second} == {"Both", "Changes"}


def test_a_kept_list_is_that_of_its_filter(client, three):
    planners, changers = (client.get(f"/threads/?role={role}") for role in ("planning", "change"))
    assert planners["ETag"] != changers["ETag"]
    assert client.get("/threads/?role=planning")["ETag"] == planners["ETag"]


# --- Evidence of a term ---


WORDS = "The office that leads the people side of change."


def cited(people):
    """A term whose sense rests on a post of each of so many people."""
    by = curator()
    term = published_term("CMO", "Change Management Office", "A unit for change.", by=by)
    for number in range(people):
        post = start(person(number), title=f"Question {number}", body=f"{WORDS} Said by {number}.")
        evidence.propose(post, by=by, sense=term.senses.get(), excerpt=WORDS, stance="defines")
    return term


def test_a_terms_evidence_is_told_and_filtered_by_who_speaks_from_eight_people_on(client):
    term = cited(8)
    page = client.get(term.get_absolute_url()).content.decode()
    assert dict(rows_of(page))["PMO"] == 4
    assert page.count(WORDS) == 8
    some = client.get(term.get_absolute_url() + "?role=change").content.decode()
    assert some.count(WORDS) == 2
    assert "2 uses of 8." in " ".join(some.split())
    assert rows_of(some) == rows_of(page)
    assert client.get(term.get_absolute_url() + "?role=boss").status_code == 400


def test_a_terms_evidence_by_few_people_is_shown_whole(client):
    term = cited(7)
    page = client.get(term.get_absolute_url() + "?role=change").content.decode()
    assert page.count(WORDS) == 7
    assert "So few people stand behind" in page
    assert "Who is speaking" not in page
