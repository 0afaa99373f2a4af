"""The catalogues of translations: what the sources say, and whether the catalogues say the same. For development.

Without the gettext programs: sentences are read out of Python's own syntax tree, which also finds those inside
f-strings, and out of what Django makes of a template. Babel reads, merges and writes the files.
"""

import ast
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

# What a call says, by name: which argument is the context, and which are the sentence and its plural.
CALLS: dict[str, tuple[int | None, tuple[int, ...]]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, (0,))),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, (0, 1))),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, (1,))),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, (1, 2))),
}
CALL_IN_TEMPLATE = re.compile(r"\b(?:_|n?p?gettext)\(")
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[sd]")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # of every catalogue, so that making it anew changes nothing


def in_sources() -> Catalog:
    """Every sentence of the sources, with the files it stands in."""
    found = Catalog(project=settings.PORTAL_NAME, creation_date=NO_DATE)
    root: Path = settings.BASE_DIR
    for folder in settings.FIRST_PARTY:
        for path in sorted((root / folder).rglob("*.py")):
            _add(found, _calls(ast.parse(path.read_text())), path.relative_to(root))
    for path in sorted((root / "templates").rglob("*.html")) + sorted((root / "templates").rglob("*.txt")):
        _add(found, _calls_of_template(path.read_text()), path.relative_to(root))
    return found


def _add(found: Catalog, calls: Iterable[ast.Call], path: Path) -> None:
    for call in calls:
        context_at, said_at = CALLS[_name(call)]
        places = (*said_at, *(() if context_at is None else (context_at,)))
        if max(places) >= len(call.args) or not all(isinstance(call.args[place], ast.Constant) for place in places):
            continue  # of a name: what it holds is marked where it is written
        said = [cast("str", ast.literal_eval(call.args[place])) for place in said_at]
        context = None if context_at is None else ast.literal_eval(call.args[context_at])
        if not all(isinstance(sentence, str) for sentence in said):
            continue
        found.add(said[0] if len(said) == 1 else tuple(said), locations=[(path.as_posix(), 0)], context=context)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) in CALLS)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _calls_of_template(source: str) -> Iterator[ast.Call]:
    """The calls that Django leaves of a template's sentences, with everything else made unreadable on purpose."""
    text = templatize(source)
    for begin in CALL_IN_TEMPLATE.finditer(text):
        for end in re.finditer(r"\)", text[begin.end() :]):
            try:
                tree = ast.parse(text[begin.start() : begin.end() + end.end()], mode="eval")
            except SyntaxError:
                continue  # a bracket inside a sentence
            yield from _calls(tree)
            break


def place_of(language: str, kind: str = "po") -> Path:
    """Where a language's catalogue lies; `kind` is po for people, mo for the portal."""
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"django.{kind}"


def languages() -> list[str]:
    """Those that have a catalogue."""
    return sorted(path.parent.parent.name for path in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))


def read(language: str) -> Catalog:
    """A language's catalogue as it lies there, empty for a new one."""
    path = place_of(language)
    if not path.exists():
        return Catalog(locale=language, creation_date=NO_DATE, revision_date=NO_DATE)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, sources: Catalog) -> None:
    """Bring a catalogue up to date with the sources: new sentences come empty, old ones go. Nothing is guessed."""
    catalogue = read(language)
    catalogue.update(sources, no_fuzzy_matching=True)
    catalogue.obsolete = {}
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    path = place_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, omit_header=False)
    place_of(language, "mo").write_bytes(as_mo(read(language)))


def as_mo(catalogue: Catalog) -> bytes:
    """The catalogue as the portal reads it: without what is not translated yet."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def sizes(language: str) -> tuple[int, int]:
    """How many sentences a catalogue holds, and how many of them are not translated."""
    messages = [message for message in read(language) if message.id]
    return len(messages), sum(1 for message in messages if not (message.string and all(_each(message.string))))


def faults(language: str, sources: Catalog) -> list[str]:
    """What is wrong with a catalogue, a sentence each: missing, doubtful, left over, other placeholders, an old .mo."""
    catalogue = read(language)
    wanted = {_key(message) for message in sources if message.id}
    there = {_key(message): message for message in catalogue if message.id}
    said = [f"not in the catalogue: “{key[0]}”" for key in sorted(wanted - there.keys(), key=str)]
    said += [f"not in the sources any more: “{key[0]}”" for key in sorted(there.keys() - wanted, key=str)]
    for key, message in there.items():
        if key in wanted:
            said += [f"{fault}: “{key[0]}”" for fault in _faults_of(message, catalogue.num_plurals)]
    mo = place_of(language, "mo")
    if not mo.exists() or mo.read_bytes() != as_mo(catalogue):
        said.append("django.mo is not made of this django.po: run `manage.py catalogues`")
    return [f"{language}: {sentence}" for sentence in said]


def _each(words: object) -> tuple[str, ...]:
    """A sentence, or the sentence with its plurals; nothing for none yet."""
    return tuple(words) if isinstance(words, tuple | list) else ((str(words),) if words else ())


def _key(message: Message) -> tuple[str, ...]:
    """Sentence, context, plural: gettext tells messages apart by the first two."""
    ids = _each(message.id)
    return (ids[0], message.context or "", *ids[1:])


def _faults_of(message: Message, plurals: int) -> Iterator[str]:
    ids, given = _each(message.id), _each(message.string)
    if not all(given) or len(given) != (plurals if len(ids) > 1 else 1):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked as doubtful"
    wanted = set(PLACEHOLDER.findall(ids[-1]))
    for number, text in enumerate(given):
        held = set(PLACEHOLDER.findall(text))
        # “one answer” need not say the number.
        if held - wanted or (wanted - held and (len(ids) == 1 or number > 0)):
            yield "other placeholders than the sentence"
            return
