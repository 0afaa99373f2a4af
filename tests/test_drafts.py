"""Drafts: what is typed is kept, no tab overwrites another's text, and what is posted leaves no draft."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from members.permissions import Refused
from tests import factories
from tests.factories import again, member, start
from tests.races import at_once
from threads.actions import drafts, moderation, posting
from threads.models import Draft, Post

pytestmark = pytest.mark.django_db
TEXT = "Half a thought, and"


@pytest.fixture
def mona():
    return member("mona", name="Mona Lind")


@pytest.fixture
def thread():
    return start(title="Where does it end?").thread


@pytest.fixture
def signed_in(client, mona):
    client.force_login(mona)
    return client


def saved(by, thread=None, *, based_on=0, token=None, **said):
    typed = {"title": "", "context": "", "body": TEXT, "tags": "", "shown_as": "all"}
    return drafts.save(by=by, thread=thread, token=token or uuid4(), based_on=based_on, **{**typed, **said})


def sent(client, thread=None, **typed):
    """As static/drafts.js sends it."""
    where = {"thread": thread.pk} if thread else {}
    return client.post(reverse("save_draft"), {"body": TEXT, "token": uuid4(), "draft": 0, **where, **typed})


def reply_page(client, thread):
    return client.get(reverse("reply", args=[thread.pk])).text


# --- Kept and given back ----------------------------------------------------------------------------------------------
def test_a_reply_in_the_making_is_there_on_the_thread_page_and_in_the_form_alone(signed_in, mona, thread):
    assert sent(signed_in, thread).json() == {"revision": 1}
    for page in (signed_in.get(thread.get_absolute_url()).text, reply_page(signed_in, thread)):
        assert f">\n{TEXT}</textarea>" in page
        assert "Your draft of" in page
        assert 'name="draft" value="1"' in page


def test_nobody_else_sees_it(signed_in, client, mona, thread):
    sent(signed_in, thread)
    client.force_login(member("otto"))
    assert TEXT not in client.get(thread.get_absolute_url()).text
    assert TEXT not in client.get(reverse("my_drafts")).text
    client.post(reverse("my_drafts"), {"discard": Draft.objects.get().pk})
    assert Draft.objects.exists()


def test_each_save_counts_up_and_the_next_one_says_on_which_it_rests(signed_in, mona, thread):
    token = uuid4()
    assert sent(signed_in, thread, token=token).json() == {"revision": 1}
    assert sent(signed_in, thread, token=token, draft=1, body="Otherwise.").json() == {"revision": 2}
    assert Draft.objects.get().body == "Otherwise."


def test_a_save_sent_again_after_a_broken_connection_changes_nothing(signed_in, mona, thread):
    token = uuid4()
    for _time in range(2):
        assert sent(signed_in, thread, token=token).json() == {"revision": 1}


def test_who_types_on_before_the_answer_comes_is_no_second_tab(signed_in, mona, thread):
    token = uuid4()
    sent(signed_in, thread, token=token)
    assert sent(signed_in, thread, token=token, body=f"{TEXT} the rest").json() == {"revision": 2}


def test_a_form_that_was_sent_before_the_first_save_was_answered_is_no_second_tab(signed_in, mona):
    typed = {"title": "Who owns it?", "token": uuid4(), "draft": 0}
    assert sent(signed_in, **typed, body="").json() == {"revision": 1}
    assert signed_in.post(reverse("thread_new"), {**typed, "body": TEXT, "preview": "1"}).status_code == 200
    assert sent(signed_in, **typed | {"title": "Otherwise"}, body=TEXT).status_code == 409


def test_a_discussion_in_the_making_keeps_title_situation_tags_and_whom_one_speaks_as(signed_in, mona):
    said = {"title": "Who owns it?", "context": "A bank", "tags": ["risk", "PMO, AI"], "shown_as": "withheld"}
    signed_in.post(reverse("thread_new"), {**said, "body": TEXT, "token": uuid4(), "save": "1"})
    draft = Draft.objects.get()
    kept = (draft.title, draft.context, draft.tags, draft.shown_as)
    assert kept == ("Who owns it?", "A bank", "risk, PMO, AI", "withheld")
    page = signed_in.get(f"{reverse('thread_new')}?draft={draft.token}").text
    for part in ('value="Who owns it?"', 'value="A bank"', 'value="risk, PMO, AI"', TEXT, "Posting as"):
        assert part in page
    assert "Name withheld</span>" in page
    assert str(draft.token) in signed_in.get(reverse("thread_new")).text  # a way to go on with it


def test_without_script_the_button_saves_whatever_is_missing_yet(signed_in, mona, thread):
    answer = signed_in.post(reverse("thread_new"), {"title": "", "body": TEXT, "token": uuid4(), "save": "1"})
    assert answer.status_code == 200
    assert "Draft saved" in answer.text
    assert TEXT in answer.text
    answer = signed_in.post(reverse("reply", args=[thread.pk]), {"body": TEXT, "token": uuid4(), "save": "1"})
    assert (answer.status_code, Draft.objects.count()) == (200, 2)


def test_a_preview_saves_as_well(signed_in, mona, thread):
    answer = signed_in.post(reverse("reply", args=[thread.pk]), {"body": TEXT, "token": uuid4(), "preview": "1"})
    assert answer.status_code == 200
    assert 'name="draft" value="1"' in answer.text
    assert Draft.objects.get().body == TEXT


def test_a_quotation_is_added_to_the_draft(signed_in, mona, thread):
    sent(signed_in, thread)
    post = thread.posts.get()
    page = signed_in.get(f"{reverse('reply', args=[thread.pk])}?quote={post.pk}").text
    assert f"{TEXT}\n\n&gt; [#1](/posts/{post.pk}/)" in page


def test_nothing_typed_is_no_draft_and_an_emptied_form_ends_its_own(signed_in, mona, thread):
    assert sent(signed_in, thread, body="  ").json() == {"revision": 0}
    assert sent(signed_in, context="A bank", body="", tags=["risk"]).json() == {"revision": 0}
    sent(signed_in, thread)
    assert sent(signed_in, thread, draft=1, body="").json() == {"revision": 0}
    assert not Draft.objects.exists()


def test_odd_texts_are_kept_as_far_as_a_database_can(signed_in, mona, thread):
    assert sent(signed_in, thread, body="a\x00b\r\nc \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
    assert Draft.objects.get().body == "ab\nc 😀"
    assert sent(signed_in, thread, draft=1, body="x" * (drafts.LONGEST_BODY + 1)).status_code == 422
    assert sent(signed_in, draft="many", token="none", title="t" * 300).json() == {"revision": 1}


def test_a_form_with_the_token_of_another_draft_is_saved_and_leaves_that_one_alone(mona, thread):
    other = saved(mona, body="A discussion to be")
    mine = saved(mona, thread)
    mine = saved(mona, thread, body="Another thought", token=other.token, based_on=mine.revision)
    assert (again(mine).body, again(other).body) == ("Another thought", "A discussion to be")


def test_there_is_an_end_to_drafts(mona, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    for _time in range(2):
        saved(mona)
    with pytest.raises(Refused):
        saved(mona)


# --- Two tabs ---------------------------------------------------------------------------------------------------------
def test_a_second_tab_is_told_and_both_texts_stay(signed_in, mona, thread):
    sent(signed_in, thread)
    answer = sent(signed_in, thread, body="Of the second tab.")
    assert answer.status_code == 409
    assert TEXT in answer.text
    assert 'data-revision="1"' in answer.text
    assert Draft.objects.get().body == TEXT


def test_without_script_a_second_tab_sees_both_and_may_replace_what_it_saw(signed_in, mona, thread):
    saved(mona, thread)
    address, typed = reverse("reply", args=[thread.pk]), {"body": "Of the second tab.", "token": uuid4(), "save": "1"}
    answer = signed_in.post(address, {**typed, "draft": 0})
    assert answer.status_code == 409
    assert TEXT in answer.text
    assert ">\nOf the second tab.</textarea>" in answer.text
    assert 'name="draft" value="1"' in answer.text
    assert signed_in.post(address, {**typed, "draft": 1}).status_code == 200
    assert Draft.objects.get().body == "Of the second tab."


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_save_at_once_lose_nothing(mona, thread):
    def save(text):
        try:
            return saved(mona, thread, body=text).body
        except drafts.SavedMeanwhile:
            return None

    found = at_once(lambda: save("Of one tab."), lambda: save("Of the other."))
    assert sorted(map(bool, found)) == [False, True]
    assert Draft.objects.get().body in found


def test_a_draft_discarded_in_one_tab_goes_on_in_the_other(mona, thread):
    draft = saved(mona, thread)
    drafts.discard(draft.pk, by=mona)
    assert saved(mona, thread, based_on=1, token=draft.token, body="Typed on.").revision == 2


# --- Posted -----------------------------------------------------------------------------------------------------------
def test_posting_ends_the_draft_and_a_save_that_comes_late_makes_none(signed_in, mona, thread):
    draft = saved(mona, thread)
    signed_in.post(reverse("reply", args=[thread.pk]), {"body": f"{TEXT} all.", "token": draft.token, "draft": 1})
    assert not Draft.objects.exists()
    assert saved(mona, thread, token=draft.token) is None
    assert Post.objects.filter(author=mona).count() == 1


def test_starting_ends_its_own_draft_and_no_other(signed_in, mona):
    other, own = saved(mona, body="Of another evening."), saved(mona, title="Who owns it?")
    signed_in.post(reverse("thread_new"), {"title": "Who owns it?", "body": TEXT, "token": own.token, "draft": 1})
    assert list(Draft.objects.all()) == [other]


def test_the_draft_stays_when_posting_is_refused(signed_in, mona, thread):
    draft = saved(mona, thread)
    moderation.lock(thread, by=factories.moderator(), reason="Settled.")
    answer = signed_in.post(reverse("reply", args=[thread.pk]), {"body": TEXT, "token": draft.token, "draft": 1})
    assert answer.status_code == 422
    assert TEXT in answer.text
    assert Draft.objects.exists()


def test_what_another_tab_wrote_since_survives_the_post(mona, thread):
    draft = saved(mona, thread)
    saved(mona, thread, based_on=1, token=draft.token, body="Longer, of the second tab.")
    posting.reply(thread, by=mona, body="Of the first tab.", token=draft.token, draft=1)
    assert Draft.objects.get().body == "Longer, of the second tab."


def test_what_this_form_saved_without_waiting_for_the_answer_goes_with_the_post(mona, thread):
    draft = saved(mona, thread)
    saved(mona, thread, based_on=1, token=draft.token, body=f"{TEXT} more")
    posting.reply(thread, by=mona, body=f"{TEXT} more.", token=draft.token, draft=1)
    assert not Draft.objects.exists()


def test_another_text_after_a_post_by_the_same_form_is_a_draft_again(mona, thread):
    token = uuid4()
    posting.reply(thread, by=mona, body="Said.", token=token)
    assert saved(mona, thread, token=token, body="What I forgot.").revision == 1


# --- The list ---------------------------------------------------------------------------------------------------------
def test_the_list_names_threads_and_leads_on(signed_in, mona, thread):
    saved(mona, thread)
    own = saved(mona, title="Who owns it?")
    page = signed_in.get(reverse("my_drafts")).text
    assert page.index("Who owns it?") < page.index("Where does it end?")
    assert f'href="{reverse("reply", args=[thread.pk])}"' in page
    assert f'href="{reverse("thread_new")}?draft={own.token}"' in page


def test_a_thread_that_is_no_longer_shown_is_not_named_and_the_text_is_whole(signed_in, mona, thread):
    long = "Half a thought. " * 60
    draft = saved(mona, thread, body=long.strip())
    factories.hidden_thread(thread)
    page = signed_in.get(reverse("my_drafts")).text
    assert "Where does it end?" not in page
    assert long.strip() in page
    assert sent(signed_in, thread, token=draft.token, draft=1, body=f"{long} on").json() == {"revision": 2}
    assert signed_in.get(reverse("reply", args=[thread.pk])).status_code == 404


def test_nothing_is_saved_for_a_thread_one_never_saw(signed_in, mona, thread):
    assert sent(signed_in, factories.hidden_thread(thread)).status_code == 404
    assert sent(signed_in, thread=type("None", (), {"pk": "none"})).status_code == 404


def test_discarding_leads_back_to_where_one_was(signed_in, mona, thread):
    for draft, back, address in (
        (saved(mona, thread), "1", thread.get_absolute_url()),
        (saved(mona), "1", reverse("thread_new")),
        (saved(mona), None, reverse("my_drafts")),
    ):
        where = {"back": back} if back else {}
        answer = signed_in.post(reverse("my_drafts"), {"discard": draft.pk, **where})
        assert answer["Location"] == address
    assert not Draft.objects.exists()
    assert signed_in.post(reverse("my_drafts"), {"discard": "x"}).status_code == 400


def test_the_list_goes_on_by_what_was_saved_last(signed_in, mona):
    moment = timezone.now()
    for number in range(23):
        draft = saved(mona, title=f"Number {number:02}")
        Draft.objects.filter(pk=draft.pk).update(updated_at=moment)
    first = signed_in.get(reverse("my_drafts"))
    rest = signed_in.get(f"{reverse('my_drafts')}?before={first.context['next']}")
    titles = [draft.title for page in (first, rest) for draft in page.context["drafts"]]
    assert titles == [f"Number {number:02}" for number in reversed(range(23))]
    assert signed_in.get(f"{reverse('my_drafts')}?before=x").status_code == 400


def test_the_list_costs_the_same_for_two_and_for_ten(signed_in, mona, django_assert_num_queries):
    for _time in range(2):
        saved(mona, start().thread)
    with django_assert_num_queries(3):
        signed_in.get(reverse("my_drafts"))
    for _time in range(8):
        saved(mona, start().thread)
    with django_assert_num_queries(3):
        assert signed_in.get(reverse("my_drafts")).text.count("Continue") == 10


# --- A visitor --------------------------------------------------------------------------------------------------------
def test_a_visitor_writes_first_and_finds_the_text_with_the_way_to_sign_in(client, thread):
    for address, typed in ((reverse("reply", args=[thread.pk]), {}), (reverse("thread_new"), {"title": "Who?"})):
        page = client.get(address)
        assert page.status_code == 200
        assert "Sign in and post" in page.text
        assert "Save draft" not in page.text
        answer = client.post(address, {"body": TEXT, "token": uuid4(), **typed})
        assert answer.status_code == 403
        assert TEXT in answer.text
        assert reverse("account_login") in answer.text
    assert not Draft.objects.exists()


def test_a_hidden_thread_offers_visitors_no_form(client, thread):
    factories.hidden_thread(thread)
    assert client.get(reverse("reply", args=[thread.pk])).status_code == 404


def test_the_page_that_is_kept_for_visitors_holds_no_token(client, thread):
    page = client.get(thread.get_absolute_url())
    assert reverse("reply", args=[thread.pk]) in page.text
    assert "csrfmiddlewaretoken" not in page.text
    assert page["Cache-Control"] == "public, no-cache"


def test_a_draft_outlives_nothing_of_its_owner(mona, thread):
    saved(mona, thread)
    again(mona).delete()
    assert not Draft.objects.exists()
