import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from members.search import folded_query
from pmo_cmo.search import find
from tests import factories
from tests.factories import member, reply, start
from threads.actions import posting
from threads.models import Post

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()

# What is written, and what finds it; from the design's table of what PostgreSQL's own configuration misses.
FOUND = [
    ("PMO/CMO", "CMO"),
    ("PMO/CMO", "pmo"),
    ("our PMOs", "PMO"),
    ("our PMO", "PMOs"),
    ("the PMO's scope", "PMO"),
    ("the PMO’s scope", "PMO"),
    ("a P.M.O. of ten", "PMO"),
    ("a PMO of ten", "P.M.O."),
    ("our IT department", "IT"),
    ("ask WHO about it", "WHO"),
    ("an e-PMO", "PMO"),
    ("a programme", "program"),
    ("a program", "programmes"),
    ("organisational change", "organizational"),
    ("behaviour", "behavior"),
    ("a cost centre", "cost center"),
    ("the licence", "license"),
    ("modelling", "modeling"),
    ("Élodie wrote", "elodie"),
    ("a naïve plan", "naive"),
    ("ＰＭＯ in full width", "PMO"),
    ("so\u00adft hyphen", "soft"),
    ("governance/assurance", "assurance"),
    ("v1.2 of the plan", "plan"),
    ("AI for reports", "AI"),
    ("P3O models", "P3O"),
    ("the 5 Whys", "whys"),
    ("die Änderung", "anderung"),
    ("控制", "控制"),
    ("إدارة التغيير", "التغيير"),
]
NOT_FOUND = [
    ("it is late", "IT"),
    ("who knows", "WHO"),
    ("Cyrillic СМО", "CMO"),
    ("a compost heap", "PMO"),
]


@pytest.mark.parametrize(("written", "asked"), FOUND)
def test_search_finds(written, asked):
    post = start(title="Untitled", body=written)
    assert post in Post.objects.search(asked)


@pytest.mark.parametrize(("written", "asked"), NOT_FOUND)
def test_search_does_not_find(written, asked):
    start(title="Untitled", body=written)
    assert not Post.objects.search(asked).exists()


def test_the_fold_has_what_an_index_needs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT provolatile, proisstrict, proparallel FROM pg_proc WHERE proname = 'search_fold'")
        assert cursor.fetchall() == [("i", True, "s")]


def test_all_words_are_wanted():
    one = start(title="Untitled", body="Benefits of a small office.")
    start(title="Untitled", body="Benefits of a garden.")
    assert list(Post.objects.filter(search=folded_query("benefits office"))) == [one]


def test_the_term_of_that_name_comes_first():
    factories.published_term("change control")
    factories.published_term("change")
    found = find("change", VISITOR)
    assert [hit.subject.text for hit in found.terms] == ["change", "change control"]


def test_the_words_found_are_marked_and_nothing_else_of_the_text_is_html(client):
    start(title="PMOs & <b>bold</b>", body="The PMO's <script>alert(1)</script> scope.")
    page = client.get("/search/", {"q": "pmo"}).content.decode()
    assert "<mark>PMOs</mark> &amp; &lt;b&gt;bold&lt;/b&gt;" in page
    assert "<mark>PMO</mark>" in page or "<mark>PMO's</mark>" in page
    assert "<script>alert" not in page


def test_the_excerpt_is_where_the_words_stand():
    start(title="Untitled", body="Filler words. " * 100 + "Here stands the benefits register. " + "More filler. " * 100)
    (hit,) = find("benefits register", VISITOR).posts
    assert "<mark>benefits</mark> <mark>register</mark>" in hit.excerpt


def test_what_one_may_not_see_is_not_found():
    mona = member()
    thread = start(mona, title="Untitled", body="Opening.").thread
    hidden = reply(thread, by=mona, body="The zebra budget.")
    factories.hidden_post(hidden)
    withdrawn = reply(thread, by=mona, body="The zebra plan.")
    posting.withdraw(withdrawn, by=mona)
    other = start(title="A zebra question", body="Zebra.").thread
    factories.hidden_thread(other)
    factories.draft_term("zebra")
    for reader in (VISITOR, member("nora"), factories.moderator(), mona):
        assert not find("zebra", reader)


def test_common_words_alone_are_answered_with_a_sentence(client):
    assert "Only common words" in client.get("/search/?q=the+and").content.decode()


def test_nothing_found_offers_to_start_a_discussion(client):
    page = client.get("/search/?q=unheard-of").content.decode()
    assert "Nothing found" in page
    assert "/threads/new/?title=unheard-of" in page


@pytest.mark.parametrize(
    "asked", ["'", '"', "a & b", "!", "(:*", "\\", "%", "x" * 200, "😀", "\u202eabc", "<->", "a|b"]
)
def test_no_question_is_too_strange(client, asked):
    assert client.get("/search/", {"q": asked}).status_code == 200


def test_a_question_too_long_is_answered_with_a_sentence(client):
    response = client.get("/search/", {"q": "x" * 201})
    assert response.status_code == 400
    assert "at most 200 characters" in response.content.decode()


def test_search_costs_the_same_for_two_hits_and_for_twenty(client, django_assert_max_num_queries):
    thread = start(title="About benefits", body="Benefits.").thread
    for number in range(20):
        reply(thread, body=f"Benefits {number}.")
        start(title=f"Benefits {number}", body="Text.")
    with django_assert_max_num_queries(6):
        client.get("/search/?q=benefits")
