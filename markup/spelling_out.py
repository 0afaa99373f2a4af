"""Writing an acronym out in the source of a post: “CMO” becomes “Change Management Office (CMO)”."""

import re
from itertools import islice

from markup.acronyms import expansions
from markup.render import render
from markup.slugs import key

MOST_TRIED = 20  # places; each costs one rendering
MOST_RENDERED = 150_000  # characters in all: 20 times 64 KB of items of lists took 17 s


def spell_out(body: str, acronym: str, words: str) -> str:
    """Write the first of these acronyms out that readers see as text, and not in code, a link or a quotation.

    Unchanged where there is none. Whether a place is such a one is seen by
    rendering it, so Markdown is read by one reader only. Raises
    `markup.render.Unrenderable`.
    """
    letters = r"\.?".join(map(re.escape, acronym))
    most = min(MOST_TRIED, MOST_RENDERED // max(1, len(body)))
    for place in islice(re.finditer(rf"(?<!\w){letters}(s?)(?!\w)", body), most):
        written = f"{body[: place.start()]}{words}{place[1]} ({place.group()}){body[place.end() :]}"
        said = {key(short): key(long) for short, long in expansions(render(written)).items()}
        if said.get(key(acronym)) == key(words + place[1]):
            return written
    return body
