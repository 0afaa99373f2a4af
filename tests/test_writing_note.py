"""The note for the writer: acronyms nobody has defined; one quiet line that blocks nothing."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.permissions import Refused
from tests import factories
from threads.actions import words
from threads.actions.counting import count_words
from threads.models import Post, ToldWord

pytestmark = pytest.mark.django_db
NOTE = "Not everybody may know"


@pytest.fixture
def writer(client):
    member = factories.member()
    client.force_login(member)
    return member


def preview(client, address, **said):
    """What a text is told; without a `token` of its own, that of a form that was sent without one."""
    return client.post(address, {"title": "A title", "preview": "1", **said}).content.decode()


def test_the_preview_of_a_start_and_a_reply_names_what_nobody_has_defined(client, writer):
    thread = factories.thread()
    for address in (reverse("thread_new"), reverse("reply", args=[thread.pk])):
        client.force_login(factories.member("otto") if "reply" in address else writer)
        shown = preview(client, address, body="The SOX board and the DPIA.")
        assert shown.count(NOTE) == 1
        assert "<b>SOX</b>" in shown
        assert "<b>DPIA</b>" in shown
        assert NOTE not in preview(client, address, body="The Audit Risk Board (ARB), and the ARB again.")


def test_the_preview_of_an_edit_says_it_as_well(client, writer):
    post = factories.start(writer)
    shown = client.post(reverse("post_edit", args=[post.pk]), {"body": "SOX.", "based_on": 1, "preview": "1"})
    assert NOTE in shown.content.decode()


def test_what_is_spelled_out_in_the_thread_or_is_a_term_or_listed_by_curators_is_not_named(client, writer):
    factories.published_term("PMO", "Project office")
    thread = factories.start(body="Our Second Office Xenon (SOX) is near.").thread
    address = reverse("reply", args=[thread.pk])
    assert NOTE not in preview(client, address, body="The SOX and the PMO.")
    assert NOTE in preview(client, reverse("thread_new"), body="The SOX and the PMO.")


def test_letters_inside_a_longer_term_are_not_named(client, writer):
    factories.published_term("SOX audit", "Audit")
    assert NOTE not in preview(client, reverse("thread_new"), body="The SOX audit.")
    assert NOTE in preview(client, reverse("thread_new"), body="The SOX board.")


def test_everyone_here_knows_it_silences_it_for_me_alone_and_keeps_the_text(client, writer):
    address = reverse("thread_new")
    answer = client.post(address, {"title": "A title", "body": "The SOX board.", "know": "SOX"})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert NOTE not in shown
    assert "The SOX board." in shown
    assert Post.objects.count() == 0
    assert list(writer.known_words.values_list("text", flat=True)) == ["SOX"]
    client.force_login(factories.member("otto"))
    assert NOTE in preview(client, address, body="The SOX board.")


# --- Never twice for one acronym and member ---------------------------------------------------------------------------
def told(client, text, body="The SOX board.", address="/threads/new/", **said):
    """Whether the preview, or the check for the script, of a text (a token) tells of it."""
    return NOTE in preview(client, address, body=body, token=text, **said)


def test_what_one_text_was_told_of_is_told_in_no_other_text_of_that_member(client, writer):
    dropped, other = uuid4(), uuid4()
    address = reverse("reply", args=[factories.thread().pk])
    assert told(client, dropped)
    for way in ("/threads/new/", address, reverse("undefined_words")):
        assert not told(client, other, address=way)
        assert told(client, dropped, address=way)
    assert told(client, other, body="The SOX board and the DPIA.")
    assert "<b>SOX</b>" not in preview(client, address, body="The SOX board and the DPIA.", token=other)
    client.force_login(factories.member("otto"))
    assert told(client, other)


def test_while_one_text_is_being_written_the_line_stays(client, writer):
    text = uuid4()
    assert told(client, text, address=reverse("undefined_words"))
    client.post(reverse("save_draft"), {"title": "A title", "body": "The SOX board.", "token": text, "draft": 0})
    assert told(client, text)
    client.logout()
    client.post("/threads/new/", {"title": "A title", "body": "The SOX board.", "token": text})
    client.force_login(writer)
    assert "<b>SOX</b>" in preview(client, "/threads/new/", body="The SOX board.", token=text, know="DPIA")
    assert told(client, text)
    assert list(writer.told_words.values_list("key", "token")) == [("sox", text)]


def test_the_text_of_an_edit_is_known_by_its_post(client, writer):
    post, another = factories.start(writer), factories.start(writer)
    said = {"body": "SOX.", "based_on": 1, "preview": "1"}
    for _time in range(2):
        assert NOTE in client.post(reverse("post_edit", args=[post.pk]), said | {"token": uuid4()}).content.decode()
    assert told(client, uuid4(), address=reverse("undefined_words"), post=post.pk)
    assert NOTE not in client.post(reverse("post_edit", args=[another.pk]), said).content.decode()


@pytest.mark.parametrize("token", ["", "x", "\x00", "1" * 500, "null"])
def test_a_text_whose_form_brings_no_token_is_known_by_its_place(client, writer, token):
    thread = factories.thread()
    for _time in range(2):
        assert told(client, token)
        assert told(client, token, address=reverse("undefined_words"))
    assert not told(client, token, address=reverse("reply", args=[thread.pk]))
    assert not told(client, uuid4())


def test_of_more_than_one_line_holds_the_rest_is_told_later_and_nothing_is_skipped(client, writer):
    body = "The " + ", ".join(f"SO{letter}" for letter in "ABCDEGHIJK")
    first, second = (preview(client, "/threads/new/", body=body, token=uuid4()) for _time in range(2))
    assert first.count("<b>SO") == 8
    assert [f"<b>SO{letter}</b>" in second for letter in "ABCDEGHIJK"] == [False] * 8 + [True] * 2


def test_a_text_that_is_told_the_same_again_writes_nothing(client, writer):
    text = uuid4()
    assert told(client, text, address=reverse("undefined_words"))
    with CaptureQueriesContext(connection) as queries:
        assert told(client, text, address=reverse("undefined_words"))
    assert not [query["sql"] for query in queries if "INSERT" in query["sql"] or "FOR NO KEY" in query["sql"]]


def test_what_several_tabs_tell_at_once_is_told_in_one(writer):
    texts = [uuid4(), uuid4()]
    assert [words.tell(["sox", "dpia"], by=writer, token=text) for text in texts] == [{"sox", "dpia"}, set()]
    assert words.tell(["sox", "sro"], by=writer, token=texts[0]) == {"sox", "sro"}
    assert ToldWord.objects.count() == 3


# --- One quiet line ---------------------------------------------------------------------------------------------------
def test_one_closed_line_names_them_all_and_opens_when_a_button_of_it_was_pressed(client, writer):
    said = {"body": "The SOX board, the DPIA and the SRO.", "token": uuid4()}
    for address in ("/threads/new/", reverse("undefined_words")):
        shown = preview(client, address, **said)
        assert shown.count(f"<summary>{NOTE}") == shown.count('<details class="noted"') == 1
        assert f"{NOTE} SOX, DPIA, SRO:" in shown
        assert '<details class="noted" data-word="">' in shown
    shown = client.post("/threads/new/", {"title": "A title", **said, "know": "SOX"}).content.decode()
    assert f"{NOTE} DPIA, SRO:" in shown
    assert '<details class="noted" data-word="" open>' in shown
    assert (
        '<details class="noted" data-word="" open>'
        in client.post(reverse("undefined_words"), {**said, "know": "DPIA"}).content.decode()
    )


def test_it_never_blocks(client, writer):
    client.post(reverse("thread_new"), {"title": "A title", "body": "The SOX board."})
    assert Post.objects.get().body == "The SOX board."


def test_the_check_for_the_script_says_the_same(client, writer):
    thread = factories.start(body="Our Second Office Xenon (SOX) is near.").thread
    address = reverse("undefined_words")
    said = {"body": "The SOX and the DPIA.", "thread": thread.pk}
    shown = client.post(address, said).content.decode()
    assert "DPIA" in shown
    assert "SOX" not in shown
    assert "aria-live" not in shown
    assert client.post(address, {**said, "know": "DPIA"}).status_code == 204
    assert client.post(address, {**said, "thread": "x"}).status_code == 200
    assert client.post(address, {"body": "x" * 70_000}).status_code == 204


def test_a_tag_that_no_tag_can_be_is_passed_over(client, writer):
    for name in ("Audit Office", "Audit Officer"):
        factories.published_term("AO", name)
    answer = client.post(reverse("undefined_words"), {"body": "The AO and the SOX board.", "tags": ["\x00", "x" * 500]})
    assert "<b>SOX</b>" in answer.content.decode()
    assert "<b>AO</b>" in answer.content.decode()


def test_a_hidden_thread_tells_nothing_of_what_it_spells_out(client, writer):
    thread = factories.start(body="Our Second Office Xenon (SOX) is near.").thread
    factories.hidden_thread(thread)
    shown = client.post(reverse("undefined_words"), {"body": "The SOX.", "thread": thread.pk}).content.decode()
    assert "SOX" in shown


def test_a_word_is_known_once_and_can_be_forgotten():
    member = factories.member()
    for _time in range(2):
        words.know_word("SOX", by=member)
    row = member.known_words.get()
    words.forget_word(row.pk, by=factories.member("otto"))
    assert member.known_words.count() == 1
    words.forget_word(row.pk, by=member)
    assert member.known_words.count() == 0
    for nothing in ("", "?!", "x" * 121):
        with pytest.raises(Refused):
            words.know_word(nothing, by=member)


def test_the_list_of_what_is_not_defined_counts_posts_that_readers_see(client):
    thread = factories.start(body="The SOX board.").thread
    factories.reply(thread, body="The SOX and the DPIA.")
    factories.hidden_post(factories.reply(thread, body="The CANARY board."))
    count_words()
    shown = " ".join(client.get(reverse("undefined_words")).content.decode().split())
    assert shown.index("in 2 posts") < shown.index("DPIA")
    assert "CANARY" not in shown
    assert reverse("undefined_words") in client.get(reverse("glossary")).content.decode()
