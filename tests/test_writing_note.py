"""The note for the writer: acronyms nobody has defined; one quiet line that blocks nothing."""

import pytest
from django.urls import reverse

from members.permissions import Refused
from tests import factories
from threads.actions import words
from threads.actions.counting import count_words
from threads.models import Post

pytestmark = pytest.mark.django_db
NOTE = "Not everybody may know"


@pytest.fixture
def writer(client):
    member = factories.member()
    client.force_login(member)
    return member


def preview(client, address, **said):
    return client.post(address, {"title": "A title", "preview": "1", **said}).content.decode()


def test_the_preview_of_a_start_and_a_reply_names_what_nobody_has_defined(client, writer):
    thread = factories.thread()
    for address in (reverse("thread_new"), reverse("reply", args=[thread.pk])):
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
