"""The curators' screens where glossary and discussions meet: comparisons, tags, the desk, impact, several at once."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from glossary.actions import comparisons, known, senses, terms
from glossary.models import Comparison, KnownAcronym, KnownWord, Sense, SenseRevision, SenseState, Suggestion, Term
from markup.slugs import key
from members.permissions import Refused
from pmo_cmo.curation import impact
from tests import factories, glossaries
from tests.factories import again, published_term, reply, start
from tests.glossaries import compared, draft, published
from threads.actions import evidence, moderation, tagging
from threads.actions.citations import cite_cells
from threads.actions.counting import count_words
from threads.actions.reading import mark_read
from threads.models import CellEvidence, Evidence, MeaningAsker, MeaningRequest, Mention, Tag

pytestmark = pytest.mark.django_db
NAUGHTY = ["", "'\"><script>alert(1)</script>", "x" * 5000, "\x00", "﷽" * 100, "\u202e\u200b", "-1", "9" * 40, "1e308"]
ADD = "/admin/glossary/comparison/add/"
DESK = "/admin/desk/"


@pytest.fixture
def by():
    return factories.curator()


@pytest.fixture
def desk(by):
    client = Client()
    client.force_login(by)
    return client


@pytest.fixture
def pair(by):
    return (
        published_term("PMO", "Project office", "A unit that keeps delivery in order.", by=by),
        published_term("CMO", "Change office", "A unit that leads people.", by=by),
    )


def typed(*rows, initial=0, **said):
    """A comparison's form as a browser sends it."""
    given = {"rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": initial, **said}
    for place, row in enumerate(rows):
        given |= {f"rows-{place}-{name}": value for name, value in row.items()}
    return given


def change(row, part="change"):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{part}", args=[row.pk])


def errors(response):
    return re.findall(r"errorlist.*?</ul>", response.text, re.DOTALL)


# --- Comparisons ------------------------------------------------------------------------------------------------------
def test_a_curator_writes_publishes_and_withdraws_a_comparison(desk, client, pair):
    post = start(factories.member("mona", name="Mona Lind"))
    page = desk.get(f"{ADD}?text_a=CMO&text_b=PMO").text
    assert "Change office" in page
    assert page.count("<option") >= 4
    rows = [
        {"aspect": "Horizon", "left": "Now", "right": "Later", "position": "2"},
        {
            "aspect": "Looks after",
            "left": "Adoption",
            "right": "Delivery",
            "position": "1",
            "left_posts": f"#{post.pk}",
        },
    ]
    response = desk.post(ADD, typed(*rows, text_a="cmo", text_b="PMO"))
    assert response.status_code == 302, errors(response)
    made = Comparison.objects.get()
    assert list(made.rows.order_by("position").values_list("aspect", "left")) == [
        ("Looks after", "Delivery"),
        ("Horizon", "Later"),
    ]
    assert CellEvidence.objects.get().is_left is False, "PMO was made first, so it stands on the left"
    assert "Delivery" not in client.get("/compare/cmo/pmo/").text
    page = desk.get(change(made, "publish")).text
    assert "Delivery | Adoption" in page
    read = re.search(r'name="based_on" value="(\d+)"', page)[1]
    assert desk.post(change(made, "publish"), {"based_on": read}).status_code == 302
    assert "Mona Lind, #1" in client.get("/compare/cmo/pmo/").text
    assert "/compare/cmo/pmo/" in desk.get(change(made)).text
    assert desk.post(change(made, "withdraw"), {"x": "y"}).status_code == 302
    assert "Mona Lind" not in client.get("/compare/cmo/pmo/").text
    assert desk.post(change(made, "delete"), {"post": "yes"}).status_code == 302
    assert not Comparison.objects.exists()


def test_a_term_of_several_senses_asks_which_and_one_of_one_does_not(desk, by, pair):
    other = published(by, name="Marketing chief", preferred="CMO")
    row = {"aspect": "Horizon", "left": "Now"}
    response = desk.post(ADD, typed(row, text_a="PMO", text_b="CMO"))
    assert "Choose one of its senses." in response.text
    assert re.search(rf'value="{other.pk}"\s*>Marketing chief<', response.text)
    assert 'value="Horizon"' in response.text
    assert desk.post(ADD, typed(row, text_a="PMO", text_b="CMO", sense_b=other.pk)).status_code == 302
    assert Comparison.objects.get().sense_b == other


def test_rows_are_changed_taken_out_and_cite_others(desk, by, pair):
    made = compared(*pair, by=by, is_published=False)
    first, second = start(), start()
    row = made.rows.get()
    cite_cells(row, by=by, left_posts=[first.pk], right_posts=[])
    page = desk.get(change(made)).text
    assert f'name="rows-0-left_posts" value="{first.pk}"' in page
    said = {"sense_a": made.sense_a_id, "sense_b": made.sense_b_id, "based_on": made.revision}
    new = {"id": row.pk, "aspect": "Cares for", "left": "A", "right": "B", "left_posts": "", "right_posts": second.pk}
    response = desk.post(change(made), typed(new, {"aspect": "Horizon", "left": "Now"}, initial=1, **said))
    assert response.status_code == 302, errors(response)
    assert list(made.rows.order_by("position").values_list("aspect", flat=True)) == ["Cares for", "Horizon"]
    assert list(CellEvidence.objects.values_list("row", "is_left", "post")) == [(row.pk, False, second.pk)]
    kept = {"id": made.rows.get(aspect="Horizon").pk, "aspect": "Horizon", "left": "Now"}
    said["based_on"] = again(made).revision
    response = desk.post(change(made), typed(new | {"DELETE": "on"}, kept, initial=2, **said))
    assert response.status_code == 302, errors(response)
    assert not CellEvidence.objects.exists()


def test_what_is_wrong_stands_on_the_form_with_what_was_typed(desk, by, pair):
    hidden = factories.hidden_post(reply(start().thread))
    row = {"aspect": "Horizon", "left": "Now"}
    wrong = [
        (typed(row, text_a="PMO", text_b="Nothing"), "There is no term “Nothing”"),
        (typed(row, text_a="PMO", text_b="pmo"), "different terms"),
        (typed(row | {"left_posts": "twelve"}, text_a="PMO", text_b="CMO"), "numbers of posts"),
        (typed(row | {"left_posts": f"{hidden.pk}"}, text_a="PMO", text_b="CMO"), f"no post {hidden.pk}"),
        (typed(row | {"left_posts": "1 " * 50}, text_a="PMO", text_b="CMO"), "no post 1"),
        (typed(row | {"left_posts": "1,2,3,4,5,6,7,8,9,10,11"}, text_a="PMO", text_b="CMO"), "at most 10 posts"),
        (typed({"aspect": "Horizon"}, text_a="PMO", text_b="CMO"), "at least one of the two"),
        (typed(row, row, text_a="PMO", text_b="CMO"), "duplicate"),
    ]
    for data, told in wrong:
        response = desk.post(ADD, data)
        assert response.status_code == 200
        assert told in response.text, told
        assert 'value="Horizon"' in response.text
    assert not Comparison.objects.exists()
    compared(*pair, by=by)
    assert "This comparison exists." in desk.post(ADD, typed(row, text_a="PMO", text_b="CMO")).text


@pytest.mark.parametrize("value", NAUGHTY)
def test_bad_input_is_answered_with_a_sentence(desk, by, pair, value):
    made = compared(*pair, by=by, is_published=False)
    fields = (
        "text_a",
        "text_b",
        "sense_a",
        "based_on",
        *(f"rows-0-{name}" for name in ("aspect", "left", "left_posts", "position", "id")),
    )
    for field in fields:
        good = typed({"aspect": "Horizon", "left": "Now"}, text_a="PMO", text_b="CMO")
        assert desk.post(ADD, good | {field: value}).status_code in {200, 302}, field
        assert desk.post(change(made), good | {field: value}).status_code in {200, 302}, field
        Comparison.objects.exclude(pk=made.pk).delete()
    assert desk.post(change(made, "publish"), {"based_on": value}).status_code in {302, 422}
    for path in (ADD, reverse("admin:glossary_sense_add"), reverse("admin:glossary_knownacronym_add")):
        given = {"text_a": value, "term": value, "text": value}
        assert desk.get(path, given).status_code == (400 if "\x00" in value else 200)
    assert desk.post(reverse("admin:glossary_knownacronym_add"), {"text": value}).status_code in {200, 302}


def test_an_edit_over_somebody_elses_comparison_shows_what_differs(desk, by, pair):
    made = compared(*pair, by=by, is_published=False)
    said = {"sense_a": made.sense_a_id, "sense_b": made.sense_b_id, "based_on": made.revision}
    new = {"id": made.rows.get().pk, "aspect": "Looks after", "left": "Mine", "right": "Adoption"}
    comparisons.save_comparison(
        made,
        by=by,
        term_a=made.term_a,
        term_b=made.term_b,
        sense_a=made.sense_a,
        sense_b=made.sense_b,
        rows=[comparisons.Row("Looks after", "Theirs", "Adoption")],
    )
    response = desk.post(change(made), typed(new, initial=1, **said))
    assert "Somebody changed this comparison" in response.text
    assert "Looks after: “Theirs”" in response.text
    assert made.rows.get().left == "Theirs"
    said["based_on"] = re.search(r'name="based_on" value="(\d+)"', response.text)[1]
    assert desk.post(change(made), typed(new, initial=1, **said)).status_code == 302
    assert made.rows.get().left == "Mine"


def test_comparisons_are_found_by_either_term(desk, by, pair):
    compared(*pair, by=by)
    for asked in ("?q=pmo", "?q=CM", "?published_at__isempty=0"):
        assert "PMO / CMO" in desk.get(f"/admin/glossary/comparison/{asked}").text, asked
    assert "PMO / CMO" not in desk.get("/admin/glossary/comparison/?q=vmo").text


# --- Known acronyms and tags ------------------------------------------------------------------------------------------
def test_the_known_list_is_added_to_and_taken_from(desk, by):
    address = reverse("admin:glossary_knownacronym_add")
    assert 'value="HR"' in desk.get(f"{address}?text=HR").text
    assert desk.post(address, {"text": " HR ", "note": "Everybody has one."}).status_code == 302
    made = KnownAcronym.objects.get()
    assert (made.text, made.key) == ("HR", "hr")
    assert "on the list" in desk.post(address, {"text": "hr"}).text
    assert "one word" in desk.post(address, {"text": "H R"}).text
    assert desk.post(change(made, "delete"), {"post": "yes"}).status_code == 302
    assert not KnownAcronym.objects.exists()


def test_a_tag_is_bound_to_a_published_sense_without_script(desk, by, pair):
    start(tags=["pmo"])
    tag = Tag.objects.get()
    sense = pair[0].senses.get()
    hidden = draft(by, name="Hidden sense")
    told = desk.post(change(tag), {"name": "pmo", "description": "Offices.", "sense": hidden.name}).text
    assert "no such sense" in told
    response = desk.post(change(tag), {"name": "pmo", "description": "Offices.", "sense": "project office"})
    assert response.status_code == 302, errors(response)
    assert again(tag).sense == sense
    assert f'value="Project office (#{sense.pk})"' in desk.get(change(tag)).text
    assert "Project office" in desk.get(reverse("admin:threads_tag_changelist")).text
    with pytest.raises(Refused):
        tagging.save_tag(tag, by=by, name="pmo", description="", sense=hidden)
    senses.retire(sense, by=by, reason="Out of use.")
    tagging.save_tag(tag, by=by, name="pmo", description="Other words.", sense=again(tag).sense)
    desk.post(change(tag), {"name": "pmo", "description": "", "sense": ""})
    assert again(tag).sense is None


# --- Impact and publishing several ------------------------------------------------------------------------------------
def in_review(by, **said):
    return senses.submit_for_review(draft(by, **said), by=by)


def test_the_impact_stands_on_the_page_of_publishing(desk, by, pair):
    thread = start(body="Our zebra office counts, says the ZEBRA OFFICE, " + "and so on " * 30).thread
    reply(thread, body="No <b>Zebra office</b> & no lion.")
    factories.hidden_post(reply(thread, body="A secret zebra office."))
    sense = in_review(by, name="Zebra", preferred="Zebra office", abbreviation="PMO")
    page = desk.get(change(sense, "publish")).text
    assert "2 posts in 1 discussion" in page
    assert "No &lt;b&gt;Zebra office&lt;/b&gt; &amp; no lion." in page
    assert "secret" not in page
    assert "33 of 100 places" in page
    assert "PMO: Project office" in page
    assert "No post that everybody sees" in desk.get(change(in_review(by, name="Unheard of"), "publish")).text


def test_the_impact_is_counted_to_a_bound(by, monkeypatch):
    thread = start(body="A zebra.").thread
    for _number in range(3):
        reply(thread, body=f"Another zebra {_number}.")
    sense = in_review(by, name="Animal", preferred="Zebra")
    monkeypatch.setattr(impact, "COUNTED", 2)
    monkeypatch.setattr(impact, "SAMPLES", 1)
    with CaptureQueriesContext(connection) as queries:
        found = impact.impacts_of([sense])[sense.pk]
    assert (found.posts, found.is_cut, len(found.samples)) == (2, True, 1)
    assert len(queries) <= 4


def test_the_impact_of_several_stands_on_their_page_for_the_same_four_statements(desk, by, pair):
    thread = start(body="Our zebra office counts.").thread
    factories.hidden_post(reply(thread, body="A secret zebra office."))
    zebra = in_review(by, name="Zebra", preferred="Zebra office")
    lion = in_review(by, name="Lion", preferred="Lion office", abbreviation="PMO")
    page = desk.post(reverse("admin:glossary_sense_changelist"), chosen(zebra, lion)).text
    first, second = re.findall(r'<section class="several">(.*?)</section>', page, re.DOTALL)
    assert "Lion" in first
    assert "PMO: Project office" in first
    assert "Our zebra office counts." in second
    assert "secret" not in page
    unnamed = draft(by, name="Unnamed", namings=[])
    with CaptureQueriesContext(connection) as queries:
        found = impact.impacts_of([zebra, lion, unnamed])
    assert [found[sense.pk].posts for sense in (zebra, lion, unnamed)] == [1, 0, 0]
    assert len(queries) <= 4


def test_the_screen_of_a_sense_shows_its_evidence_and_its_versions(desk, by, pair):
    sense = glossaries.published(by, name="Steering group")
    post = factories.start(body="A steering group decides what a project may not decide.")
    cited = evidence.propose(post, by=by, sense=sense, excerpt="A steering group decides", stance="defines")
    hidden = factories.reply(post.thread, body="A steering group sleeps at Acme.")
    evidence.propose(hidden, by=by, sense=sense, excerpt="sleeps at Acme", stance="disputes")
    factories.hidden_post(hidden)
    said = desk.get(reverse("admin:glossary_sense_change", args=[sense.pk])).content.decode()
    assert reverse("admin:threads_evidence_change", args=[cited.pk]) in said
    assert "A steering group decides" in said
    assert "sleeps at Acme" not in said
    assert "<li>1. Curt, " in said


def chosen(*rows, **said):
    return {"action": "publish_several", "_selected_action": [row.pk for row in rows], **said}


def test_several_senses_are_published_and_what_cannot_be_is_told(desk, by):
    good, other, bare = in_review(by, name="Good"), in_review(by, name="Other"), in_review(by, name="Bare")
    still = draft(by, name="Still a draft")
    changelist = reverse("admin:glossary_sense_changelist")
    page = desk.post(changelist, chosen(good, other, bare, still)).text
    assert good.definition in page
    assert "Still a draft" not in page
    confirmed = {f"based_on_{row.pk}": row.revision for row in (good, other, bare)} | {"confirmed": "1"}
    senses.save_sense(other, by=by, name="Other", definition="What nobody has read.")
    senses.save_sense(bare, by=by, name="Bare", definition=bare.definition, namings=[])
    confirmed[f"based_on_{bare.pk}"] += 1
    page = desk.post(changelist, chosen(good, other, bare, still, **confirmed), follow=True).text
    assert "1 sense is published." in page
    assert "“Other” is not published: Somebody changed" in page
    assert "“Bare” is not published: Give the sense" in page
    states = set(Sense.objects.filter(state=SenseState.PUBLISHED).values_list("name", flat=True))
    assert states == {"Good"}
    assert "Publish" in desk.get(change(good, "history")).text
    for values in (
        chosen(still),
        chosen(other, confirmed="1"),
        chosen(other, confirmed="1", **{f"based_on_{other.pk}": "x"}),
    ):
        desk.post(changelist, values)
    assert again(other).state == SenseState.REVIEW


def test_a_draft_begun_at_the_desk_has_its_first_name(desk):
    address = f"{reverse('admin:glossary_sense_add')}?term=EPMO"
    assert 'name="namings-0-text" value="EPMO"' in desk.get(address).text
    rows = {
        "namings-TOTAL_FORMS": 1,
        "namings-INITIAL_FORMS": 0,
        "namings-0-text": "EPMO",
        "namings-0-kind": "preferred",
    }
    words = {"name": "Enterprise office", "definition": "A unit at the top."}
    none = {f"{rows}-{count}_FORMS": 0 for rows in ("relations_out", "references") for count in ("TOTAL", "INITIAL")}
    response = desk.post(address, {**rows, **words, **none})
    assert response.status_code == 302, errors(response)
    assert list(Sense.objects.get().namings.values_list("term__text", flat=True)) == ["EPMO"]


# --- The desk ---------------------------------------------------------------------------------------------------------
def waiting(page):
    """The rows of the desk as texts, in their order: “kind | what it is | what is said | readers | acts”."""
    rows = re.findall(r"<tr>\s*<td>(.*?)</tr>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def of_kind(desk, kind):
    """The rows of one kind, as words are counted now."""
    count_words()
    page = desk.get(DESK, {"kind": kind})
    assert page.status_code == 200
    return waiting(page.text)


def mention(post, text, term=None, words=""):
    Mention.objects.update_or_create(post=post, key=key(text), defaults={"text": text, "term": term, "words": words})


def test_what_waits_is_one_list_by_readers_and_each_kind_can_be_seen_alone(desk, by, pair):
    mona, hugo, otto = (factories.member(name) for name in ("mona", "hugo", "otto"))
    post, other = start(mona), start(hugo)
    mention(post, "QXA")
    mention(reply(post.thread, mona), "QXA")
    mention(other, "QXB")
    for member in (mona, otto):
        mark_read(other.thread, by=member, number=1)
    request = MeaningRequest.objects.create(thread=other.thread, post=other, key="qxb", text="QXB")
    MeaningAsker.objects.create(request=request, member=otto)
    count_words()
    page = desk.get(DESK).text
    rows = waiting(page)
    assert rows[0].startswith(
        "Not defined QXB Used in 1 discussion; nobody has defined it. 3 readers 1 post Draft a term"
    )
    assert rows[1].startswith("Asked about QXB 1 person asks what it means in “")
    assert "3 readers 1 post Answer" in rows[1]
    assert rows[2].startswith("Not defined QXA Used in 1 discussion; nobody has defined it. 1 reader 2 posts")
    assert "Little evidence Change office No cited post stands for it. 0 readers 0 posts" in " ".join(rows[3:])
    assert "Everything (5)" in page
    assert "Not defined (2)" in page
    assert "What visitors read is recorded nowhere." in page
    assert f"/threads/{other.thread_id}/words/" in page
    for address in ("/admin/glossary/sense/add/?term=QXB", "/admin/glossary/knownacronym/add/?text=QXB"):
        assert address in page
    assert [row[:15] for row in of_kind(desk, "undefined")] == ["Not defined QXB", "Not defined QXA"]
    assert len(waiting(desk.get(DESK, {"kind": "nonsense'"}).text)) == 5


def test_the_desk_says_when_nothing_waits_and_when_nothing_was_counted(desk):
    page = desk.get(DESK).text
    assert "Nothing waits here." in page
    assert "never counted" in page
    count_words()
    assert "were counted on" in desk.get(DESK).text


def test_an_undefined_acronym_leaves_the_desk_at_once_when_it_is_known_defined_or_hidden(desk, by):
    post = start()
    for text in ("QXA", "QXB", "QXC"):
        mention(post, text)
    hidden = reply(post.thread)
    mention(hidden, "QXD")
    assert len(of_kind(desk, "undefined")) == 4
    known.add_known_acronym(by=by, text="QXA")
    published_term("QXB", by=by)
    moderation.hide_post(hidden, by=factories.moderator(), reason="A reason.")
    page = desk.get(DESK, {"kind": "undefined"}).text
    assert [row[:15] for row in waiting(page)] == ["Not defined QXC"]


def test_questions_known_words_suggestions_and_evidence_wait(desk, by, pair):
    mona, post = factories.member("mona"), start(title="Where is it?")
    request = MeaningRequest.objects.create(thread=post.thread, post=post, key="qxa", text="QXA")
    MeaningAsker.objects.create(request=request, member=mona)
    MeaningRequest.objects.create(thread=post.thread, post=post, key="qxb", text="QXB", answered_at=timezone.now())
    for number in range(3):
        KnownWord.objects.create(member=factories.member(f"knows-{number}"), key="qxc", text="QXC")
    KnownWord.objects.create(member=mona, key="qxd", text="QXD")
    wanted = Suggestion.objects.create(kind="term", text="QXE", key="qxe", definition="What is wanted.", by=mona)
    sense = pair[0].senses.get()
    mention(post, "PMO", term=pair[0])
    mention(post, "QXE")
    for state, text in (("proposed", "words of mine"), ("published", "words of old")):
        Evidence.objects.create(
            sense=sense, post=post, post_revision=1, excerpt=text, stance="uses", state=state, written_at=timezone.now()
        )
    (row,) = of_kind(desk, "asked")
    assert "QXA 1 person asks what it means in “Where is it?”. 1 reader" in row
    (row,) = of_kind(desk, "known")
    assert "QXC 3 members say that everybody here knows it." in row
    (row,) = of_kind(desk, "suggestion")
    assert "QXE A new term: What is wanted. 1 reader 1 post Take up" in row
    assert change(wanted, "accept") in desk.get(DESK).text
    (row,) = of_kind(desk, "proposed")
    assert "Project office Uses: “words of mine” 1 reader 1 post Publish" in row
    assert of_kind(desk, "evidence")[0].startswith(
        "Little evidence Project office 1 cited post stands for it. 1 reader"
    )
    moderation.hide_post(post, by=factories.moderator(), reason="A reason.")
    first = of_kind(desk, "evidence")[0]
    assert "Project office 0 cited posts stand for it. 1 was withdrawn, hidden or changed since." in first
    assert not of_kind(desk, "asked")
    assert not of_kind(desk, "proposed")


def test_a_meaning_is_open_until_people_settle_it(desk, by, pair):
    other = published(by, name="Marketing chief", preferred="CMO")
    post = start(tags=["change"])
    mention(post, "CMO", term=pair[1])
    mention(post, "PMO", term=pair[0])
    (row,) = of_kind(desk, "open")
    assert "CMO In 1 discussion nothing says which of its 2 senses is meant. 1 reader 1 post Set the usual sense" in row
    tagging.save_tag(Tag.objects.get(), by=by, name="change", description="", sense=other)
    assert not of_kind(desk, "open")
    assert not of_kind(desk, "tag")
    senses.retire(again(other), by=by, reason="Out of use.")
    third = published(by, name="Contract maker", preferred="CMO")
    assert of_kind(desk, "open"), "a tag bound to a retired sense settles nothing"
    (row,) = of_kind(desk, "tag")
    assert "change It stands for “Marketing chief”, which is not published any more" in row
    terms.set_usual_sense(again(pair[1]), by=by, sense=third)
    assert not waiting(desk.get(DESK, {"kind": "open"}).text), "gone at once"


def test_a_tag_named_like_a_term_of_several_senses_could_say_which(desk, by, pair):
    published(by, name="Marketing chief", preferred="CMO")
    post = start(tags=["cmo", "pmo"])
    mark_read(post.thread, by=by, number=1)
    (row,) = of_kind(desk, "tag")
    assert "cmo It could say which of 2 senses its discussions mean; it stands for none. 1 reader 1 post" in row


def test_terms_that_are_perhaps_the_same_are_listed(desk, by):
    for text in ("e-PMO", "EPMO", "Risk register", "risk registers"):
        draft(by, name=f"Sense of {text}", preferred=text)
    shown = " ".join(of_kind(desk, "doubled"))
    assert "EPMO = e-PMO" in shown
    assert "Risk register = risk registers" in shown


def test_an_old_sense_is_read_again_and_leaves_the_desk(desk, by):
    old = published(by, name="Old meaning")
    SenseRevision.objects.filter(sense=old).update(created_at=timezone.now() - timedelta(days=400))
    (row,) = of_kind(desk, "unreviewed")
    assert "Old meaning Last changed or found right on" in row
    page = desk.get(change(old, "reviewed")).text
    assert old.definition in page
    assert desk.post(change(old, "reviewed"), {"based_on": old.revision + 1}).status_code == 422
    assert of_kind(desk, "unreviewed")
    assert desk.post(change(old, "reviewed"), {"based_on": old.revision}).status_code == 302
    assert not of_kind(desk, "unreviewed")
    assert again(old).revision == old.revision


def test_the_desk_costs_the_same_for_one_row_and_for_twenty(desk, by):
    def grow(number):
        post = start(title=f"Thread {number}", tags=[f"word {number}x"])
        mention(post, f"QX{number}")
        term = published_term(f"Word {number}x", by=by)
        published(by, name=f"Other {number}", preferred=f"Word {number}x")
        mention(post, f"Word {number}x", term=term)
        MeaningRequest.objects.create(thread=post.thread, post=post, key=f"qx{number}", text=f"QX{number}")
        Suggestion.objects.create(kind="term", text=f"QX{number}", key=f"qx{number}")
        Evidence.objects.create(
            sense=term.senses.first(), post=post, post_revision=1, excerpt="words", written_at=timezone.now()
        )

    def cost():
        count_words()
        with CaptureQueriesContext(connection) as caught:
            page = desk.get(DESK)
        assert page.status_code == 200
        return len(caught)

    grow(1)
    few = cost()
    for number in range(2, 23):
        grow(number)
    assert cost() == few
    assert few <= 15
    assert len(waiting(desk.get(DESK).text)) == 100
    assert len(of_kind(desk, "undefined")) == 22


def test_only_who_keeps_senses_sees_the_desk(desk, by):
    client = Client()
    for person, status in ((None, 302), (factories.member(), 302), (factories.moderator(), 403)):
        if person:
            client.force_login(person)
        assert client.get(DESK).status_code == status
    assert DESK in desk.get("/admin/").text
    client.force_login(factories.moderator("other"))
    assert DESK not in client.get("/admin/").text


def test_a_moderator_and_a_member_may_nothing_of_this(by, pair):
    made = compared(*pair, by=by)
    acronym = known.add_known_acronym(by=by, text="HR")
    paths = [ADD, change(made), change(made, "publish"), change(made, "withdraw"), change(made, "delete")]
    paths += [reverse("admin:glossary_knownacronym_add"), change(acronym, "delete"), "/admin/glossary/comparison/"]
    client = Client()
    for person, statuses in ((factories.moderator(), {403}), (factories.member(), {302})):
        client.force_login(person)
        for path in paths:
            assert client.get(path).status_code in statuses, path
            assert client.post(path, {"post": "yes"}).status_code in statuses, path
    reader = glossaries.curator()
    reader.groups.clear()
    client.force_login(reader)
    sense = in_review(by, name="Waits")
    client.post(reverse("admin:glossary_sense_changelist"), chosen(sense, confirmed="1", **{f"based_on_{sense.pk}": 1}))
    assert again(sense).state == SenseState.REVIEW
    assert Comparison.objects.get().published_at
    assert Term.objects.count() == 3
