"""What marking terms costs beside rendering: 25 posts of 1 KB, 5,000 spellings. Run: python -m bench.terms."""

import random
import statistics
import time
from collections.abc import Callable

from markup.render import render
from markup.terms import Lexicon, Spelling, link_terms, write

POSTS, TERMS, ROUNDS = 25, 5_000, 15
TEXT = """
A project management office sets the standards by which projects are planned, approved and reported, and it answers for
the quality of what the board is told. “We don’t need one more office,” said the sponsor, “we need somebody who knows
which of our forty projects still make sense.” Where change is critical to the organisation, a dedicated group earns its
keep; so would one for risk, for benefits or for planning. It comes down to business need, to the size of the portfolio
and to who is listened to when money is short. A change manager who reports to the programme hears about resistance in
week two; one who reports to human resources hears about it at the end. The PMO/CMO question is therefore less about
names than about where adoption is measured, by whom, and whether anybody acts on it before the budget has gone.
"""
WORDS = TEXT.split()


def glossary(chance: random.Random) -> Lexicon:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    acronyms = {"".join(chance.choices(letters, k=chance.randint(3, 5))) for _ in range(TERMS // 2)} | {"PMO", "CMO"}
    phrases = {
        " ".join(chance.choices([word for word in WORDS if len(word) > 3 and word.isalpha()], k=chance.randint(2, 4)))  # noqa: PLR2004
        for _ in range(TERMS // 2)
    }
    spellings = [(text, True) for text in sorted(acronyms)] + [(text, False) for text in sorted(phrases)]
    return Lexicon(Spelling(text, number, exact) for number, (text, exact) in enumerate(spellings))


def post(chance: random.Random) -> str:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < 1_000:  # noqa: PLR2004
        words.append(chance.choice([*WORDS, "PMO", "CMO,", "**change**", "management.", "\n\n"]))
    return " ".join(words)


def median(work: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1_000)
    return statistics.median(times)


def main() -> None:
    chance = random.Random(1)  # noqa: S311
    lexicon = glossary(chance)
    sources = [post(chance) for _ in range(POSTS)]
    pages = [render(source) for source in sources]
    pieces = [link_terms(page, lexicon) for page in pages]

    def page() -> None:
        seen: set[int | str] = set()
        for piece in pieces:
            write(piece, seen=seen, link=lambda mark: f'<a class="term" href="/glossary/x/">{mark.html}</a>')

    rendering = median(lambda: [render(source) for source in sources])
    marking = median(lambda: [link_terms(page, lexicon) for page in pages])
    writing = median(page)
    print(f"{len(lexicon)} spellings, {POSTS} posts, {sum(map(len, pages)) // 1024} KB of HTML")
    print(f"render {rendering:.1f} ms, link_terms {marking:.1f} ms, write {writing:.2f} ms")
    print(f"marking costs {marking / rendering:.2f} of rendering, the page's pass {writing / rendering:.3f}")


if __name__ == "__main__":
    main()
