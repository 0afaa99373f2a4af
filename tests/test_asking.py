"""“What does this mean?” at a word: asked once for all, answered once, told once."""

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from glossary.models import Sense, Term
from members.models import Member
from members.permissions import Refused
from tests import factories, glossaries
from tests.people import run_jobs
from tests.races import at_once
from threads.actions import meanings, questions
from threads.models import MeaningAsker, MeaningRequest

pytestmark = pytest.mark.django_db


def test_one_question_for_a_word_however_many_ask_and_names_are_shown_as_wanted(client):
    poster = factories.member()
    thread = factories.start(poster, body="The SOX board.").thread
    address = reverse("thread_ask", args=[thread.pk])
    for name, unnamed in (("otto", ""), ("olga", "on"), ("otto", "")):
        client.force_login(Member.objects.filter(username=name).first() or factories.member(name))
        assert "SOX" in client.get(f"{address}?word=SOX").content.decode()
        assert client.post(address, {"word": "sox", "unnamed": unnamed}).status_code == 302
    assert MeaningRequest.objects.count() == 1
    client.force_login(factories.member("reader"))
    shown = " ".join(client.get(reverse("thread_words", args=[thread.pk])).content.decode().split())
    assert "2 people ask: Otto" in shown
    assert "Olga" not in shown
    client.force_login(poster)
    assert "Otto, Olga" in client.get(reverse("thread_words", args=[thread.pk])).content.decode()


def test_what_no_post_holds_cannot_be_asked():
    thread = factories.start(body="The SOX board.").thread
    for text in ("DPIA", "", "x" * 200):
        with pytest.raises(Refused):
            questions.ask(thread, by=factories.member(f"m{len(text)}"), text=text)


def test_an_answer_is_the_posters_or_a_curators_and_tells_those_who_asked_once(client):
    poster, asker = factories.member(), factories.member("otto")
    post = factories.reply(factories.start(body="Nothing.").thread, poster, body="The SOX board.")
    request = questions.ask(post.thread, by=asker, text="SOX")
    with pytest.raises(PermissionDenied):
        questions.answer(request, by=asker, words="A law.")
    client.force_login(poster)
    said = {"question": request.pk, "answer": "A law about accounts."}
    address = reverse("thread_words", args=[post.thread.pk])
    assert client.post(address, said).status_code == 302
    assert client.post(address, said).status_code == 422
    run_jobs()
    assert [sent.to for sent in mail.outbox] == [["otto@example.org"]]
    assert "A law about accounts." in mail.outbox[0].body
    assert MeaningAsker.objects.get().told_at
    assert "A law about accounts." in client.get(address).content.decode()


def test_choosing_a_sense_for_the_thread_answers_too():
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO.").thread
    for name in ("Change office", "Marketing chief"):
        glossaries.published(glossaries.curator(), name=name, preferred=name, abbreviation="CMO")
    questions.ask(thread, by=factories.member("otto"), text="CMO")
    said = {"term": Term.objects.get(key="cmo").pk, "sense": Sense.objects.get(name="Change office").pk}
    meanings.choose(thread, by=starter, **said)
    meanings.undo(thread, by=starter, term=said["term"])
    meanings.choose(thread, by=starter, **said)
    run_jobs()
    assert len(mail.outbox) == 1
    assert "Change office" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_tell_once():
    starter, moderator = factories.member(), factories.moderator()
    thread = factories.start(starter, body="The SOX board.").thread
    request = questions.ask(thread, by=factories.member("otto"), text="SOX")
    outcomes = at_once(*[lambda by=by: questions.answer(request, by=by, words="A law.") for by in (starter, moderator)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["MeaningRequest", "Refused"]
    run_jobs()
    assert len(mail.outbox) == 1
