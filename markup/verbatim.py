"""Whether words stand in a text: exactly, to be cited as evidence, or as a quotation of it writes them."""

import re

from markup.words import normal

_NO_SPACE = re.compile(r"\S+")
# What stands for words that were left out.
_GAP = re.compile(r"\[ ?\.{3,} ?\]|\( ?\.{3,} ?\)|\.{3,}")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys('‘’‚‛′`´“”„‟″«»‹›"', "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "\x00": "...",  # where somebody else's words stood (`own_text`)
        # Of Markdown: what a text shows of them, a quotation of it may not, and the other way round.
        **dict.fromkeys("*_~\\|"),
    }
)
_MARKERS = re.compile(r"^[ \t]*(?:(?:[-+•]|[0-9]{1,9}[.)]|#{1,6}|[☐☑])(?:[ \t]+|$))+", re.MULTILINE)
FEWEST = 2  # words of each piece where some were left out between them


def standing_in(text: str, words: str) -> str | None:
    """These words exactly as they stand in a text, whatever white space parts them; None where they do not. Linear."""
    wanted = " ".join(words.split())
    stretches = list(_NO_SPACE.finditer(text))
    joined = " ".join(stretch.group() for stretch in stretches)
    place = joined.find(wanted) if wanted and "\x00" not in words else -1
    if place < 0:
        return None
    first, last = (joined.count(" ", 0, end) for end in (place, place + len(wanted)))
    start = stretches[first].start() + place - joined.rfind(" ", 0, place) - 1
    end = stretches[last].start() + place + len(wanted) - joined.rfind(" ", 0, place + len(wanted)) - 1
    return text[start:end]


def folded(text: str) -> str:
    """A text to look for quotations in: what does not count in a comparison looks the same."""
    signs = normal(text).translate(_SIGNS).replace("''", "'")
    return " ".join(_MARKERS.sub("", signs).casefold().split())


def says(text: str, words: str) -> bool:
    """Whether a `folded` text holds words, or all their pieces in order where … stands for what was left out. Linear.

    White space, capitals, the kinds of quotation marks and dashes and the signs of Markdown do not matter.
    """
    wanted = folded(words)
    if wanted in text:
        return True
    pieces = [piece for part in _GAP.split(wanted) if (piece := part.strip())]
    if len(pieces) > 1 and any(len(piece.split()) < FEWEST for piece in pieces):
        return False
    place = 0
    for piece in pieces:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True
