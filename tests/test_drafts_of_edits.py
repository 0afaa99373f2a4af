"""Drafts of edits: what is typed over a post is kept for who types it, and never put over a newer text unseen."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import again, member, moderator, reply, start
from tests.races import at_once
from threads.actions import drafts, moderation, posting
from threads.models import Draft

pytestmark = pytest.mark.django_db
STOOD = "The office ends here."
TEXT = "The office ends here, or there."


@pytest.fixture
def mona():
    return member("mona", name="Mona Lind")


@pytest.fixture
def post(mona):
    return start(mona, title="Where does it end?", body=STOOD)


@pytest.fixture
def signed_in(client, mona):
    client.force_login(mona)
    return client


def browser_of(somebody):
    client = Client()
    client.force_login(somebody)
    return client


def saved(by, post, *, based_on=0, begun_on=1, token=None, body=TEXT):
    said = {"title": "", "context": "", "body": body, "tags": "", "shown_as": "all"}
    of = {"thread": None, "post": post, "begun_on": begun_on}
    return drafts.save(by=by, token=token or uuid4(), based_on=based_on, **of, **said)


def sent(client, post, **typed):
    """As static/drafts.js sends it."""
    form = {"body": TEXT, "token": uuid4(), "draft": 0, "seen": 0, "based_on": 1, "thread": "", "post": post.pk}
    return client.post(reverse("save_draft"), {**form, **typed})


def edit_page(client, post):
    return client.get(reverse("post_edit", args=[post.pk]))


def submit(client, post, **typed):
    return client.post(reverse("post_edit", args=[post.pk]), {"body": TEXT, "based_on": 1, "token": uuid4(), **typed})


# --- Kept and given back ----------------------------------------------------------------------------------------------
def test_what_was_typed_stands_in_the_form_again_with_the_version_it_was_begun_on(signed_in, post):
    assert sent(signed_in, post).json() == {"revision": 1}
    page = edit_page(signed_in, post)
    assert page.status_code == 200
    assert f">\n{TEXT}</textarea>" in page.text
    assert "begun on version 1" in page.text
    assert "Discard it" in page.text
    for field in ('name="draft" value="1"', 'name="based_on" value="1"'):
        assert field in page.text
    assert again(post).body == STOOD


def test_a_draft_of_an_edit_is_no_draft_of_a_reply_or_of_a_discussion(signed_in, post):
    sent(signed_in, post)
    for address in (post.thread.get_absolute_url(), reverse("reply", args=[post.thread.pk]), reverse("thread_new")):
        page = signed_in.get(address).text
        assert TEXT not in page
        assert "Your draft of" not in page
        assert "You have a draft" not in page


def test_a_reply_and_two_edits_in_one_thread_are_three_drafts(signed_in, mona, post):
    other = reply(post.thread, mona, "Another of mine.")
    sent(signed_in, post)
    sent(signed_in, other, body="Another of mine, edited.")
    signed_in.post(reverse("save_draft"), {"body": "A reply.", "thread": post.thread.pk, "token": uuid4()})
    edits = Draft.objects.exclude(post=None).order_by("post").values_list("post", "body")
    assert list(edits) == [(post.pk, TEXT), (other.pk, "Another of mine, edited.")]
    assert Draft.objects.get(thread=post.thread).body == "A reply."


def test_what_the_post_says_already_is_no_draft_and_going_back_to_it_ends_one(signed_in, post):
    assert sent(signed_in, post, body=STOOD).json() == {"revision": 0}
    sent(signed_in, post)
    assert sent(signed_in, post, body=STOOD, draft=1).json() == {"revision": 0}
    assert not Draft.objects.exists()


def test_words_taken_out_at_the_end_are_an_edit_like_any_other(signed_in, post):
    assert sent(signed_in, post, body="The office").json() == {"revision": 1}
    assert "The office</textarea>" in edit_page(signed_in, post).text


def test_a_moderators_draft_is_the_moderators_alone(signed_in, mona, post):
    molly = moderator()
    sent(browser_of(molly), post)
    assert Draft.objects.get().member == molly
    for page in (edit_page(signed_in, post), signed_in.get(reverse("my_drafts"))):
        assert TEXT not in page.text
    assert TEXT in edit_page(browser_of(molly), post).text
    assert "An edit of post #1 by Mona Lind" in browser_of(molly).get(reverse("my_drafts")).text
    sent(signed_in, post, body="Of the author.")  # and neither is in the other's way
    assert Draft.objects.filter(post=post).count() == 2


def test_nothing_is_saved_for_a_post_that_one_may_not_edit(client, post):
    client.force_login(member("otto"))
    assert sent(client, post).status_code == 404
    assert sent(client, type("None", (), {"pk": "none"})).status_code == 404
    assert not Draft.objects.exists()


def test_without_script_the_button_and_the_preview_save(signed_in, post):
    answer = submit(signed_in, post, save="1", body="Half", draft=0)
    assert answer.status_code == 200
    assert "Draft saved" in answer.text
    assert ">\nHalf</textarea>" in answer.text
    answer = submit(signed_in, post, preview="1", body="Half of it", draft=1, token=Draft.objects.get().token)
    assert answer.status_code == 200
    assert "Preview: nothing is saved yet" in answer.text
    assert (Draft.objects.get().body, Draft.objects.get().revision) == ("Half of it", 2)
    assert again(post).body == STOOD


# --- Two tabs ---------------------------------------------------------------------------------------------------------
def test_a_second_tab_is_told_and_both_texts_stay(signed_in, post):
    sent(signed_in, post)
    answer = sent(signed_in, post, body="Of the second tab.")
    assert answer.status_code == 409
    assert TEXT in answer.text
    assert Draft.objects.get().body == TEXT
    answer = submit(signed_in, post, body="Of the second tab.", draft=0, save="1")
    assert answer.status_code == 409
    assert TEXT in answer.text
    assert ">\nOf the second tab.</textarea>" in answer.text
    assert 'name="draft" value="1"' in answer.text


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_save_at_once_lose_nothing(mona, post):
    def save(text):
        try:
            return saved(mona, post, body=text).body
        except drafts.SavedMeanwhile:
            return None

    found = at_once(lambda: save("Of one tab."), lambda: save("Of the other."))
    assert sorted(map(bool, found)) == [False, True]
    assert Draft.objects.get().body in found


def test_the_database_holds_one_draft_for_a_member_and_a_post_and_of_one_thing(mona, post):
    saved(mona, post)
    for wrong in (
        {"post": post, "based_on": 1},
        {"post": reply(post.thread, mona), "based_on": None},
        {"post": reply(post.thread, mona), "based_on": 1, "thread": post.thread},
        {"based_on": 1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.create(member=mona, **wrong)


# --- Saved ------------------------------------------------------------------------------------------------------------
def test_saving_the_edit_ends_its_draft_and_a_save_that_comes_late_makes_none(signed_in, mona, post):
    draft = saved(mona, post)
    assert submit(signed_in, post, body=f"{TEXT} Both.", token=draft.token, draft=1).status_code == 302
    assert again(post).body == f"{TEXT} Both."
    assert not Draft.objects.exists()
    assert sent(signed_in, post, token=draft.token).json() == {"revision": 0}
    assert not Draft.objects.exists()
    assert f"{TEXT} Both.</textarea>" in edit_page(signed_in, post).text


def test_the_same_words_end_it_whichever_form_they_came_from(signed_in, mona, post):
    saved(mona, post)
    submit(signed_in, post, draft=0)
    assert not Draft.objects.exists()
    saved(mona, post, body="Otherwise.")
    posting.edit(post, by=moderator(), body="Otherwise.", based_on=2)
    assert submit(signed_in, post, body="Otherwise.", based_on=2, draft=0).status_code == 302  # it stands already
    assert not Draft.objects.exists()


def test_what_another_tab_typed_since_survives_the_save_and_leads_to_both_texts(signed_in, mona, post):
    draft = saved(mona, post)
    saved(mona, post, based_on=1, token=draft.token, body="Of the second tab.")
    submit(signed_in, post, body="Of the first tab.", token=draft.token, draft=1)
    assert again(post).body == "Of the first tab."
    assert Draft.objects.get().body == "Of the second tab."
    page = edit_page(signed_in, post).text
    assert "Changed while you were writing" in page
    assert "Of the first tab." in page
    assert ">\nOf the second tab.</textarea>" in page


def test_the_draft_of_a_reply_or_of_somebody_else_stays_when_an_edit_is_saved(signed_in, mona, post):
    saved(moderator(), post)
    signed_in.post(reverse("save_draft"), {"body": TEXT, "thread": post.thread.pk, "token": uuid4()})
    submit(signed_in, post)
    assert Draft.objects.count() == 2


@pytest.mark.parametrize("act", ["lock", "edit"])
def test_the_draft_stays_when_saving_is_refused(signed_in, mona, post, act):
    draft = saved(mona, post)
    if act == "lock":
        moderation.lock(post.thread, by=moderator(), reason="Settled.")
    else:
        posting.edit(post, by=moderator(), body="By the moderator.", based_on=1)
    answer = submit(signed_in, post, token=draft.token, draft=1)
    assert answer.status_code == {"lock": 422, "edit": 409}[act]
    assert f">\n{TEXT}</textarea>" in answer.text
    assert Draft.objects.get() == draft


def test_the_editor_of_a_locked_thread_says_so_before_anything_is_typed(signed_in, mona, post):
    assert "has locked" not in edit_page(signed_in, post).text
    moderation.lock(post.thread, by=moderator(), reason="Settled in May.")
    assert "A moderator has locked this discussion: Settled in May." in edit_page(signed_in, post).text
    saved(mona, post)
    posting.edit(post, by=moderator("mark"), body="By the moderator.", based_on=1)
    page = edit_page(signed_in, post).text
    assert "Changed while you were writing" in page
    assert "A moderator has locked this discussion: Settled in May." in page


# --- Begun on an older version ----------------------------------------------------------------------------------------
@pytest.fixture
def overtaken(mona, post):
    """A draft begun on version 1 of a post that is at version 3 by now."""
    draft = saved(mona, post)
    molly = moderator()
    posting.edit(post, by=molly, body="The office ends there.", based_on=1)
    posting.edit(post, by=molly, body="The office ends nowhere.", based_on=2)
    return draft


def test_a_draft_of_an_older_version_leads_to_both_texts_and_their_difference(signed_in, overtaken, post):
    answer = edit_page(signed_in, post)
    assert answer.status_code == 200
    assert "Changed while you were writing" in answer.text
    assert "The office ends nowhere." in answer.text
    assert f">\n{TEXT}</textarea>" in answer.text
    assert "<del>nowhere</del>" in answer.text
    assert "begun on version 1" in answer.text
    assert again(post).body == "The office ends nowhere."


def test_saving_from_both_texts_is_meant_and_ends_the_draft(signed_in, overtaken, post):
    merged = "The office ends nowhere, or there."
    answer = submit(signed_in, post, body=merged, based_on=1, seen=3, token=overtaken.token, draft=1)
    assert answer.status_code == 302
    assert (again(post).body, again(post).revision) == (merged, 4)
    assert not Draft.objects.exists()


def test_what_is_saved_meanwhile_once_more_is_shown_once_more(signed_in, overtaken, post):
    posting.edit(post, by=moderator("mark"), body="The office ends at noon.", based_on=3)
    answer = submit(signed_in, post, based_on=1, seen=3, token=overtaken.token, draft=1)
    assert answer.status_code == 409
    assert "The office ends at noon." in answer.text
    assert 'name="seen" value="4"' in answer.text


@pytest.mark.parametrize("way", ["script", "button"])
def test_a_draft_saved_from_both_texts_never_goes_over_what_stands_without_showing_it(signed_in, overtaken, post, way):
    typed = {"body": "Merged by half", "based_on": 1, "seen": 3, "token": overtaken.token, "draft": 1}
    if way == "script":
        assert sent(signed_in, post, **typed).json() == {"revision": 2}
    else:
        answer = submit(signed_in, post, save="1", **typed)
        assert "Draft saved" in answer.text
        assert "Changed while you were writing" in answer.text
    assert Draft.objects.get().based_on == 1
    page = edit_page(signed_in, post).text
    assert "Changed while you were writing" in page
    assert "Merged by half</textarea>" in page


def test_what_is_wrong_is_said_beside_both_texts(signed_in, overtaken, post):
    answer = submit(signed_in, post, body=" ", based_on=1, seen=3)
    assert answer.status_code == 422
    assert "Write something first." in answer.text
    moderation.lock(post.thread, by=moderator("mark"), reason="Settled.")
    answer = submit(signed_in, post, based_on=1, seen=3)
    assert answer.status_code == 422
    assert "A moderator has locked this thread." in answer.text
    assert "The office ends nowhere." in answer.text
    assert f">\n{TEXT}</textarea>" in answer.text


def test_a_preview_on_an_overtaken_version_shows_both_texts(signed_in, overtaken, post):
    answer = submit(signed_in, post, preview="1", token=overtaken.token, draft=1)
    assert answer.status_code == 409
    assert "The office ends nowhere." in answer.text


@pytest.mark.parametrize("based_on", ["", "x", "0", "-1", "1" * 40])
def test_a_form_that_says_no_version_is_sent_back_and_its_text_kept(signed_in, post, based_on):
    for act in ({}, {"save": "1"}, {"preview": "1"}):
        answer = submit(signed_in, post, based_on=based_on, **act)
        assert answer.status_code in {200, 422}
        assert f"{TEXT}</textarea>" in answer.text
    assert again(post).body == STOOD


# --- The list, and the end of the right to edit -----------------------------------------------------------------------
def test_the_list_names_the_post_and_leads_back_to_the_form(signed_in, mona, post):
    saved(mona, post)
    page = signed_in.get(reverse("my_drafts")).text
    assert "An edit of your post #1" in page
    assert "Where does it end?" in page
    assert f'href="{reverse("post_edit", args=[post.pk])}"' in page
    posting.withdraw(post, by=mona)
    assert reverse("post_edit", args=[post.pk]) in signed_in.get(reverse("my_drafts")).text  # still theirs to edit


def test_a_post_that_was_hidden_leaves_its_author_the_text_to_copy(signed_in, mona, post):
    draft = saved(mona, post, body="Half a thought. " * 60)
    factories.hidden_post(post)
    answer = edit_page(signed_in, post)
    assert answer.status_code == 403
    assert "kept among your drafts" in answer.text
    page = signed_in.get(reverse("my_drafts")).text
    assert "An edit of a post that you may no longer change" in page
    assert draft.body in page
    assert reverse("post_edit", args=[post.pk]) not in page
    assert sent(signed_in, post, token=draft.token, draft=1, body=f"{draft.body} on").json() == {"revision": 2}


def test_who_moderates_no_more_keeps_the_text_and_learns_nothing_new_of_the_post(post):
    molly = moderator()
    saved(molly, post)
    factories.hidden_post(post)
    molly.is_staff = False
    molly.save()
    client = browser_of(molly)
    page = client.get(reverse("my_drafts")).text
    assert TEXT in page
    assert "Where does it end?" not in page
    assert "Mona Lind" not in page
    assert edit_page(client, post).status_code == 404


def test_discarding_leads_back_to_the_post_as_it_stands(signed_in, mona, post):
    draft = saved(mona, post)
    answer = signed_in.post(reverse("my_drafts"), {"discard": draft.pk, "back": "1"})
    assert answer["Location"] == reverse("post_edit", args=[post.pk])
    assert not Draft.objects.exists()
    assert f">\n{STOOD}</textarea>" in edit_page(signed_in, post).text


def test_the_list_costs_the_same_for_two_and_for_ten(signed_in, mona, post, django_assert_num_queries):
    def more(count):
        for _time in range(count):
            saved(mona, reply(post.thread, mona, f"Mine, the {Draft.objects.count()}th."))

    more(2)
    with django_assert_num_queries(3):
        signed_in.get(reverse("my_drafts"))
    more(8)
    with django_assert_num_queries(3):
        assert signed_in.get(reverse("my_drafts")).text.count("Continue") == 10


def test_it_ends_with_the_account(mona, post):
    saved(mona, post)
    again(mona).delete()
    assert not Draft.objects.exists()
