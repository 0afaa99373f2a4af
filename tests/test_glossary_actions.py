import threading

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from glossary.actions import fields, samples, senses, steps, terms
from glossary.actions.relation_steps import Link
from glossary.actions.senses import EditedMeanwhile
from glossary.actions.steps import Naming
from glossary.actions.terms import Spelled
from glossary.models import (
    CaseRule,
    NamingKind,
    Relation,
    RelationKind,
    Sense,
    SenseState,
    Spelling,
    Term,
    TermSense,
    TermSlug,
)
from members.models import SiteVersion
from members.permissions import Refused
from tests.glossaries import again, curator, draft, published
from tests.people import a_member
from tests.races import at_once

pytestmark = pytest.mark.django_db


def edit(sense, by, **changes):
    said = {"name": sense.name, "definition": sense.definition, "based_on": sense.revision} | changes
    return senses.save_sense(sense, by=by, **said)


def spellings(text):
    return set(Spelling.objects.filter(term__text=text, suppressed_at=None).values_list("text", flat=True))


def names(sense):
    return set(sense.namings.values_list("term__text", "kind"))


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_curator_writes_a_sense_with_its_terms_in_one_go():
    made = draft(curator(), name="Change Management Office", abbreviation="CMO")
    assert made.state == SenseState.DRAFT
    assert names(made) == {("Change Management Office", "preferred"), ("CMO", "abbreviation")}
    assert Term.objects.get(text="CMO").case_rule == CaseRule.EXACT
    assert Term.objects.get(text="Change Management Office").case_rule == CaseRule.FOLD


def test_a_term_that_exists_is_used_whatever_its_case():
    by = curator()
    draft(by, name="Change Management Office", abbreviation="CMO")
    draft(by, name="Chief Marketing Officer", abbreviation="cmo")
    assert Term.objects.filter(key="cmo").count() == 1
    assert list(Term.objects.get(key="cmo").namings.order_by("position").values_list("position", flat=True)) == [1, 2]


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ("word " * 41, "at most 40"),
        ("A unit that leads. It stands beside others.", "one sentence"),
        ("A unit. И другие.", "one sentence"),
        ("An office for change management, or a Change  management OFFICE.", "uses the word itself"),
        ("One of several change management offices.", "uses the word itself"),
        ("", "blank"),
    ],
)
def test_a_definition_is_one_short_sentence_without_the_word_itself(definition, sentence):
    with pytest.raises(ValidationError) as refused:
        draft(curator(), name="Change Management Office", definition=definition)
    assert sentence in refused.value.message_dict["definition"][0]
    assert not Sense.objects.exists()


@pytest.mark.parametrize(
    "definition",
    [
        "A unit, e.g. PMO or CMO, that leads.",
        "A unit led by Dr. Who vs. a unit led by J. Smith.",
        " ".join(["word"] * 40) + ".",
        "Managing change in the offices of a firm.",
        "A unit" + "." * 20_000,
    ],
)
def test_a_full_stop_that_ends_no_sentence_is_none(definition):
    assert draft(curator(), name="Change Management Office", definition=definition).definition == definition


def test_two_preferred_terms_or_one_name_twice_are_refused():
    by = curator()
    with pytest.raises(ValidationError, match="one preferred"):
        draft(by, namings=[Naming("One"), Naming("Two")])
    with pytest.raises(ValidationError, match="twice"):
        draft(by, namings=[Naming("PMO"), Naming("pmo", NamingKind.SYNONYM)])
    assert not Term.objects.exists()


def test_the_preferred_term_can_change_places_with_another():
    by = curator()
    sense = draft(by, name="Change office", abbreviation="CMO")
    edit(sense, by, namings=[Naming("CMO"), Naming("Change office", NamingKind.SYNONYM)])
    assert names(sense) == {("CMO", "preferred"), ("Change office", "synonym")}


@pytest.mark.parametrize("text", ["", " ", "…", "\u200b", "x" * 121, "ﷺ" * 100, "\x00"])
def test_what_cannot_be_a_term_is_refused_with_a_sentence(text):
    with pytest.raises(ValidationError):
        draft(curator(), namings=[Naming(text)])


def test_control_characters_and_lone_surrogates_are_left_out():
    made = draft(curator(), name="A\x00B\ud800\nC", definition="What\tit\x07 is.", usage_note="one\r\ntwo\x00")
    assert (made.name, made.definition, made.usage_note) == ("AB C", "What it is.", "one\ntwo")


# --- Who may what ----------------------------------------------------------------------------------------------------


def test_members_and_moderators_may_nothing_in_the_glossary():
    by = curator()
    sense, shown = draft(by), published(by)
    term = shown.terms.get()
    for person in (a_member("anna"), a_member("staff", is_staff=True)):
        tries = [
            draft,
            lambda who: edit(sense, who),
            lambda who: senses.submit_for_review(sense, by=who),
            lambda who: senses.publish(sense, by=who),
            lambda who: senses.retire(shown, by=who, reason="old"),
            lambda who: senses.send_back_to_draft(sense, by=who),
            lambda who: senses.delete_sense(sense, by=who),
            lambda who: terms.save_term(None, by=who, text="Word"),
            lambda who: terms.save_term(term, by=who, text="Word"),
            lambda who: terms.set_usual_sense(term, by=who, sense=shown),
            lambda who: terms.delete_term(term, by=who),
            lambda who: fields.save_field(None, by=who, name="Finance", is_foreign=False),
        ]
        for attempt in tries:
            with pytest.raises(PermissionDenied):
                attempt(person)


def test_who_may_draft_but_not_publish_changes_nothing_that_readers_see():
    by = curator()
    shown = published(by)
    helper = a_member("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["add_sense", "change_sense"]))
    assert draft(helper).pk
    with pytest.raises(PermissionDenied):
        edit(shown, helper, definition="Something else.")
    with pytest.raises(PermissionDenied):
        senses.publish(senses.submit_for_review(draft(helper), by=helper), by=helper)


# --- States ----------------------------------------------------------------------------------------------------------


def test_a_sense_goes_from_draft_over_review_to_readers_and_out_of_use():
    by = curator()
    sense = draft(by)
    with pytest.raises(Refused):
        senses.publish(sense, by=by)
    sense = senses.submit_for_review(sense, by=by)
    sense = senses.send_back_to_draft(sense, by=by)
    sense = senses.publish(senses.submit_for_review(sense, by=by), by=by)
    assert sense.published_at
    with pytest.raises(Refused):
        senses.submit_for_review(sense, by=by)
    sense = senses.retire(sense, by=by, reason="Nobody says it any more.")
    with pytest.raises(Refused):
        edit(sense, by)
    assert senses.publish(sense, by=by).retired_reason == ""
    assert sense.revisions.count() == 1


def test_without_a_preferred_term_nothing_is_submitted():
    by = curator()
    with pytest.raises(Refused, match="preferred"):
        senses.submit_for_review(draft(by, namings=[]), by=by)
    with pytest.raises(Refused, match="preferred"):
        senses.submit_for_review(draft(by, namings=[Naming("PMO", NamingKind.ABBREVIATION)]), by=by)


def test_a_published_sense_keeps_exactly_one_preferred_term():
    by = curator()
    shown = published(by, name="Change office")
    with pytest.raises(Refused, match="preferred"):
        edit(shown, by, namings=[Naming("Change office", NamingKind.SYNONYM)])
    assert names(shown) == {("Change office", "preferred")}


def test_retiring_leads_on_to_the_last_successor():
    by = curator()
    first, second, third = published(by), published(by), published(by)
    senses.retire(first, by=by, reason="Old.", successor=second)
    senses.retire(second, by=by, reason="Older.", successor=third)
    assert again(first).successor == again(second).successor == third


def test_a_successor_is_another_published_sense():
    by = curator()
    shown = published(by)
    for successor in (shown, draft(by)):
        with pytest.raises(Refused, match="successor"):
            senses.retire(shown, by=by, reason="Old.", successor=successor)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 301])
def test_retiring_needs_a_reason(reason):
    by = curator()
    shown = published(by)
    with pytest.raises(ValidationError):
        senses.retire(shown, by=by, reason=reason)
    assert again(shown).state == SenseState.PUBLISHED


def test_only_what_nobody_has_seen_is_deleted():
    by = curator()
    senses.delete_sense(draft(by), by=by)
    shown = published(by)
    with pytest.raises(Refused, match="Retire"):
        senses.delete_sense(shown, by=by)


# --- Versions --------------------------------------------------------------------------------------------------------


def test_versions_are_kept_from_the_first_publication_on_and_only_when_words_change():
    by = curator()
    sense = draft(by)
    edit(sense, by, definition="A second thought.")
    sense = senses.publish(senses.submit_for_review(sense, by=by), by=by)
    edit(sense, by)
    edit(again(sense), by, definition="A third thought.", kind="meaning")
    assert list(sense.revisions.order_by("number").values_list("number", "definition", "kind")) == [
        (1, "A second thought.", "meaning"),
        (2, "A third thought.", "meaning"),
    ]


def test_an_edit_based_on_an_older_text_is_refused_with_the_newer_one():
    by = curator()
    sense = draft(by)
    edit(sense, by, definition="What Anna wrote.")
    with pytest.raises(EditedMeanwhile) as refused:
        edit(sense, by, definition="What Ben wrote.")
    assert refused.value.sense.definition == "What Anna wrote."
    assert again(sense).definition == "What Anna wrote."


def test_nobody_publishes_words_they_have_not_read():
    by = curator()
    sense = senses.submit_for_review(draft(by), by=by)
    edit(sense, by, definition="Something else altogether.")
    with pytest.raises(EditedMeanwhile):
        senses.publish(sense, by=by, based_on=sense.revision)


# --- Relations -------------------------------------------------------------------------------------------------------


def test_a_symmetric_relation_stands_once_whoever_says_it():
    by = curator()
    first, second = draft(by), draft(by)
    edit(second, by, relations=[Link(RelationKind.RELATED, first)])
    edit(first, by, relations=[Link(RelationKind.RELATED, second)])
    assert list(Relation.objects.values_list("source", "target")) == [(first.pk, second.pk)]
    edit(again(second), by, relations=[])
    assert not Relation.objects.exists()


def test_saving_one_sense_keeps_what_others_say_of_it():
    by = curator()
    office, unit = draft(by), draft(by)
    edit(office, by, relations=[Link(RelationKind.KIND_OF, unit)])
    edit(unit, by, relations=[])
    assert Relation.objects.count() == 1


@pytest.mark.parametrize("kind", [RelationKind.KIND_OF, RelationKind.PART_OF])
def test_a_ring_is_refused_and_its_members_are_named(kind):
    by = curator()
    first, second, third = (draft(by, name=name) for name in ("Wheel", "Car", "Fleet"))
    edit(first, by, relations=[Link(kind, second)])
    edit(second, by, relations=[Link(kind, third)])
    with pytest.raises(Refused) as refused:
        edit(third, by, relations=[Link(kind, first)])
    assert "“Fleet” → “Wheel” → “Car” → “Fleet”" in str(refused.value)
    other = RelationKind.PART_OF if kind == RelationKind.KIND_OF else RelationKind.KIND_OF
    edit(again(third), by, relations=[Link(other, first)])


def test_a_sense_is_not_related_to_itself():
    by = curator()
    sense = draft(by)
    with pytest.raises(ValidationError):
        edit(sense, by, relations=[Link(RelationKind.RELATED, sense)])


@pytest.mark.parametrize(("source", "target", "kind"), [(0, 0, "related"), (1, 0, "related"), (0, 1, "unheard_of")])
def test_the_database_itself_refuses_broken_relations(source, target, kind):
    by = curator()
    ends = [draft(by), draft(by)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Relation.objects.create(source=ends[source], target=ends[target], kind=kind)


def test_the_database_itself_refuses_a_second_preferred_term_and_a_successor_of_what_is_in_use():
    by = curator()
    sense, other = draft(by, abbreviation="CMO"), draft(by)
    with pytest.raises(IntegrityError), transaction.atomic():
        TermSense.objects.filter(sense=sense).update(kind=NamingKind.PREFERRED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sense.objects.filter(pk=sense.pk).update(successor=other)


# --- Terms and spellings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("PMO", {"PMO", "PMOs"}),
        ("P3O", {"P3O", "P3Os"}),
        ("Enterprise PMO", {"Enterprise PMO", "Enterprise PMOs"}),
        ("Project Office", {"Project Office", "Project Offices"}),
        ("dependency", {"dependency", "dependencies"}),
        ("business case", {"business case", "business cases"}),
        ("stage gate process", {"stage gate process", "stage gate processes"}),
        ("critical path", {"critical path", "critical paths"}),
        ("definition of done", {"definition of done", "definitions of done"}),
        ("responsibility matrix", {"responsibility matrix", "responsibility matrices"}),
        ("stakeholder analysis", {"stakeholder analysis", "stakeholder analyses"}),
        ("change management", {"change management"}),
        ("PMOs", {"PMOs"}),
        ("lessons learned", {"lessons learned"}),
        ("change readiness", {"change readiness"}),
        ("отдел", {"отдел"}),
    ],
)
def test_plurals_are_made_where_there_is_one(text, spelled):
    terms.save_term(None, by=curator(), text=text)
    assert spellings(text) == spelled


def test_a_suppressed_plural_stays_suppressed():
    by = curator()
    term = terms.save_term(None, by=by, text="risk")
    terms.save_term(term, by=by, text="risk", spellings=[Spelled("risk")])
    terms.save_term(term, by=by, text="Risk")
    terms.save_term(term, by=by, text="Risk", spellings=[Spelled("Risk")])
    assert spellings("Risk") == {"Risk"}
    terms.save_term(term, by=by, text="risk")
    assert spellings("risk") == {"risk"}
    terms.save_term(term, by=by, text="risk", spellings=[Spelled("risk"), Spelled("risks")])
    assert spellings("risk") == {"risk", "risks"}


def test_a_curator_lists_the_spellings_of_a_term():
    by = curator()
    term = terms.save_term(None, by=by, text="risk")
    terms.save_term(term, by=by, text="risk", spellings=[Spelled("risk"), Spelled("rısk")])
    assert spellings("risk") == {"risk", "rısk"}
    assert term.spellings.get(text="risks").suppressed_at
    terms.save_term(term, by=by, text="risk", spellings=[Spelled("risk", is_marked=False), Spelled("risks")])
    assert spellings("risk") == {"risks"}
    assert not term.spellings.filter(text="rısk").exists()


def test_a_new_text_takes_its_old_spellings_with_it():
    by = curator()
    term = terms.save_term(None, by=by, text="Gannt chart")
    terms.save_term(term, by=by, text="Gantt chart", spellings=[Spelled("Gannt chart"), Spelled("Gannt charts")])
    assert spellings("Gantt chart") == {"Gantt chart", "Gantt charts"}


def test_every_address_a_term_ever_had_stays_its_own():
    by = curator()
    term = terms.save_term(None, by=by, text="Change Office")
    terms.save_term(term, by=by, text="Change Office", address="cmo")
    other = terms.save_term(None, by=by, text="change-office")
    assert other.slug == "change-office-2"
    term = terms.save_term(term, by=by, text="Change Office", address="change office")
    assert term.slug == "change-office"
    assert set(TermSlug.objects.filter(term=term).values_list("slug", flat=True)) == {"change-office", "cmo"}


@pytest.mark.parametrize(
    ("text", "slug"), [("Suggest", "suggest-2"), ("C++", "c"), ("Отдел", "отдел"), ("变更", "变更")]
)
def test_addresses_keep_letters_and_leave_reserved_words_alone(text, slug):
    assert terms.save_term(None, by=curator(), text=text).slug == slug


def test_one_text_is_one_term():
    by = curator()
    terms.save_term(None, by=by, text="PMO")
    with pytest.raises(Refused, match="exists"):
        terms.save_term(None, by=by, text="ｐｍｏ")


def test_the_usual_sense_is_a_published_one_of_the_term_and_ends_with_it():
    by = curator()
    sense = published(by, abbreviation="CMO")
    term = Term.objects.get(text="CMO")
    for other in (published(by), draft(by, name="Chief Marketing Officer", abbreviation="CMO")):
        with pytest.raises(Refused):
            terms.set_usual_sense(term, by=by, sense=other)
    assert terms.set_usual_sense(term, by=by, sense=sense).usual_sense == sense
    senses.retire(sense, by=by, reason="Old.")
    term.refresh_from_db()
    assert term.usual_sense is None


def test_a_name_that_is_taken_away_is_no_usual_sense_any_more():
    by = curator()
    sense = published(by, name="Change office", abbreviation="CMO")
    terms.set_usual_sense(Term.objects.get(text="CMO"), by=by, sense=sense)
    edit(again(sense), by, namings=[Naming("Change office")])
    assert Term.objects.get(text="CMO").usual_sense is None


def test_a_term_without_a_sense_can_be_deleted_and_no_other():
    by = curator()
    terms.delete_term(terms.save_term(None, by=by, text="mistyped"), by=by)
    draft(by, name="Office")
    with pytest.raises(Refused):
        terms.delete_term(Term.objects.get(text="Office"), by=by)


def test_a_field_that_senses_have_stays():
    by = curator()
    field = fields.save_field(None, by=by, name="Finance", is_foreign=True)
    with pytest.raises(ValidationError):
        fields.save_field(None, by=by, name="finance", is_foreign=False)
    draft(by, field=field)
    with pytest.raises(Refused):
        fields.delete_field(field, by=by)


def test_a_field_that_is_gone_is_told_at_its_field():
    by = curator()
    field = fields.save_field(None, by=by, name="Finance", is_foreign=True)
    fields.delete_field(type(field)(pk=field.pk), by=by)
    with pytest.raises(ValidationError) as refused:
        draft(by, field=field)
    assert "Choose another" in refused.value.message_dict["field"][0]
    with pytest.raises(Refused, match="deleted meanwhile"):
        fields.save_field(field, by=by, name="Money", is_foreign=True)


def test_a_new_text_of_a_term_is_told_to_who_has_its_sense_open():
    by = curator()
    sense = draft(by, name="Gannt chart")
    terms.save_term(Term.objects.get(), by=by, text="Gantt chart")
    with pytest.raises(EditedMeanwhile):
        edit(sense, by, namings=[Naming("Gannt chart")])
    assert names(sense) == {("Gantt chart", "preferred")}


# --- Many at once ----------------------------------------------------------------------------------------------------


def entries():
    return [
        samples.SenseEntry(
            "office",
            "Project Management Office",
            "A unit that reports.",
            (Naming("Project Management Office"), Naming("PMO", NamingKind.ABBREVIATION, CaseRule.EXACT)),
            field="organisation",
            relations=(("related", "case"),),
        ),
        samples.SenseEntry("case", "Business case", "Why one does it.", (Naming("business case"),)),
    ]


def test_samples_load_once_and_go_again_without_a_trace():
    assert samples.load_senses(entries()) == 2
    assert samples.load_senses(entries()) == 0
    assert Relation.objects.count() == 1
    assert samples.remove_sample_senses() == samples.Removed(2, ())
    assert not Term.objects.exists()
    assert samples.load_senses(entries()) == 2
    assert Term.objects.get(text="PMO").slug == "pmo"


def test_samples_that_members_worked_on_stay_and_are_named():
    by = curator()
    samples.load_senses(entries())
    office, case = Sense.objects.order_by("pk")
    edit(office, by, definition="A unit that helps.")
    other = draft(by, relations=[Link(RelationKind.KIND_OF, case)])
    assert samples.remove_sample_senses() == samples.Removed(0, ("Business case",))
    edit(other, by, relations=[])
    edit(again(office), by, relations=[], definition="A unit that helps.")
    loaded = [entry.name for entry in entries()]
    assert samples.remove_sample_senses(loaded) == samples.Removed(1, (), ("Project Management Office",))
    assert set(Sense.objects.all()) == {office, other}
    assert samples.load_senses(entries()) == 1


@pytest.mark.parametrize(
    "work",
    [
        lambda sense, by: edit(sense, by, namings=[*steps.names_in_use(sense), Naming("P3O", NamingKind.SYNONYM)]),
        lambda sense, by: edit(sense, by, usage_note="Say it seldom."),
        lambda sense, by: edit(sense, by, relations=[]),
        lambda sense, by: edit(sense, by, field=None),
        lambda sense, by: senses.retire(sense, by=by, reason="Old."),
        lambda sense, by: senses.publish(senses.retire(sense, by=by, reason="Old."), by=by),
        lambda _sense, by: respell("PMO", by, spellings=[Spelled("PMO"), Spelled("P.M.O.")]),
        lambda _sense, by: respell("PMO", by, text="P-M-O"),
        lambda _sense, by: respell("PMO", by, address="office"),
        lambda sense, by: terms.set_usual_sense(Term.objects.get(text="PMO"), by=by, sense=sense),
    ],
    ids=["name", "note", "relations", "field", "retired", "back again", "spelling", "text", "address", "usual"],
)
def test_a_sample_that_a_curator_worked_on_is_theirs(work):
    by = curator()
    samples.load_senses(entries())
    office = Sense.objects.get(name="Project Management Office")
    before = set(TermSense.objects.filter(sense=office).values_list("term", flat=True))
    work(office, by)
    samples.remove_sample_senses()
    assert not again(office).is_sample
    assert before <= set(TermSense.objects.filter(sense=office).values_list("term", flat=True))


def respell(which, by, **changes):
    return terms.save_term(Term.objects.get(text=which), by=by, **({"text": which} | changes))


def test_a_sample_that_a_retired_sense_leads_to_stays():
    by = curator()
    samples.load_senses(entries())
    old, case = published(by), Sense.objects.get(name="Business case")
    senses.retire(old, by=by, reason="Old.", successor=case)
    assert samples.remove_sample_senses() == samples.Removed(1, ("Business case",))
    assert again(old).successor == case


def test_a_term_that_was_there_before_the_samples_stays():
    terms.save_term(None, by=curator(), text="PMO", address="my-pmo")
    samples.load_senses(entries())
    samples.remove_sample_senses()
    assert list(Term.objects.values_list("slug", flat=True)) == ["my-pmo"]


def test_a_long_file_costs_a_few_queries_a_sense_and_relations_none():
    def cost(start, number, *, related):
        file = [
            samples.SenseEntry(
                f"{start + place}",
                f"Sense {start + place}",
                "What it is.",
                (Naming(f"thing {start + place}"),),
                relations=(("kind_of", f"{start + place - 1}"),) if related and place else (),
            )
            for place in range(number)
        ]
        with CaptureQueriesContext(connection) as caught:
            samples.load_senses(file)
        return len(caught)

    few, many = cost(100, 5, related=True), cost(200, 15, related=True)
    assert (many - few) / 10 <= 10
    assert cost(300, 15, related=True) - cost(400, 15, related=False) <= 3


def test_a_broken_entry_loads_nothing():
    broken = samples.SenseEntry("x", "Office", "An office.", (Naming("office"),))
    with pytest.raises(ValidationError):
        samples.load_senses([*entries(), broken])
    assert not Sense.objects.exists()


# --- Two at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_curators_at_one_sense_never_lose_an_edit():
    by = curator()
    sense = published(by)
    results = at_once(
        lambda: edit(sense, by, definition="What Anna wrote."), lambda: edit(sense, by, definition="What Ben wrote.")
    )
    assert sum(isinstance(result, EditedMeanwhile) for result in results) == 1
    assert sense.revisions.count() == 2
    assert again(sense).definition == sense.revisions.get(number=2).definition


@pytest.mark.django_db(transaction=True)
def test_publishing_retiring_and_editing_at_once_end_in_one_order():
    by = curator()
    sense = senses.submit_for_review(draft(by), by=by)
    results = at_once(
        lambda: senses.publish(sense, by=by),
        lambda: senses.publish(sense, by=by),
        lambda: senses.retire(sense, by=by, reason="Old."),
        lambda: edit(sense, by, definition="Something else."),
    )
    assert all(isinstance(result, Sense | Refused) for result in results)
    assert sense.revisions.filter(number=1).count() == 1
    assert again(sense).state in {SenseState.PUBLISHED, SenseState.RETIRED}


@pytest.mark.django_db(transaction=True)
def test_two_curators_close_no_ring_together():
    by = curator()
    first, second, third, fourth = (draft(by) for _number in range(4))
    edit(second, by, relations=[Link(RelationKind.PART_OF, third)])
    edit(fourth, by, relations=[Link(RelationKind.PART_OF, first)])
    results = at_once(
        lambda: edit(first, by, relations=[Link(RelationKind.PART_OF, second)]),
        lambda: edit(third, by, relations=[Link(RelationKind.PART_OF, fourth)]),
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [Refused]
    assert Relation.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_curators_who_type_the_same_new_term_get_one():
    by = curator()
    results = at_once(
        lambda: draft(by, name="One", namings=[Naming("PMO"), Naming("office", NamingKind.SYNONYM)]),
        lambda: draft(by, name="Two", namings=[Naming("office"), Naming("pmo", NamingKind.SYNONYM)]),
    )
    assert all(isinstance(result, Sense) for result in results)
    assert Term.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_term_saved_while_its_sense_retires_has_no_retired_usual_sense(monkeypatch):
    by = curator()
    sense = published(by, name="Change office", abbreviation="CMO")
    term = terms.set_usual_sense(Term.objects.get(text="CMO"), by=by, sense=sense)
    read, retired = threading.Event(), threading.Event()
    write_term = steps.write_term

    def slowly(*args, **kwargs):
        read.set()
        retired.wait(timeout=0.5)
        return write_term(*args, **kwargs)

    def retire():
        read.wait(timeout=10)
        senses.retire(sense, by=by, reason="Old.")
        retired.set()

    monkeypatch.setattr(steps, "write_term", slowly)
    results = at_once(lambda: terms.save_term(term, by=by, text="CMO"), retire)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Term.objects.get(pk=term.pk).usual_sense is None


@pytest.mark.django_db(transaction=True)
def test_the_usual_sense_is_never_one_retired_meanwhile():
    by = curator()
    sense = published(by, name="Change office", abbreviation="CMO")
    term = Term.objects.get(text="CMO")
    results = at_once(
        lambda: terms.set_usual_sense(term, by=by, sense=sense), lambda: senses.retire(sense, by=by, reason="Old.")
    )
    assert all(isinstance(result, Term | Sense | Refused) for result in results)
    assert Term.objects.get(pk=term.pk).usual_sense is None


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_one_deletes_and_others_change_is_gone_or_whole():
    by = curator()
    sense, other = draft(by, name="Change office"), draft(by)
    results = at_once(
        lambda: senses.delete_sense(sense, by=by),
        lambda: edit(sense, by, namings=[Naming("Change office"), Naming("CMO", NamingKind.ABBREVIATION)]),
        lambda: edit(other, by, relations=[Link(RelationKind.PART_OF, sense)]),
        lambda: terms.save_term(Term.objects.get(text="Change office"), by=by, text="Change Office"),
    )
    assert all(isinstance(result, Sense | Term | Refused | None) for result in results), results
    assert not Sense.objects.filter(pk=sense.pk).exists()
    assert not TermSense.objects.filter(sense=sense.pk).exists()
    assert not Relation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_curators_make_one_term_of_one_text_with_one_address():
    by = curator()
    results = at_once(
        lambda: terms.save_term(None, by=by, text="PMO"), lambda: terms.save_term(None, by=by, text="pmo")
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Term"]
    one, two = at_once(lambda: terms.save_term(None, by=by, text="C++"), lambda: terms.save_term(None, by=by, text="C"))
    assert {one.slug, two.slug} == {"c", "c-2"}


@pytest.mark.django_db(transaction=True)
def test_a_term_is_not_deleted_while_a_sense_takes_its_name():
    by = curator()
    term = terms.save_term(None, by=by, text="PMO")
    results = at_once(lambda: terms.delete_term(term, by=by), lambda: draft(by, name="Office", preferred="PMO"))
    assert isinstance(results[0], Refused | None)
    assert names(results[1]) == {("PMO", "preferred")}


@pytest.mark.django_db(transaction=True)
def test_two_senses_say_opposite_things_of_each_other_at_once():
    by = curator()
    first, second = draft(by), draft(by)
    results = at_once(
        lambda: edit(first, by, relations=[Link(RelationKind.KIND_OF, second)]),
        lambda: edit(second, by, relations=[Link(RelationKind.KIND_OF, first)]),
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Sense"]
    assert Relation.objects.count() == 1
    related = at_once(
        lambda: edit(again(first), by, relations=[Link(RelationKind.RELATED, second)]),
        lambda: edit(again(second), by, relations=[Link(RelationKind.RELATED, first)]),
    )
    assert not [result for result in related if isinstance(result, Exception)]
    assert list(Relation.objects.values_list("source", "target", "kind")) == [(first.pk, second.pk, "related")]


@pytest.mark.django_db(transaction=True)
def test_a_sense_goes_to_review_and_back_once():
    by = curator()
    sense = draft(by)
    results = at_once(lambda: senses.submit_for_review(sense, by=by), lambda: senses.submit_for_review(sense, by=by))
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Sense"]
    results = at_once(lambda: senses.send_back_to_draft(sense, by=by), lambda: senses.publish(sense, by=by))
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Sense"]


@pytest.mark.django_db(transaction=True)
def test_a_field_is_made_once_and_not_deleted_while_a_sense_takes_it():
    by = curator()
    results = at_once(
        lambda: fields.save_field(None, by=by, name="Finance", is_foreign=True),
        lambda: fields.save_field(None, by=by, name="finance", is_foreign=True),
    )
    assert sum(isinstance(result, ValidationError) for result in results) == 1
    field = next(result for result in results if not isinstance(result, Exception))
    deleted, drafted = at_once(
        lambda: fields.delete_field(type(field)(pk=field.pk), by=by), lambda: draft(by, field=field)
    )
    assert (deleted is None) is isinstance(drafted, ValidationError)
    assert isinstance(deleted, Refused) is isinstance(drafted, Sense)


@pytest.mark.django_db(transaction=True)
def test_a_file_loaded_twice_at_once_is_loaded_once():
    results = at_once(lambda: samples.load_senses(entries()), lambda: samples.load_senses(entries()))
    assert sorted(results) == [0, 2]
    assert Sense.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_samples_are_taken_out_while_a_curator_works_on_one():
    by = curator()
    samples.load_senses(entries())
    office = Sense.objects.get(name="Project Management Office")
    _removed, edited = at_once(
        samples.remove_sample_senses, lambda: edit(office, by, definition="A unit that helps.", relations=[])
    )
    assert isinstance(edited, Refused) is not Sense.objects.filter(pk=office.pk).exists()


def test_only_what_readers_see_changes_the_lexicon():
    def version():
        return SiteVersion.objects.get(pk=1).lexicon

    by = curator()
    before = version()
    sense = senses.submit_for_review(draft(by), by=by)
    assert version() == before
    senses.publish(sense, by=by)
    assert version() != before
