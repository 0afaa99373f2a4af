"""The sample content: read from `pmo_cmo/samples/`, put in through the apps' own actions, taken out again.

It is our own writing. Its people are marked as samples in their names, its
threads stand in no feed and no sitemap, and search engines are told to leave
them alone.
"""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from glossary.actions.bulk_steps import SenseEntry
from glossary.actions.samples import load_senses, remove_sample_senses
from glossary.actions.steps import Naming
from glossary.management.commands.load_glossary import starter_senses
from glossary.models import Sense
from members.actions.accounts import create_sample_member, remove_sample_members
from members.models import Member
from threads.actions import importing
from threads.actions.importing import SamplePost
from threads.models import Evidence, EvidenceState, Post, Tag, Thread, ThreadSense

FOLDER = Path(__file__).parent / "samples"
FOREIGN_FIELDS = {"marketing", "medicine"}  # not of project work: their senses stand last
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def load() -> Iterator[str]:
    """Put in whatever of the sample content is not there; yields a line for each step done.

    The sample glossary only where the portal has no senses of its own: the
    starter glossary and curators write of the same terms, and none should
    stand there twice.
    """
    if Sense.objects.filter(is_sample=False).exists():
        yield "glossary: the portal's own"
    else:
        count = load_senses([_sense(row) for row in _read("glossary.toml")["senses"]])
        yield f"glossary: {count} senses"
    people = {row["username"]: _person(**row) for row in _read("people.toml")["people"]}
    yield f"people: {len(people)}"
    tags = {row["name"]: row["description"] for row in _read("tags.toml")["tags"]}
    now = timezone.now()
    files = [_read(f"threads/{path.name}") for path in (FOLDER / "threads").glob("*.toml")]
    # Oldest first, so that numbers follow time as they do with real threads.
    files.sort(key=lambda thread: now + _span(thread["started"]))
    for number, thread in enumerate(files, start=1):
        posts = list(_posts(thread, people, now))
        named = [(name, tags[name]) for name in thread["tags"]]
        importing.load_sample_thread(title=thread["title"], tags=named, posts=posts)
        yield f"thread {number} of {len(files)}: {thread['title']}"


def remove() -> Iterator[str]:
    """Take out exactly what `load` put in; yields a line for whatever stays because members added to it.

    And one, “gone: …”, for what members rested on a sample post, which goes with it.
    """
    for thread in Thread.objects.filter(is_sample=True).order_by("pk"):
        removed = importing.remove_sample_thread(thread)
        if removed.why_kept:
            yield f"stays: thread {thread.pk}, “{thread.title}” ({removed.why_kept})"
        for name in removed.evidence:
            yield f"gone: evidence for “{name}” from the sample thread “{thread.title}”"
        for name in removed.citations:
            yield f"gone: what a comparison cites at “{name}” from the sample thread “{thread.title}”"
    for name in importing.remove_sample_tags():
        yield f"stays: tag “{name}” (used by threads that stay)"
    starter = {sense.name for sense in starter_senses()}
    names = [_sense(row).name for row in _read("glossary.toml")["senses"]]
    gone = remove_sample_senses([name for name in names if name not in starter], keep=_rested_on())
    for name in gone.kept:
        yield f"stays: sense “{name}” (joined to senses of members, or used by their discussions)"
    for name in gone.own:
        yield f"stays: sense “{name}” (curators worked on it or on a term of it)"
    authors = Post.objects.filter(author__is_sample=True).values_list("author", flat=True)
    remove_sample_members(keep=set(authors))


def _rested_on() -> set[int]:
    """The senses that words of genuine posts are evidence for, that genuine threads chose, or that a tag stands for."""
    evidence = Evidence.objects.filter(post__thread__is_sample=False).exclude(state=EvidenceState.DECLINED)
    chosen = ThreadSense.objects.filter(thread__is_sample=False)
    bound = Tag.objects.filter(is_sample=False).exclude(sense=None)
    return {pk for rows in (evidence, chosen, bound) for pk in rows.values_list("sense", flat=True)}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def _sense(row: dict[str, Any]) -> SenseEntry:
    return SenseEntry(
        key=row["id"],
        name=row["name"],
        definition=row["definition"],
        namings=tuple(Naming(term["text"], term["kind"], term["case"]) for term in row["terms"]),
        field=row["field"].capitalize(),
        is_foreign=row["field"] in FOREIGN_FIELDS,
        usage_note=row.get("usage_note", ""),
        example=row.get("example", ""),
        relations=tuple((relation["kind"], relation["to"]) for relation in row.get("relations", ())),
    )


def _person(*, username: str, name: str, **said: str) -> Member:
    return create_sample_member(username=username, name=f"{name} (sample)", **said)


def _posts(thread: dict[str, Any], people: dict[str, Member], now: datetime) -> Iterable[SamplePost]:
    moment = now + _span(thread["started"])
    for post in thread["posts"]:
        moment += _span(post["after"])
        yield SamplePost(author=people[post["author"]], body=post["body"].strip(), created_at=moment)


def _span(text: str) -> timedelta:
    """“-45d”, “3h” or “20m”."""
    return timedelta(**{_UNITS[text[-1]]: float(text[:-1])})
