"""Title, situation and tags of a thread: who changes them, what is kept, and who is named in their history."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from members.permissions import Refused
from tests import factories
from tests.factories import again, member, moderator, start
from threads.actions import heading, moderation
from threads.models import ModerationEntry, ThreadTag

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona():
    return member("mona", name="Mona Lind", sector="finance", organisation_size="501-5000")


@pytest.fixture
def thread(mona):
    return start(mona, title="Where does it end?", tags=["risk", "PMO"], context="A bank").thread


def edited(thread, by, **said):
    standing = {"title": thread.title, "context": thread.context, "tags": [tag.name for tag in thread.tags.all()]}
    return heading.edit_heading(thread, by=by, **{**standing, "based_on": thread.revisions.version(), **said})


def sent(client, thread, by, **said):
    client.force_login(by)
    typed = {"title": "Where does a PMO end?", "context": "A bank", "tags": ["risk"], "based_on": 1}
    return client.post(reverse("thread_edit", args=[thread.pk]), {**typed, **said})


def test_the_situation_stands_under_the_title_and_the_form_begins_with_sector_and_size(client, mona, thread):
    page = client.get(thread.get_absolute_url()).text
    assert page.index("Where does it end?</h1>") < page.index("A bank</p>") < page.index('class="facts"')
    client.force_login(mona)
    offered = f"{mona.get_sector_display()}, {mona.get_organisation_size_display()}"
    assert f'value="{offered}"' in client.get(reverse("thread_new")).text


def test_a_new_title_changes_the_slug_and_the_old_address_leads_to_it(client, mona, thread):
    old = thread.get_absolute_url()
    answer = sent(client, thread, mona)
    assert answer["Location"] == f"/threads/{thread.pk}/where-does-a-pmo-end/"
    assert client.get(old)["Location"] == answer["Location"]


def test_tags_are_exchanged_and_those_that_stay_keep_their_place(mona, thread):
    factories.reply(thread)
    thread = again(thread)
    stays = ThreadTag.objects.get(content_object=thread, tag__key="risk")
    edited(thread, mona, tags=["RISK", "benefits"])
    rows = ThreadTag.objects.filter(content_object=thread).order_by("tag__key")
    assert [row.tag.name for row in rows] == ["benefits", "risk"]
    assert stays in rows
    assert {row.last_posted_at for row in rows} == {thread.last_posted_at}


def test_every_version_is_kept_with_who_wrote_it_and_when(mona, thread):
    edited(thread, mona, title="Where does a PMO end?")
    edited(again(thread), mona, context="A bank in Oslo", tags=[])
    rows = thread.revisions.order_by("number").values_list("number", "title", "context", "tags", "written_by")
    assert list(rows) == [
        (1, "Where does it end?", "A bank", ["PMO", "risk"], mona.pk),
        (2, "Where does a PMO end?", "A bank", ["PMO", "risk"], mona.pk),
        (3, "Where does a PMO end?", "A bank in Oslo", [], mona.pk),
    ]


def test_saving_what_stands_already_changes_nothing(client, mona, thread):
    before = again(thread).revision
    edited(thread, mona, tags=["pmo", "Risk"])
    assert not thread.revisions.exists()
    assert again(thread).revision == before


def test_saving_twice_is_saving_once(client, mona, thread):
    assert sent(client, thread, mona).status_code == 302
    assert sent(client, thread, mona).status_code == 302
    assert thread.revisions.version() == 2


def test_somebody_elses_change_meanwhile_shows_both_and_their_difference(client, mona, thread):
    edited(thread, moderator(), title="Where does an office end?")
    answer = sent(client, thread, mona, title="Where does a unit end?", context="A bank in Oslo")
    assert answer.status_code == 409
    assert "Where does an office end?" in answer.text
    assert "unit</ins>" in answer.text
    assert 'value="A bank in Oslo"' in answer.text
    assert again(thread).title == "Where does an office end?"
    assert sent(client, thread, mona, title="Where does a unit end?", based_on=2).status_code == 302


def test_only_the_starter_and_moderators_change_it(client, thread):
    otto = member("otto")
    with pytest.raises(PermissionDenied):
        edited(thread, otto, title="Mine now")
    assert sent(client, thread, otto).status_code == 403
    client.force_login(otto)
    assert reverse("thread_edit", args=[thread.pk]) not in client.get(thread.get_absolute_url()).text


def test_a_locked_thread_keeps_its_title_and_the_form_what_was_typed(client, mona, thread):
    moderation.lock(thread, by=moderator(), reason="Settled.")
    client.force_login(mona)
    assert "A moderator has locked this discussion: Settled." in client.get(f"/threads/{thread.pk}/edit/").text
    with pytest.raises(Refused):
        edited(thread, mona, title="Otherwise")
    answer = sent(client, thread, mona, title="Otherwise")
    assert answer.status_code == 422
    assert 'value="Otherwise"' in answer.text


def test_a_hidden_thread_is_the_moderators_to_change(mona, thread):
    hidden = factories.hidden_thread(thread)
    with pytest.raises(PermissionDenied):
        edited(hidden, mona, title="Otherwise")
    assert edited(hidden, moderator(), title="Otherwise").title == "Otherwise"


def test_what_a_moderator_does_is_logged_and_the_admin_keeps_the_old_title_too(thread):
    molly = moderator()
    edited(thread, molly, title="Where does a PMO end?")
    moderation.retitle(thread, by=molly, title="Where does any PMO end?")
    assert list(ModerationEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "edit_thread",
        "retitle_thread",
    ]
    titles = thread.revisions.order_by("number").values_list("title", flat=True)
    assert list(titles) == ["Where does it end?", "Where does a PMO end?", "Where does any PMO end?"]


def history(client, thread):
    return client.get(reverse("thread_history", args=[thread.pk])).text


def test_the_history_shows_the_words_that_changed(client, mona, thread):
    edited(thread, mona, title="Where does a PMO end?")
    assert "PMO</ins>" in history(client, thread)
    assert reverse("thread_history", args=[thread.pk]) in client.get(again(thread).get_absolute_url()).text


def test_what_a_moderator_took_out_stays_out_of_the_history(client, mona, thread):
    edited(thread, mona, title="Acme Ltd is broke")
    edited(again(thread), moderator("molly"), title="A supplier is broke")
    assert "Acme" not in history(client, thread)
    client.force_login(mona)
    assert "Acme" in history(client, thread)


@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_starter_whose_name_is_withheld_is_not_named_in_the_history(client, mona, is_hidden):
    first = start(mona, title="Who?", shown_as="withheld")
    factories.reply(first.thread)
    edited(first.thread, mona, title="Who is it?")
    if is_hidden:
        factories.hidden_post(first)
    page = history(client, first.thread)
    assert "Who is it?" in page
    assert "Mona" not in page
    assert "Name withheld" in page or is_hidden


def test_a_thread_that_is_hidden_has_no_history_for_others(client, thread):
    factories.hidden_thread(thread)
    assert client.get(reverse("thread_history", args=[thread.pk])).status_code == 404
