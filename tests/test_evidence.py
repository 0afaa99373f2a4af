"""Words of posts as evidence for senses: exact, noticed when they change, gone with their post, counted by people."""

import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glossary import lexicon
from glossary.actions import senses
from members.actions.accounts import delete_member
from members.permissions import Refused
from tests import factories
from tests.factories import again, curator, member, moderator, published_term, reply, start
from tests.people import send_mail
from tests.races import at_once
from threads.actions import evidence, moderation, posting
from threads.models import Evidence, EvidenceState, PostRevision

pytestmark = pytest.mark.django_db
WORDS = "The office that leads the people side of change."
BODY = f"Hello all.\n\n{WORDS} So *we* say here.\n\n> Quoted nonsense of others.\n\nAfter it."


@pytest.fixture
def term():
    return published_term("CMO", "Change Management Office", "A unit for change.")


def sense_of(term):
    return term.senses.get()


def a_post(author=None, body=BODY, **profile):
    author = author or member("mona", name="Mona Lind", **{"role": "Consulting Director", **profile})
    return start(author, body=body)


def proposed(post, term, by=None, excerpt=WORDS, stance="defines"):
    return evidence.propose(post, by=by or member("otto"), sense=sense_of(term), excerpt=excerpt, stance=stance)


def cited(post, term, **said):
    return proposed(post, term, by=curator(f"citing-{Evidence.objects.count()}"), **said)


def page(client, term):
    response = client.get(term.get_absolute_url())
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# --- Proposing --------------------------------------------------------------------------------------------------------


def test_the_words_are_kept_as_they_stand_in_the_post_with_its_revision(term):
    post = a_post()
    post = posting.edit(post, by=post.author, body=BODY + "\n\nMore.", based_on=1)
    row = proposed(post, term, excerpt="  people side of\n change. So we   say")
    assert (row.excerpt, row.post_revision) == ("people side of change. So we say", 2)
    assert (row.state, row.written_at, row.is_gone_from_post) == (EvidenceState.PROPOSED, post.edited_at, False)


@pytest.mark.parametrize(
    "excerpt",
    ["The office that leads", "Hello all.\n\nThe office", "we", "After it."],
)
def test_any_stretch_of_the_visible_text_can_be_cited(term, excerpt):
    assert proposed(a_post(), term, excerpt=excerpt).pk


@pytest.mark.parametrize(
    "excerpt",
    [
        "the office that leads",
        "*we*",
        "Quoted nonsense",
        "So we say here. After it.",
        "The office … change",
        "",
        " \n ",
        "a\x00b",
        "x" * 1001,
        "<p>",
        "\\w+",
    ],
)
def test_what_its_author_did_not_write_so_is_no_evidence(term, excerpt):
    with pytest.raises(ValidationError):
        proposed(a_post(), term, excerpt=excerpt)
    assert not Evidence.objects.exists()


def test_a_thousand_characters_of_any_script_can_be_cited_and_one_more_cannot(term):
    words = "".join(chr(0x4E00 + number * 7 % 20000) for number in range(1000))
    post = a_post(body=f"{words}！")
    assert proposed(post, term, excerpt=words).excerpt == words
    with pytest.raises(ValidationError):
        proposed(post, term, by=member("odo"), excerpt=f"{words}！")


def test_the_same_words_for_the_same_sense_are_kept_once(term):
    post = a_post()
    first = proposed(post, term)
    assert proposed(post, term, by=member("odo"), stance="uses") == first
    assert proposed(post, term, by=member("oda"), excerpt="Hello all.") != first
    other = published_term("PMO")
    assert proposed(post, other, by=member("ole")) != first


def test_a_curators_words_are_published_at_once(term):
    post = a_post()
    row = proposed(post, term)
    mine = cited(post, term, stance="disputes")
    assert mine == row
    assert (mine.state, mine.stance) == (EvidenceState.PUBLISHED, "disputes")


def test_unattributed_and_sample_posts_can_be_cited(term, client):
    unattributed = factories.imported_thread().posts.get(number=2)
    cited(unattributed, term, excerpt="What did the budget change?")
    sample = factories.sample_thread(body="A sample says so.").posts.get()
    cited(sample, term, excerpt="A sample says so.", stance="uses")
    shown = page(client, term)
    assert "Unattributed" in shown
    assert "A sample says so." in shown


def test_only_what_everybody_sees_is_cited_and_only_by_confirmed_members(term):
    post = a_post()
    with pytest.raises(Refused, match="Confirm"):
        proposed(post, term, by=member("una", confirmed=False))
    posting.withdraw(post, by=post.author)
    with pytest.raises(PermissionDenied):
        proposed(post, term, by=post.author)
    posting.bring_back(post, by=post.author)
    factories.hidden_thread(post.thread)
    with pytest.raises(PermissionDenied):
        cited(post, term)


def test_a_draft_and_a_retired_sense_take_no_evidence(term):
    post = a_post()
    draft = factories.draft_term("XYZ").senses.get()
    with pytest.raises(Refused, match="no longer"):
        evidence.propose(post, by=member("otto"), sense=draft, excerpt=WORDS, stance="uses")
    senses.retire(sense_of(term), by=curator(), reason="Out of use.")
    with pytest.raises(Refused, match="no longer"):
        proposed(post, term, by=member("odo"))


# --- Deciding ---------------------------------------------------------------------------------------------------------


def test_readers_see_what_a_curator_publishes_and_nothing_before(term, client):
    row = proposed(a_post(), term)
    assert WORDS not in page(client, term)
    evidence.decide(row, by=curator(), publish=True, reason="It says it all.")
    shown = page(client, term)
    assert WORDS in shown
    assert "defines · <span" in shown
    assert "Consulting Director" in shown
    assert row.post.get_absolute_url() in shown
    assert "Where does a PMO end?, #1" in shown


def test_who_proposed_is_told_once(term):
    by = curator()
    row = proposed(a_post(), term)
    evidence.decide(row, by=by, publish=False, reason="Too vague.")
    evidence.decide(row, by=by, publish=True)
    evidence.decide(row, by=by, publish=True)
    send_mail()
    assert [message.to for message in mail.outbox] == [["otto@example.org"]]
    assert "published the words" in mail.outbox[0].body, "as it stands when it is sent"
    assert WORDS not in mail.outbox[0].body
    assert again(row).state == EvidenceState.PUBLISHED


def test_what_was_declined_is_not_proposed_anew(term, client):
    post = a_post()
    evidence.decide(proposed(post, term), by=curator(), publish=False)
    with pytest.raises(Refused, match="decided against"):
        proposed(post, term, by=member("odo"))
    assert WORDS not in page(client, term)


def test_taking_published_words_back_takes_them_from_readers(term, client):
    row = cited(a_post(), term)
    evidence.decide(row, by=curator("cleo"), publish=False, reason="It is about another office.")
    assert WORDS not in page(client, term)


@pytest.mark.parametrize("make", [member, moderator])
def test_only_curators_decide(term, make):
    row = proposed(a_post(), term)
    with pytest.raises(PermissionDenied):
        evidence.decide(row, by=make("molly"), publish=True)
    with pytest.raises(PermissionDenied):
        evidence.decide(row, by=row.post.author, publish=True)
    assert again(row).state == EvidenceState.PROPOSED


def test_words_that_are_gone_or_hidden_before_a_decision_are_not_published(term):
    post = a_post()
    row = proposed(post, term)
    posting.edit(post, by=post.author, body="Something else.", based_on=1)
    with pytest.raises(Refused, match="no longer stand"):
        evidence.decide(row, by=curator(), publish=True)
    hidden = reply(post.thread, body="A CMO is a unit.")
    row = proposed(hidden, term, by=member("odo"), excerpt="A CMO is a unit.")
    factories.hidden_post(hidden)
    with pytest.raises(Refused, match="do not see"):
        evidence.decide(row, by=curator("cleo"), publish=True)
    evidence.decide(row, by=curator("carl"), publish=False)


# --- What becomes of the post -----------------------------------------------------------------------------------------


def test_an_edit_that_takes_the_words_away_is_said_and_taken_back_when_they_return(term, client):
    post = a_post()
    cited(post, term)
    posting.edit(post, by=post.author, body=BODY + "\n\nAn afterthought.", based_on=1)
    assert "as written on" not in page(client, term)
    posting.edit(post, by=post.author, body="I have thought again.", based_on=2)
    shown = page(client, term)
    assert WORDS in shown
    assert "as written on" in shown
    posting.edit(post, by=post.author, body=BODY, based_on=3)
    assert "as written on" not in page(client, term)
    assert PostRevision.objects.filter(post=post).count() == 3


def test_words_that_an_edit_puts_into_a_quotation_are_gone(term):
    post = a_post()
    row = cited(post, term)
    posting.edit(post, by=post.author, body=f"> {WORDS}\n\nSaid somebody.", based_on=1)
    assert again(row).is_gone_from_post


@pytest.mark.parametrize("way", ["post hidden", "thread hidden", "withdrawn"])
def test_evidence_vanishes_with_its_post_at_once_and_returns_with_it(term, client, way):
    post = a_post()
    cited(post, term)
    boss, reason = moderator(), "It names a client."
    gone, back = {
        "post hidden": (
            lambda: moderation.hide_post(post, by=boss, reason=reason),
            lambda: moderation.restore_post(post, by=boss, reason=reason),
        ),
        "thread hidden": (
            lambda: moderation.hide_thread(post.thread, by=boss, reason=reason),
            lambda: moderation.restore_thread(post.thread, by=boss, reason=reason),
        ),
        "withdrawn": (
            lambda: posting.withdraw(post, by=post.author),
            lambda: posting.bring_back(post, by=post.author),
        ),
    }[way]
    assert WORDS in page(client, term)
    gone()
    for person in (None, member("reader"), curator("cleo"), boss, post.author):
        client.force_login(person) if person else client.logout()
        shown = page(client, term)
        assert WORDS not in shown
        assert "1 use" not in shown
    back()
    assert WORDS in page(client, term)


def test_a_deleted_account_leaves_the_words_and_the_role_of_that_day(term, client):
    post = a_post()
    proposer = member("otto")
    row = proposed(post, term, by=proposer)
    by = curator()
    evidence.decide(row, by=by, publish=True)
    for person in (post.author, proposer, by):
        delete_member(person, by=factories.administrator(f"admin-{person.pk}"))
    shown = page(client, term)
    assert WORDS in shown
    assert "Consulting Director" in shown
    assert again(row).proposed_by is None


# --- Counting ---------------------------------------------------------------------------------------------------------


def counted(client, term):
    said = re.search(r'<p class="quiet"> ?(\d+ uses?\b.*?)</p>', page(client, term))[1]
    return said.replace(" ,", ",").strip()


def test_people_are_counted_and_not_posts_nor_the_unnamed_nor_colleagues(term, client):
    acme = [member(f"acme-{n}", name=f"Acme {n}", organisation="Acme Ltd") for n in range(2)]
    alone = member("alone", name="Alone")
    other = member("other", name="Other", organisation="Ministry")
    first = start(acme[0], body="Use number 0 of it.")
    cited(first, term, excerpt="Use number 0 of it.", stance="uses")
    for number, author in enumerate([acme[0], acme[1], alone, other], start=1):
        post = reply(first.thread, author, body=f"Use number {number} of it.")
        cited(post, term, excerpt=f"Use number {number} of it.", stance="uses")
    unattributed = factories.imported_thread().posts.get(number=2)
    cited(unattributed, term, excerpt="What did the budget change?")
    year = first.created_at.year
    assert counted(client, term) == f"6 uses by 3 people in 2 organisations, {year}"


def test_posts_of_unknown_date_give_no_year(term, client):
    cited(factories.imported_thread().posts.get(number=2), term, excerpt="What did the budget change?")
    assert counted(client, term) == "1 use"


def test_two_stretches_of_one_post_are_one_use(term, client):
    post = a_post(organisation="Acme Ltd")
    cited(post, term)
    cited(post, term, excerpt="Hello all.")
    assert counted(client, term).startswith("1 use by 1 person in 1 organisation")


def test_the_page_costs_the_same_with_one_evidence_and_with_twenty(term, client):
    def cost(person=None):
        client.force_login(person) if person else client.logout()
        lexicon.current()
        with CaptureQueriesContext(connection) as queries:
            page(client, term)
        return len(queries)

    by = curator()
    first = cited(a_post(), term).post
    few = cost(), cost(by)
    for number in range(19):
        post = reply(first.thread, body=f"Line {number} of it.")
        cited(post, term, excerpt=f"Line {number} of it.")
        proposed(post, term, by=first.author, excerpt=f"Line {number}")
    assert (cost(), cost(by)) == few


def test_curators_are_told_on_the_page_what_waits(term, client):
    proposed(a_post(), term)
    for person, told in ((None, False), (member("reader"), False), (moderator(), False), (curator(), True)):
        client.force_login(person) if person else client.logout()
        shown = page(client, term)
        assert ("1 proposal waits" in shown) is told
        assert WORDS not in shown


# --- The page of a post -----------------------------------------------------------------------------------------------


def form_of(post):
    return f"/posts/{post.pk}/evidence/"


def test_a_post_that_mentions_one_term_is_proposed_in_two_clicks(term, client):
    post = a_post(body=f"Of a CMO. {WORDS}")
    client.force_login(member("otto"))
    assert form_of(post) in client.get(post.thread.get_absolute_url()).content.decode()
    shown = client.get(form_of(post)).content.decode()
    sense = sense_of(term)
    assert f'name="sense" value="{sense.pk}"' in shown
    assert shown.count("checked") == 2  # the one sense, and “defines”
    assert f"Of a CMO. {WORDS}" in shown
    response = client.post(form_of(post), {"sense": sense.pk, "stance": "defines", "words": f"Of a CMO. {WORDS}"})
    assert (response.status_code, response["Location"]) == (302, post.get_absolute_url())
    assert Evidence.objects.get().state == EvidenceState.PROPOSED


def test_a_curator_is_led_to_the_published_words(term, client):
    post = a_post(body=f"Of a CMO. {WORDS}")
    client.force_login(curator())
    said = {"sense": sense_of(term).pk, "stance": "defines", "words": WORDS}
    assert client.post(form_of(post), said)["Location"] == f"/glossary/cmo/#sense-{sense_of(term).pk}"
    assert WORDS in page(client, term)


def test_the_selection_is_filled_in_and_quotations_are_not(term, client):
    post = a_post()
    client.force_login(member("otto"))
    assert f">\n{WORDS}</textarea>" in client.get(f"{form_of(post)}?words={WORDS}").content.decode()
    assert "Quoted nonsense" not in client.get(form_of(post)).content.decode().split("<textarea")[1]


def test_terms_of_the_thread_are_offered_after_those_of_the_post(term, client):
    other = published_term("PMO", "Project office")
    post = a_post(body="Of a PMO.")
    reply(post.thread, body="And a CMO.")
    client.force_login(member("otto"))
    shown = client.get(form_of(post)).content.decode()
    assert shown.index(f'value="{sense_of(other).pk}"') < shown.index(f'value="{sense_of(term).pk}"')
    assert re.search(rf'value="{sense_of(other).pk}"[^>]* checked', shown)


def test_another_term_is_typed_and_its_senses_are_shown_with_the_words_kept(term, client):
    post = a_post(body=f"No term here. {WORDS}")
    client.force_login(member("otto"))
    for typed in ("CMO", "cmo", "CMOs"):
        response = client.post(form_of(post), {"term": typed, "find": "1", "words": WORDS, "stance": "disputes"})
        shown = response.content.decode()
        assert response.status_code == 200
        assert f'value="{sense_of(term).pk}"' in shown
        assert WORDS in shown
        assert re.search(r'value="disputes"[^>]* checked', shown)
    response = client.post(form_of(post), {"term": "CMO", "sense": sense_of(term).pk, "words": WORDS, "stance": "uses"})
    assert response.status_code == 302
    assert Evidence.objects.get().stance == "uses"


def test_a_term_that_the_glossary_lacks_can_be_suggested_from_here(client):
    post = a_post()
    client.force_login(member("otto"))
    shown = client.post(form_of(post), {"term": "X & Y", "words": WORDS}).content.decode()
    assert "/glossary/suggest/?text=X%20%26%20Y" in shown
    assert WORDS in shown


def test_what_is_wrong_is_said_and_the_words_stay(term, client):
    post = a_post()
    client.force_login(member("otto"))
    said = {"sense": sense_of(term).pk, "stance": "defines", "words": "I never said that."}
    response = client.post(form_of(post), said)
    assert response.status_code == 422
    assert "do not stand so in the post" in response.content.decode()
    assert "I never said that." in response.content.decode()
    assert client.post(form_of(post), {**said, "sense": "123456789"}).status_code == 422
    assert client.post(form_of(post), {**said, "stance": "praises"}).status_code == 422


def test_a_visitor_keeps_the_words_and_who_may_not_see_the_post_finds_nothing(term, client):
    post = a_post()
    response = client.post(form_of(post), {"words": WORDS})
    assert response.status_code == 403
    assert WORDS in response.content.decode()
    assert form_of(post) not in client.get(post.thread.get_absolute_url()).content.decode()
    factories.hidden_post(post)
    client.force_login(member("otto"))
    assert client.get(form_of(post)).status_code == 404
    client.force_login(moderator())
    assert client.get(form_of(post)).status_code == 403


def test_a_member_who_proposes_without_end_is_stopped(term, client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"evidence": "1/h/user"}
    post = a_post()
    client.force_login(member("flooder"))
    said = {"sense": sense_of(term).pk, "stance": "defines", "words": WORDS}
    assert client.post(form_of(post), said).status_code == 302
    assert client.post(form_of(post), {**said, "words": "Hello all."}).status_code == 422


# --- The curators' screen ---------------------------------------------------------------------------------------------


def test_a_curator_publishes_and_declines_in_the_admin(term, client):
    row = proposed(a_post(), term)
    client.force_login(curator())
    listed = client.get("/admin/threads/evidence/?state__exact=proposed").content.decode()
    assert WORDS in listed
    assert client.post(f"/admin/threads/evidence/{row.pk}/publish/", {"reason": ""}).status_code == 302
    assert again(row).state == EvidenceState.PUBLISHED
    assert client.post(f"/admin/threads/evidence/{row.pk}/decline/", {"reason": "Vague."}).status_code == 302
    assert again(row).state == EvidenceState.DECLINED
    assert client.post(f"/admin/threads/evidence/{row.pk}/change/", {"excerpt": "Mine."}).status_code == 403


def test_the_curators_screen_says_nothing_of_a_hidden_post(term, client):
    post = a_post()
    row = cited(post, term)
    client.force_login(curator("cleo"))
    client.post(f"/admin/threads/evidence/{row.pk}/decline/", {"reason": "Vague."})
    factories.hidden_post(post)
    for part in ("", f"{row.pk}/change/", f"{row.pk}/publish/", f"{row.pk}/history/"):
        assert WORDS not in client.get(f"/admin/threads/evidence/{part}").content.decode()
    assert WORDS not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("query", ["", "?state__exact=proposed"])
def test_the_list_neither_counts_nor_scans(term, client, query):
    proposed(a_post(), term)
    client.force_login(curator())
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/admin/threads/evidence/{query}")
    asked = [q["sql"] for q in queries if 'FROM "threads_evidence"' in q["sql"]]
    # The account is loaded with what the head of a page counts.
    asked = [sql for sql in asked if 'FROM "members_member" WHERE' not in sql]
    assert asked
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in asked:
            assert "COUNT(*)" not in sql.upper()
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on threads_evidence" not in plan, plan


# --- At the same moment -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_edit_while_words_are_proposed_leaves_the_truth(term):
    post, otto = a_post(), member("otto")
    edited, kept = at_once(
        lambda: posting.edit(post, by=post.author, body="Another text.", based_on=1),
        lambda: proposed(post, term, by=otto),
    )
    assert edited.revision == 2
    assert isinstance(kept, ValidationError) or again(kept).is_gone_from_post


@pytest.mark.django_db(transaction=True)
def test_hiding_while_words_are_published_shows_them_to_nobody(term, client):
    post = a_post()
    row = proposed(post, term)
    boss, by = moderator(), curator()
    hidden, decided = at_once(
        lambda: moderation.hide_post(post, by=boss, reason="A client."),
        lambda: evidence.decide(row, by=by, publish=True),
    )
    assert hidden.is_hidden
    assert isinstance(decided, Refused | Evidence)
    assert WORDS not in page(client, term)


@pytest.mark.django_db(transaction=True)
def test_two_who_propose_the_same_words_at_once_make_one(term):
    post, otto, odo = a_post(), member("otto"), member("odo")
    one, other = at_once(lambda: proposed(post, term, by=otto), lambda: proposed(post, term, by=odo))
    assert one == other
    assert Evidence.objects.count() == 1
