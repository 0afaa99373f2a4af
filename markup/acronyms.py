"""Acronyms that nobody has defined, and the words with which somebody spells one out.

False alarms are the enemy: what everybody writes, what is shouted and what is a code or a quantity is no acronym here.
"""

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from markup.slugs import key
from markup.terms import HYPHENS, SENTENCE_END, WALL, Place, readable
from markup.words import IGNORED, TAG, each_word, normal, undotted

SHORTEST, LONGEST = 2, 6
NEARLY_ALL = 0.7
SHOUTED_WORDS = 5
SURE = 3  # letters: words elsewhere in a sentence that begin with so many are no accident
COMPOUND = 10  # letters of a word that may hold further ones of an acronym: “Lenkungsausschuss (LA)”
MOST_BEFORE = 4  # acronyms before a sign that are tried; keeps the work linear
MOST_PIECES = 3  # of a bracket with commas
FARTHEST = 200  # characters
MOST_LETTERS = 8  # of an acronym with its digits written out: P3M3 has six
MOST_SOUGHT = 20  # acronyms whose sentences are looked for first
LONG_WORD = 7  # a word of so many capitals is shouted: no acronym is as long

# Words and abbreviations of the general language, which no reader of a project forum asks about.
EVERYDAY = frozenset(
    """
    OK TV AD BC BCE CE PS NB PR CV ID IDs PC IT PIN DIY FAQ FYI ASAP ETA RSVP TBC TBD TBA AKA NA BTW IMO IMHO LOL
    UK US USA EU UN UAE USD EUR GBP CHF AUD CAD INR JPY NATO NASA BBC CEO CFO COO VP HR VAT GDP NGO PhD MBA MSc BSc
    PDF URL USB WIFI HTML XML CSV JSON SQL SMS GPS QR CD DVD PPT DOC XLS XLSX ZIP HTTP HTTPS WWW ISO COVID AI CCTV
    GMT UTC BST CET EST PST MON TUE WED THU FRI SAT SUN JAN FEB MAR APR JUN JUL AUG SEP SEPT OCT NOV DEC
    3D 2D 3G 4G 5G A3 A4 A5 B2B B2C T20 W3C MP3 MP4 H2O CO2 G7 G8 G20
    """.split()  # noqa: SIM905  a page of words reads better than a page of quotation marks
)
# Said with emphasis: “this is NOT a PMO”. Acronyms that are such words (IT, WHO, US) must be defined to be known.
EMPHASISED = frozenset(
    """
    A I AN THE AND OR BUT NOT NO YES NOR SO IF AS AT BY IN OF ON TO UP DO BE IS WAS ARE AM HAS HAD HAVE WE HE SHE ME MY
    YOU YOUR HIS HER OUR THEY THEM THIS THAT THESE THOSE WHO WHY HOW WHAT WHEN WHERE WHICH ALL ANY EACH EVERY SOME NONE
    ONE TWO THREE FOUR FIVE SIX TEN MUST MAY CAN CANNOT COULD WOULD SHOULD WILL SHALL MIGHT NEED ONLY JUST VERY MUCH
    MANY MORE MOST LESS LEAST NEVER EVER ALWAYS OFTEN AGAIN ALSO TOO NOW THEN HERE THERE BOTH SAME OTHER NEW OLD GOOD
    BAD BEST WORST FIRST LAST NEXT BEFORE AFTER WITH FROM INTO OUT OFF OVER UNDER DOES DID DONE DONT STOP START GO GET
    GOT LET PUT SAY SAID SEE MAKE MADE TAKE GIVE WANT KNOW READ WRITE PLEASE SORRY THANKS THANK HELP WOW HUGE BIG REAL
    REALLY RIGHT WRONG TRUE FALSE NOTE EDIT UPDATE WHOLE EVEN STILL YET AGO TIME DAY WEEK MONTH YEAR PEOPLE WORK PLAN
    TEAM RISK COST ISSUE CHANGE SCOPE VALUE OWN END WAY LIKE LOVE HATE HARD EASY FREE OPEN CLOSED DRAFT FINAL TODO
    RED AMBER GREEN
    """.split()  # noqa: SIM905
)
_ROMAN = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})")
# Sizes and amounts, times, codes of one letter and a number. One letter and one digit is an acronym (P1, L2, S3), but
# for quarters, halves, years and parts of them, paper, levels of a language and versions.
_CODE = re.compile(
    r"Q[1-4]|H[12]|[AVDWMY]\d|[BC][12]|[A-Z]\d{2,}|\d+[A-Z]{1,3}|FY\d+|CW\d+|KW\d+|[A-Z]{1,3}\d{3,}|[A-Z]{2}\d\d|"
    r"\d+[A-Z]\d+"
)
# What a letter with a digit is the number of: “room K4”. So is a name before it (“Primavera P6”) or its letter's word.
_NUMBERED = frozenset(
    """
    room box cell column row annex figure table page part section paragraph building floor item line route option
    """.split()  # noqa: SIM905
)
_BRACKET = re.compile(r"\(([^()\n\x00]{2,120})\)")
# What stands between an acronym and its words, if not a bracket: “CMO: …”, “CMO = …”, “CMO stands for …”.
_SIGN = re.compile(r"\(|[:=→]|\s[–—-]\s|\b(?:is|are|means?|stands? for)\b")
_PIECE = re.compile(r"[,;:]\s*")
_STOP = re.compile(r"[();:=→]")
_BEFORE_WORDS = re.compile(r"[\s\"'“”‘«]*(?:(?:a|an|the)\s+)?", re.IGNORECASE)
_END_OF_WORDS = re.compile(r"[\"'”’»]?(?:\s*$|[.,;!?]|\s*[()–—:])")
# Words that an acronym may pass over, and often does; in “Current Mode of Operation (CMO)” the O is not that of “of”.
_SMALL = frozenset(
    """
    a an and at by for from in of on or the to with der die das den dem des für im und von vom zu zum zur
    de del e el en et la las le les los du par para por pour y
    """.split()  # noqa: SIM905
)
_INNER = "adefotuy"  # how small words begin that mixed acronyms write small: SoW, IoT, DfE
_MIXED = re.compile(rf"[A-Z]+(?:[{_INNER}][A-Z]+)+")
# A digit says how often the letter before it stands there (P3O, W3C); 2 and 4 between letters are “to” and “for”.
_COUNTED = re.compile(r"([^\W\d_])([2-9])")
_BETWEEN = re.compile(r"[^\W\d_][24][^\W\d_]")
_FIGURES = {"2": "t", "3": "t", "4": "f", "5": "f", "6": "s", "7": "s", "8": "e", "9": "n"}  # two, three or third, …
_GONE = re.compile(f"[{TAG}{IGNORED}]")


class Acronym(NamedTuple):
    """An acronym at text[start:end], without the s of its plural."""

    text: str
    start: int
    end: int


def undefined(
    html: str,
    known: Container[str],
    *,
    taken: Sequence[tuple[int, int]] = (),
    spelled: Container[str] | None = None,
) -> list[str]:
    """The acronyms of a post that nobody has defined, each once, in their order.

    2 to 6 capitals or digits with at least two capitals, or one capital and a
    digit, with the s of a plural or without; not in code, links, quotations or
    shouted sentences; not spelled out in this post. `known` holds keys
    (`markup.slugs.key`): terms, what curators list, what the reader knows.
    `taken` are places of longer terms in order, in the text that `readable` made; `spelled` the keys of `expansions`,
    where they are known already.
    """
    text = readable(html)
    here = {key(acronym) for acronym in _expanded(text)} if spelled is None else spelled
    found: dict[str, str] = {}
    for acronym in _acronyms(text):
        name = key(acronym.text)
        before = bisect_right(taken, (acronym.start, len(text)))
        is_inside = before > 0 and acronym.start < taken[before - 1][1]
        if name not in known and name not in here and not is_inside:
            found.setdefault(name, acronym.text)
    return list(found.values())


def places(text: str, wanted: Mapping[str, str]) -> Iterator[Place]:
    """Where a text that `readable` made holds acronyms that `undefined` found in it, in order and by the same rules.

    `wanted` leads from their keys to them as they are written. Of a few, only sentences
    that hold one as it is written are read, unless there is none.
    """
    sentences = list(_sentences(text))
    sought = wanted.values() if len(wanted) <= MOST_SOUGHT else ()
    held = [each for each in sentences if any(written in each[0] for written in sought)]
    for sentence, offset in held or sentences:
        for acronym in _acronyms(sentence):
            if (name := key(acronym.text)) in wanted:
                word = sentence[acronym.start : acronym.end].rstrip(TAG)  # as in **CMO**
                yield Place(offset + acronym.start, offset + acronym.start + len(word), name)


def expansions(html: str) -> dict[str, str]:
    """What a post spells out itself: “Change Management Office (CMO)” or “CMO (Change Management Office)”.

    So it is with a sign between them (“CMO: …”, “CMO = …”, “CMO → …”, “CMO stands for …”), and with three letters or
    more elsewhere in the sentence, where the words begin with the letters in order. Acronym → the words. Where it
    spells one out twice, the first counts.
    """
    return _expanded(readable(html))


def fits(acronym: str, words: str) -> bool:
    """Whether the letters of an acronym begin these words in order: “Change Management Office” for CMO."""
    return bool(words) and _words_for(acronym, words) == words


def initials(words: str) -> set[str]:
    """The letters that begin these words, with the small ones among them and without: “of” in “Bill of Materials”."""
    parts = [word.group().casefold() for word in each_word(words) if not word.group().isdigit()]
    return {"".join(part[0] for part in parts), "".join(part[0] for part in parts if part not in _SMALL)}


def _acronyms(text: str) -> Iterator[Acronym]:
    for sentence, offset in _sentences(text):
        words = list(each_word(sentence))
        shapes = [undotted(normal(word.group())) for word in words]
        if _is_shouted(shapes):
            continue
        for place, (word, shape) in enumerate(zip(words, shapes, strict=True)):
            stem = _stem(shape)
            if not stem or _shouted_beside(shapes, place) or _is_part_of_code(sentence, word):
                continue
            if not _is_number(shapes, place):
                yield Acronym(stem, offset + word.start(), offset + word.end())


def _sentences(text: str) -> Iterator[tuple[str, int]]:
    start = 0
    for end in [*(found.end() for found in SENTENCE_END.finditer(text)), len(text)]:
        if end > start:
            yield text[start:end], start
        start = end


def _stem(word: str) -> str:
    """The acronym without its plural s, or nothing for a word that is none."""
    if word.islower():  # as most are
        return ""
    stem = word[:-1] if word.endswith("s") and word[:-1].isupper() else word
    if not SHORTEST <= len(stem) <= LONGEST or not _is_latin(stem) or not stem.isalnum() or stem.upper() != stem:
        return ""
    capitals = sum(character.isupper() for character in stem)
    digits = sum(character.isdigit() for character in stem)
    if capitals < 2 and not (capitals == 1 and digits):  # noqa: PLR2004  as the issue says
        return ""
    if word in EVERYDAY or stem in EVERYDAY or stem in EMPHASISED or _ROMAN.fullmatch(stem) or _CODE.fullmatch(stem):
        return ""
    return stem


def _is_latin(word: str) -> bool:
    return word.isascii() or all(character < "\u0250" for character in word)  # the end of Latin Extended-B: TÜV, ÖBB


def _is_shouted(words: Iterable[str]) -> bool:
    """All in capitals, or nearly, with words among them that no acronym is."""
    cased = [word for word in words if word.lower() != word.upper()]
    capitals = [word for word in cased if word.isupper()]
    return (
        len(cased) >= SHOUTED_WORDS
        and len(capitals) >= NEARLY_ALL * len(cased)
        and any(len(word) >= LONG_WORD or (word in EMPHASISED and len(word) > 1) for word in capitals)
    )


def _shouted_beside(words: Sequence[str], place: int) -> bool:
    """Whether a word stands between others that are shouted, as in “a BUSINESS CASE is”."""
    beside = [words[other] for other in (place - 1, place + 1) if 0 <= other < len(words)]
    return any(word.isupper() and (len(word) >= LONG_WORD or (word in EMPHASISED and len(word) > 1)) for word in beside)


def _is_number(words: Sequence[str], place: int) -> bool:
    """Whether a letter with a digit is the number of what stands before it: “room K4”, “Primavera P6”, “gate G3”."""
    word, before = words[place], words[place - 1] if place else ""
    if not before.isalpha() or not (len(word) == SHORTEST and word[1].isdigit()):
        return False
    is_name = place > 1 and before.istitle()
    return is_name or before.casefold() in _NUMBERED or before[0].casefold() == word[0].casefold()


def _is_part_of_code(text: str, word: re.Match[str]) -> bool:
    """Joined by a hyphen, a sign of codes or a dot to digits or words: PRJ-1042, COVID-19, e-PMO, AT&T."""
    before, after = text[max(0, word.start() - 2) : word.start()], text[word.end() : word.end() + 2]
    if before[-1:] in {"#", "@", "&", "_", "$", "€", "£"} or after[:1] in {"&", "_", "@"}:
        return True
    if after[:1] in {*HYPHENS, ".", ":"} and after[1:].isdigit():
        return True
    if (after[:1] == ";" and after[1:].isalnum()) or (before[-1:] == ";" and before[:1].isalnum()):  # TL;DR
        return True
    if word.group() in {"AM", "PM"} and before.strip()[-1:].isdigit():
        return True
    return before[-1:] in HYPHENS and before[:1].isalnum()


def _expanded(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for bracket in _BRACKET.finditer(text):
        before = _line_before(text, bracket.start())
        inside = _clean(bracket.group(1))
        if acronym := _only_acronym(inside):
            if words := _words_for(acronym, before):
                found.setdefault(acronym, words)
            continue
        last = list(each_word(before))[-1:]
        acronym = _only_acronym(_clean(last[0].group())) if last and before[last[0].end() :].strip() == "" else ""
        if acronym and (words := _words_inside(acronym, inside)):
            found.setdefault(acronym, words)
    for sentence, _ in _sentences(text):
        for acronym, words in _explained(sentence):
            found.setdefault(acronym, words)
    return found


def _explained(sentence: str) -> Iterator[tuple[str, str]]:
    """Acronyms with the words that follow in the same sentence, after a sign that says so: “CMO = Change …”."""
    if not _SIGN.search(sentence):
        return
    text = _clean(sentence.replace(WALL, " "))
    acronyms = [(stem, word.end()) for word in each_word(text) if (stem := _stem(undotted(word.group())))]
    ends = [end for _, end in acronyms]
    for sign in _SIGN.finditer(text) if acronyms else ():
        rest = text[sign.end() : sign.end() + FARTHEST]
        last = bisect_right(ends, sign.start())
        for acronym, end in acronyms[max(0, last - MOST_BEFORE) : last]:
            beside = not text[end : sign.start()].strip()
            if len(acronym) < SURE and (not beside or sign.group() in {"is", "are", "("}):
                continue
            if sign.group() == "(":
                words = _words_inside(acronym, _STOP.split(rest, maxsplit=1)[0])
            else:
                words = _words_begun(acronym, rest, whole=not (len(acronym) >= SURE and "for" in sign.group()))
            if words:
                yield acronym, words


def _words_inside(acronym: str, inside: str) -> str:
    """What spells an acronym out in a bracket, whole or between commas: “(yes, the Department of Motor Vehicles)”."""
    for piece in dict.fromkeys([inside, *_PIECE.split(inside, MOST_PIECES)[:MOST_PIECES]]):
        words = piece[_first_word(piece) :].rstrip()
        if words[:1].casefold() == acronym[0].casefold() and _words_for(acronym, words) == words:
            return words
    return ""


def _words_begun(acronym: str, text: str, *, whole: bool) -> str:
    """The first words of a text that the letters of an acronym begin; `whole`: only where a clause ends with them."""
    text = _STOP.split(text[_first_word(text) :], maxsplit=1)[0]
    come = {letters: {0} for letters in readings(acronym)}  # how far among the letters the words so far may bring one
    for number, word in enumerate(islice(each_word(text), 2 * len(acronym) + 3)):
        said = word.group()
        further = {letters: _further(letters, places, said) for letters, places in come.items()}
        if any(len(letters) in places for letters, places in further.items()):
            if _END_OF_WORDS.match(text, word.end()):
                return text[: word.end()]
            if not _is_small(said):
                return "" if whole else text[: word.end()]
        may_pass = number and _is_small(said)
        come = {letters: places | come[letters] if may_pass else places for letters, places in further.items()}
        if not any(come.values()):
            break
    return ""


def _first_word(text: str) -> int:
    found = _BEFORE_WORDS.match(text)
    return found.end() if found else 0


def _line_before(text: str, end: int) -> str:
    part = text[max(0, end - 200) : end]
    return _clean(part.rpartition(WALL)[2])


def _clean(text: str) -> str:
    return " ".join(_GONE.sub("", normal(text)).replace("\x02", "").split())


def _only_acronym(text: str) -> str:
    """The acronym, where the text is nothing else; any of 2 to 6 signs with a capital, everyday and mixed ones too."""
    word = undotted(text.strip("“”\"' "))
    stem = word[:-1] if word.endswith("s") and word[-2:-1].isupper() else word
    if not SHORTEST <= len(stem) <= LONGEST or not stem.isalnum():
        return ""
    if stem.upper() != stem and not _MIXED.fullmatch(stem):
        return ""
    return stem if any(character.isupper() for character in stem) and not stem.isdigit() else ""


def _words_for(acronym: str, text: str) -> str:
    """The last words of a text that the letters of an acronym begin, in order; nothing where they do not.

    Each letter is the first of a word, or of a part of one with a hyphen; small words and digits may be passed over.
    """
    words = [word for word in each_word(text) if not word.group().isdigit() or word.group() in acronym]
    if not words or text[words[-1].end() :].strip(" ,\"'“”"):
        return ""
    has_compound = any(word.end() - word.start() >= COMPOUND for word in words[-len(acronym) :])
    for letters in readings(acronym):
        last = words[-2 * max(len(letters), len(acronym)) - 2 :]
        said = [word.group() for word in last]
        for by_parts in (False, True) if has_compound else (False,):
            if begun := _begun(letters, said, by_parts=by_parts):
                # “Office of Commerce” before “of Commerce”
                at = next((at for at in begun if not _is_small(said[at])), begun[0])
                return text[last[at].start() : last[-1].end()]
    return ""


@lru_cache(maxsize=1024)
def readings(acronym: str) -> tuple[str, ...]:
    """The letters that begin the words of an acronym, the likeliest first: P3O is PPPO or PO, 2FA is TFA or FA.

    Of a Spanish plural (RRHH, AAPP) each pair is one letter.
    """
    text = acronym.casefold()
    letters = "".join(sign for sign in text if not sign.isdigit())
    if letters[::2] == letters[1::2] and len(letters) > 2:  # noqa: PLR2004  a pair alone is none
        letters = letters[::2]
    if letters == text:
        return (letters,)
    counted = _FIGURES.get(text[0], "") + _COUNTED.sub(lambda found: found[1] * int(found[2]), text)
    counted = "".join(sign for sign in counted if not sign.isdigit())
    found = [letters, counted] if _BETWEEN.search(text) else [counted, letters]
    return tuple(dict.fromkeys(each for each in found if len(each) <= MOST_LETTERS or each == letters))


def _is_small(word: str) -> bool:
    return word.casefold() in _SMALL or word.isdigit()


def _begun(letters: str, words: Sequence[str], *, by_parts: bool = False) -> list[int]:
    """At which words one may begin, so that each letter begins a word in order and none but small ones are left over.

    The last first. `by_parts`: a long word may hold several of the letters in order, as compounds do: “Projektleiter”.
    """
    found = []
    left = {len(letters)}  # the places among the letters from which the words after this one say the rest
    for at in range(len(words))[::-1]:
        word = words[at]
        reaching = {
            place
            for place in range(len(letters))
            if not left.isdisjoint(_ends(letters, place, word, by_parts=by_parts))
        }
        if 0 in reaching:
            found.append(at)
        may_pass = word.isdigit() if at == len(words) - 1 else _is_small(word)
        left = reaching | left if may_pass else reaching
        if not left:
            break
    return found


def _further(letters: str, places: Iterable[int], word: str, *, by_parts: bool = False) -> set[int]:
    """How far a word may bring one who has come to one of these places among the letters."""
    return {end for place in places for end in _ends(letters, place, word, by_parts=by_parts)}


def _ends(letters: str, place: int, word: str, *, by_parts: bool) -> Iterator[int]:
    folded = word.casefold()
    if not letters.startswith(folded[0], place):
        return
    yield place + 1
    if place and len(word) > 1 and word.isupper() and letters.startswith(folded, place):
        yield place + len(word)  # “Enterprise PMO” is an EPMO
    if not by_parts or len(word) < COMPOUND:
        return
    found = 1
    for end in range(place + 1, len(letters)):
        found = folded.find(letters[end], found) + 1
        if not found:
            return
        yield end + 1
