"""How much words are used and read: counted beside the pages, shown to everybody."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from glossary.actions import known, senses, terms
from markup.slugs import key
from members.models import SiteVersion
from tests import factories
from tests.factories import again, member, published_term, reply, start
from tests.glossaries import published
from threads.actions import meanings, moderation, tagging
from threads.actions.counting import LOCK, count_words
from threads.actions.reading import mark_read
from threads.models import Mention, Tag, ThreadSense, WordUse

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return factories.curator()


def mention(post, text, term=None, words=""):
    Mention.objects.update_or_create(post=post, key=key(text), defaults={"text": text, "term": term, "words": words})


def counted(kind):
    assert count_words()
    rows = WordUse.objects.filter(kind=kind).values_list("text", "posts", "threads", "readers")
    return {text: figures for text, *figures in rows}


def test_a_reader_has_come_as_far_as_the_word_and_is_counted_once():
    mona, otto, hugo = member("mona"), member("otto"), member("hugo")
    first, other = start(mona), start(otto)
    later = reply(first.thread, mona)
    for post in (later, other):
        mention(post, "QXA")
    mark_read(first.thread, by=hugo, number=later.number - 1)
    assert counted("undefined")["QXA"] == [2, 2, 2], "the two who wrote it; Hugo has not come so far"
    mark_read(first.thread, by=hugo, number=later.number)
    mark_read(other.thread, by=hugo, number=other.number)
    mark_read(first.thread, by=mona, number=later.number)
    assert counted("undefined")["QXA"] == [2, 2, 3]


def test_what_is_hidden_spelled_out_known_or_a_term_is_not_undefined(by):
    post, other = start(), start()
    for text in ("QXA", "QXB", "QXC"):
        mention(post, text)
    mention(reply(post.thread), "QXA", words="Quite another aim")
    mention(other, "QXA")
    hidden = reply(post.thread)
    mention(hidden, "QXD")
    moderation.hide_post(hidden, by=factories.moderator(), reason="A reason.")
    known.add_known_acronym(by=by, text="QXB")
    mention(post, "PMO", term=published_term("PMO", by=by))
    assert counted("undefined") == {"QXA": [1, 1, 1], "QXC": [1, 1, 1]}
    assert counted("term") == {"PMO": [1, 1, 1]}
    moderation.hide_thread(other.thread, by=factories.moderator("moss"), reason="A reason.")
    assert set(counted("undefined")) == {"QXC"}


def test_a_meaning_is_open_until_people_settle_it_in_the_stated_order(by):
    cmo = published_term("CMO", "Change office", "A unit that leads people.", by=by)
    office = cmo.senses.get()
    chief = published(by, name="Marketing chief", preferred="CMO")
    post = start(by, tags=["change", "sales"])
    mention(post, "CMO", term=cmo)
    assert counted("open") == {"CMO": [1, 1, 1]}

    mention(post, "CMO", term=cmo, words="Change office")
    assert not counted("open"), "spelled out"
    mention(reply(post.thread), "CMO", term=cmo, words="Marketing chief")
    assert counted("open"), "posts that disagree settle nothing"

    tags = {tag.name: tag for tag in Tag.objects.all()}
    tagging.save_tag(tags["change"], by=by, name="change", description="", sense=office)
    assert not counted("open"), "bound to a tag"
    tagging.save_tag(tags["sales"], by=by, name="sales", description="", sense=chief)
    assert counted("open"), "two tags that disagree"

    meanings.choose(post.thread, by=by, term=cmo.pk, sense=chief.pk)
    assert not counted("open"), "chosen"
    third = published(by, name="Contract maker", preferred="CMO")
    terms.set_usual_sense(again(cmo), by=by, sense=third)
    senses.retire(again(chief), by=by, reason="Out of use.")
    assert ThreadSense.objects.filter(sense=chief).exists()
    assert counted("open"), "a choice that was retired is replaced by nothing, not even by the usual sense"


def test_a_tag_bound_to_a_retired_sense_settles_nothing_and_a_usual_sense_does(by):
    cmo = published_term("CMO", "Change office", "A unit that leads people.", by=by)
    chief = published(by, name="Marketing chief", preferred="CMO")
    published(by, name="Contract maker", preferred="CMO")
    post = start(by, tags=["sales"])
    mention(post, "CMO", term=cmo)
    tagging.save_tag(Tag.objects.get(), by=by, name="sales", description="", sense=chief)
    assert not counted("open")
    senses.retire(again(chief), by=by, reason="Out of use.")
    assert counted("open") == {"CMO": [1, 1, 1]}
    terms.set_usual_sense(again(cmo), by=by, sense=cmo.senses.order_by("pk").first())
    assert not counted("open")


def test_the_glossarys_page_lists_them_and_is_written_anew_when_the_figures_change(client):
    published_term("PMO")
    post = start(title="Where is it?")
    mention(post, "QXA")
    address = reverse("glossary")
    before = client.get(address)["ETag"]
    count_words()
    page = client.get(address)
    assert page["ETag"] != before
    shown = " ".join(page.text.split())
    assert shown.index("QXA") < shown.index("1 reader")
    version = SiteVersion.objects.get()
    count_words()
    assert again(version).words == version.words, "nothing changed, so kept pages stay"
    assert client.get(address)["ETag"] == page["ETag"]
    mark_read(post.thread, by=member("hugo"), number=post.number)
    count_words()
    page = client.get(address)
    assert "2 readers" in page.text
    moderation.hide_post(post, by=factories.moderator(), reason="A reason.")
    shown = client.get(reverse("undefined_words")).text
    assert "QXA" not in shown, "gone at once, though it is counted still"
    count_words()
    assert "QXA" not in client.get(address).text


def test_the_list_has_those_of_most_readers_first_or_of_most_posts(client):
    mona = member("mona")
    first = start(mona)
    for post in (first, reply(first.thread, mona), reply(first.thread, mona)):
        mention(post, "QXA")
    other = start(member("otto"))
    mention(other, "QXB")
    mark_read(other.thread, by=mona, number=1)
    call_command("count_words", verbosity=0)
    shown = " ".join(client.get(reverse("undefined_words")).text.split())
    assert shown.index("QXB") < shown.index("QXA")
    assert "in 3 posts, 1 reader" in shown
    shown = client.get(reverse("undefined_words") + "?order=posts").text
    assert shown.index("QXA") < shown.index("QXB")
    assert client.get(reverse("undefined_words") + "?order=nonsense").status_code == 200


def test_a_private_portal_tells_visitors_no_word(client, settings):
    mention(start(), "QXA")
    count_words()
    settings.PORTAL_PRIVATE = True
    assert "QXA" not in client.get(reverse("undefined_words")).text
    assert "QXA" not in client.get(reverse("glossary")).text


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_count_at_once():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        assert not count_words()
    finally:
        other.close()
    assert count_words()
