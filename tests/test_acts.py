"""What a reader does at a post with one click: agree, say that it helped, save it, copy it with its source."""

from functools import partial

import pytest

from members.actions.accounts import delete_member
from tests import factories
from tests.factories import again, hidden_post, member, reply, start, thread
from tests.races import at_once
from threads.actions import posting, reacting
from threads.models import Bookmark, Post, Reaction, with_reactions

pytestmark = pytest.mark.django_db
ASKS_JSON = {"Accept": "application/json"}


@pytest.fixture
def post():
    return start(member("mona", name="Mona Lind"))


def _seen(post, reader):
    return with_reactions(Post.objects.visible_to(reader), reader).get(pk=post.pk)


def _page(client, post):
    return " ".join(client.get(post.thread.get_absolute_url()).content.decode().split())


def test_agreeing_is_shown_with_a_name_and_taken_back(client, post):
    bea = member("bea", name="Bea Holm")
    client.force_login(bea)
    answer = client.post(f"/posts/{post.pk}/react/", {"agree": "1"})
    assert answer["Location"] == post.get_absolute_url()
    page = _page(client, post)
    assert ">Bea Holm</a> agrees" in page
    assert 'name="agree" value="0" aria-pressed="true"' in page
    client.post(f"/posts/{post.pk}/react/", {"agree": "0"})
    assert "agrees" not in _page(client, post)


def test_the_first_is_named_and_the_others_are_counted(client, post):
    for name in ("linda", "bob", "cas"):
        reacting.react(post, by=member(name, name=f"{name.title()} Zinn"), kind="helped", on=True)
    page = _page(client, post)
    assert "Helped Linda Zinn and 2 others" in page
    assert "Cas Zinn" in page


def test_of_very_many_the_first_are_named(client, post, monkeypatch):
    people = [member(f"person{number}") for number in range(22)]
    for person in people:
        reacting.react(post, by=person, kind="agree", on=True)
    page = _page(client, post)
    assert "and 21 others agree" in page
    assert "and 2 more" in page


def test_ones_own_post_and_what_is_hidden_cannot_be_reacted_to(client, post):
    client.force_login(post.author)
    assert client.post(f"/posts/{post.pk}/react/", {"agree": "1"}).status_code == 403
    assert 'name="agree"' not in _page(client, post)
    client.force_login(member("bea"))
    assert client.post(f"/posts/{hidden_post(reply(post.thread)).pk}/react/", {"agree": "1"}).status_code == 404
    assert not Reaction.objects.exists()


def test_who_has_not_confirmed_their_address_stands_nowhere(client, post):
    client.force_login(member("newt", confirmed=False))
    answer = client.post(f"/posts/{post.pk}/react/", {"agree": "1"}, headers=ASKS_JSON)
    assert (answer.status_code, answer.json()["said"][:7]) == (409, "Confirm")
    page = client.post(f"/posts/{post.pk}/react/", {"agree": "1"}, follow=True)
    assert "Confirm your e-mail address first" in page.content.decode()
    assert not Reaction.objects.exists()


@pytest.mark.parametrize("said", [{}, {"agree": "2"}, {"agree": "1", "helped": "1"}, {"like": "1"}])
def test_anything_else_is_not_understood(client, post, said):
    client.force_login(member("bea"))
    assert client.post(f"/posts/{post.pk}/react/", said).status_code == 400


def test_script_gets_the_line_of_names_and_words_to_say(client, post):
    client.force_login(member("bea", name="<b>Bea</b>"))
    answer = client.post(f"/posts/{post.pk}/react/", {"helped": "1"}, headers=ASKS_JSON).json()
    assert answer["on"] is True
    assert answer["said"] == "You said that it helped you."
    assert "&lt;b&gt;Bea&lt;/b&gt;" in answer["html"]


def test_a_reaction_is_a_change_of_the_page_and_the_second_click_is_none(client, post):
    bea = member("bea")
    revision = again(post.thread).revision
    for _ in range(2):
        reacting.react(post, by=bea, kind="agree", on=True)
    assert again(post.thread).revision == revision + 1
    for _ in range(2):
        reacting.react(post, by=bea, kind="agree", on=False)
    assert again(post.thread).revision == revision + 2


def test_who_left_is_no_longer_named(client, post):
    bea = member("bea", name="Bea Holm")
    reacting.react(post, by=bea, kind="agree", on=True)
    assert "Bea Holm" in _page(client, post)
    delete_member(bea, by=factories.administrator())
    assert "Bea Holm" not in _page(client, post)


def test_reactions_to_a_withdrawn_post_are_not_shown_to_its_author_either(client, post):
    reacting.react(post, by=member("bea", name="Bea Holm"), kind="agree", on=True)
    posting.withdraw(post, by=post.author)
    client.force_login(post.author)
    assert "Bea Holm" not in _page(client, post)


def test_two_clicks_at_once_are_one_reaction(transactional_db):
    post, bea = start(), member("bea")
    act = partial(reacting.react, post, by=bea, kind="agree", on=True)
    assert at_once(act, act, act) == [None, None, None]
    assert Reaction.objects.count() == 1
    assert [each["total"] for each in _seen(post, bea).agreed] == [1]


def test_what_reactions_cost_does_not_grow_with_them(client, django_assert_num_queries):
    made = thread(posts=3)
    people = [member(f"person{number}") for number in range(6)]
    with django_assert_num_queries(1):
        list(with_reactions(Post.objects.visible_to(people[0]).filter(thread=made), people[0]))
    for person in people:
        for post in made.posts.all():
            reacting.react(post, by=person, kind="helped", on=True)
    with django_assert_num_queries(1):
        seen = list(with_reactions(Post.objects.visible_to(people[0]).filter(thread=made), people[0]))
    assert {len(post.helped) for post in seen} == {6}
    assert {tuple(post.own_reactions) for post in seen} == {("helped",)}


def test_saving_with_a_note_changing_it_and_letting_go(client, post):
    client.force_login(member("bea"))
    assert client.post(f"/posts/{post.pk}/save/", {"save": "1"})["Location"] == post.get_absolute_url()
    assert client.post(f"/posts/{post.pk}/save/", {"note": "For the board."})["Location"] == "/me/saved/"
    assert "For the board." in client.get("/me/saved/").content.decode()
    client.post(f"/posts/{post.pk}/save/", {"save": "1"})  # from the page, again
    assert Bookmark.objects.get().note == "For the board."
    assert "Saved: note, remove" in _page(client, post)
    client.post(f"/posts/{post.pk}/save/", {"remove": "1"})
    assert "Nothing saved yet" in client.get("/me/saved/").content.decode()


def test_a_note_that_is_too_long_stays_in_the_form(client, post):
    client.force_login(member("bea"))
    answer = client.post(f"/posts/{post.pk}/save/", {"note": "n" * 301})
    assert answer.status_code == 422
    assert "n" * 301 in answer.content.decode()
    assert not Bookmark.objects.exists()


def test_what_is_no_longer_shown_leaves_the_note_and_nothing_else(client):
    bea = member("bea")
    gone = reply(start(title="A secret title").thread, body="secret words")
    reacting.save_post(gone, by=bea, note="Ask about this.")
    hidden_post(gone)
    client.force_login(bea)
    for address in ("/me/saved/", f"/posts/{gone.pk}/save/"):
        page = client.get(address).content.decode()
        assert "o longer shown" in page
        assert "Ask about this." in page
        assert "secret" not in page
    client.post(f"/posts/{gone.pk}/save/", {"remove": "1"})
    assert client.get(f"/posts/{gone.pk}/save/").status_code == 404


def test_saved_posts_are_read_page_by_page(client, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("threads.views.acts.SAVED_PER_PAGE", 2)
    bea = member("bea")
    posts = [start(title=f"Thread {number}") for number in range(5)]
    for post in posts:
        reacting.save_post(post, by=bea)
    reacting.save_post(start(title="Of others"), by=member("cas"))
    client.force_login(bea)
    seen, address = [], "/me/saved/"
    while address:
        with django_assert_max_num_queries(3):
            response = client.get(address)
        seen += [row.post_id for row in response.context["rows"]]
        address = f"/me/saved/?before={response.context['next']}" if response.context["next"] else ""
    assert seen == [post.pk for post in reversed(posts)]


def test_two_tabs_save_at_once_and_it_is_saved_once(transactional_db):
    post, bea = start(), member("bea")
    act = partial(reacting.save_post, post, by=bea)
    assert at_once(act, act) == [None, None]
    assert Bookmark.objects.count() == 1


def test_a_copy_says_who_when_and_where(client, settings):
    author = member("mona", name="Mona Lind", role="Head of PMO", organisation="Acme", location="Leeds")
    post = start(author, title="A title", body="Some *words*.")
    page = client.get(f"/posts/{post.pk}/source/").content.decode()
    assert "Some *words*." in page
    assert "— Mona Lind, Head of PMO, Acme, Leeds, " in page
    assert f"{settings.SITE_URL}/posts/{post.pk}/" in page
