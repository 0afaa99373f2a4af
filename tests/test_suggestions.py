"""What members suggest to the curators, and what becomes of it."""

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from glossary.actions import senses, suggestions, terms
from glossary.models import NamingKind, Sense, SenseState, Suggestion, SuggestionState, Term
from members.actions.accounts import delete_member
from members.permissions import Refused
from tests import factories
from tests.factories import again, curator, member, moderator, published_term
from tests.people import send_mail
from tests.races import at_once
from threads.actions import evidence

pytestmark = pytest.mark.django_db
CHANGE_OFFICE = {"name": "Change Management Office", "definition": "A unit that leads the people side of it."}


def a_term(by, text="CMO", **said):
    return suggestions.suggest(by=by, kind="term", text=text, **{**CHANGE_OFFICE, **said})


# --- Suggesting -------------------------------------------------------------------------------------------------------


def test_a_suggestion_waits_and_shows_readers_nothing(client):
    row = a_term(member(), note="We are asked every week.", origin="post:812")
    assert (row.state, row.key, row.origin) == (SuggestionState.OPEN, "cmo", "post:812")
    assert not Term.objects.exists()
    assert not Sense.objects.exists()
    assert client.get("/glossary/cmo/").status_code == 404


def test_the_same_open_suggestion_of_a_member_is_rewritten_and_not_doubled():
    mona = member()
    first = a_term(mona)
    second = a_term(mona, text="cmo", definition="A unit for change.")
    assert first.pk == second.pk
    assert Suggestion.objects.get().definition == "A unit for change."
    a_term(member("otto"))
    suggestions.decline(first, by=curator(), reason="Not yet.")
    a_term(mona)
    assert Suggestion.objects.count() == 3


def test_a_term_that_readers_have_is_suggested_otherwise():
    term = published_term("CMO")
    mona = member()
    with pytest.raises(Refused, match="already"):
        a_term(mona)
    other = suggestions.suggest(by=mona, kind="sense", text="CMO", term=term, name="Chief Medical Officer")
    change = suggestions.suggest(by=mona, kind="change", text="CMO", term=term, sense=term.senses.get(), note="Dull.")
    assert (other.term, other.sense, change.sense) == (term, None, term.senses.get())


def test_a_draft_can_be_suggested_as_if_it_were_not_there():
    factories.draft_term("CMO")
    assert a_term(member()).pk
    with pytest.raises(Refused, match="not in the glossary"):
        suggestions.suggest(by=member("otto"), kind="sense", text="CMO", term=Term.objects.get(), name="Another")


def test_nothing_to_say_is_no_suggestion():
    term = published_term("CMO")
    mona = member()
    with pytest.raises(ValidationError):
        suggestions.suggest(by=mona, kind="sense", text="CMO", term=term)
    with pytest.raises(ValidationError):
        suggestions.suggest(by=mona, kind="change", text="CMO", term=term, sense=term.senses.get())
    with pytest.raises(ValidationError):
        a_term(mona, text=" … ")
    with pytest.raises(ValidationError):
        a_term(mona, definition="x" * 1001)
    assert not Suggestion.objects.exists()


def test_without_a_confirmed_address_nothing_is_suggested():
    with pytest.raises(Refused, match="Confirm"):
        a_term(member(confirmed=False))
    with pytest.raises(PermissionDenied):
        a_term(member("otto", is_active=False))


def test_a_suggestion_outlives_its_member():
    mona = member()
    row = a_term(mona)
    delete_member(mona, by=factories.administrator())
    assert again(row).by is None
    suggestions.accept(again(row), by=curator())
    send_mail()
    assert not mail.outbox


# --- Deciding ---------------------------------------------------------------------------------------------------------


def test_taking_a_term_up_makes_a_draft_and_publishes_nothing(client):
    row = suggestions.accept(a_term(member()), by=curator(), reason="Wanted long since.")
    assert (row.state, row.sense.state, row.sense.name) == ("accepted", SenseState.DRAFT, "Change Management Office")
    naming = row.sense.namings.get()
    assert (naming.term.text, naming.kind) == ("CMO", NamingKind.PREFERRED)
    assert client.get("/glossary/cmo/").status_code == 404
    by = curator("cleo")
    senses.publish(senses.submit_for_review(row.sense, by=by), by=by)
    assert client.get("/glossary/cmo/").status_code == 200


def test_another_meaning_becomes_a_draft_of_the_same_term():
    term = published_term("CMO")
    row = suggestions.suggest(by=member(), kind="sense", text="CMO", term=term, definition="Who heads all doctors.")
    row = suggestions.accept(row, by=curator())
    assert row.sense.terms.get() == term
    assert {sense.state for sense in term.senses.all()} == {"published", "draft"}


def test_a_curator_may_amend_what_is_taken_up():
    row = a_term(member(), name="", definition="")
    with pytest.raises(ValidationError):
        suggestions.accept(row, by=curator())
    row = suggestions.accept(row, by=curator("cleo"), name="Change office", definition="A unit that leads a change.")
    assert (row.sense.name, row.sense.definition) == ("Change office", "A unit that leads a change.")


def test_what_no_sense_may_say_is_not_taken_up_and_nothing_is_half_done():
    row = a_term(member(), definition="A CMO is a CMO.")
    with pytest.raises(ValidationError) as caught:
        suggestions.accept(row, by=curator())
    assert "definition" in caught.value.message_dict
    assert again(row).state == SuggestionState.OPEN
    assert not Sense.objects.exists()
    assert not Term.objects.exists()


def a_change(by, sense, **said):
    term = sense.terms.get()
    return suggestions.suggest(by=by, kind="change", text=term.text, term=term, sense=sense, **said)


def test_a_change_that_is_taken_up_is_written_into_its_sense_and_its_member_reads_how(client):
    sense = published_term("CMO", definition="A unit for change.").senses.get()
    row = a_change(member(), sense, definition="A unit that leads people through a change.")
    suggestions.accept(row, by=curator("cleo"), based_on=sense.revision, definition="A unit that leads people.")
    now = again(sense)
    assert (now.definition, now.revision) == ("A unit that leads people.", sense.revision + 1)
    assert now.revisions.order_by("number").last().definition == "A unit that leads people."
    assert "A unit that leads people." in client.get("/glossary/cmo/").text
    send_mail()
    assert "reads now: “A unit that leads people.”" in mail.outbox[0].body


def test_a_change_without_words_that_nobody_amends_changes_nothing():
    sense = published_term("CMO", definition="A unit for change.").senses.get()
    row = suggestions.accept(a_change(member(), sense, note="Too short."), by=curator("cleo"))
    assert (again(sense).definition, again(sense).revision) == (sense.definition, sense.revision)
    assert again(row).state == SuggestionState.ACCEPTED


def test_a_change_is_not_written_over_what_somebody_saved_meanwhile():
    by = curator("cleo")
    sense = published_term("CMO", definition="A unit for change.").senses.get()
    row = a_change(member(), sense, definition="A unit that leads people.")
    senses.save_sense(sense, by=by, name=sense.name, definition="A unit of another kind.")
    with pytest.raises(Refused, match="changed this sense"):
        suggestions.accept(row, by=by, based_on=sense.revision)
    assert again(sense).definition == "A unit of another kind."
    assert again(row).state == SuggestionState.OPEN
    with pytest.raises(ValidationError):
        suggestions.accept(row, by=by, definition="A CMO is a CMO.")
    senses.retire(again(sense), by=by, reason="Out of use.")
    with pytest.raises(Refused, match="retired"):
        suggestions.accept(row, by=by)


def test_a_curator_amends_a_change_on_its_page_and_meets_who_was_faster(client):
    by = curator("cleo")
    sense = published_term("CMO", definition="A unit for change.").senses.get()
    row = a_change(member(), sense, definition="A unit that leads people.")
    address = reverse("admin:glossary_suggestion_accept", args=[row.pk])
    client.force_login(by)
    page = client.get(address).text
    assert f'name="based_on" value="{sense.revision}"' in page
    said = {"based_on": sense.revision, "name": sense.name, "definition": "A unit that leads all people."}
    senses.save_sense(sense, by=by, name=sense.name, definition="A unit of another kind.")
    response = client.post(address, said)
    assert response.status_code == 422
    assert "A unit of another kind." in response.text, "what stands there now"
    assert "A unit that leads all people." in response.text, "what was typed"
    assert f'name="based_on" value="{sense.revision + 1}"' in response.text
    assert client.post(address, said | {"based_on": sense.revision + 1}).status_code == 302
    assert again(sense).definition == "A unit that leads all people."


def test_ones_own_proposals_stand_with_the_curators_reasons(client):
    mona, by = member(), curator("cleo")
    sense = published_term("CMO").senses.get()
    post = factories.start(member("hugo"), body="The office leads people.")
    words = evidence.propose(post, by=mona, sense=sense, excerpt="leads people", stance="defines")
    evidence.decide(words, by=by, publish=False, reason="Too short to stand alone.")
    suggestions.decline(a_term(mona, text="XYZ"), by=by, reason="Nobody uses it.")
    a_term(member("otto"), text="CANARY")
    client.force_login(mona)
    page = client.get(reverse("my_proposals")).text
    for told in ("Too short to stand alone.", "“leads people”", "Nobody uses it.", "not taken up", "XYZ"):
        assert told in page
    assert "CANARY" not in page
    factories.moderation.hide_post(post, by=factories.moderator(), reason="A reason.")
    assert "leads people" not in client.get(reverse("my_proposals")).text


def test_the_member_is_told_once_what_became_of_it_and_why():
    by = curator()
    taken, refused = a_term(member()), a_term(member("otto"), text="XYZ")
    suggestions.accept(taken, by=by, reason="Wanted long since.")
    suggestions.decline(refused, by=by, reason="Nobody uses it.")
    with pytest.raises(Refused, match="decided"):
        suggestions.decline(taken, by=by, reason="On second thought.")
    send_mail()
    told = {message.to[0]: message.body for message in mail.outbox}
    assert len(mail.outbox) == 2
    assert "Wanted long since." in told["mona@example.org"]
    assert "taken up" in told["mona@example.org"]
    assert "Nobody uses it." in told["otto@example.org"]


def test_declining_needs_a_reason():
    row = a_term(member())
    with pytest.raises(ValidationError):
        suggestions.decline(row, by=curator(), reason=" ")


@pytest.mark.parametrize("make", [member, moderator])
def test_only_curators_decide(make):
    row = a_term(member("mia"))
    person = make()
    for decide in (suggestions.accept, suggestions.decline):
        with pytest.raises(PermissionDenied):
            decide(row, by=person, reason="Mine.")
    assert again(row).state == SuggestionState.OPEN


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_decide_once():
    row = a_term(member())
    one, other = curator(), curator("cleo")
    outcomes = at_once(
        lambda: suggestions.accept(row, by=one, reason="Yes."),
        lambda: suggestions.decline(row, by=other, reason="No."),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refused", "Suggestion"]
    assert Sense.objects.count() == (again(row).state == SuggestionState.ACCEPTED)
    send_mail()
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_member_who_sends_twice_at_once_suggests_once():
    mona = member()
    at_once(*[lambda: a_term(mona)] * 3)
    assert Suggestion.objects.count() == 1


# --- The pages --------------------------------------------------------------------------------------------------------


def test_a_member_suggests_a_term_and_the_text_is_filled_in(client):
    client.force_login(member())
    assert 'value="CMO"' in client.get("/glossary/suggest/?text=CMO").content.decode()
    response = client.post("/glossary/suggest/", {"text": "CMO", "definition": "A unit for change."})
    assert (response.status_code, response["Location"]) == (302, "/glossary/")
    assert Suggestion.objects.get().text == "CMO"


def test_what_is_refused_keeps_the_text(client):
    published_term("CMO")
    client.force_login(member())
    response = client.post("/glossary/suggest/", {"text": "CMO", "note": "Typed with care."})
    page = response.content.decode()
    assert response.status_code == 422
    assert "in the glossary already" in page
    assert "Typed with care." in page


def test_a_visitor_keeps_the_text_and_is_led_to_sign_in(client):
    published_term("CMO")
    assert client.get("/glossary/cmo/suggest/")["Location"] == "/accounts/login/?next=/glossary/cmo/suggest/"
    response = client.post("/glossary/suggest/", {"text": "XYZ", "note": "Typed with care."})
    assert response.status_code == 403
    assert "Typed with care." in response.content.decode()


def test_a_change_and_another_meaning_are_suggested_at_the_term(client):
    term = published_term("CMO")
    sense = term.senses.get()
    client.force_login(member())
    assert "/glossary/cmo/suggest/" in client.get("/glossary/cmo/").content.decode()
    change = {"meaning": sense.pk, "note": "It is no office."}
    assert client.post("/glossary/cmo/suggest/", change)["Location"] == "/glossary/cmo/"
    other = {"meaning": "another", "name": "Chief Medical Officer"}
    assert client.post("/glossary/cmo/suggest/", other).status_code == 302
    assert client.post("/glossary/cmo/suggest/", {"meaning": "another", "note": "Hm."}).status_code == 422
    assert client.post("/glossary/cmo/suggest/", {"meaning": "12345678", "note": "Hm."}).status_code == 422
    kinds = Suggestion.objects.order_by("pk").values_list("kind", "sense", "name")
    assert list(kinds) == [("change", sense.pk, ""), ("sense", None, "Chief Medical Officer")]


def test_a_term_that_nobody_sees_takes_no_suggestion_and_an_old_address_leads_on(client):
    factories.draft_term("CMO")
    client.force_login(member())
    assert client.get("/glossary/cmo/suggest/").status_code == 404
    term = published_term("PMO")
    terms.save_term(term, by=curator(), text="PMO", address="project-office")
    response = client.get("/glossary/pmo/suggest/")
    assert (response.status_code, response["Location"]) == (301, "/glossary/project-office/suggest/")


def test_a_member_who_suggests_without_end_is_stopped_and_keeps_the_text(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"suggest": "1/h/user"}
    client.force_login(member("flooder"))
    assert client.post("/glossary/suggest/", {"text": "ABC"}).status_code == 302
    response = client.post("/glossary/suggest/", {"text": "XYZ", "note": "Typed with care."})
    assert response.status_code == 422
    assert "Typed with care." in response.content.decode()
    assert Suggestion.objects.count() == 1


# --- The curators' screen ---------------------------------------------------------------------------------------------


def test_a_curator_amends_and_takes_up_in_the_admin(client):
    row = a_term(member(), definition="A CMO is a CMO.")
    client.force_login(curator())
    address = f"/admin/glossary/suggestion/{row.pk}/accept/"
    assert "A CMO is a CMO." in client.get(address).content.decode()
    refused = client.post(address, {"definition": "A CMO is a CMO.", "reason": "Typed with care."})
    assert refused.status_code == 422
    assert "Typed with care." in refused.content.decode()
    done = client.post(address, {"name": "Change office", "definition": "A unit that leads a change.", "reason": ""})
    assert done.status_code == 302
    assert Sense.objects.get().name == "Change office"
    page = client.get(f"/admin/glossary/suggestion/{row.pk}/change/").content.decode()
    assert f"/admin/glossary/sense/{Sense.objects.get().pk}/change/" in page
    assert "/decline/" not in page


def test_a_suggestion_is_neither_written_nor_deleted_in_the_admin(client):
    row = a_term(member())
    client.force_login(curator())
    for part in ("change", "delete"):
        assert (
            client.post(f"/admin/glossary/suggestion/{row.pk}/{part}/", {"text": "Mine", "post": "yes"}).status_code
            == 403
        )
    assert client.post(f"/admin/glossary/suggestion/{row.pk}/decline/", {"reason": "No."}).status_code == 302
    assert again(row).state == SuggestionState.DECLINED
