"""A discussion page copied as text, read into posts: pure functions, nothing is stored here.

The form is that of the page itself: a header line `NameRole| OrganisationLocation`, lines of text, and the page's own
“Saving Changes...” closing each post. A post without a header has no author, and nobody guesses one.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from threads import pasted_header
from threads.pasted_header import Header

SIZE_LIMIT = 5 * 1024 * 1024  # bytes

_TRAILER = re.compile(r"Saving[ \xa0]+Changes[ \xa0]*(?:\.\.\.|…)")
_LAST_TRAILER = re.compile(_TRAILER.pattern + r"\s*$")
_NEWLINE = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# Control characters without meaning in a text, and the code points that are no characters.
_UNSEEN_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef"
    + "".join(chr((plane << 16) + 0xFFFE) + chr((plane << 16) + 0xFFFF) for plane in range(17))
    + "]",
)
_SURROGATE = re.compile("[\ud800-\udfff]")

# What Markdown would read as more than the character, anywhere in a line …
_MARKUP = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~]|$)      # a backslash that would itself escape something
    | [`*\[]
    | (?<![^\W_])_ | _(?![^\W_])     # not inside snake_case
    | ~(?=~) | (?<=~)~
    | <(?=[A-Za-z/!?])
    | &(?=\#?\w+;)""",
    re.VERBOSE,
)
# … and at its start: headings, quotations, lists, rules.
_LINE_MARKUP = re.compile(r"(?:(\d{1,9})(?=[.)](?:\s|$))|(?=\#{1,6}(?:\s|$)|>|[-+](?:\s|$)|-(?:\s*-){2,}\s*$))")


class Unreadable(ValueError):  # noqa: N818 - it says what the file is; callers show its sentence
    """A file that is no copied discussion page; its words are a sentence for the operator."""


@dataclass(frozen=True)
class PastedPost:
    """One post as it stood on the page.

    `name` is empty when the post is unattributed. `raw_header` is the header
    line as copied; with an empty name it is a header whose parts could not be
    told apart, and its words stand nowhere else. `body` is Markdown, ready to
    be stored, and shows exactly the words of the page. `notes` are sentences
    for the operator: what was doubtful and how it was taken.
    """

    name: str
    role: str
    organisation: str
    location: str
    raw_header: str
    body: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PastedThread:
    """A page as read. `digest` is the same for the same text, however it was saved."""

    posts: tuple[PastedPost, ...]
    trailers: int
    digest: str
    notes: tuple[str, ...]


def read_bytes(data: bytes) -> PastedThread:
    """The page in a file, with a note in `notes` when its encoding had to be guessed. Raises `Unreadable`."""
    text, notes = _decoded(data)
    return read(text, notes=notes)


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252. Raises `Unreadable`.

    `read_bytes` also reports when Windows-1252 had to be taken.
    """
    return _decoded(data)[0]


def read(text: str, *, notes: tuple[str, ...] = ()) -> PastedThread:
    """The posts of a page copied as text, in their order. Raises `Unreadable` and nothing else; linear in the text."""
    _refuse(text)
    posts: list[PastedPost] = []
    lines: list[str] = []
    trailers = strays = 0
    for line in _NEWLINE.split(text.removeprefix("\ufeff")):
        stripped = _LAST_TRAILER.sub("", line)
        strays += len(_TRAILER.findall(stripped))
        lines.append(stripped)
        if stripped != line:
            trailers += 1
            posts.append(_post(lines))
            lines = []
    if not trailers:
        raise Unreadable("No post in this file is closed by “Saving Changes...”: it is not a copied discussion page.")
    if any(line.strip() for line in lines):
        posts.append(_post(lines))
        notes += ("The last post is not closed by “Saving Changes...”: look whether it was copied whole.",)
    if not any(post.body or post.raw_header for post in posts):
        raise Unreadable("This file holds nothing but the “Saving Changes...” of its page.")
    if strays:
        notes += ("“Saving Changes...” also stands inside a line, where it was kept as text.",)
    return PastedThread(tuple(posts), trailers, digest_of(text), notes)


def digest_of(text: str) -> str:
    """SHA-256, as hex, of a text without what changes when it is copied or saved again.

    That is the byte order mark, the kind of line end, white space at line
    ends, the number of blank lines, and what NFKC makes equal (… and three
    full stops, spaces that do not break).
    """
    lines = [unicodedata.normalize("NFKC", line).rstrip() for line in _NEWLINE.split(text.removeprefix("\ufeff"))]
    normalised = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return hashlib.sha256(normalised.encode()).hexdigest()


def as_markdown(text: str) -> str:
    """Markdown that shows a plain text as it was typed, each line a paragraph of its own.

    Only what Markdown would take for more than the character gets a backslash.
    White space at line ends, indentation and control characters go.
    """
    lines = (_UNSEEN_CONTROL.sub("", line).strip() for line in _NEWLINE.split(text))
    return "\n\n".join(_escaped(line) for line in lines if line)


def _escaped(line: str) -> str:
    line = _MARKUP.sub(r"\\\g<0>", line)
    return _LINE_MARKUP.sub(lambda found: f"{found[1] or ''}\\", line, count=1) if _LINE_MARKUP.match(line) else line


def _post(lines: list[str]) -> PastedPost:
    """The post made of the lines between two trailers; its first line that is not blank may be a header."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return PastedPost("", "", "", "", "", "", ("This post is empty.",))
    line = _UNSEEN_CONTROL.sub("", lines[first]).strip()
    header = pasted_header.parse(line)
    if not isinstance(header, Header):
        return PastedPost("", "", "", "", "", as_markdown("\n".join(lines)), header.notes)
    body = as_markdown("\n".join(lines[first + 1 :]))
    notes = header.notes if body else (*header.notes, "This post has no text.")
    return PastedPost(header.name, header.role, header.organisation, header.location, line, body, notes)


def _refuse(text: str) -> None:
    if len(text) > SIZE_LIMIT:
        raise Unreadable(
            f"This file is larger than {SIZE_LIMIT // 1024**2} MB. Divide it, one discussion in each file."
        )
    if not text.removeprefix("\ufeff").strip():
        raise Unreadable("This file is empty.")
    if "\0" in text or _SURROGATE.search(text):
        raise Unreadable("This file holds bytes that are no text. Save the page as plain text in UTF-8.")


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    if len(data) > SIZE_LIMIT:
        raise Unreadable(
            f"This file is larger than {SIZE_LIMIT // 1024**2} MB. Divide it, one discussion in each file."
        )
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if is_utf16 else "utf-8-sig"), ()
    except UnicodeDecodeError:
        if is_utf16:
            raise Unreadable(
                "This file begins like UTF-16 but is damaged. Save it again as plain text in UTF-8."
            ) from None
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = "\0"
    if _UNSEEN_CONTROL.search(text):
        raise Unreadable("This file is not plain text. Copy the page into a text file and save it in UTF-8.")
    return text, ("The file is not UTF-8 and was read as Windows-1252: look at accented letters and quotation marks.",)
