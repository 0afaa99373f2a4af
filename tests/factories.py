"""People and content for tests, made through the actions as everything is. Groups come from `post_migrate`."""

import itertools
from io import BytesIO
from uuid import uuid4

from django.contrib.auth.models import Group
from PIL import Image

from glossary.models import Term
from markup.slugs import key
from tests import glossaries
from tests.people import a_member
from threads.actions import images, importing, moderation, posting
from threads.pasted import read
from threads.pictures import made_of

_numbers = itertools.count(1)

PASTED = """Mary JonesHead of PMO| Acme LtdLeeds, United Kingdom
We read the two names as one office until the budget came.
Saving Changes...
What did the budget change?
Saving Changes...
"""


def again(row):
    """The row as the database has it now, with nothing remembered."""
    return type(row).objects.get(pk=row.pk)


def member(username="mona", *, name=None, confirmed=True, **profile):
    """Somebody who signed up and, unless told otherwise, confirmed their address."""
    return a_member(username, confirmed=confirmed, **({"name": name} if name else {}), **profile)


def moderator(username="molly", **profile):
    return _staff(username, "Moderators", **profile)


def curator(username="curt", **profile):
    return _staff(username, "Curators", **profile)


def administrator(username="ada", **profile):
    return member(username, is_staff=True, is_superuser=True, **profile)


def _staff(username, group, **profile):
    made = member(username, is_staff=True, **profile)
    made.groups.add(Group.objects.get(name=group))
    return again(made)


def _somebody():
    return member(f"person-{next(_numbers)}")


def start(by=None, title="Where does a PMO end?", body="We ask this once a year.", tags=(), **said):
    """A thread; returns its first post."""
    return posting.start(by=by or _somebody(), title=title, body=body, tags=tags, token=uuid4(), **said)


def reply(thread, by=None, body="", **said):
    body = body or f"It ends where line {next(_numbers)} begins."  # the same words twice in a row are one post
    return posting.reply(thread, by=by or _somebody(), body=body, token=uuid4(), **said)


def thread(by=None, posts=2, **said):
    """A thread of so many posts, all by one person."""
    by = by or _somebody()
    made = start(by, **said).thread
    for number in range(2, posts + 1):
        reply(made, by, body=f"Answer number {number}.")
    return again(made)


def imported_thread(text=PASTED, *, title="Copied from elsewhere", tags=()):
    """A thread whose authors have no accounts; each text can be imported once."""
    return again(importing.import_thread(read(text), title=title, tags=tags))


def sample_thread(title="A sample", body="Nobody wrote this in earnest.", tags=()):
    """A thread of the sample content."""
    author = member(f"sample-{next(_numbers)}", is_sample=True)
    posts = [importing.SamplePost(author=author, body=body, created_at=author.date_joined)]
    return again(importing.load_sample_thread(title=title, tags=[(tag, "") for tag in tags], posts=posts))


def picture(size=(300, 200), **said):
    """A file as somebody sends it."""
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, **{"format": "PNG", **said})
    file.seek(0)
    return file


def image(by, size=(300, 200)):
    """An image that somebody has put into a text."""
    return images.keep_image(made_of(picture(size)), by=by)


def claim(post, *, by, kind="mine"):
    return moderation.claim(post, by=by, kind=kind, contact="", note="")


def hidden_post(post, *, by=None, reason="It names a client."):
    return moderation.hide_post(post, by=by or moderator(f"moderator-{next(_numbers)}"), reason=reason)


def hidden_thread(thread, *, by=None, reason="It names a client."):
    return moderation.hide_thread(thread, by=by or moderator(f"moderator-{next(_numbers)}"), reason=reason)


def published_term(text, name=None, definition=None, by=None):
    """A term with one published sense, whose preferred name it is."""
    words = {"definition": definition} if definition else {}
    glossaries.published(by or glossaries.curator(), name=name or text, preferred=text, **words)
    return Term.objects.get(key=key(text))


def draft_term(text, name=None, definition=None, by=None):
    """A term whose only sense is a draft: readers know nothing of it."""
    words = {"definition": definition} if definition else {}
    glossaries.draft(by or glossaries.curator(), name=name or text, preferred=text, **words)
    return Term.objects.get(key=key(text))
