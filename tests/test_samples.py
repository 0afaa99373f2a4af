from io import StringIO

import pytest
from django.core.management import call_command

from glossary.actions import comparisons, senses
from glossary.models import Sense, Term
from members.models import Member
from tests import glossaries
from tests.factories import curator, member, reply, start
from threads.actions import evidence, meanings, upkeep
from threads.actions.citations import cite_cells
from threads.models import CellEvidence, Evidence, Post, Tag, Thread, ThreadSense

pytestmark = pytest.mark.django_db


def run(command):
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The samples once for the module; each test works in a transaction above them."""
    with django_db_blocker.unblock():
        run("load_samples")
        yield
        run("remove_samples")


def test_there_is_enough_to_read(loaded):
    counts = sorted(Thread.objects.values_list("post_count", flat=True))
    assert len(counts) >= 12
    assert counts[-1] >= 40
    assert min(counts) <= 2
    assert Sense.objects.filter(state="published").count() >= 40
    assert Tag.objects.filter(key="ai").exists()


def test_sample_people_are_marked_and_cannot_sign_in(loaded):
    people = Member.objects.filter(is_sample=True)
    assert people
    assert all(person.name.endswith("(sample)") and not person.has_usable_password() for person in people)
    assert all("(sample)" in name for name in Post.objects.values_list("author_name", flat=True))


def test_times_and_counters_are_in_order(loaded):
    for thread in Thread.objects.all():
        times = list(thread.posts.order_by("number").values_list("created_at", flat=True))
        assert times == sorted(times)
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


def test_loading_again_adds_nothing(loaded):
    before = (Thread.objects.count(), Post.objects.count(), Sense.objects.count(), Member.objects.count())
    run("load_samples")
    assert (Thread.objects.count(), Post.objects.count(), Sense.objects.count(), Member.objects.count()) == before


def test_removing_takes_out_exactly_the_samples(loaded):
    mona = member()
    mine = start(mona, tags=["a-tag-of-mine"])
    told = run("remove_samples")
    assert list(Thread.objects.values_list("pk", flat=True)) == [mine.thread_id]
    assert list(Member.objects.values_list("username", flat=True)) == ["mona"]
    assert list(Tag.objects.values_list("name", flat=True)) == ["a-tag-of-mine"]
    assert not Term.objects.exists()
    assert "stays" not in told.replace("0 things stay", "")


def test_what_members_added_to_stays_and_is_listed(loaded):
    thread = Thread.objects.order_by("pk").first()
    reply(thread, by=member())
    sense = Sense.objects.filter(namings__term__text="PMO").first()
    from_curator = curator()
    sense_name = sense.name
    words = {"name": sense.name, "definition": sense.definition, "based_on": sense.revision}
    senses.save_sense(sense, by=from_curator, **words, usage_note="As our curators see it.")
    told = run("remove_samples")
    assert list(Thread.objects.values_list("pk", flat=True)) == [thread.pk]
    assert thread.title in told
    assert sense_name in told
    authors = set(thread.posts.values_list("author__username", flat=True)) - {"mona"}
    assert set(Member.objects.filter(is_sample=True).values_list("username", flat=True)) == authors


def test_what_members_rested_on_sample_posts_goes_with_them_and_is_told(loaded):
    by = curator()
    one, other = glossaries.published(by, name="Ours"), glossaries.published(by, name="Also ours")
    post = Post.objects.filter(number=1).select_related("thread").order_by("pk").first()
    words = post.body.splitlines()[0][:40].rsplit(" ", 1)[0]
    evidence.propose(post, by=member(), sense=one, excerpt=words, stance="defines")
    kept = evidence.propose(start(body="In earnest."), by=by, sense=one, excerpt="In earnest.", stance="uses")
    terms = Term.objects.filter(namings__sense=one).get(), Term.objects.filter(namings__sense=other).get()
    made = glossaries.compared(*terms, by=by, rows=[comparisons.Row("Looks after", "This", "That")])
    cite_cells(made.rows.get(), by=by, left_posts=[post.pk], right_posts=[])
    told = run("remove_samples").splitlines()
    assert list(Evidence.objects.all()) == [kept]
    assert not CellEvidence.objects.exists()
    title = post.thread.title
    assert f"gone: evidence for “Ours” from the sample thread “{title}”" in told
    assert f"gone: what a comparison cites at “Looks after” from the sample thread “{title}”" in told
    assert told[-1] == "The sample content is out."


def test_sample_senses_that_discussions_of_members_rest_on_stay_and_are_listed(loaded):
    cited, chosen = Sense.objects.filter(is_sample=True, state="published").order_by("pk")[:2]
    post = start(member(), body="In earnest.")
    evidence.propose(post, by=member("otto"), sense=cited, excerpt="In earnest.", stance="uses")
    term = chosen.namings.order_by("pk").first().term_id
    meanings.choose(post.thread, by=post.author, term=term, sense=chosen.pk)
    told = run("remove_samples")
    assert set(Sense.objects.values_list("pk", flat=True)) == {cited.pk, chosen.pk}
    assert Evidence.objects.count() == ThreadSense.objects.count() == 1
    for sense in (cited, chosen):
        assert f"stays: sense “{sense.name}” (joined to senses of members, or used by their discussions)" in told
