"""The pages of following: forms that need no script, the list of what is followed, the inbox and its badge."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.models import Notification
from members.tokens import stop_token
from tests import factories
from tests.factories import again, member, reply, start
from threads.actions import following, posting
from threads.models import Follow, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(client):
    made = member("bea", name="Bea Bell", follows_started=False, follows_replied=False)
    client.force_login(made)
    return made


@pytest.fixture
def thread():
    return start(member("carl", name="Carl Cole"), title="Where does a PMO end?", tags=["pmo"]).thread


def said_of(bea):
    return list(bea.follows.values_list("level", flat=True))


def test_a_form_at_head_and_foot_of_a_thread_says_what_to_hear_of_it(client, bea, thread):
    action = f"/threads/{thread.pk}/follow/"
    page = client.get(thread.get_absolute_url()).text
    assert page.count(f'action="{action}"') == 2
    for level in ("all", "mentions", "muted"):
        response = client.post(action, {"level": level})
        assert response["Location"] == thread.get_absolute_url()
        assert said_of(bea) == [level]
    assert ">Muted</summary>" in client.get(thread.get_absolute_url()).text
    client.post(action, {"level": ""})
    assert said_of(bea) == []
    assert client.post(action, {"level": "loud"}).status_code == 400


def test_of_a_person_the_same_three_things_are_said(client, bea, thread):
    action, offer = "/people/carl/follow/", "Only when I am mentioned or quoted"
    for page in ("/people/carl/", action):
        assert offer in client.get(page).text
    for level, said in (("mentions", "Mentions only"), ("muted", "Muted"), ("all", "Following")):
        client.post(action, {"level": level})
        assert said_of(bea) == [level]
        assert f"<summary>{said}</summary>" in client.get("/people/carl/").text
    assert client.post(action, {"level": "loud"}).status_code == 400


def test_a_person_heard_only_by_mentions_brings_no_discussions_to_the_list_of_what_is_followed(client, bea, thread):
    Follow.objects.create(member=bea, person=thread.starter, level="mentions")
    assert thread.title not in client.get("/threads/?order=following").text


def test_tags_terms_and_people_are_followed_from_their_pages(client, bea, thread):
    factories.published_term("CMO", "Change Management Office")
    for page, column in (("/tags/pmo/", "tag"), ("/glossary/cmo/", "term"), ("/people/carl/", "person")):
        assert f'action="{page}follow/"' in client.get(page).text
        assert client.get(f"{page}follow/").status_code == 200
        assert client.post(f"{page}follow/", {"level": "all"})["Location"] == page
        assert bea.follows.filter(**{f"{column}__isnull": False}).count() == 1
        assert ">Following</summary>" in client.get(page).text
    assert client.post("/people/bea/follow/", {"level": "all"}).status_code == 403
    for gone in ("/threads/99999/follow/", "/tags/none/follow/", "/glossary/none/follow/", "/people/nobody/follow/"):
        assert client.get(gone).status_code == 404


def test_visitors_see_a_link_that_leads_to_signing_in_and_then_to_the_form(client, thread):
    page = client.get(thread.get_absolute_url()).text
    assert f'href="/threads/{thread.pk}/follow/"' in page
    assert "/accounts/login/?next=" in client.get(f"/threads/{thread.pk}/follow/")["Location"]


def test_what_somebody_follows_leaves_the_page_for_visitors_as_it_was(client, thread):
    etag = client.get(thread.get_absolute_url())["ETag"]
    following.follow(by=member("dora"), level="all", thread=thread)
    assert client.get(thread.get_absolute_url())["ETag"] == etag


def listed(client):
    page = client.get("/threads/?order=following").text
    return re.findall(r'<h2>\s*<a href="[^"]*" dir="auto">([^<]*)</a>', page)


def test_the_list_of_what_is_followed(client, bea, thread):
    carl, dora = thread.starter, member("dora")
    start(dora, title="Of nobody")
    by_tag = start(dora, title="By its tag", tags=["change"])
    start(carl, title="By its starter")
    posting.start(by=carl, title="Withheld", body="Between us.", tags=[], token=uuid4(), shown_as="withheld")
    muted = start(carl, title="Muted")
    assert listed(client) == []
    following.follow(by=bea, level="mentions", thread=thread)
    assert listed(client) == ["Where does a PMO end?"]
    following.follow(by=bea, level="all", tag=Tag.objects.get(key="change"))
    following.follow(by=bea, level="muted", thread=muted.thread)
    following.follow(by=bea, level="all", person=carl)
    assert set(listed(client)) == {"Where does a PMO end?", "By its tag", "By its starter"}
    assert by_tag.thread.title in listed(client)


def test_visitors_are_led_to_sign_in_from_the_list_of_what_is_followed(client):
    assert client.get("/threads/?order=following")["Location"] == "/accounts/login/?next=/threads/%3Forder%3Dfollowing"


def badge(page):
    found = re.search(
        r'<span class="count">(\d+\+?)<span class="visually-hidden"> unread', page[page.index("/me/inbox/") :]
    )
    return found[1] if found else "0"


def test_the_badge_counts_and_the_inbox_marks_as_read(client, bea, thread):
    following.follow(by=bea, level="all", thread=thread)
    other = start(thread.starter, title="Another").thread
    following.follow(by=bea, level="all", thread=other)
    for where in (thread, thread, other):
        reply(where, thread.starter)
    page = client.get("/me/inbox/").text
    assert badge(page) == "3"
    assert page.count("Carl Cole answered") == 3
    rows = re.findall(r'name="row" value="(\d+)"', page)
    client.post("/me/inbox/", {"row": rows[:1]})
    assert badge(client.get("/me/inbox/").text) == "2"
    client.post("/me/inbox/", {"all": "read"})
    page = client.get("/me/inbox/").text
    assert badge(page) == "0"
    assert "Nothing new" in page
    assert client.get("/me/inbox/?show=all").text.count("Carl Cole answered") == 3


def test_nobody_marks_what_is_somebody_elses(client, bea, thread):
    dora = member("dora")
    following.follow(by=dora, level="all", thread=thread)
    reply(thread, thread.starter)
    client.post("/me/inbox/", {"row": [Notification.objects.get(member=dora).pk]})
    assert Notification.objects.get(member=dora).read_at is None


@pytest.mark.parametrize("wrong", ["show=odd", "before=x", "before=1-2-3", "before=99999999999999999999-1"])
def test_a_wrong_value_of_the_address_is_told(client, bea, wrong):
    assert client.get(f"/me/inbox/?{wrong}").status_code == 400


def test_the_inbox_goes_on_page_by_page_and_costs_the_same_for_two_rows_and_for_fifty(client, bea, thread):
    following.follow(by=bea, level="all", thread=thread)
    writers = [member(f"w-{number}") for number in range(3)]

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get("/me/inbox/")
        return len(queries)

    for number in range(2):
        reply(thread, writers[number])
    few = cost()
    for number in range(58):
        reply(thread, writers[number % 3])
    assert cost() == few
    first = client.get("/me/inbox/").text
    older = client.get("/me/inbox/" + re.search(r'href="(\?before=[^"]+)"', first)[1]).text
    assert (first.count(" answered</a>"), older.count(" answered</a>")) == (50, 10)


def test_mail_is_set_on_a_page_of_its_own(client, bea):
    client.post("/me/mail/", {"mail_rhythm": "weekly", "follows_started": "on"})
    now = again(bea)
    assert (now.mail_rhythm, now.follows_started, now.follows_replied) == ("weekly", True, False)
    assert now.digest_at
    assert client.post("/me/mail/", {"mail_rhythm": "hourly"}).status_code == 422


def test_a_persons_feed_holds_what_stands_under_their_name(client, thread):
    carl = thread.starter
    posting.reply(thread, by=carl, body="canary", token=uuid4(), shown_as="withheld")
    feed = client.get(reverse("person_feed", args=["carl"])).text
    assert "We ask this once a year." in feed
    assert "canary" not in feed
    assert client.get("/people/nobody/feed.atom").status_code == 404


def test_deleting_an_account_takes_its_follows_along(thread):
    dora = member("dora")
    following.follow(by=dora, level="all", person=thread.starter)
    dora.delete()
    assert not Follow.objects.filter(person=thread.starter).exists()


def test_what_was_said_is_confirmed_in_the_readers_language(client, bea, thread):
    page = client.post(f"/threads/{thread.pk}/follow/", {"level": "muted"}, HTTP_ACCEPT_LANGUAGE="de", follow=True).text
    assert "Stummgeschaltet: Nichts davon" in page


# --- The list of all that is followed or muted ------------------------------------------------------------------------
def named(page):
    return re.findall(r'<h2>\s*(?:<a href="[^"]*" dir="auto">)?([^<]*?)\s*(?:</a>\s*)?</h2>\s*<p>', page)


@pytest.fixture
def four(bea, thread):
    """One of each: a discussion, its tag, a term and a person."""
    term = factories.published_term("CMO", "Change Management Office")
    for level, subject in (
        ("muted", {"thread": thread}),
        ("all", {"tag": Tag.objects.get(key="pmo")}),
        ("mentions", {"term": term}),
        ("muted", {"person": thread.starter}),
    ):
        following.follow(by=bea, level=level, **subject)
    return bea.follows


def test_everything_followed_or_muted_is_on_one_list_with_its_level(client, four):
    page = client.get("/me/following/").text
    assert named(page) == ["Carl Cole", "CMO", "pmo", "Where does a PMO end?"]
    assert re.findall(r"<summary>([^<]*)</summary>", page) == ["Muted", "Mentions only", "Following", "Muted"]
    for shown, held in (
        ("threads", ["Where does a PMO end?"]),
        ("tags", ["pmo"]),
        ("terms", ["CMO"]),
        ("people", ["Carl Cole"]),
        ("muted", ["Carl Cole", "Where does a PMO end?"]),
    ):
        assert named(client.get(f"/me/following/?show={shown}").text) == held


def test_a_row_of_the_list_is_changed_and_forgotten_there(client, four, thread):
    row = four.get(thread=thread)
    back = client.post("/me/following/?show=muted", {"row": row.pk, "level": "mentions"})
    assert back["Location"] == "/me/following/?show=muted"
    assert again(row).level == "mentions"
    client.post("/me/following/", {"row": row.pk, "level": ""})
    assert set(four.values_list("thread", flat=True)) == {None}


@pytest.mark.parametrize("wrong", [{}, {"row": "x", "level": "all"}, {"row": "1"}, {"row": "1", "level": "loud"}])
def test_what_says_nothing_of_a_row_is_refused(client, bea, wrong):
    assert client.post("/me/following/", wrong).status_code == 400
    assert client.get("/me/following/?show=odd").status_code == 400


def test_nobody_changes_what_somebody_else_follows(client, bea, thread):
    dora = member("dora")
    row = following.follow(by=dora, level="all", thread=thread)
    client.post("/me/following/", {"row": row.pk, "level": ""})
    assert again(row).level == "all"
    assert named(client.get("/me/following/").text) == []


def test_what_is_no_longer_shown_has_no_name_on_the_list_and_can_be_forgotten(client, four, thread):
    factories.hidden_thread(thread)
    thread.starter.is_active = False
    thread.starter.save()
    page = client.get("/me/following/").text
    assert named(page) == ["No longer shown", "CMO", "No longer shown", "No longer shown"]
    assert "Where does a PMO end?" not in page
    for row in list(four.all()):
        client.post("/me/following/", {"row": row.pk, "level": ""})
    assert not four.exists()
    assert "Nothing here yet" in client.get("/me/following/").text


def test_the_list_goes_on_page_by_page_and_costs_the_same_for_four_rows_and_for_forty(client, four, thread):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get("/me/following/")
        return len(queries)

    cost()  # the first builds the glossary as readers see it
    few = cost()
    for number in range(36):
        following.follow(by=four.instance, level="all", person=member(f"w-{number}"))
    assert cost() == few
    first = client.get("/me/following/").text
    older = client.get("/me/following/" + re.search(r'href="(\?before=[^"]+)"', first)[1]).text
    assert (len(named(first)), len(named(older))) == (25, 15)


def test_the_list_is_a_click_away_from_inbox_mail_and_settings(client, bea):
    for page in ("/me/inbox/", "/me/mail/", "/me/settings/"):
        assert 'href="/me/following/"' in client.get(page).text


def test_the_link_of_a_mail_says_before_and_after_what_muting_means_and_where_it_is_undone(client, bea, thread):
    client.logout()
    link = f"/mail/stop/{stop_token(bea.pk, f'thread:{thread.pk}')}/"
    assert "not even when somebody mentions or quotes you" in client.get(link).text
    page = client.post(link, {"stop": "this"}).text
    assert 'href="/me/following/?show=muted"' in page
    client.force_login(bea)
    assert named(client.get("/me/following/?show=muted").text) == ["Where does a PMO end?"]


# --- Feeds ------------------------------------------------------------------------------------------------------------
def feeds_in(client, address):
    """Where the links that a reader sees lead to."""
    return re.findall(r'<a href="([^"]*)" type="application/atom.xml">Feed</a>', client.get(address).text)


def test_a_discussion_a_tag_and_a_person_lead_to_their_feeds(client, thread, settings):
    pages = {
        thread.get_absolute_url(): f"/threads/{thread.pk}/feed.atom",
        "/tags/pmo/": "/tags/pmo/feed.atom",
        "/people/carl/": "/people/carl/feed.atom",
    }
    for page, feed in pages.items():
        assert feeds_in(client, page) == [feed]
        assert client.get(feed).status_code == 200
    client.force_login(member("dora"))
    settings.PORTAL_PRIVATE = True
    assert [feeds_in(client, page) for page in pages] == [[], [], []]


def test_what_has_no_feed_leads_to_none(client):
    sample = factories.sample_thread()
    hidden = factories.hidden_thread(start(title="Hidden").thread)
    client.force_login(factories.moderator())
    for page in (sample, hidden, sample.starter):
        assert feeds_in(client, page.get_absolute_url()) == []
