import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from glossary.actions import fields, senses, terms
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.models import Relation, RelationKind, Sense, SenseState, SubjectField, Term, TermSense
from members.admin import explained
from tests.glossaries import again, curator, draft, published
from tests.people import a_member

pytestmark = pytest.mark.django_db
NAUGHTY = ["", "'\"><script>alert(1)</script>", "x" * 5000, "\x00", "﷽" * 100, "\u202e\u200b", "𝕏" * 70, "-1", "9" * 40]


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def by():
    return curator()


@pytest.fixture
def desk(by):
    client = Client()
    client.force_login(by)
    return client


def rows(prefix, *given, initial=0):
    typed = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for place, row in enumerate(given):
        typed |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return typed


def sense_form(names=(), relations=(), initial=0, initial_relations=0, **said):
    texts = {"name": "Change office", "definition": "A unit that leads people.", "usage_note": "", "example": ""}
    return {
        **texts,
        **said,
        **rows("namings", *names, initial=initial),
        **rows("references"),
        **rows("relations_out", *relations, initial=initial_relations),
    }


def change(sense):
    return reverse("admin:glossary_sense_change", args=[sense.pk])


def act(sense, name):
    return reverse(f"admin:glossary_sense_{name}", args=[sense.pk])


OFFICE = ({"text": "Change office", "kind": "preferred"}, {"text": "CMO", "kind": "abbreviation", "case_rule": "exact"})


def test_a_curator_drafts_reviews_publishes_and_retires_on_the_admins_pages(desk, client):
    assert desk.get(reverse("admin:glossary_sense_add")).status_code == 200
    assert desk.post(reverse("admin:glossary_sense_add"), sense_form(OFFICE)).status_code == 302
    sense = Sense.objects.get()
    assert client.get("/glossary/cmo/").status_code == 404
    for name in ("submit", "draft", "submit", "publish"):
        assert act(sense, name) in desk.get(change(sense)).text
        assert desk.get(act(sense, name)).status_code == 200
        assert desk.post(act(sense, name), {"x": "y"}).status_code == 302
    assert "A unit that leads people." in client.get("/glossary/cmo/").text
    assert "published" in desk.get(reverse("admin:glossary_sense_changelist")).text
    assert f"/glossary/change-office/#sense-{sense.pk}" in desk.get(change(sense)).text
    assert desk.post(act(sense, "retire"), {"reason": ""}).status_code == 422
    assert desk.post(act(sense, "retire"), {"reason": "Nobody says it."}).status_code == 302
    assert "Nobody says it." in client.get("/glossary/cmo/").text


def test_names_and_relations_are_changed_with_the_sense(desk, by):
    other, third = draft(by), draft(by)
    sense = draft(by, name="Change office", abbreviation="CMO", relations=[Link(RelationKind.RELATED, other)])
    page = desk.get(change(sense)).text
    assert 'value="CMO"' in page
    first, second = sense.namings.order_by("pk")
    names = (
        {"id": first.pk, "text": "Change office", "kind": "synonym"},
        {"id": second.pk, "text": "CMO", "kind": "preferred", "DELETE": ""},
        {"text": "change unit", "kind": "synonym"},
    )
    relation = Relation.objects.get()
    links = (
        {"id": relation.pk, "kind": "related", "other": f"{other.name} (#{other.pk})", "DELETE": "on"},
        {"kind": "kind_of", "other": third.name.upper()},
    )
    typed = sense_form(names, links, initial=2, initial_relations=1, based_on=sense.revision)
    response = desk.post(change(sense), typed)
    assert response.status_code == 302, re.findall(r"errorlist.*?</ul>", response.text)
    assert set(sense.namings.values_list("term__text", "kind")) == {
        ("Change office", "synonym"),
        ("CMO", "preferred"),
        ("change unit", "synonym"),
    }
    assert list(Relation.objects.values_list("source", "target", "kind")) == [(sense.pk, third.pk, "kind_of")]


def test_a_symmetric_relation_shows_on_both_senses(desk, by):
    first, second = draft(by), draft(by)
    senses.save_sense(
        second, by=by, name=second.name, definition=second.definition, relations=[Link(RelationKind.RELATED, first)]
    )
    assert f'value="{second.name} (#{second.pk})"' in desk.get(change(first)).text
    assert f'value="{first.name} (#{first.pk})"' in desk.get(change(second)).text
    said = str(Relation.objects.get())
    assert said in desk.get(change(first)).text
    assert said in desk.get(change(second)).text


def test_a_sense_is_typed_as_its_name_its_preferred_term_or_its_number(desk, by):
    sense, other = draft(by), draft(by, name="Bureau for projects", preferred="Project office")
    twin = draft(by, name="Twin", preferred="Twin one")
    draft(by, name="twin", preferred="Twin two")
    for typed in ("bureau for projects", "PROJECT  OFFICE", f"#{other.pk}", f"whatever (#{other.pk})"):
        links = ({"kind": "kind_of", "other": typed},)
        response = desk.post(change(sense), sense_form(relations=links, name=sense.name))
        assert response.status_code == 302, typed
        assert Relation.objects.get().target == other
        Relation.objects.all().delete()
    for typed, told in (("Twin", f"Twin (#{twin.pk})"), ("Nobody", "no such sense"), (f"#{10**17}", "no such sense")):
        response = desk.post(change(sense), sense_form(relations=({"kind": "kind_of", "other": typed},)))
        assert told in response.text
        assert f'value="{typed}"' in response.text
        assert not Relation.objects.exists()


def test_what_the_action_refuses_stands_on_the_form_with_the_typed_text(desk, by):
    typed = sense_form(OFFICE, definition="A change office that leads people.")
    response = desk.post(reverse("admin:glossary_sense_add"), typed)
    assert "uses the word itself" in response.text
    assert "A change office that leads people." in response.text
    assert not Sense.objects.exists()
    car, wheel = draft(by, name="Car"), draft(by, name="Wheel")
    senses.save_sense(car, by=by, name="Car", definition="It rolls.", relations=[Link("part_of", wheel)])
    typed = sense_form(({"text": "Wheel", "kind": "preferred"},), ({"kind": "part_of", "other": "Car"},), name="Wheel")
    assert "“Wheel” → “Car” → “Wheel”" in desk.post(change(wheel), typed | {"based_on": 1}).text


def test_an_edit_over_somebody_elses_shows_both_texts_and_can_be_sent_once_more(desk, by):
    sense = draft(by, name="Change office")
    read = sense.revision
    senses.save_sense(sense, by=by, name="Change office", definition="What Anna wrote.", namings=[])
    naming = {"id": 10**6, "text": "Change office", "kind": "preferred"}
    typed = sense_form((naming,), initial=1, definition="What Ben wrote.", based_on=read)
    response = desk.post(change(sense), typed)
    assert response.status_code == 200
    assert "What <del>Anna</del><ins>Ben</ins> wrote." in response.text
    assert re.search(r"What Ben wrote\.\s*</textarea>", response.text)
    assert again(sense).definition == "What Anna wrote."
    based_on = re.search(r'name="based_on" value="(\d+)"', response.text)[1]
    assert desk.post(change(sense), typed | {"based_on": based_on}).status_code == 302
    assert again(sense).definition == "What Ben wrote."


def test_every_difference_is_told_before_an_edit_takes_the_place_of_another(desk, by):
    wheel, car = draft(by, name="Wheel"), draft(by, name="Car")
    field = fields.save_field(None, by=by, name="Finance", is_foreign=True)
    sense = draft(by, name="Change office", relations=[Link(RelationKind.RELATED, wheel)])
    read = sense.revision
    senses.save_sense(
        sense,
        by=by,
        name="Change bureau",
        definition=sense.definition,
        usage_note="One line.\nAnother <b>.",
        example="For example.",
        field=field,
        namings=[Naming("Change office"), Naming("CMO", "abbreviation")],
        relations=[Link(RelationKind.KIND_OF, car)],
    )
    naming, relation = sense.namings.order_by("pk")[0], 10**6
    typed = sense_form(
        ({"id": naming.pk, "text": "Change office", "kind": "preferred", "case_rule": "exact"},),
        ({"id": relation, "kind": "related", "other": f"#{wheel.pk}"},),
        initial=1,
        initial_relations=1,
        definition=sense.definition,
        usage_note="One line.",
        example="For example.",
        based_on=read,
    )
    page = desk.post(change(sense), typed).text
    assert "Change <del>bureau</del><ins>office</ins>" in page
    assert "Another &lt;b&gt;.</del>" in page
    assert page.count("Struck out:") == 2
    assert "It stands in “Finance” now; you chose “—”." in page
    assert "“CMO”: abbreviation, exactly as written (acronyms); “Change office”: preferred, in any case" in page
    assert "“Change office”: preferred, exactly as written (acronyms). Saving adds that." in page
    assert f"kind of Car (#{car.pk}). Saving takes that away." in page
    assert f"related to Wheel (#{wheel.pk}). Saving adds that." in page
    assert again(sense).name == "Change bureau"


def test_an_edit_in_the_moment_between_reading_and_saving_is_told_too(desk, by, monkeypatch):
    sense = draft(by, name="Change office")
    save, others = senses.save_sense, ["What Anna wrote."]

    def after_another(*args, **kwargs):
        if others:
            save(sense, by=by, name="Change office", definition=others.pop())
        return save(*args, **kwargs)

    monkeypatch.setattr(senses, "save_sense", after_another)
    page = desk.post(change(sense), sense_form(definition="What Ben wrote.", based_on=sense.revision)).text
    assert "What <del>Anna</del><ins>Ben</ins> wrote." in page
    assert again(sense).definition == "What Anna wrote."


def test_only_the_words_that_stood_on_the_page_are_published(desk, by):
    sense = senses.submit_for_review(draft(by, name="Change office", definition="What Anna wrote."), by=by)
    page = desk.get(act(sense, "publish")).text
    assert "What Anna wrote." in page
    read = re.search(r'name="based_on" value="(\d+)"', page)[1]
    senses.save_sense(sense, by=by, name="Change office", definition="What Ben wrote.")
    response = desk.post(act(sense, "publish"), {"based_on": read})
    assert response.status_code == 422
    assert "What Ben wrote." in response.text
    assert again(sense).state == SenseState.REVIEW
    read = re.search(r'name="based_on" value="(\d+)"', response.text)[1]
    assert desk.post(act(sense, "publish"), {"based_on": read}).status_code == 302
    assert again(sense).state == SenseState.PUBLISHED


def test_a_published_sense_is_not_deleted_and_a_draft_is(desk, by):
    shown, hidden = published(by), draft(by)
    assert desk.post(reverse("admin:glossary_sense_delete", args=[shown.pk]), {"post": "yes"}).status_code == 403
    assert desk.post(reverse("admin:glossary_sense_delete", args=[hidden.pk]), {"post": "yes"}).status_code == 302
    assert list(Sense.objects.all()) == [shown]


def test_what_was_deleted_while_one_saved_is_told_in_a_sentence(by):
    sense = draft(by)

    @transaction.atomic
    def name_it_by_a_term_that_is_gone():
        TermSense.objects.filter(sense=sense).update(term=10**6)
        connection.check_constraints()

    with pytest.raises(IntegrityError) as broken:
        name_it_by_a_term_that_is_gone()
    assert "was deleted a moment ago" in explained(broken.value, TermSense).messages[0]


def test_senses_are_found_by_word_term_and_state(desk, by):
    published(by, name="Change office", abbreviation="CMO")
    draft(by, name="Risk register")
    listed = reverse("admin:glossary_sense_changelist")
    for asked in ("?q=cmo", "?q=offices", "?q=Chan", "?state__exact=published"):
        text = desk.get(listed + asked).text
        assert "Change office" in text, asked
        assert ">Risk register<" not in text, asked


def test_the_lists_cost_the_same_for_two_and_for_twenty(desk, by):
    def cost(address):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address).status_code == 200
        return len(caught)

    addresses = [reverse(f"admin:glossary_{model}_changelist") for model in ("sense", "term", "subjectfield")]
    published(by, abbreviation="AAA")
    few = [cost(address) for address in addresses]
    for number in range(9):
        published(by, abbreviation=f"B{number}X")
    assert [cost(address) for address in addresses] == few


def test_spellings_address_and_order_of_a_term_are_kept_in_its_form(desk, by):
    one, two = published(by, abbreviation="PMO"), published(by, abbreviation="PMO")
    term = Term.objects.get(text="PMO")
    own, several = term.spellings.order_by("pk")
    first, second = term.namings.order_by("pk")
    address = reverse("admin:glossary_term_change", args=[term.pk])
    assert "PMOs" in desk.get(address).text
    typed = {
        "text": "PMO",
        "case_rule": "exact",
        "address": "P M O",
        **rows(
            "spellings",
            {"id": own.pk, "text": "PMO", "is_marked": "on"},
            {"id": several.pk, "text": "PMOs", "DELETE": "on"},
            {"text": "P.M.O", "is_marked": "on"},
            initial=2,
        ),
        **rows("namings", {"id": first.pk, "position": 2}, {"id": second.pk, "position": 1}, initial=2),
    }
    response = desk.post(address, typed)
    assert response.status_code == 302, re.findall(r"errorlist.*?</ul>", response.text)
    term.refresh_from_db()
    assert term.slug == "p-m-o"
    marked = {spelling.text: spelling.suppressed_at is None for spelling in term.spellings.all()}
    assert marked == {"PMO": True, "PMOs": False, "P.M.O": True}
    assert list(term.namings.order_by("position").values_list("sense", flat=True)) == [two.pk, one.pk]


def test_the_usual_sense_is_set_by_an_act(desk, by):
    sense, other = published(by, abbreviation="PMO"), published(by)
    term = Term.objects.get(text="PMO")
    address = reverse("admin:glossary_term_usual", args=[term.pk])
    assert desk.get(address).status_code == 200
    assert desk.post(address, {"sense": f"#{other.pk}"}).status_code == 422
    assert desk.post(address, {"sense": sense.name}).status_code == 302
    term.refresh_from_db()
    assert term.usual_sense == sense


def test_a_term_of_no_sense_is_deleted_and_another_is_not(desk, by):
    typo = terms.save_term(None, by=by, text="typo")
    draft(by, name="Office")
    for term in (typo, Term.objects.get(text="Office")):
        desk.post(reverse("admin:glossary_term_delete", args=[term.pk]), {"post": "yes"})
    assert list(Term.objects.values_list("text", flat=True)) == ["Office"]


def test_fields_are_added_renamed_and_deleted(desk):
    assert desk.post(reverse("admin:glossary_subjectfield_add"), {"name": "finance"}).status_code == 302
    field = SubjectField.objects.get()
    again_typed = desk.post(reverse("admin:glossary_subjectfield_add"), {"name": "Finance"})
    assert "exists already" in again_typed.text
    address = reverse("admin:glossary_subjectfield_change", args=[field.pk])
    assert desk.post(address, {"name": "money", "is_foreign": "on"}).status_code == 302
    assert SubjectField.objects.get().is_foreign
    desk.post(reverse("admin:glossary_subjectfield_delete", args=[field.pk]), {"post": "yes"})
    assert not SubjectField.objects.exists()


@pytest.mark.parametrize("staff", [False, True])
def test_who_is_no_curator_gets_nowhere(by, staff):
    sense = published(by)
    client = Client()
    client.force_login(a_member(is_staff=staff))
    for address in (
        reverse("admin:glossary_sense_changelist"),
        reverse("admin:glossary_sense_add"),
        change(sense),
        act(sense, "retire"),
        act(sense, "submit"),
        reverse("admin:glossary_term_changelist"),
        reverse("admin:glossary_subjectfield_add"),
    ):
        assert client.get(address).status_code in {302, 403}, address
        assert client.post(address, {"reason": "x"}).status_code in {302, 403}, address
    assert again(sense).state == SenseState.PUBLISHED


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_naughty_input_in_every_field_is_answered(desk, by, naughty):
    sense = published(by, name="Change office")
    term = Term.objects.get()
    bad_row = {
        "id": naughty,
        "text": naughty,
        "kind": naughty,
        "case_rule": naughty,
        "other": naughty,
        "position": naughty,
    }
    texts = dict.fromkeys(("name", "field", "definition", "usage_note", "example", "based_on", "kind"), naughty)
    bad_sense = sense_form((bad_row, bad_row), (bad_row,), initial=2, initial_relations=1) | texts
    bad_term = {"text": naughty, "case_rule": naughty, "address": naughty, "is_marked": naughty}
    bad_term |= rows("spellings", bad_row, bad_row, initial=2) | rows("namings", bad_row, initial=1)
    for address, typed in (
        (reverse("admin:glossary_sense_add"), bad_sense),
        (change(sense), bad_sense),
        (change(sense), texts | {"namings-TOTAL_FORMS": naughty}),
        (act(sense, "retire"), {"reason": naughty, "successor": naughty}),
        (reverse("admin:glossary_term_add"), bad_term),
        (reverse("admin:glossary_term_change", args=[term.pk]), bad_term),
        (reverse("admin:glossary_term_usual", args=[term.pk]), {"sense": naughty}),
        (reverse("admin:glossary_subjectfield_add"), {"name": naughty}),
    ):
        assert desk.post(address, typed).status_code < 500, address
    for model in ("sense", "term"):
        listed = reverse(f"admin:glossary_{model}_changelist")
        assert desk.get(listed, {"q": naughty, "p": naughty}).status_code < 500
    again_typed = sense_form(({"text": naughty, "kind": "preferred"},), initial=0, name=naughty, definition=naughty)
    assert desk.post(change(sense), again_typed | {"based_on": sense.revision}).status_code < 500
    assert desk.post(reverse("admin:glossary_sense_add"), again_typed).status_code < 500
