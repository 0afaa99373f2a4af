"""Threads as Markdown with sources, related threads, and pages of long threads."""

import pytest
from django.db import connection

from tests import factories
from tests.factories import again, hidden_post, member, reply, start, thread
from threads.actions import posting
from threads.models import Post, Thread
from threads.related import related_to
from threads.views.reading import shortened

pytestmark = pytest.mark.django_db


def _markdown(client, thread, query=""):
    response = client.get(f"/threads/{thread.pk}.md{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["X-Robots-Tag"] == "noindex"
    return response.content.decode()


def test_a_thread_as_markdown_says_who_when_and_where(client, settings):
    author = member("mona", name="Mona *Lind*", role="Head of PMO", organisation="Acme", location="Leeds")
    first = start(author, title="What is a <PMO>?", body="Some *words*.", context="Public sector")
    text = _markdown(client, first.thread)
    assert text.startswith(r"# What is a \<PMO\>?" + "\n\nPublic sector\n\n" + settings.SITE_URL)
    assert r"## #1 · Mona \*Lind\*, Head of PMO, Acme, Leeds" in text
    assert f"{first.created_at:%Y} · {settings.SITE_URL}/posts/{first.pk}/\n\nSome *words*.\n" in text


def test_addresses_of_the_portal_lead_home_from_wherever_the_text_is_pasted(client, settings):
    made = start(body="[Here](/glossary/), [there](https://e.org/x) and [no](//e.org).").thread
    text = _markdown(client, made)
    assert f"[Here]({settings.SITE_URL}/glossary/), [there](https://e.org/x) and [no](//e.org)." in text


def test_chosen_posts_of_a_thread(client):
    made = thread(posts=6)
    text = _markdown(client, made, "?posts=1,4-5")
    assert [f"## #{number} " in text for number in range(1, 7)] == [True, False, False, True, True, False]
    for wrong in ("x", "1-", "1,,2", ",".join("1" * 51), "-3", "99999999999"):
        assert client.get(f"/threads/{made.pk}.md?posts={wrong}").status_code == 400


def test_what_is_withheld_or_hidden_stays_so(client):
    author = member("mona", name="Mona Lind", role="Head", organisation="Acme")
    first = start(author, shown_as="withheld", body="Without a name.")
    gone = reply(first.thread, body="secret words")
    reply(first.thread, body=f"> [#2](/posts/{gone.pk}/)\n> secret words\n\nMy answer.")
    hidden_post(gone)
    text = _markdown(client, first.thread)
    assert "Name withheld" in text
    assert "My answer." in text
    assert "The quoted post is no longer shown." in text
    assert not any(word in text for word in ("Mona", "Acme", "secret"))
    for post in Post.objects.exclude(pk=gone.pk):
        page = client.get(f"/posts/{post.pk}/source/").content.decode()
        assert not any(word in page for word in ("Mona", "Acme", "secret"))


def test_markdown_is_kept_until_the_thread_changes(client, django_assert_num_queries):
    made = thread()
    before = _markdown(client, made)
    with django_assert_num_queries(1):
        assert _markdown(client, made) == before
    posting.withdraw(made.posts.get(number=2), by=made.posts.get(number=2).author)
    assert "## #2 " not in _markdown(client, made)


def test_a_very_long_thread_comes_in_parts_and_says_so(client, monkeypatch):
    monkeypatch.setattr("threads.views.taking.MOST_POSTS", 2)
    made = thread(posts=3)
    text = _markdown(client, made)
    assert "## #3 " not in text
    assert f"/threads/{made.pk}.md?posts=3-3" in text


def test_related_threads_share_terms_tags_or_words(client):
    factories.published_term("CMO", name="Change Management Office")
    made = start(title="Sizing a first office", body="Our CMO is small.", tags=["setup"])
    by_tag = start(title="Unlike", body="Nothing.", tags=["setup"]).thread
    by_term = start(title="Otherwise", body="A CMO again.").thread
    by_word = start(title="Offices abroad", body="Nothing.").thread
    by_all = start(title="Office", body="A CMO.", tags=["setup"]).thread
    start(title="Far away", body="Nothing at all.")
    hidden = factories.hidden_thread(start(title="Sizing again", body="A CMO.", tags=["setup"]).thread)
    visible = Thread.objects.visible_to(member("bea")).listed()
    assert [each.pk for each in related_to(made.thread, visible)] == [by_all.pk, by_tag.pk, by_term.pk, by_word.pk]
    page = client.get(f"/threads/{made.thread.pk}/related/").content.decode()
    assert "Otherwise" in page
    assert hidden.title not in page


def test_finding_related_threads_costs_two_statements(django_assert_num_queries):
    made, bea = start(tags=["setup"]).thread, member("bea")
    for number in range(3):
        start(title=f"Where does a PMO end, {number}?", tags=["setup"])
        with django_assert_num_queries(2):
            assert len(related_to(made, Thread.objects.visible_to(bea).listed())) == number + 1


@pytest.mark.parametrize(
    ("pages", "page", "shown"),
    [
        (range(1, 2), 1, [1]),
        (range(1, 81), 1, [1, 2, None, 80]),
        (range(1, 81), 3, [1, 2, 3, 4, None, 80]),
        (range(1, 81), 40, [1, None, 39, 40, 41, None, 80]),
        (range(1, 81), 78, [1, None, 77, 78, 79, 80]),
        (range(1, 6), 4, [1, 2, 3, 4, 5]),
        ([2, 9, 30], 9, [2, None, 9, None, 30]),
    ],
)
def test_of_many_pages_the_first_the_last_and_the_near_ones_are_named(pages, page, shown):
    assert shortened(pages, page) == shown


def test_a_page_far_down_is_found_by_index():
    made = thread(posts=3)
    posts = made.posts.visible_to(member("bea")).for_page(80)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "threads_post_number_once" in posts.explain()
    assert "OFFSET" not in str(posts.query)


def test_head_and_foot_of_a_long_thread_say_how_long_it_is(client):
    made = thread(posts=26)
    page = " ".join(client.get(made.get_absolute_url()).content.decode().split())
    assert page.count("26 posts") == 2
    assert page.count("2 pages") == 2


def test_where_a_member_stopped_reading_is_marked_and_the_way_there_is_in_the_head(client):
    bea, made = member("bea"), thread(posts=3)
    client.force_login(bea)
    client.get(made.get_absolute_url())
    new = [reply(made), reply(made)]
    page = " ".join(client.get(again(made).get_absolute_url()).content.decode().split())
    assert page.count("2 new, go to the first") == 2
    assert page.rindex("Answer number 3.") < page.index("New since you were here") < page.rindex(new[0].body)
    assert "New since you were here" not in client.get(made.get_absolute_url()).content.decode()
