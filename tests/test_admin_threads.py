"""The moderators' screens: what they do goes through the actions, and none of them scans."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import again, member, moderator, reply, start
from tests.races import at_once
from threads.actions import moderation
from threads.actions.heading import HeadingChangedMeanwhile
from threads.models import ModerationEntry, Tag, TagAlias

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    boss = moderator()
    client.force_login(boss)
    return boss


def test_hiding_asks_for_a_reason_and_a_visitor_no_longer_finds_it(client, boss):
    post = reply(start().thread, body="The zebra budget.")
    address = f"/admin/threads/post/{post.pk}/hide/"
    assert client.post(address, {"reason": ""}).status_code == 422
    assert again(post).is_published
    assert client.post(address, {"reason": "It names a client."}).status_code == 302
    assert again(post).state_reason == "It names a client."
    client.logout()
    page = client.get("/search/?q=zebra").content.decode()
    assert "Nothing found" in page
    assert "budget" not in page


@pytest.mark.parametrize(
    ("act", "field"),
    [("lock", "locked_at"), ("hide", "state_at"), ("pin", "pinned_until"), ("unlock", ""), ("restore", "")],
)
def test_acts_on_a_thread(client, boss, act, field):
    thread = start().thread
    response = client.post(
        f"/admin/threads/thread/{thread.pk}/{act}/", {"reason": "A reason.", "until": "2099-01-01T10:00"}
    )
    assert response.status_code == 302
    assert not field or getattr(again(thread), field)
    assert ModerationEntry.objects.get().reason == "A reason."


def test_a_new_title_goes_through_the_action(client, boss):
    thread = start().thread
    client.post(f"/admin/threads/thread/{thread.pk}/change/", {"title": "Another title"})
    assert again(thread).title == "Another title"
    assert ModerationEntry.objects.get().action == "retitle_thread"


def test_a_title_that_somebody_else_changed_meanwhile_is_shown_beside_ones_own(client, boss):
    thread = start(title="Where does it end?").thread
    address = f"/admin/threads/thread/{thread.pk}/change/"
    assert 'name="based_on" value="1"' in client.get(address).text
    moderation.retitle(thread, by=moderator("mark"), title="Where does a PMO end?")
    answer = client.post(address, {"title": "Where does an office end?", "based_on": 1})
    assert answer.status_code == 200
    assert again(thread).title == "Where does a PMO end?"
    assert "The title was changed while you were writing." in answer.text
    for word in ("<del>PMO</del>", "<ins>office</ins>"):
        assert word in answer.text
    assert 'value="Where does an office end?"' in answer.text
    assert 'name="based_on" value="2"' in answer.text
    assert client.post(address, {"title": "Where does an office end?", "based_on": 2}).status_code == 302
    titles = thread.revisions.order_by("number").values_list("title", flat=True)
    assert list(titles) == ["Where does it end?", "Where does a PMO end?", "Where does an office end?"]


def test_a_title_that_stands_already_is_no_conflict_and_adds_nothing(client, boss):
    thread = start(title="Where does it end?").thread
    moderation.retitle(thread, by=moderator("mark"), title="Where does a PMO end?")
    typed = {"title": "Where does a PMO end?", "based_on": 1}
    assert client.post(f"/admin/threads/thread/{thread.pk}/change/", typed).status_code == 302
    assert thread.revisions.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_retitle_at_once_one_is_told():
    thread = start(title="Where does it end?").thread
    people = [moderator("molly"), moderator("mark")]

    def retitle(by):
        try:
            return moderation.retitle(thread, by=by, title=f"Of {by.username}", based_on=1).title
        except HeadingChangedMeanwhile as late:
            return late.thread.title

    assert set(at_once(*(partial(retitle, by) for by in people))) == {again(thread).title}
    assert thread.revisions.count() == 2


def test_what_cannot_be_done_stands_on_the_form_with_the_reason(client, boss):
    post = reply(start().thread)
    factories.hidden_post(post, by=boss)
    response = client.post(f"/admin/threads/post/{post.pk}/hide/", {"reason": "Typed with care."})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Typed with care." in page
    assert "Nothing was changed" in page


def test_moderators_neither_add_nor_delete_nor_write_posts(client, boss):
    post = start()
    for address in ("/admin/threads/post/add/", f"/admin/threads/post/{post.pk}/delete/"):
        assert client.post(address, {"body": "Mine.", "post": "yes"}).status_code == 403
    assert client.post(f"/admin/threads/post/{post.pk}/change/", {"body": "Mine."}).status_code == 403
    assert client.post(f"/admin/threads/thread/{post.thread_id}/delete/", {"post": "yes"}).status_code == 403


def test_curators_do_not_moderate_and_moderators_do_not_curate(client, boss):
    post = start(tags=["risk"])
    tag = Tag.objects.get()
    assert client.post(f"/admin/threads/tag/{tag.pk}/merge/", {"into": tag.pk}).status_code == 403
    client.force_login(factories.curator())
    assert client.post(f"/admin/threads/post/{post.pk}/hide/", {"reason": "No."}).status_code == 403
    assert again(post).is_published


def test_members_do_not_enter(client):
    client.force_login(member())
    assert client.get("/admin/threads/post/").status_code in {302, 403}


def test_a_claim_is_granted_on_its_screen(client, boss):
    post = factories.imported_thread().posts.get(number=1)
    mona = member()
    claim = factories.claim(post, by=mona)
    client.post(f"/admin/threads/claim/{claim.pk}/grant/", {"reason": "Known."})
    assert again(post).author == mona


def test_curators_rename_merge_and_alias_tags(client):
    start(tags=["risk", "risks"])
    client.force_login(factories.curator())
    risk, risks = Tag.objects.get(key="risk"), Tag.objects.get(key="risks")
    client.post(f"/admin/threads/tag/{risk.pk}/change/", {"name": "Risk", "description": "What may happen."})
    client.post(f"/admin/threads/tag/{risk.pk}/alias/", {"name": "hazard"})
    client.post(f"/admin/threads/tag/{risks.pk}/merge/", {"into": risk.pk})
    assert list(Tag.objects.values_list("name", flat=True)) == ["Risk"]
    assert set(TagAlias.objects.values_list("key", flat=True)) == {"hazard", "risks"}
    client.post("/admin/threads/tag/add/", {"name": "hazard", "description": ""})
    assert Tag.objects.count() == 1
    alias = TagAlias.objects.get(key="hazard")
    client.post(f"/admin/threads/tagalias/{alias.pk}/delete/", {"post": "yes"})
    assert not TagAlias.objects.filter(key="hazard").exists()


LISTS = [
    "/admin/threads/post/?q=zebra",
    "/admin/threads/post/?state__exact=hidden",
    "/admin/threads/post/?q=12",
    "/admin/threads/thread/?q=zebra",
    "/admin/threads/thread/?state__exact=hidden",
]


@pytest.mark.parametrize("address", LISTS)
def test_lists_neither_count_nor_scan(client, boss, address):
    """Asked of the planner with sequential scans switched off: it then shows whether an index serves.

    So are scans in the order of the list, where words are looked for: of a few rows, they are a matter of statistics.
    """
    start()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    table = "threads_post" if "/post/" in address else "threads_thread"
    asked = [q["sql"] for q in queries if f'FROM "{table}"' in q["sql"]]
    # The account is loaded with what the head of a page counts.
    asked = [sql for sql in asked if 'FROM "members_member" WHERE' not in sql]
    assert asked
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in asked:
            assert "COUNT(*)" not in sql.upper()
            cursor.execute("SET LOCAL enable_indexscan = %s", ["off" if '."search" @@' in sql else "on"])
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
            # What the index has found may be looked at again; what is searched for is found by it.
            assert "search @@" not in plan or "Index Cond: (search @@" in plan, plan
