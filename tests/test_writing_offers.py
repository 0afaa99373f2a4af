"""The note for the writer offers meanings: words are put into the text, or the thread's lexicon is filled."""

import pytest
from django.urls import reverse

from glossary import lexicon
from glossary.actions import known, terms
from glossary.models import KnownWord, Sense, Term
from markup import spelling_out
from markup.render import render
from markup.spelling_out import spell_out
from tests import factories, glossaries
from threads.actions import words
from threads.models import Tag, ThreadSense

CHECK = "/threads/words/"


def test_the_first_acronym_that_readers_see_is_written_out_and_code_links_and_quotations_are_left_alone():
    body = "> our CMO\n\n`CMO` and [a CMO](https://a.example/CMO) and CMOs, a CMO."
    written = spell_out(body, "CMO", "Change Management Office")
    assert written == body.replace("and CMOs", "and Change Management Offices (CMOs)")
    assert spell_out("e-PMO and `CMO`", "CMO", "Change Management Office") == "e-PMO and `CMO`"
    assert spell_out("The C.M.O. has it", "CMO", "Change Office").startswith("The C.M.O.")  # other letters


def test_of_a_long_text_few_places_are_tried(monkeypatch):
    rendered = []
    monkeypatch.setattr(spelling_out, "render", lambda body: rendered.append(body) or render(body))
    body = "`CMO`\n" * 10_000
    assert spell_out(body, "CMO", "Change Management Office") == body
    assert len(rendered) == 2


@pytest.fixture
def writer(client):
    member = factories.member()
    client.force_login(member)
    return member


@pytest.fixture
def cmo(db):
    by = glossaries.curator()
    for name, full in (("Change office", "Change Management Office"), ("Marketing chief", "Chief Marketing Officer")):
        glossaries.published(by, name=name, preferred=full, abbreviation="CMO")
    return Term.objects.get(key="cmo")


def told(client, body, thread=None, **said):
    """What the note says; one text throughout a test, so that nothing is silent because it was said before."""
    of = {"thread": thread.pk if thread else "", "token": "6a6ee4a6-6f3b-4cc5-9a39-0e6a5f4e3c11"}
    answer = client.post(CHECK, {"body": body, **of, **said})
    return " ".join(answer.content.decode().split())


def sense(name="Change office"):
    return Sense.objects.get(name=name)


@pytest.mark.django_db
def test_an_undefined_acronym_is_offered_the_senses_whose_words_its_letters_begin(client, writer):
    factories.published_term("Benefits realisation board", name="Benefits board")
    factories.published_term("Benefits of reading books")
    factories.published_term("Budget")
    factories.published_term("Portfolio, Programme and Project Offices", name="Offices")
    assert [each.name for each in lexicon.current().spelled_by("P3O")] == ["Offices"]
    assert [each.name for each in lexicon.current().spelled_by("BRB")] == [
        "Benefits board",
        "Benefits of reading books",
    ]
    shown = told(client, "The BRB met.")
    assert "Write “Benefits realisation board (BRB)”" in shown
    assert "for this thread" not in shown
    assert "Suggest BRB for the glossary" in shown
    assert "Pick a meaning" not in told(client, "The B7X met.")


@pytest.mark.django_db
def test_writing_it_out_changes_the_text_and_the_preview_without_posting(client, writer):
    factories.published_term("Benefits realisation board", name="Benefits board")
    said = {"title": "A title", "body": "The BRB met.", "spell": f"BRB:{sense('Benefits board').pk}"}
    shown = client.post(reverse("thread_new"), said).content.decode()
    assert "The Benefits realisation board (BRB) met.</textarea>" in shown
    assert "Not everybody may know" not in shown
    assert shown.count("Nothing is posted yet".lower()) == 1
    assert "The Benefits realisation board (BRB) met.</template>" in told(client, "The BRB met.", spell=said["spell"])
    for nonsense in ("BRB:0", "BRB:999999", "x", "BRB:1:2", "?:1"):
        assert (
            "The BRB met.</textarea>"
            in client.post(reverse("thread_new"), {**said, "spell": nonsense}).content.decode()
        )


@pytest.mark.django_db
def test_an_open_term_is_offered_its_senses_and_the_starter_chooses_for_the_thread(client, writer, cmo):
    thread = factories.start(writer, body="Nothing yet.").thread
    shown = told(client, "Our CMO decides.", thread)
    assert "Choose Change office for this thread" in shown
    assert "Write “Change Management Office (CMO)”" in shown
    assert "for the glossary" not in shown
    said = {"body": "Our CMO decides.", "settle": f"{cmo.pk}:{sense().pk}"}
    answer = client.post(reverse("reply", args=[thread.pk]), said).content.decode()
    assert "now means “Change office” in this thread" in answer
    assert "Not everybody may know" not in answer
    assert "Our CMO decides.</textarea>" in answer
    row = ThreadSense.objects.get()
    assert (row.state, row.sense) == ("chosen", sense())
    assert thread.posts.count() == 1
    assert told(client, "Our CMO decides.", thread) == ""


@pytest.mark.django_db
def test_another_member_proposes_and_is_not_asked_again(client, writer, cmo):
    thread = factories.start(body="Nothing yet.").thread
    assert "Propose Change office for this thread" in told(client, "Our CMO.", thread)
    shown = told(client, "Our CMO.", thread, settle=f"{cmo.pk}:{sense().pk}")
    assert "Proposed for this thread" in shown
    assert "Not everybody may know" not in shown
    row = ThreadSense.objects.get()
    assert (row.state, row.proposed_by) == ("proposed", writer)
    client.force_login(factories.member("otto"))
    assert "Propose Change office" in told(client, "Our CMO.", thread)


@pytest.mark.django_db
def test_what_settles_a_term_silences_the_note(client, writer, cmo):
    thread = factories.start(body="Nothing yet.", tags=["change-office"]).thread
    assert "CMO" in told(client, "Our CMO.", thread)
    assert "CMO" in told(client, "Our CMO.", tags="change-office")
    assert told(client, "Our Change Management Office (CMO).", thread) == ""
    Tag.objects.update(sense=sense())
    assert told(client, "Our CMO.", thread) == ""
    assert told(client, "Our CMO.", tags="Change-Office") == ""
    Tag.objects.update(sense=None)
    terms.set_usual_sense(cmo, by=glossaries.curator(), sense=sense())
    assert told(client, "Our CMO.", thread) == ""
    assert told(client, "Our CMO.") == ""


@pytest.mark.django_db
def test_a_choice_that_cannot_be_made_is_said_and_the_text_stays(client, writer, cmo):
    thread = factories.start(writer, body="Nothing yet.").thread
    shown = client.post(
        reverse("reply", args=[thread.pk]), {"body": "Our CMO decides.", "settle": f"{cmo.pk}:999999"}
    ).content.decode()
    assert "no longer published" in shown
    assert "Our CMO decides.</textarea>" in shown
    assert ThreadSense.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["The SOX board.", "Our CMO."])
def test_no_member_is_told_twice_of_one_acronym(client, writer, cmo, body):
    assert "Not everybody may know" in told(client, body)
    factories.start(factories.member("otto"), body=body)
    assert "Not everybody may know" in told(client, body)
    factories.start(writer, body=body)
    assert told(client, body) == ""
    assert told(client, body, factories.start(body="Nothing.").thread) == ""


@pytest.mark.django_db
def test_the_enter_key_presses_none_of_the_buttons_of_the_note(client, writer):
    shown = client.post(reverse("thread_new"), {"title": "A title", "body": "SOX.", "preview": "1"}).content.decode()
    form = shown[shown.index("<form") :][shown[shown.index("<form") :].index('name="title"') :]
    assert form.index('name="preview" value="1" hidden') < form.index('name="know"')


@pytest.mark.django_db
def test_what_members_know_is_counted_for_the_known_list():
    by = glossaries.curator()
    people = [factories.member(f"m{number}") for number in range(4)]
    for person, texts in zip(people, [["SOX", "VAT"], ["sox", "DPIA"], ["SOX", "a phrase"], ["SOX"]], strict=True):
        for text in texts:
            words.know_word(text, by=person)
    type(people[3]).objects.filter(pk=people[3].pk).update(is_active=False)
    known.add_known_acronym(by=by, text="VAT")
    factories.published_term("DPIA")
    assert [(row["key"], row["text"].upper(), row["members"]) for row in KnownWord.objects.counted()] == [
        ("sox", "SOX", 3)
    ]
    assert list(KnownWord.objects.counted(least=4)) == []
