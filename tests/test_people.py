"""The page of a person, and the list of people: what stands there, and what must not."""

import pytest
from django.test import Client

from glossary.models import Sense
from members.actions import accounts
from tests import factories
from tests.factories import again, member, published_term, reply, start
from threads.actions import evidence, posting
from threads.models import Evidence

pytestmark = pytest.mark.django_db
LEEDS = {"location": "Leeds, United Kingdom", "country": "GB"}


def listed(client, query=""):
    """Usernames in the order of the page."""
    page = client.get(f"/people/{query}")
    return [person.username for person in page.context["people"]]


# --- The list --------------------------------------------------------------------------------------------------------


def test_listed_is_who_says_a_role_or_has_a_post_under_their_name(client):
    member("anna", role="PMO Lead")
    member("bo", name="Bo Berg")
    writer = member("cy", name="Cy Young")
    start(writer)
    quiet = member("dee", name="Dee Dorn", organisation="Acme")
    start(quiet, shown_as="withheld")
    reply(start().thread, quiet, "Also without a name.")
    posting.show_less(quiet.posts.latest("pk"), by=quiet, shown_as="role")
    member("eve", name="Eve", role="Head", confirmed=False)
    member("finn", name="Finn", role="Head", is_active=False)
    assert [name for name in listed(client) if not name.startswith("person-")] == ["anna", "cy"]
    page = client.get("/people/").text
    assert "Dee" not in page
    assert "Listed is who confirmed" in page


def test_people_are_found_by_parts_of_their_names_within_what_is_chosen(client):
    member("ana-p", name="Ana Prüfer", role="PMO Lead", country="DE")
    member("bo", name="Bo Prufer", role="PMO Lead", country="NO")
    member("quiet", name="Ana Quiet")
    assert listed(client, "?name=ana") == ["ana-p"], "who is not listed is not found either"
    assert listed(client, "?name=PRÜFER+ana") == ["ana-p"]
    assert listed(client, "?name=%40ana-p") == ["ana-p"]
    assert listed(client, "?name=pr") == ["ana-p", "bo"]
    assert listed(client, "?name=pr&country=NO") == ["bo"]
    page = client.get("/people/?name=pr&country=NO").text
    assert '<input type="hidden" name="country" value="NO">' in page
    assert "?name=pr" in page, "without the country, still of that name"
    assert 'content="noindex"' in page
    for nobody in ("%25", "_", "x" * 500, "a " * 300):
        answer = client.get(f"/people/?name={nobody}")
        assert answer.status_code == 200
    assert "Nobody of that name is listed" in client.get("/people/?name=zz").text
    assert "/people/?name=Zz%20Top" in client.get("/search/?q=Zz+Top").text


def test_a_post_that_is_hidden_or_withdrawn_lists_nobody(client):
    mona, nora = member(), member("nora", name="Nora")
    posting.withdraw(start(mona), by=mona)
    factories.hidden_post(reply(start(member("cy", role="Head")).thread, nora))
    assert listed(client) == ["cy"]


def test_people_are_filtered_by_kind_of_role_and_country_and_counted(client):
    member("anna", role="PMO Lead", role_family="pmo", **LEEDS)
    member("bo", role="PMO Lead", role_family="pmo", country="NO")
    member("cy", role="Planner", role_family="planning", **LEEDS)
    page = client.get("/people/?family=pmo&country=GB")
    assert [person.username for person in page.context["people"]] == ["anna"]
    assert page.context["count"] == 1
    families = {choice.label: (choice.count, choice.is_chosen) for choice in page.context["families"]}
    assert families == {"PMO": (1, True), "Planning": (1, False)}  # in the chosen country
    countries = {choice.label: choice.count for choice in page.context["countries"]}
    assert countries == {"United Kingdom": 1, "Norway": 1}  # of the chosen kind
    assert "People: PMO, United Kingdom" in page.text
    assert listed(client, "?country=gb") == ["anna", "cy"]


@pytest.mark.parametrize("query", ["?family=nonsense", "?country=XX", "?after=nobody"])
def test_a_value_that_there_is_not_filters_nothing(client, query):
    member("anna", role="PMO Lead")
    assert listed(client, query) == ["anna"]


def test_nobody_of_a_kind_is_said_and_the_way_back_stands_there(client):
    member("anna", role="PMO Lead", role_family="pmo")
    page = client.get("/people/?family=executive").text
    assert "Nobody here says so of themselves yet" in page
    assert "Executive 0" in page


def test_every_person_is_met_once_on_the_way_down(client, monkeypatch):
    monkeypatch.setattr("pmo_cmo.views.people.SHOWN", 2)
    for username, name in (("a", "Same Name"), ("b", "same name"), ("c", "Äda"), ("d", "Bo"), ("e", "Zoe")):
        member(username, name=name, role="Head")
    seen, query = [], ""
    for _page in range(5):
        page = client.get(f"/people/{query}")
        seen += [person.username for person in page.context["people"]]
        if not (query := page.context["next"]):
            break
    assert sorted(seen) == ["a", "b", "c", "d", "e"]
    assert seen.index("a") + 1 == seen.index("b")


def test_samples_are_marked(client):
    accounts.create_sample_member(username="sample-eve", name="Eve", role="PMO Lead")
    assert "Sample person" in client.get("/people/").text


def test_the_list_costs_the_same_for_two_people_and_for_twenty(client, django_assert_num_queries):
    for number in range(2):
        member(f"a{number}", role="Head")
    with django_assert_num_queries(2):
        client.get("/people/")
    for number in range(18):
        start(member(f"b{number}", role="Head"))
    with django_assert_num_queries(2):
        client.get("/people/")


# --- One person ------------------------------------------------------------------------------------------------------


def test_a_page_shows_named_posts_and_threads_and_nothing_of_the_others(client):
    mona = member(name="Mona Lind", role="Head")
    start(mona, title="Asked by name", body="Asked by name.")
    start(mona, title="Asked without one", body="Asked without one.", shown_as="withheld")
    reply(start(title="Elsewhere").thread, mona, "Answered by name.")
    posting.show_less(reply(start(title="Far away").thread, mona, "Less shown."), by=mona, shown_as="role")
    for reader in (client, _signed_in(mona), _signed_in(factories.moderator())):
        page = reader.get("/people/mona/").text
        assert "Asked by name" in page
        assert "Answered by name." in page
        for word in ("Asked without one", "Less shown", "Far away"):
            assert word not in page
    assert client.get("/people/mona/").text.count("<article") + client.get("/people/mona/").text.count("<h3>") == 3


def test_posts_go_on_by_a_key_and_each_is_met_once(client, monkeypatch):
    monkeypatch.setattr("threads.templatetags.panels.POSTS_SHOWN", 2)
    monkeypatch.setattr("threads.templatetags.panels.THREADS_SHOWN", 2)
    mona = member()
    bodies = [f"Number {number} of mine." for number in range(5)]
    for body in bodies:
        start(mona, title=f"About {body}", body=body)
    seen, query = "", ""
    for _page in range(4):
        page = client.get(f"/people/mona/{query}").text
        seen += page.split('id="posts-by"')[1]
        if "Older posts" not in page:
            break
        query = page.split('href="?posts=')[1].split('"')[0]
        query = f"?posts={query}"
    assert [seen.count(f'<p dir="auto">{body}') for body in bodies] == [1] * 5
    first = client.get("/people/mona/").text
    further = first.split('href="?threads=')[1].split('"')[0]
    assert "About Number 2" in client.get(f"/people/mona/?threads={further}").text


@pytest.mark.parametrize("query", ["?posts=x", "?posts=-1", f"?posts={'9' * 18}", "?threads=", f"?posts={'9' * 40}"])
def test_a_key_that_there_is_not_breaks_nothing(client, query):
    start(member())
    assert client.get(f"/people/mona/{query}").status_code == 200


def test_the_terms_that_rest_on_somebodys_named_posts_stand_on_their_page(client):
    curator = factories.curator()
    mona = member(name="Mona Lind")
    helped = published_term("CMO", "Change management office", "An office that helps change.", by=curator)
    hidden = published_term("PMO", "Project management office", "An office that helps projects.", by=curator)
    waiting = published_term("RAID", "Risks and so on", "A list of four lists.", by=curator)
    named, withheld = start(mona, body="A CMO is an office."), start(mona, body="A PMO is one.", shown_as="withheld")
    for post, term, words in ((named, helped, "is an office"), (withheld, hidden, "is one"), (named, waiting, "A CMO")):
        sense = Sense.objects.get(namings__term=term)
        made = evidence.propose(post, by=curator, sense=sense, excerpt=words, stance="defines")
        if term != waiting:
            publish(made, curator)
        else:
            Evidence.objects.filter(pk=made.pk).update(state="proposed")
    page = client.get("/people/mona/").text
    assert "Terms they helped define" in page
    assert "/glossary/cmo/" in page
    assert "/glossary/pmo/" not in page
    assert "/glossary/raid/" not in page


def publish(made, by):
    if again(made).state != "published":
        evidence.publish_evidence(again(made), by=by)


def test_a_page_costs_the_same_for_one_post_and_for_fifteen(client, django_assert_max_num_queries):
    mona = member()
    thread = start(mona).thread
    for number in range(14):
        reply(thread, mona, f"Answer {number}.")
    with django_assert_max_num_queries(6):
        client.get("/people/mona/")


def test_a_closed_account_is_on_no_list(client):
    boss = factories.administrator()
    mona = member(role="Head")
    accounts.deactivate(mona, by=boss, reason="Asked for it.")
    assert "mona" not in listed(client)
    moderation_reader = _signed_in(factories.moderator())
    assert "mona" not in listed(moderation_reader)


def _signed_in(person):

    client = Client()
    client.force_login(person)
    return client
