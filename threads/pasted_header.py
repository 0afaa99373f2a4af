"""The header line of a copied post, taken apart: `NameRole| OrganisationLocation`, its parts run together.

The page it comes from sets the parts in boxes of their own, so the copied text
has nothing between them. They are found again by the shape of the letters
alone, never by a list of known names. Where the shape leaves a doubt the line
is kept as it stands and a note says so: a wrong name at a post is worse than none.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from members.affiliation import country_of, is_country

# A capital after one of these belongs to the same word: McDonald, MacLeod, DeShawn, VanDyke, FitzGerald, and ONeill,
# which is O'Neill typed in a hurry. (O'Neill itself has no two letters at its seam.)
_PREFIXES = frozenset({"Mc", "Mac", "De", "Van", "Fitz", "O"})
# Degrees and certificates with small letters inside, as people set them behind their name.
_DEGREES = ("PhD", "DPhil", "MPhil", "EdD", "PharmD", "MSc", "BSc", "MEng", "BEng", "PgMP", "PfMP")
# Small words inside the name of a person or of a place.
_SMALL_WORDS = """
    af al am an ap auf av bei bin bint ibn im na nad op sur upon da das dal de degli dei del della den der des di do
    dos du e el en i la las le les lo los os u y z za & and of ten ter tot van vom von zu zum zur
"""
_PARTICLES = frozenset(_SMALL_WORDS.split())
_SUFFIXES = frozenset({"Jr", "Sr", "Jnr", "Snr", *_DEGREES})
# “Safety International, Inc.” is no place.
_COMPANY_FORMS = frozenset(
    ("ag", "bv", "co", "corp", "gmbh", "inc", "llc", "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl", "se", "spa"),
)

_LONGEST_HEADER = 400  # characters; the fields of a profile are short, paragraphs are not
_LONGEST_LOOSE_NAME = 3  # words; “ana de silva” may be a name, “we moved from Share” is a sentence
_CAPITAL_RUN = 4  # letters; a shorter word in capitals may be initials (JR, AJ)
_LONGEST_PLACE = 5  # words in one part (Ras Al Khaimah City Centre), and parts (quarter, town, county, state, country)
_SMALL_LETTERS = "The name has words in small letters."
_CLOSING = tuple(".…!?:;。！？")
_NAME_MARKS = frozenset(" .,'’ʼ‘`´()&·‧・-‐‑–\"“”")
_INITIAL = re.compile(r"(?<![^\W\d_])[^\W\d_]\.")
_RUN_ON = re.compile(r"[.,)][^\W_]")


@dataclass(frozen=True)
class Header:
    """One header taken apart. An empty name means: this is a header, but it could not be parted."""

    name: str = ""
    role: str = ""
    organisation: str = ""
    location: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """The line is no header, but text. The notes say why somebody should look at it."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where the location starts, and how sure its end makes that it is one."""

    start: int
    ends_in_country: bool
    reads_as_place: bool
    notes: tuple[str, ...]


def parse(line: str) -> Header | Text:
    """What a line that may be a header says.

    To be asked for the first line of a file and the first after a trailer
    only. A header has a “|” or two boundaries, and no closing full stop.
    """
    line = unicodedata.normalize("NFC", " ".join(line.split()))
    has_bar = "|" in line
    if len(line) > _LONGEST_HEADER or line.endswith(_CLOSING):
        return Text(("The first line holds a “|” but ends like a sentence: kept as text.",) if has_bar else ())
    return _with_bar(line) if has_bar else _without_bar(line)


@lru_cache(maxsize=1024)  # the same people answer again and again
def _with_bar(line: str) -> Header | Text:
    left, right = line[: line.index("|")].rstrip(), line[line.rindex("|") + 1 :].strip()
    name, role, notes = _name_and_role(left)
    place = _find_place(right)
    organisation, location = (right[: place.start], right[place.start :]) if place else (right, "")
    notes += place.notes if place else ("No location could be told apart.",)
    if line.count("|") > 1:
        role, organisation = line[len(name) : len(line) - len(location)].strip(" |"), ""
        notes += ("More than one “|”: role and organisation could not be told apart and stand together as the role.",)
    kind = _kind_of(name)
    # The page sets no space before its bar, people writing “My SharePoint | notes” do.
    is_sure = (place and place.ends_in_country) or " |" not in line
    if kind == "plain" and is_sure and (place or " " in name):
        return Header(name, role, organisation.strip(), location, notes)
    if place and place.ends_in_country and place.reads_as_place:
        if kind == "small":
            return Header(name, role, organisation.strip(), location, (*notes, _SMALL_LETTERS))
        return Header(notes=("Name and role could not be told apart: the header is kept as it stands.",))
    return Text(("The first line holds a “|” but could not be read as a header: kept as text.",))


def _without_bar(line: str) -> Header | Text:
    """A header without organisation needs a location, and a name of two words: SharePoint made a fine Mr Share."""
    place = _find_place(line)
    if not place or not place.reads_as_place:
        return Text()
    name, role, notes = _name_and_role(line[: place.start])
    if role and " " in name:
        kind = _kind_of(name)
        if kind == "plain":
            return Header(name, role, "", line[place.start :], notes + place.notes)
        if kind == "small" and place.ends_in_country:
            return Header(name, role, "", line[place.start :], (*notes, *place.notes, _SMALL_LETTERS))
    return Text(("The first line ends like a location but could not be read as a header: kept as text.",))


def _name_and_role(text: str) -> tuple[str, str, tuple[str, ...]]:
    """The name up to the first boundary and the role behind it, with what is to be reported.

    Without a boundary it is a name alone when every word is written like one;
    else the name is empty, for nothing says where it ends.
    """
    seams = boundaries(text)
    if seams:
        first = seams[0]
        is_doubtful = len(seams) > 1 and " " not in text[first : seams[1]]
        return text[:first], text[first:], (_more_seams(text, first),) if is_doubtful else ()
    words = text.split()
    if len(words) > 1 and all(_is_written_as_name(word) for word in words):
        return text, "", ("No role was found.",)
    return "", "", ()


def _is_written_as_name(word: str) -> bool:
    """Whether a word can have nothing run into it: Silva, Garcia-Lopez, J. or van, but not SILVA nor VanProject."""
    if word in _PARTICLES or _INITIAL.fullmatch(word):
        return True
    return all(part[:1].isupper() and part[1:].islower() and part.isalpha() for part in re.split(r"[-'’]", word))


def _more_seams(text: str, seam: int) -> str:
    word = text[text.rfind(" ", 0, seam) + 1 :].partition(" ")[0].rstrip(",.")
    return f"“{word}” has more than one boundary: look whether it was parted at the right one."


def _kind_of(name: str) -> str:
    """How much a text looks like a person's name.

    “plain”: every word starts with a capital, or is small inside names (van),
    or of a script without case; “small”: the few words have small letters;
    “doubtful”: something is run into it, or it is no name.
    """
    is_possible = (
        sum(map(str.isalpha, name)) > 1
        and all(c in _NAME_MARKS or unicodedata.category(c)[0] in "LM" for c in name)
        and not _RUN_ON.search(_INITIAL.sub("", name))
        and not _mixes_scripts(name)
        and not _hides_capital_role(name)
    )
    words = name.split()
    if is_possible and all(_is_capitalised(word) or word in _PARTICLES for word in words):
        return "plain"
    return "small" if is_possible and len(words) <= _LONGEST_LOOSE_NAME else "doubtful"


def _is_capitalised(word: str) -> bool:
    first = next((c for c in word if c.isalpha()), "")
    return first != "" and not first.islower()


def _mixes_scripts(name: str) -> bool:
    """Whether a letter without case stands beside one with: 王伟Share is a name and the start of a role."""
    return any({a, b} in ({"c", "U"}, {"c", "l"}) for a, b in pairwise(_kinds(name)))


def _hides_capital_role(name: str) -> bool:
    """Whether a word in capitals, not the first, stands before one that is not: ANA SILVAPMO Share(Point Lead)."""
    words = [word.strip(".()'\"“”") for word in name.partition(",")[0].split()]
    capitals = [i for i, word in enumerate(words) if i and word.isupper() and len(word) >= _CAPITAL_RUN]
    after = words[capitals[0] + 1 :] if capitals else []
    return any(not word.isupper() and word not in _SUFFIXES | _PARTICLES for word in after)


def _find_place(text: str) -> _Place | None:
    """The last boundary whose tail ends in a country or is a comma list of capitalised parts."""
    seams = boundaries(text)
    for position in range(len(seams) - 1, -1, -1):
        seam = seams[position]
        tail = text[seam:]
        ends_in_country = _ends_in_country(tail)
        if not ends_in_country and not _is_list_of_places(tail):
            continue
        notes: tuple[str, ...] = () if ends_in_country else ("The location names no known country.",)
        if ends_in_country and not country_of(tail):
            notes += ("No comma stands before the country: look whether the location starts at the right word.",)
        if position and " " not in text[seams[position - 1] : seam]:
            notes += (_more_seams(text, seam),)
        return _Place(seam, ends_in_country, _is_place(tail.partition(",")[0]), notes)
    return None


def _ends_in_country(tail: str) -> bool:
    words = tail.rpartition(",")[2].split()
    return bool(country_of(tail)) or any(is_country(" ".join(words[i:])) for i in range(1, len(words)))


def _is_list_of_places(tail: str) -> bool:
    parts = [part.strip() for part in tail.split(",")]
    is_company = parts[-1].replace(".", "").casefold() in _COMPANY_FORMS
    return 1 < len(parts) <= _LONGEST_PLACE and all(map(_is_place, parts)) and not is_company


def _is_place(part: str) -> bool:
    """Whether a part is written like the name of a place: Rio de Janeiro, St. John's, Mp."""
    words = part.split()
    is_short = 0 < len(words) <= _LONGEST_PLACE
    return (
        is_short
        and part.lstrip("(")[:1].isupper()
        and all(c in _NAME_MARKS or unicodedata.category(c)[0] in "LM" for c in part)
        and all(_is_capitalised(word) or word in _PARTICLES for word in words)
    )


def boundaries(text: str) -> list[int]:
    """Where parts are run together: the indices at which a new part starts.

    A small letter followed at once by a capital, or capitals followed at once
    by a capitalised word; by Unicode category, so Ждан and Øye count, and
    scripts without case have none. Not after Mc, Mac, De, Van, Fitz, O' within
    a word, after a single small letter (eBay), inside a degree (PhD), nor in
    the plural of an acronym (PMOs).
    """
    found: list[int] = []
    start = 0  # of the piece of letters that the current letter continues
    kinds = _kinds(text)
    for here in range(1, len(text)):
        if not (kinds[here - 1] and kinds[here]):
            start = here + 1 if not kinds[here] else here
        elif _is_seam(text, kinds, here) and not _belongs_together(text, start, here):
            found.append(here)
            start = here
    return found


def _kinds(text: str) -> list[str]:
    """For each character: `U` capital, `l` small letter, `c` letter without case, "" anything else.

    A combining mark is what its letter is.
    """
    kinds: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category in {"Lu", "Lt"}:
            kinds.append("U")
        elif category == "Ll":
            kinds.append("l")
        elif category.startswith("M"):
            kinds.append(kinds[-1] if kinds else "")
        else:
            kinds.append("c" if category.startswith("L") else "")
    return kinds


def _is_seam(text: str, kinds: list[str], here: int) -> bool:
    if kinds[here] != "U" or unicodedata.category(text[here]).startswith("M"):
        return False
    if kinds[here - 1] == "l":
        return True
    after = next((i for i in range(here + 1, len(text)) if not unicodedata.category(text[i]).startswith("M")), None)
    if kinds[here - 1] != "U" or after is None or kinds[after] != "l":
        return False
    is_plural = text[after] == "s" and kinds[after + 1 : after + 2] != ["l"]
    return not is_plural


def _belongs_together(text: str, start: int, here: int) -> bool:
    piece = unicodedata.normalize("NFC", text[start:here])
    if piece in _PREFIXES or (len(piece) == 1 and piece.islower()):
        return True
    return any(
        text.startswith(degree, start) and len(degree) > here - start and not text[start + len(degree) :][:1].islower()
        for degree in _DEGREES
    )
