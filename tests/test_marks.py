"""How often terms are marked: the reader chooses, signed in or not."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories, glossaries

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    curator = glossaries.curator()
    glossaries.published(curator, preferred="PMO")
    glossaries.published(curator, preferred="change request")
    thread = factories.start(body="A PMO and a change request. A PMO.").thread
    factories.reply(thread, body="A PMO, and another change request.")
    return thread


def marks(client, thread):
    page = client.get(thread.get_absolute_url(), follow=True).content.decode()
    assert page.count("change request</a>") >= 1, "the panel lists phrases in any case"
    return re.findall(r'data-term="\d+">([^<]*)</a>', page)


CHOICES = {"none": [], "page": ["PMO"], "post": ["PMO", "change request"] * 2}


@pytest.mark.parametrize("chosen", CHOICES)
def test_a_member_chooses_and_phrases_are_marked_once_a_post_only(client, thread, chosen):
    client.force_login(factories.member())
    assert marks(client, thread) == CHOICES["page"]
    assert client.post(reverse("display"), {"marks": chosen}).status_code == 302
    assert marks(client, thread) == CHOICES[chosen]


@pytest.mark.parametrize("chosen", CHOICES)
def test_a_visitor_chooses_in_a_cookie_and_kept_pages_are_kept_apart(thread, chosen):
    client, other = Client(), Client()
    assert marks(other, thread) == CHOICES["page"]
    assert client.post(reverse("display"), {"marks": chosen}).status_code == 302
    assert marks(client, thread) == CHOICES[chosen]
    assert marks(other, thread) == CHOICES["page"]
    assert f'value="{chosen}"' in client.get(reverse("display")).content.decode()


def test_a_cookie_that_holds_anything_else_is_the_default_and_keeps_no_page_of_its_own(client, thread):
    first = client.get(thread.get_absolute_url())
    for value in ("", "post2", "x" * 500, "PAGE"):
        client.cookies["marks"] = value
        assert client.get(thread.get_absolute_url())["ETag"] == first["ETag"]
    client.cookies["marks"] = "post"
    assert client.get(thread.get_absolute_url())["ETag"] != first["ETag"]


def test_a_word_that_a_member_knows_is_not_marked_for_them(client, thread):
    client.force_login(factories.member())
    shown = client.get(reverse("my_words") + "?word=PMO").content.decode()
    assert "I know PMO" in shown
    assert client.post(reverse("my_words"), {"know": "PMO"}).status_code == 302
    assert marks(client, thread) == []
    row = re.search(r'name="forget" value="(\d+)"', client.get(reverse("my_words")).content.decode())
    client.post(reverse("my_words"), {"forget": row[1]})
    assert marks(client, thread) == ["PMO"]


def test_the_preview_marks_as_the_page_will(client, thread):
    client.force_login(factories.member())
    client.post(reverse("display"), {"marks": "none"})
    shown = client.post(reverse("reply", args=[thread.pk]), {"body": "The PMO.", "preview": "1"}).content.decode()
    assert "data-term" not in shown.split('id="preview-head"')[1].split("</section>")[0]


def test_the_panel_and_the_page_of_a_term_lead_to_the_words_one_knows_for_members_only(client, thread):
    address = reverse("my_words")
    pages = [thread.get_absolute_url(), reverse("term", args=["pmo"])]
    assert all(address not in client.get(page).content.decode() for page in pages)
    client.force_login(factories.member())
    assert all(f"{address}?word=PMO" in client.get(page).content.decode() for page in pages)
