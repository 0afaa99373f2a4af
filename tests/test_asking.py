"""“What does this mean?” at a word: asked once for all, answered once, told once."""

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from glossary.actions import suggestions
from glossary.models import Sense, Suggestion, Term
from members.models import Member
from members.permissions import Refused
from tests import factories, glossaries
from tests.people import send_mail
from tests.races import at_once
from threads.actions import meanings, questions
from threads.models import MeaningAsker, MeaningRequest, ThreadSense

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
        meanings.answer(request, by=asker, words="A law.")
    client.force_login(poster)
    said = {"question": request.pk, "answer": "A law about accounts."}
    answering, address = (reverse(name, args=[post.thread.pk]) for name in ("thread_answer", "thread_words"))
    assert client.post(answering, said).status_code == 302
    assert client.post(answering, said).status_code == 422
    send_mail()
    (told,) = [sent for sent in mail.outbox if sent.to == ["otto@example.org"]]
    assert "A law about accounts." in told.body
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
    send_mail()
    assert len(mail.outbox) == 1
    assert "Change office" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_tell_once():
    starter, moderator = factories.member(), factories.moderator()
    thread = factories.start(starter, body="The SOX board.").thread
    request = questions.ask(thread, by=factories.member("otto"), text="SOX")
    outcomes = at_once(*[lambda by=by: meanings.answer(request, by=by, words="A law.") for by in (starter, moderator)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["MeaningRequest", "Refused"]
    send_mail()
    assert len(mail.outbox) == 1


# --- What an answer in words makes ------------------------------------------------------------------------------------
@pytest.fixture
def cmo():
    by = glossaries.curator()
    for name, full in (("Change office", "Change Management Office"), ("Marketing chief", "Chief Marketing Officer")):
        glossaries.published(by, name=name, preferred=full, abbreviation="CMO")
    return Term.objects.get(key="cmo")


def answered(client, request, by, words):
    client.force_login(by)
    address = reverse("thread_answer", args=[request.thread_id])
    return client.post(address, {"question": request.pk, "answer": words})


def test_an_answer_about_what_the_glossary_lacks_is_a_suggestion_as_well(client):
    poster = factories.member()
    post = factories.start(poster, body="The SOX board.")
    request = questions.ask(post.thread, by=factories.member("otto"), text="SOX")
    assert answered(client, request, poster, "A law about accounts.").status_code == 302
    made = Suggestion.objects.get()
    said = (made.by, made.kind, made.text, made.definition, made.origin)
    assert said == (poster, "term", "SOX", "A law about accounts.", f"post:{post.pk}")
    assert answered(client, request, poster, "Something else.").status_code == 422
    assert Suggestion.objects.get().definition == "A law about accounts."


def test_an_answer_that_no_sense_of_the_term_has_is_suggested_as_one(client, cmo):
    poster = factories.member()
    request = questions.ask(factories.start(poster, body="Our CMO.").thread, by=factories.member("otto"), text="CMO")
    answered(client, request, poster, "Cheese Making Operation")
    made = Suggestion.objects.get()
    assert (made.kind, made.term, made.definition) == ("sense", cmo, "Cheese Making Operation")
    assert ThreadSense.objects.count() == 0


@pytest.mark.parametrize("words", ["Change Management Office", "change office.", "Change Management Office (CMO)"])
def test_an_answer_that_names_a_sense_fills_the_lexicon_of_the_thread(client, cmo, words):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO.").thread
    before = thread.revision
    answered(client, questions.ask(thread, by=factories.member("otto"), text="CMO"), starter, words)
    row = ThreadSense.objects.get()
    assert (row.term, row.sense.name, row.state, row.decided_by) == (cmo, "Change office", "chosen", starter)
    assert factories.again(thread).revision > before
    assert Suggestion.objects.count() == 0
    send_mail()
    assert len(mail.outbox) == 1


def test_who_may_not_decide_in_the_thread_proposes_by_answering(client, cmo):
    poster = factories.member()
    thread = factories.start(body="Nothing.").thread
    factories.reply(thread, poster, body="Our CMO.")
    answered(client, questions.ask(thread, by=factories.member("otto"), text="CMO"), poster, "Change office")
    row = ThreadSense.objects.get()
    assert (row.state, row.proposed_by, row.term) == ("proposed", poster, cmo)


def test_an_answer_leaves_what_the_member_suggested_by_hand_alone(client):
    poster = factories.member()
    suggestions.suggest(by=poster, kind="term", text="SOX", definition="By hand.")
    request = questions.ask(factories.start(poster, body="SOX!").thread, by=factories.member("otto"), text="SOX")
    answered(client, request, poster, "In passing.")
    assert sorted(Suggestion.objects.values_list("definition", flat=True)) == ["By hand.", "In passing."]


def test_an_answer_that_is_refused_stands_in_its_box(client):
    poster = factories.member()
    thread = factories.start(poster, body="The SOX board.").thread
    request = questions.ask(thread, by=factories.member("otto"), text="SOX")
    for words in ("x" * 301, "a\x00b"):
        shown = answered(client, request, poster, words)
        assert shown.status_code == 422
        assert f'value="{words[:200]}' in shown.content.decode().replace("\ufffd", "\x00")
    client.force_login(factories.member("olga"))
    for question in ("", "x", "9" * 30, request.pk + 1):
        assert client.post(reverse("thread_answer", args=[thread.pk]), {"question": question}).status_code == 422
    assert Suggestion.objects.count() == 0


def test_a_visitor_is_led_to_sign_in_and_back_with_the_word(client):
    thread = factories.start(body="The SOX board.").thread
    address = f"{reverse('thread_ask', args=[thread.pk])}?word=SOX"
    led = client.get(address)
    assert led.status_code == 302
    assert "word%3DSOX" in led["Location"]
    factories.published_term("PMO")
    asked = factories.start(body="Our PMO.").thread
    page = client.get(asked.get_absolute_url()).content.decode()
    assert f"{reverse('thread_ask', args=[asked.pk])}?word=PMO" in page
    assert "I know this" not in page


def test_words_are_asked_about_as_they_are_read_and_not_as_they_were_typed():
    thread = factories.start(body="A *stage*\ngate & [review](https://a.example/) here.").thread
    for text in ("stage gate & review", "gate & review here"):
        assert questions.ask(thread, by=factories.member(text[:2]), text=text).text == text


def test_a_question_asked_again_moves_from_a_post_that_readers_lost_to_one_that_they_see(client):
    thread = factories.start(body="The SOX board.").thread
    later = factories.reply(thread, body="Our SOX officer.")
    questions.ask(thread, by=factories.member("otto"), text="SOX")
    factories.hidden_post(thread.posts.get(number=1))
    address = reverse("thread_words", args=[thread.pk])
    assert "SOX?" not in client.get(address).content.decode()
    questions.ask(thread, by=factories.member("olga"), text="SOX")
    assert MeaningRequest.objects.get().post == later
    assert "2 people ask" in " ".join(client.get(address).content.decode().split())
