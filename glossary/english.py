"""What the glossary knows of English: the plural of a name, and what a good definition looks like.

The glossary's language is English for now; terms in other scripts get no plural.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _, ngettext

MOST_WORDS = 40  # of a definition

# A name's head stands before these: “definition of done”, “return on investment”.
PREPOSITIONS = frozenset({"at", "by", "for", "from", "in", "of", "on", "per", "to", "with"})
UNCOUNTABLE = re.compile(
    "administration|adoption|agile|alignment|analytics|as-is|assurance|awareness|capacity|communication|compliance|"
    "consensus|contingency|control|creep|data|debt|delivery|demand|diligence|documentation|equipment|evidence|fatigue|"
    "feedback|finance|generation|governance|hardware|hypercare|information|infrastructure|integrity|kaizen|kanban|"
    "knowledge|labour|leadership|learning|learnt|maintenance|management|money|morale|news|ownership|power|procurement|"
    "progress|quality|refinement|research|resistance|saturation|scope|software|sponsorship|staff|support|sustainment|"
    "teamwork|time|to-be|traffic|training|transparency|uptake|usual|vitae|waterfall|work"
)
# What there is one of, whatever its last word is: frameworks, bodies and products, and kinds of work or cost.
ONE_OF_ITS_KIND = frozenset(
    {
        *("ACWP", "ADKAR", "APM", "BAU", "BCWP", "BCWS", "CAPEX", "CIA", "CSR", "EVM", "ITIL", "MoSCoW", "OCM", "OPEX"),
        *("PDCA", "PERT", "PMBOK", "PMI", "PRINCE2", "QA", "QC", "SAFe", "T&M", "UAT", "VfM", "WIP"),
        *("Association for Project Management", "Central Intelligence Agency", "Department of Defense"),
        *("MS Project", "Microsoft Project", "Project Management Body of Knowledge", "Project Management Institute"),
        *("Scaled Agile Framework", "corporate responsibility", "corporate social responsibility"),
        *("critical path method", "program evaluation and review technique"),
        *("programme evaluation and review technique", "sustaining change", "value for money"),
    }
)
COUNTABLE_IN_ING = frozenset(
    {"briefing", "building", "finding", "heading", "hearing", "meeting", "offering", "setting", "thing"}
)
# Endings of words that have no plural in this field: realisation, readiness, enablement of a whole.
UNCOUNTABLE_ENDINGS = ("isation", "ization", "diness", "ability", "agement", "ablement", "ics")
IRREGULAR = {
    "child": "children",
    "criterion": "criteria",
    "man": "men",
    "matrix": "matrices",
    "phenomenon": "phenomena",
    "woman": "women",
}

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9&]*[A-Z0-9]|[A-Z][0-9]+[A-Z0-9]*")
# A full stop that is followed by a capital, unless it belongs to an abbreviation or an initial.
_SENTENCE_END = re.compile(r"(?<!\S)(?P<word>\S*?)(?<![.!?…])[.!?…]++[\"'”’)\]]*+\s++(?=[\"'“‘(\[]*[^\W\d_a-z])")
_ABBREVIATIONS = frozenset(
    {"ca", "cf", "co", "dr", "eg", "etc", "ie", "inc", "ltd", "mr", "mrs", "ms", "no", "prof", "st", "vs"}
)


def is_acronym(text: str) -> bool:
    """Whether a name is recognised exactly as written: one word with at least two capitals, such as PMO or P3O."""
    return len(text.split()) == 1 and sum(character.isupper() for character in text) > 1


def plural(text: str) -> str | None:
    """The plural of a name by simple rules: PMOs, Offices, registers, dependencies; nothing for what has none.

    A wrong one costs little: a curator suppresses it, and it stays suppressed.
    """
    words = text.split(" ")
    # “Plan, do, check, act” is a list, and what goes on all the time is not counted.
    if text in ONE_OF_ITS_KIND or "," in text or words[0].casefold() == "continuous":
        return None
    heads = [place for place, word in enumerate(words) if word.casefold() in PREPOSITIONS and place]
    place = heads[0] - 1 if heads else len(words) - 1
    changed = _plural_word(words[place])
    if changed is None or "as" in (word.casefold() for word in words):
        return None
    return " ".join([*words[:place], changed, *words[place + 1 :]])


def _plural_word(word: str) -> str | None:
    if _CAPITALS.fullmatch(word):
        return f"{word}s"
    lower = word.casefold()
    if not re.fullmatch(r".*[a-z]", lower) or _has_no_plural(lower):
        return None
    if irregular := next((end for end in IRREGULAR if re.search(rf"(^|-){end}$|^{end}$", lower)), None):
        return word[: -len(irregular) + 1] + IRREGULAR[irregular][1:]
    if re.search(r"[^aeiou]y$", lower):
        return f"{word[:-1]}ies"
    if lower.endswith("is"):
        return f"{word[:-2]}es"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", lower) else f"{word}s"


def _has_no_plural(lower: str) -> bool:
    """Plural already, or nothing that is counted."""
    is_plural = lower.endswith("s") and not lower.endswith(("ss", "us", "is"))
    is_activity = lower.endswith("ing") and lower not in COUNTABLE_IN_ING
    is_participle = lower.endswith("ed") and not lower.endswith("eed")
    return (
        is_plural
        or is_activity
        or is_participle
        or bool(UNCOUNTABLE.fullmatch(lower))
        or lower.endswith(UNCOUNTABLE_ENDINGS)
    )


def fault_of_definition(definition: str, names: Iterable[str]) -> str | None:
    """What is wrong with a definition, in one sentence; nothing when it is one sentence without the word itself."""
    count = len(definition.split())
    if count > MOST_WORDS:
        return ngettext(
            "The definition has %(count)d word. Say it in at most %(most)d; the rest fits into the usage note.",
            "The definition has %(count)d words. Say it in at most %(most)d; the rest fits into the usage note.",
            count,
        ) % {"count": count, "most": MOST_WORDS}
    if _has_second_sentence(definition):
        return _("A definition is one sentence. Move what follows it to the usage note.")
    words = _folded_words(definition)
    for name in names:
        if any(_holds(words, _folded_words(form)) for form in (name, plural(name)) if form):
            return _("The definition of “%(name)s” uses the word itself. Say what it is in other words.") % {
                "name": name
            }
    return None


def _has_second_sentence(text: str) -> bool:
    for end in _SENTENCE_END.finditer(text):
        word = end["word"].strip("\"'“‘(").replace(".", "").casefold()
        if len(word) > 1 and word not in _ABBREVIATIONS:
            return True
    return False


def _folded_words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFKC", text))]


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    return bool(part) and any(
        list(words[start : start + len(part)]) == list(part) for start in range(len(words) - len(part) + 1)
    )
