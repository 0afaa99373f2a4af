"""The curators' screens where glossary and discussions meet: comparisons, tags, the desk, impact, several at once."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from glossary.actions import comparisons, known, senses
from glossary.models import Comparison, KnownAcronym, KnownWord, Sense, SenseRevision, SenseState, Suggestion, Term
from markup.slugs import key
from members.permissions import Refused
from pmo_cmo.curation import impact
from tests import factories, glossaries
from tests.factories import again, published_term, reply, start
from tests.glossaries import compared, draft, published
from threads.actions import moderation, tagging
from threads.actions.citations import cite_cells
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
        found = impact.impact_of(sense)
    assert (found.posts, found.is_cut, len(found.samples)) == (2, True, 1)
    assert len(queries) <= 4


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
def part(page, title):
    """One list of the desk, as text."""
    found = re.search(rf"<h2>{title}</h2>(.*?)</div>", page, re.DOTALL)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def mention(post, text, term=None, words=""):
    Mention.objects.update_or_create(post=post, key=key(text), defaults={"text": text, "term": term, "words": words})


def test_undefined_acronyms_are_ranked_by_who_uses_them(desk, by):
    mona, hugo = factories.member("mona"), factories.member("hugo")
    first, second = start(mona), start(hugo)
    more = reply(first.thread, mona)
    for post in (first, more):
        mention(post, "QXA")
    for post in (first, second):
        mention(post, "QXB")
    mention(first, "QXC", words="Quite another thing")
    mention(factories.hidden_post(reply(first.thread)), "QXD")
    mention(first, "QXE")
    known.add_known_acronym(by=by, text="QXE")
    text = part(desk.get(DESK).text, "Used but not defined")
    assert text.index("QXB · 2 posts · 2 discussions · 2 people") < text.index(
        "QXA · 2 posts · 1 discussion · 1 person"
    )
    assert not re.search("QXC|QXD|QXE", text)
    page = desk.get(DESK).text
    assert "/admin/glossary/sense/add/?term=QXB" in page
    assert "/admin/glossary/knownacronym/add/?text=QXB" in page


def test_questions_known_words_suggestions_and_evidence_wait(desk, by, pair):
    mona, post = factories.member("mona"), start(title="Where is it?")
    request = MeaningRequest.objects.create(thread=post.thread, post=post, key="qxa", text="QXA")
    MeaningAsker.objects.create(request=request, member=mona)
    MeaningRequest.objects.create(thread=post.thread, post=post, key="qxb", text="QXB", answered_at=timezone.now())
    for number in range(3):
        KnownWord.objects.create(member=factories.member(f"knows-{number}"), key="qxc", text="QXC")
    KnownWord.objects.create(member=mona, key="qxd", text="QXD")
    Suggestion.objects.create(kind="term", text="QXE", key="qxe", by=mona)
    sense = pair[0].senses.get()
    for state, text in (("proposed", "words of mine"), ("published", "words of old")):
        Evidence.objects.create(
            sense=sense, post=post, post_revision=1, excerpt=text, stance="uses", state=state, written_at=timezone.now()
        )
    page = desk.get(DESK).text
    assert "QXA · 1 person asks · Where is it?" in part(page, "Asked about")
    assert "QXB" not in part(page, "Asked about")
    assert "QXC · 3 members know it" in part(page, "Known to many")
    assert "QXD" not in part(page, "Known to many")
    assert "QXE" in part(page, "Suggestions")
    assert "words of mine · Project office: uses" in part(page, "Proposed evidence")
    assert "words of old" not in part(page, "Proposed evidence")
    assert "Project office · 1 cited post" in part(page, "Little evidence")
    moderation.hide_post(post, by=factories.moderator(), reason="A reason.")
    page = desk.get(DESK).text
    assert part(page, "Little evidence").index("Project office · 0 cited posts · 1 withdrawn") < part(
        page, "Little evidence"
    ).index("Change office")
    assert "QXA" not in part(page, "Asked about")
    assert "words of mine" not in part(page, "Proposed evidence")


def test_a_meaning_is_open_until_people_settle_it(desk, by, pair):
    other = published(by, name="Marketing chief", preferred="CMO")
    post = start(tags=["change"])
    mention(post, "CMO", term=pair[1])
    mention(post, "PMO", term=pair[0])
    text = part(desk.get(DESK).text, "Open meanings")
    assert "CMO · 1 post" in text
    assert "PMO" not in text
    mention(post, "CMO", term=pair[1], words="Change office")
    assert "CMO" not in part(desk.get(DESK).text, "Open meanings")
    mention(post, "CMO", term=pair[1])
    tagging.save_tag(Tag.objects.get(), by=by, name="change", description="", sense=other)
    assert "CMO" not in part(desk.get(DESK).text, "Open meanings")


def test_terms_that_are_perhaps_the_same_and_old_senses_are_listed(desk, by):
    for text in ("e-PMO", "EPMO", "Risk register", "risk registers"):
        draft(by, name=f"Sense of {text}", preferred=text)
    old = published(by, name="Old meaning")
    SenseRevision.objects.filter(sense=old).update(created_at=timezone.now() - timedelta(days=400))
    page = desk.get(DESK).text
    assert "EPMO = e-PMO" in part(page, "Perhaps the same")
    assert "Risk register = risk registers" in part(page, "Perhaps the same")
    assert "Old meaning" in part(page, "Not looked at for a year")


def test_the_desk_costs_the_same_for_one_row_and_for_twenty(desk, by):
    def grow(number):
        post = start(title=f"Thread {number}")
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
        with CaptureQueriesContext(connection) as caught:
            page = desk.get(DESK)
        assert page.status_code == 200
        return len(caught)

    grow(1)
    few = cost()
    for number in range(2, 23):
        grow(number)
    assert cost() == few
    assert few <= 14
    assert part(desk.get(DESK).text, "Used but not defined").count("draft a term") == 20


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
