"""Acronyms that nobody has defined lead, where they stand, to the question what they mean; and a question tells nothing
that no shown post says."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from glossary.actions import known, senses
from members.actions import accounts
from members.models import Member, Notification
from members.permissions import Refused
from pmo_cmo import mentions
from tests import factories, glossaries
from threads.actions import meanings, moderation, posting, questions
from threads.actions.words import know_word
from threads.models import MeaningRequest, Thread

pytestmark = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[2] / "shared" / "seed" / "pmo-vs-cmo.txt"


def page_of(client, thread):
    return client.get(thread.get_absolute_url(), follow=True).content.decode()


def marked(client, thread):
    return re.findall(r'<a class="term undefined"[^>]*>([^<]*)</a>', page_of(client, thread))


def told(client, thread):
    found = re.search(r'id="terms"[^>]*>(.*?)</script>', page_of(client, thread), re.DOTALL)
    return json.loads(found[1]) if found else {}


def words_page(client, thread):
    return " ".join(client.get(reverse("thread_words", args=[thread.pk])).content.decode().split())


@pytest.fixture
def thread():
    thread = factories.start(body="The SOX board and its DPIAs. SOX again.").thread
    factories.reply(thread, body="SOX once more.")
    return thread


# --- Where it is asked ------------------------------------------------------------------------------------------------
def test_an_undefined_acronym_is_a_link_to_where_it_is_asked_about_and_its_text_stays(client, thread):
    shown = page_of(client, thread)
    address = reverse("thread_words", args=[thread.pk])
    assert f'<a class="term undefined" href="{address}#word-sox" data-term="sox" rel="nofollow">SOX</a> board' in shown
    assert marked(client, thread) == ["SOX", "DPIAs"]
    assert 'id="word-sox"' in words_page(client, thread)
    assert f"{reverse('thread_ask', args=[thread.pk])}?word=SOX" in words_page(client, thread)


def test_the_panel_says_that_nobody_has_said_it_and_how_many_ask(client, thread):
    ask = ["What does this mean?", f"{reverse('thread_ask', args=[thread.pk])}?word=SOX"]
    nobody = "Nobody has said yet what SOX means here."
    assert told(client, thread)["sox"] == {"text": "SOX", "senses": [], "said": nobody, "links": [ask]}
    for name in ("otto", "olga"):
        questions.ask(thread, by=factories.member(name), text="SOX", is_named=False)
    assert told(client, thread)["sox"]["said"] == f"{nobody} 2 people ask."
    assert "Otto" not in page_of(client, thread)
    client.force_login(factories.member())
    assert told(client, thread)["sox"]["links"] == [ask, ["I know this", f"{reverse('my_words')}?word=SOX"]]


def test_a_question_whose_askers_have_left_is_nobodys(client, thread):
    asker = factories.member("asker")
    questions.ask(thread, by=asker, text="SOX")
    assert "1 person asks" in words_page(client, thread)
    accounts.delete_member(asker, by=asker)
    assert "people ask" not in words_page(client, thread)


def test_an_answer_stands_in_the_panel_and_beside_the_word(client, thread):
    meanings.answer(
        questions.ask(thread, by=factories.member("otto"), text="SOX"), by=thread.starter, words="A law about accounts."
    )
    said = told(client, thread)["sox"]
    assert said["said"] == "answered in this thread"
    assert said["senses"] == [{"name": "SOX", "definition": "A law about accounts."}]
    assert said["url"] == f"{reverse('thread_words', args=[thread.pk])}#word-sox"
    assert not said["links"], "nothing is left to ask"
    shown = words_page(client, thread)
    assert shown.count('id="word-sox"') == 1
    assert "A law about accounts." in shown.split('<p id="word-sox">')[1].split("</p>")[0]
    assert "What does SOX mean?" not in shown


def test_the_reader_chooses_how_often_they_are_marked(client, thread):
    for chosen, found in (("none", []), ("page", ["SOX", "DPIAs"]), ("post", ["SOX", "DPIAs", "SOX"])):
        client.post(reverse("display"), {"marks": chosen})
        assert marked(client, thread) == found


def test_what_a_reader_knows_is_plain_for_them(client, thread):
    member = factories.member()
    know_word("SOX", by=member)
    assert marked(Client(), thread) == ["SOX", "DPIAs"]
    client.force_login(member)
    assert marked(client, thread) == ["DPIAs"]
    assert "sox" not in told(client, thread)


def test_code_links_quotations_headings_and_shouted_text_are_left_alone(client):
    body = "`SOX` [SRO](https://a.example/)\n\n> DPIA\n\n# GRC\n\nTHIS IS NOT WHAT ARB WANTS HERE. PRJ-12. And SOX."
    thread = factories.start(body=body).thread
    assert marked(client, thread) == ["SOX"]
    assert "And <a" in page_of(client, thread)


def test_of_a_post_of_nothing_but_acronyms_the_first_are_marked(client, thread):
    acronyms = [f"Q{first}{second}Z" for first in "BDFGHJKL" for second in "BDFGHJKL"]
    factories.reply(thread, body=" ".join(f"the {each}" for each in acronyms))
    page = client.get(thread.get_absolute_url()).text
    assert [f'data-term="{each.casefold()}"' in page for each in acronyms] == [True] * 40 + [False] * 24


def test_a_page_marks_what_its_own_posts_hold_and_once(client):
    thread = factories.start(body="The SOX board.").thread
    for number in range(25):
        factories.reply(thread, body=f"SOX or ARB, number {number}.")
    assert marked(client, thread) == ["SOX", "ARB"]
    second = client.get(thread.get_absolute_url() + "?page=2").content.decode()
    assert re.findall(r'<a class="term undefined"[^>]*>([^<]*)</a>', second) == ["SOX", "ARB"]


def test_posts_and_discussions_that_not_everybody_sees_are_not_asked_about(client):
    author, moderator = factories.member(), factories.moderator()
    thread = factories.start(author, body="Nothing.").thread
    post = factories.reply(thread, author, body="The SOX board.")
    posting.withdraw(post, by=author)
    client.force_login(author)
    assert "The SOX board" in page_of(client, thread)
    assert marked(client, thread) == []
    posting.bring_back(post, by=author)
    moderation.hide_thread(thread, by=moderator, reason="A reason.")
    client.force_login(moderator)
    assert "The SOX board" in page_of(client, thread)
    assert marked(client, thread) == []


def test_pieces_that_are_kept_follow_the_mentions_of_the_post(client, thread):
    caches["pieces"].clear()
    assert marked(client, thread) == marked(client, thread) == ["SOX", "DPIAs"]
    thread.posts.get(number=1).mentions.filter(key="dpia").delete()
    caches["pages"].clear()
    assert marked(client, thread) == ["SOX"]


@pytest.mark.skipif(not REAL.exists(), reason="the real thread stands beside the checkout, not in it")
def test_a_newcomer_to_the_real_thread_can_ask_at_each_of_its_acronyms(client):
    call_command("import_thread", REAL, title="PMO and CMO", stdout=StringIO())
    thread = Thread.objects.get()
    assert marked(client, thread) == ["CMO", "PMO", "SAP"]
    factories.published_term("PMO")
    factories.published_term("CMO")
    assert marked(client, thread) == ["SAP"]
    assert told(client, thread)["sap"]["said"] == "Nobody has said yet what SAP means here."


# --- Pages that are kept ----------------------------------------------------------------------------------------------
def _ask_and_answer(thread):
    question = questions.ask(thread, by=factories.member("anna"), text="SOX")
    meanings.answer(question, by=thread.starter, words="A law.")


CHANGES = {
    "it becomes a term": (lambda _: factories.published_term("SOX"), False),
    "curators list it as known": (lambda _: known.add_known_acronym(by=glossaries.curator(), text="SOX"), False),
    "a later post spells it out": (lambda t: factories.reply(t, body="The Sarbanes Oxley Xylophone (SOX)."), False),
    "somebody asks": (lambda t: questions.ask(t, by=factories.member("otto"), text="SOX"), True),
    "it is answered": (_ask_and_answer, True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_page_is_written_anew_with_everything_that_changes_a_mark(client, thread, change):
    before = client.get(thread.get_absolute_url())
    act, is_marked = CHANGES[change]
    act(thread)
    after = client.get(thread.get_absolute_url())
    assert after["ETag"] != before["ETag"]
    assert after.content != before.content
    assert ("SOX" in marked(client, thread)) == is_marked


def test_who_asks_again_leaves_the_kept_page_as_it_is(client, thread):
    otto = factories.member("otto")
    questions.ask(thread, by=otto, text="SOX")
    before = client.get(thread.get_absolute_url())["ETag"]
    questions.ask(thread, by=otto, text="SOX", is_named=False)
    assert client.get(thread.get_absolute_url())["ETag"] == before


def test_a_term_that_is_retired_is_asked_about_as_soon_as_posts_are_indexed_anew(client, thread):
    curator = glossaries.curator()
    sense = glossaries.published(curator, preferred="SOX")
    mentions.catch_up()
    assert marked(client, thread) == ["DPIAs"]
    senses.retire(glossaries.again(sense), by=curator, reason="Not ours.")
    kept = client.get(thread.get_absolute_url())["ETag"]
    mentions.catch_up()
    assert client.get(thread.get_absolute_url())["ETag"] != kept
    assert marked(client, thread) == ["SOX", "DPIAs"]


def test_indexing_that_makes_no_acronym_undefined_leaves_kept_pages_as_they_are(client, thread):
    glossaries.published(glossaries.curator(), preferred="SOX")
    kept = client.get(thread.get_absolute_url())["ETag"]
    mentions.catch_up()
    assert client.get(thread.get_absolute_url())["ETag"] == kept


# --- A question tells nothing that no shown post says -----------------------------------------------------------------
@pytest.fixture
def secret():
    """A question about a word, and the only post that holds it."""
    author = factories.member()
    thread = factories.start(author, body="Nothing to see.").thread
    post = factories.reply(thread, author, body="The QUOKKA deal of the GRC board.")
    asker = factories.member("otto")
    return post, [questions.ask(thread, by=asker, text=text) for text in ("QUOKKA deal", "GRC")]


def _edit(post):
    posting.edit(post, by=post.author, body="The deal.", based_on=1)


WAYS = {
    "edited out": _edit,
    "withdrawn": lambda post: posting.withdraw(post, by=post.author),
    "hidden": factories.hidden_post,
    "hidden with its discussion": lambda post: factories.hidden_thread(post.thread),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_word_that_stands_in_no_shown_post_is_not_shown_as_asked(client, secret, way):
    post, asked = secret
    for question, words in zip(asked, ("An animal.", "Governance."), strict=True):
        meanings.answer(question, by=post.author, words=words)
    assert "QUOKKA" in words_page(client, post.thread)
    told_to = Notification.objects.filter(kind="question")
    assert told_to.count() == 2
    client.force_login(factories.member("olga"))
    WAYS[way](post)
    for reader in (None, "olga", "otto"):
        client.logout() if reader is None else client.force_login(Member.objects.get(username=reader))
        for address in (
            reverse("thread_words", args=[post.thread_id]),
            post.thread.get_absolute_url(),
            reverse("inbox"),
        ):
            shown = client.get(address, follow=True).content.decode()
            for leaked in ("QUOKKA", "GRC", "An animal.", "Governance."):
                assert leaked not in shown, (reader, address)


@pytest.mark.parametrize("way", WAYS)
def test_an_open_question_about_such_a_word_waits_for_nobody(client, secret, way):
    post, _ = secret
    client.force_login(glossaries.curator())
    assert "QUOKKA" in client.get("/admin/desk/").content.decode()
    WAYS[way](post)
    assert "QUOKKA" not in client.get("/admin/desk/").content.decode()


def test_a_question_goes_on_to_another_post_that_holds_the_word(client, secret):
    post, (deal, grc) = secret
    later = factories.reply(post.thread, body="What of the QUOKKA deal?\n\nAnd of GRC?")
    _edit(post)
    assert {factories.again(each).post for each in (deal, grc)} == {later}
    assert "QUOKKA deal" in words_page(client, post.thread)


def test_a_question_whose_post_is_hidden_is_shown_where_the_acronym_stands_elsewhere(client, secret):
    post, (_, grc) = secret
    later = factories.reply(post.thread, body="The GRC, again.")
    factories.hidden_post(post)
    shown = words_page(client, post.thread)
    assert "1 person asks: Otto" in shown
    assert post.permanent_url() not in shown
    meanings.answer(grc, by=post.thread.starter, words="Governance.")
    assert factories.again(grc).post == later
    assert later.permanent_url() in words_page(client, post.thread)


def test_a_word_that_is_written_again_has_its_question_again(client, secret):
    post, (_, grc) = secret
    _edit(post)
    assert factories.again(grc).post is None
    with pytest.raises(Refused):
        meanings.answer(grc, by=post.thread.starter, words="Governance.")
    later = factories.reply(post.thread, body="The GRC, again.")
    assert "1 person asks: Otto" in words_page(client, post.thread)
    assert questions.ask(post.thread, by=factories.member("olga"), text="GRC").post == later
    assert told(client, post.thread)["grc"]["said"].endswith("2 people ask.")


def test_a_question_about_words_that_were_edited_out_cannot_be_answered(client, secret):
    post, (deal, _) = secret
    _edit(post)
    client.force_login(post.author)
    said = {"question": deal.pk, "answer": "An animal."}
    refused = client.post(reverse("thread_answer", args=[post.thread_id]), said)
    assert refused.status_code == 422
    assert "QUOKKA" not in refused.content.decode()
    assert factories.again(deal).answered_at is None


def test_words_of_a_quoted_post_are_asked_about_in_that_post_and_go_with_it(client, secret):
    post, _ = secret
    quoting = f"> [#2]({post.permanent_url()})\n> The QUOKKA deal of the GRC board.\n\nMore of it."
    factories.reply(post.thread, body=quoting)
    _edit(post)
    assert MeaningRequest.objects.filter(post=None).count() == 2
    other = factories.start(body="The QUOKKA of old.").thread
    factories.reply(other, body=quoting)
    with pytest.raises(Refused):
        questions.ask(other, by=factories.member("olga"), text="QUOKKA deal")
    assert questions.ask(other, by=factories.member("oda"), text="QUOKKA of old").post.number == 1
