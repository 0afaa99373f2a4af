"""A small portal with one of everything, for the tests that go over all addresses.

Every text holds `CONTENT`, so that a private portal can be searched for it. What
not everybody may see holds a canary of its own, beside the word `zebra`, which
may be searched for.
"""

import contextlib

from django.conf import settings
from django.test import TestCase, override_settings

from glossary.actions import comparisons, fields, known, senses, suggestions, terms
from glossary.models import Sense
from members.actions import inviting
from tests import factories, files, glossaries
from threads.actions import evidence, heading, moderation, moving, posting, tagging
from threads.models import Flag, ModerationEntry, Tag, TagAlias

CONTENT = "quokka"
HIDDEN_POST = "canaryhiddenpost"
WITHDRAWN = "canarywithdrawn"
HIDDEN_THREAD = "canaryhiddenthread"
HIDDEN_TAG = "canarytag"
DRAFT = "canarydraft"
# Who wrote posts without their name, and where they work: in `test_shown_as.py`.
WITHHELD = ("canarywithheld", "Canary Withheld", "Canary Employer")
CANARIES = (HIDDEN_POST, WITHDRAWN, HIDDEN_THREAD, HIDDEN_TAG, DRAFT)
# As in conftest.py, whose settings are those of one test.
LIGHT = {
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "STORAGES": settings.STORAGES | files.STORAGES,
}
KINDS = ("visitor", "member", "author", "moderator", "curator", "administrator")


class World:
    """People of every kind, and rows of every table; `hide()` takes away what the canaries stand in."""

    def __init__(self):
        words = {"organisation": f"{CONTENT} organisation", "location": "Leeds, United Kingdom"}
        self.visitor = None
        self.member = factories.member("otto", **words)
        self.author = factories.member("mona", **words)
        self.moderator = factories.moderator()
        self.curator = factories.curator()
        self.administrator = factories.administrator()
        self.invitation = inviting.invite(["quinn@example.org"], by=self.administrator).invitations[0]
        self.hugo = factories.member("hugo", name=f"Hugo {CONTENT}", **words)
        self.image = factories.image(self.author)
        self._glossary()
        self._threads()
        self._moderation()

    def _glossary(self):
        by = self.curator
        self.field = fields.save_field(None, by=by, name=f"{CONTENT} field", is_foreign=False)
        self.term = factories.published_term("Wombat", f"{CONTENT} sense", "A beast that digs by day.", by=by)
        terms.save_term(self.term, by=by, text="Wombats", address="wombats")  # and an address of earlier
        self.term = factories.again(self.term)
        self.sense = Sense.objects.get(name=f"{CONTENT} sense")
        senses.save_sense(
            self.sense,
            by=by,
            name=self.sense.name,
            definition="A beast that digs by night.",
            namings=[glossaries.Naming("Wombats")],
            based_on=self.sense.revision,
        )
        self.other_term = factories.published_term("Numbat", f"{CONTENT} numbat", "A beast that eats ants.", by=by)
        self.comparison = glossaries.compared(
            self.term, self.other_term, by=by, rows=[comparisons.Row(f"{CONTENT} eats", "Grass", "Ants")]
        )
        said = {"text": f"{CONTENT} suggestion", "definition": f"A {CONTENT} that is wanted."}
        self.suggestion = suggestions.suggest(by=self.member, kind="term", **said)
        self.known = known.add_known_acronym(by=by, text="HR", note=f"{CONTENT} note")
        self.draft_term = factories.draft_term(DRAFT, f"{DRAFT} sense", f"A {CONTENT} that was drawn.", by=by)

    def _threads(self):
        self.first = factories.start(
            self.author, title=f"Does a {CONTENT} zebra need a PMO?", body=f"A {CONTENT} asks wombats.", tags=["risk"]
        )
        self.thread = self.first.thread
        self.second = factories.reply(self.thread, self.hugo, body=f"Every {CONTENT} does, says a zebra.")
        posting.edit(self.first, by=self.author, body=f"A {CONTENT} asks two wombats.", based_on=1)
        self.hidden_post = factories.reply(self.thread, self.hugo, body=f"zebra {CONTENT} {HIDDEN_POST}")
        self.withdrawn = factories.reply(self.thread, self.hugo, body=f"zebra {CONTENT} {WITHDRAWN}")
        self.hidden_first = factories.start(
            self.hugo,
            title=f"zebra {CONTENT} {HIDDEN_THREAD}",
            body=f"zebra {CONTENT} {HIDDEN_THREAD} of wombats",
            tags=[HIDDEN_TAG, "risk"],
        )
        self.hidden_thread = self.hidden_first.thread
        username, name, organisation = WITHHELD
        self.unnamed = factories.member(username, name=name, role="Head", organisation=organisation, location="Ghent")
        self.unnamed_first = factories.start(
            self.unnamed, title=f"A {CONTENT} without a name", body=f"{CONTENT} wombats dig.", shown_as="withheld"
        )
        posting.edit(self.unnamed_first, by=self.unnamed, body=f"{CONTENT} wombats dig, zebra.", based_on=1)
        heading.edit_heading(
            self.unnamed_first.thread, by=self.unnamed, title=f"A {CONTENT} unnamed", context="", tags=[], based_on=1
        )
        self.unnamed_second = factories.reply(
            self.unnamed_first.thread, self.unnamed, body=f"And a {CONTENT} does not.", shown_as="role"
        )
        self.imported = factories.imported_thread(title=f"A {CONTENT} from elsewhere")
        self.sample = factories.sample_thread(title=f"A {CONTENT} sample")
        for post, words in (
            (self.hidden_post, HIDDEN_POST),
            (self.withdrawn, WITHDRAWN),
            (self.hidden_first, HIDDEN_THREAD),
            (self.second, f"Every {CONTENT} does"),
            (self.unnamed_first, "wombats dig"),
        ):
            cited = {"sense": self.sense, "excerpt": words, "stance": "defines"}
            self.evidence = evidence.propose(post, by=self.curator, **cited)
        self.tag = Tag.objects.get(key="risk")
        self.hidden_tag = Tag.objects.get(key=HIDDEN_TAG)
        tagging.add_alias(self.tag, by=self.curator, name="risks")
        self.alias = TagAlias.objects.get()

    def _moderation(self):
        note = f"{CONTENT} note"
        self.flag = moderation.report(self.second, by=self.author, reason="spam", note=note)
        assert Flag.objects.count() == 1
        self.unattributed = self.imported.posts.get(number=2)
        self.claim = moderation.claim(
            self.unattributed, by=None, kind="remove", contact="someone@example.org", note=note
        )
        self.entry = ModerationEntry.objects.order_by("pk").first()
        # A line of the discussion that everybody sees names one that is hidden soon.
        moved = factories.reply(self.unnamed_first.thread, self.hugo, body=f"zebra {CONTENT} {HIDDEN_THREAD}")
        moving.move([moved], to=self.hidden_thread, by=self.moderator, reason="It belongs there.")

    def hide(self):
        by = self.moderator
        moderation.hide_post(self.hidden_post, by=by, reason="Names a client.")
        posting.withdraw(self.withdrawn, by=self.hugo)
        moderation.hide_thread(self.hidden_thread, by=by, reason="Names a client.")
        for name in ("hidden_post", "withdrawn", "hidden_thread", "thread"):
            setattr(self, name, factories.again(getattr(self, name)))
        return self

    def sign_in(self, client, kind):
        """The client as a person of this kind; a visitor stays nobody."""
        if person := getattr(self, kind):
            client.force_login(person)
        return client


@contextlib.contextmanager
def kept_for_a_file():
    """Rows made here last for all tests of a file and are rolled back at its end: each test runs in a savepoint."""
    atomics = TestCase._enter_atomics()
    try:
        with override_settings(**LIGHT):
            yield
    finally:
        TestCase._rollback_atomics(atomics)


@contextlib.contextmanager
def one_world():
    """A world for all tests of a file."""
    with kept_for_a_file():
        yield World()
