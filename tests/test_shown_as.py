"""“Posting as …”: what a post shows of its author, who may ask for more, and that withheld means withheld."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import translation

from members.permissions import Refused
from tests import addresses, factories
from tests.addresses import RULES, address
from tests.factories import again, member, moderator, start
from tests.world import KINDS, WITHHELD, one_world
from threads.actions import moderation, posting, reacting
from threads.models import ModerationEntry, Post, Reaction, ShownAs
from threads.speaking import situation_of

pytestmark = pytest.mark.django_db
ANNA = {
    "name": "Anna Bauer",
    "role": "Head of PMO",
    "organisation": "Nordbank",
    "location": "Hamburg, Germany",
    "country": "DE",
    "role_family": "pmo",
    "sector": "finance",
    "organisation_size": "501-5000",
}


@pytest.mark.parametrize(
    ("shown_as", "speaker"),
    [
        ("all", "Anna Bauer, Head of PMO, Nordbank, Hamburg, Germany"),
        ("no-org", "Anna Bauer, Head of PMO, Hamburg, Germany"),
        ("role", "Name withheld, Head of PMO, Germany"),
        ("withheld", "Name withheld"),
    ],
)
def test_a_post_shows_as_much_of_its_author_as_they_chose(shown_as, speaker):
    post = start(member("anna", **ANNA), shown_as=shown_as)
    assert again(post).speaker == speaker


def test_what_is_not_shown_is_not_in_the_row_of_the_post():
    anna = member("anna", **ANNA)
    row = Post.objects.filter(pk=start(anna, shown_as="withheld").pk).values().get()
    said = " ".join(str(value) for name, value in row.items() if name.startswith("author_") and name != "author_id")
    assert said.strip() == ""


def test_the_form_offers_each_choice_in_the_words_that_would_stand_there(client):
    client.force_login(member("anna", **ANNA))
    page = client.get(reverse("thread_new")).content.decode()
    assert "Posting as" in page
    assert "Name withheld, Head of PMO, Germany" in page


def test_the_choice_travels_with_the_form(client):
    client.force_login(member("anna", **ANNA))
    answer = client.post(
        reverse("thread_new"), {"title": "Who?", "body": "Me.", "shown_as": "withheld", "token": uuid4()}
    )
    assert answer.status_code == 302
    assert Post.objects.get().shown_as == ShownAs.WITHHELD
    assert "Anna" not in client.get(answer["Location"]).content.decode().split("<main", 1)[1].split("posting-as")[0]


def test_a_choice_that_does_not_exist_is_told_and_nothing_is_lost(client):
    client.force_login(member("anna", **ANNA))
    answer = client.post(reverse("thread_new"), {"title": "Who?", "body": "My long text.", "shown_as": "king"})
    assert answer.status_code == 422
    assert "My long text." in answer.content.decode()


def test_the_author_may_show_less_later(client):
    anna = member("anna", **ANNA)
    post = start(anna)
    client.force_login(anna)
    assert client.post(reverse("post_shown", args=[post.pk]), {"shown_as": "role"}).status_code == 302
    assert again(post).speaker == "Name withheld, Head of PMO, Germany"
    assert again(post).author_name == again(post).author_organisation == again(post).author_sector == ""


def test_who_shows_less_is_told_what_stays(client):
    anna = member("anna", **ANNA)
    first = start(anna, context="Finance, 501 to 5,000 people")
    client.force_login(anna)
    page = client.get(reverse("post_shown", args=[first.pk])).text
    assert "“Finance, 501 to 5,000 people” stays under the title" in page
    assert "stays under your name until you take it back" in page
    second = factories.reply(first.thread, by=anna)
    assert "stays under the title" not in client.get(reverse("post_shown", args=[second.pk])).text


def test_showing_more_again_is_refused():
    anna = member("anna", **ANNA)
    post = start(anna, shown_as="role")
    for more in ("all", "no-org"):
        with pytest.raises(Refused):
            posting.show_less(post, by=anna, shown_as=more)


def test_nobody_else_decides_what_a_post_shows():
    post = start(member("anna", **ANNA))
    for other in (member("otto"), moderator()):
        with pytest.raises(PermissionDenied):
            posting.show_less(post, by=other, shown_as="withheld")


def test_a_thread_counts_its_named_people_anew_when_one_withholds_their_name():
    anna = member("anna", **ANNA)
    post = start(anna)
    assert again(post.thread).people_count == 1
    posting.show_less(post, by=anna, shown_as="withheld")
    thread = again(post.thread)
    assert (thread.people_count, thread.country_count, thread.unattributed_count) == (0, 0, 1)


def test_showing_less_gives_the_page_a_new_revision():
    anna = member("anna", **ANNA)
    post = start(anna)
    before = again(post.thread).revision
    posting.show_less(post, by=anna, shown_as="no-org")
    assert again(post.thread).revision > before


def test_a_claimed_post_that_withholds_its_name_forgets_the_line_it_was_copied_with():
    post = factories.imported_thread().posts.order_by("number").first()
    Post.objects.filter(pk=post.pk).update(source_header="Dave Violette, Manager", author=member("dave"))
    posting.show_less(again(post), by=again(post).author, shown_as="withheld")
    assert again(post).source_header == ""


def test_a_moderator_looks_a_name_up_and_looking_is_logged(client):
    post, molly = start(member("anna", **ANNA), shown_as="withheld"), moderator("molly")
    client.force_login(molly)
    assert "Anna Bauer" not in client.get(reverse("post_author", args=[post.pk])).content.decode()
    said = client.post(reverse("post_author", args=[post.pk]), {"reason": "A threat was made."}).content.decode()
    assert "Anna Bauer" in said
    entry = ModerationEntry.objects.get(action="look_up_author")
    assert (entry.subject, entry.by_id, entry.reason) == (f"post:{post.pk}", molly.pk, "A threat was made.")


def test_nobody_looks_up_without_a_reason_or_without_being_a_moderator(client):
    post = start(member("anna", **ANNA), shown_as="withheld")
    client.force_login(moderator("molly"))
    assert client.post(reverse("post_author", args=[post.pk]), {"reason": ""}).status_code == 422
    with pytest.raises(PermissionDenied):
        moderation.look_up_author(post, by=member("otto"), reason="I wonder.")
    assert not ModerationEntry.objects.filter(action="look_up_author").exists()


# --- What a form begins with ------------------------------------------------------------------------------------------
def _begins_with(client, path):
    form = client.get(path).context["form"]
    return form["shown_as"].value(), form.posting_as


@pytest.mark.parametrize("shown_as", ["all", "no-org", "role", "withheld"])
def test_the_next_reply_begins_with_what_ones_last_post_in_the_thread_showed(client, shown_as):
    anna = member("anna", **ANNA)
    thread = start(anna, shown_as=shown_as).thread
    start(anna)  # elsewhere
    factories.reply(thread)  # by somebody else
    client.force_login(anna)
    for path in (thread.get_absolute_url(), reverse("reply", args=[thread.pk])):
        assert _begins_with(client, path)[0] == shown_as
        assert ("as in your last post here" in client.get(path).text) is (shown_as != "all")


def test_no_draft_begins_with_more_than_ones_last_post_showed(client):
    anna = member("anna", **ANNA)
    post = start(anna)
    client.force_login(anna)
    path = reverse("reply", args=[post.thread_id])
    client.post(path, {"body": "Half a thought", "shown_as": "all", "save": "1", "token": uuid4()})
    posting.show_less(post, by=anna, shown_as="role")
    assert _begins_with(client, path) == ("role", "Name withheld, Head of PMO, Germany")
    draft = anna.drafts.get()
    draft.shown_as = "withheld"
    draft.save()
    assert _begins_with(client, path) == ("withheld", "Name withheld")


def test_a_reply_that_says_nothing_of_it_shows_no_more_than_ones_last_post(client):
    anna = member("anna", **ANNA)
    thread = start(anna, shown_as="withheld").thread
    client.force_login(anna)
    client.post(reverse("reply", args=[thread.pk]), {"body": "Written before I signed in."})
    assert thread.posts.get(number=2).shown_as == "withheld"
    client.post(reverse("reply", args=[thread.pk]), {"body": "Meant to be named.", "shown_as": "all"})
    assert thread.posts.get(number=3).author_name == "Anna Bauer"


def test_the_line_holds_what_each_choice_would_show(client):
    client.force_login(member("anna", **ANNA))
    page = " ".join(client.get(reverse("thread_new")).text.split("<summary>")[1].split("</summary>")[0].split())
    assert '<span data-as="all">Posting as <span dir="auto">Anna Bauer, Head of PMO, Nordbank, Hamb' in page
    assert '<span data-as="withheld" hidden>Posting as <span dir="auto">Name withheld</span>' in page


# --- The situation that was filled in ---------------------------------------------------------------------------------
HEALTH = {**ANNA, "sector": "health", "organisation_size": "1-50"}


@pytest.mark.parametrize(
    ("shown_as", "situation", "kept"),
    [
        ("all", "", True),
        ("no-org", "", True),
        ("role", "", False),
        ("withheld", "", False),
        ("withheld", "A small clinic", True),
    ],
)
def test_a_situation_that_was_filled_in_is_not_published_where_the_choice_withholds_it(
    client, shown_as, situation, kept
):
    client.force_login(member("anna", **HEALTH))
    page = client.get(reverse("thread_new"))
    filled_in = page.context["form"]["context"].value()
    assert f"“{filled_in}” under “Your situation” comes from your settings" in " ".join(page.text.split())
    said = {"title": "Who?", "body": "Me.", "shown_as": shown_as, "context": situation or filled_in}
    client.post(reverse("thread_new"), said)
    assert Post.objects.get().thread.context == (situation or filled_in if kept else "")


def test_it_is_known_in_another_language_too(client):
    anna = member("anna", **HEALTH)
    client.force_login(anna)
    with translation.override("de"):
        filled_in = situation_of(anna)
    client.post(reverse("thread_new"), {"title": "Who?", "body": "Me.", "shown_as": "role", "context": filled_in})
    assert filled_in
    assert Post.objects.get().thread.context == ""


def test_who_has_none_is_told_nothing_of_it(client):
    client.force_login(member("anna", name="Anna Bauer"))
    assert "comes from your settings" not in client.get(reverse("thread_new")).text


# --- Reactions --------------------------------------------------------------------------------------------------------
def test_a_reaction_does_not_name_who_posts_without_a_name_in_the_thread(client):
    anna = member("anna", **ANNA)
    thread = start(anna, shown_as="withheld").thread
    answer = factories.reply(thread)
    client.force_login(anna)
    said = client.post(f"/posts/{answer.pk}/react/", {"helped": "1"}, headers={"Accept": "application/json"})
    assert said.status_code == 409
    assert "a reaction would show it" in said.json()["said"]
    page = client.post(f"/posts/{answer.pk}/react/", {"helped": "1"}, follow=True)
    assert "a reaction would show it" in page.text
    assert not Reaction.objects.exists()


def test_who_is_named_in_the_thread_anyway_reacts_and_anybody_takes_back(client):
    anna = member("anna", **ANNA)
    first = start(anna)
    thread = first.thread
    answer = factories.reply(thread)
    factories.reply(thread, by=anna, shown_as="role")
    reacting.react(answer, by=anna, kind="helped", on=True)
    posting.show_less(first, by=anna, shown_as="withheld")
    with pytest.raises(Refused):
        reacting.react(answer, by=anna, kind="agree", on=True)
    reacting.react(answer, by=anna, kind="helped", on=False)
    assert not Reaction.objects.exists()


def test_a_named_post_that_was_withdrawn_names_nobody():
    anna = member("anna", **ANNA)
    thread = start(anna, shown_as="withheld").thread
    named = factories.reply(thread, by=anna)
    posting.withdraw(named, by=anna)
    with pytest.raises(Refused):
        reacting.react(factories.reply(thread), by=anna, kind="agree", on=True)


# --- Everywhere -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), one_world() as world:
        yield world


def _paths(world, kind):
    # Among the people of the portal they stand by name, as a member and not as who wrote these posts.
    paths = [address(world, name) for name in RULES if name != "people"]
    thread = world.unnamed_first.thread
    paths += [thread.get_absolute_url(), reverse("search") + "?q=wombats", reverse("search") + "?q=canary"]
    paths += [reverse(name, args=[thread.pk]) for name in ("reply", "thread_feed", "thread_words", "thread_ask")]
    for post in (world.unnamed_first, world.unnamed_second):
        names = ("post", "post_history", "post_report", "post_evidence", "post_author", "post_edit")
        paths += [reverse(name, args=[post.pk]) for name in names]
    if world.sign_in(Client(), kind) and kind in addresses.STAFF:
        for name, kinds in addresses.admin_names():
            if kind in kinds and not name.startswith("admin:members_member"):
                paths.append(address(world, name))
        if kind != "curator":
            paths.append(reverse("admin:threads_post_change", args=[world.unnamed_first.pk]))
            paths.append(reverse("admin:threads_thread_change", args=[thread.pk]))
    return dict.fromkeys(paths)


@pytest.mark.parametrize("kind", KINDS)
def test_withheld_means_withheld_on_every_page_feed_and_screen(world, kind):
    client = world.sign_in(Client(raise_request_exception=False), kind)
    for path in _paths(world, kind):
        response = client.get(path)
        said = "\n".join([*map(str, response.headers.items()), response.getvalue().decode(errors="replace")])
        if response.status_code == 302 and "/threads/" in response.get("Location", ""):
            said += client.get(response["Location"]).content.decode()
        said = said.lower().replace(path.lower(), "").replace('value="canary"', "").replace("“canary”", "")
        assert not [word for word in WITHHELD if word.lower() in said], path


def test_what_is_withheld_is_on_the_pages_of_who_shows_it(world):
    """So that the test above can fail."""
    post = start(world.unnamed, title="With a name")
    said = Client().get(post.get_absolute_url()).content.decode()
    assert WITHHELD[1] in said
    assert WITHHELD[2] in said
