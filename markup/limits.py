"""What a text may cost, checked by one scan in linear time before the Markdown parser sees it.

markdown-it-py is quadratic in open brackets, in lines continued lazily inside deep quotations, and in table cells
that a short row leaves out (measured on 64 KB: 2 to 5 s each). The scan need not agree with the parser to the last
level: `markup.render` counts the real nesting again afterwards. It only has to keep the parser quick.
"""

import re
from collections.abc import Iterator

MAX_BYTES = 65_536
MAX_NESTING = 30
MAX_CELLS = 10_000
# Each line costs the parser as many steps as containers are open around it; 20,000 steps are about 0.8 s.
MAX_CONTAINER_LINES = 20_000

# A quotation sign or a list marker with the white space before it; anchored by `match(line, position)`.
MARKER = re.compile(r"[ \t]*(?:(>)|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$))[ ]?")
INDENT = re.compile(r"[ \t]*")
QUOTE = re.compile(r"[ \t]*>[ ]?")
FENCE = re.compile(r"[ \t>]*(`{3,}(?=[^`]*$)|~{3,})")
BRACKET = re.compile(r"\\.|[\[\]]")
DELIMITER_ROW = re.compile(r"[ \t>]*[|:-][|: \t-]*$")
HORIZONTAL_RULE = re.compile(r"[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,})$")


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the catalogues. Who shows it translates it: there is no gettext here."""
    return sentence


class Unrenderable(ValueError):  # noqa: N818  # it says what the text is
    """A text that is refused before it is rendered: a sentence for who typed it, and the figures that go into it.

    `str()` of it is English; `threads.forms.in_words` says it in the reader's language.
    """

    def __init__(self, sentence: str, **figures: int) -> None:
        super().__init__(sentence % figures)
        self.sentence = sentence
        self.figures = figures


class TooLarge(Unrenderable):
    """More bytes, table cells or repeated addresses than one post may hold."""


class TooDeep(Unrenderable):
    """Quotations, lists, brackets or emphasis inside one another beyond `MAX_NESTING`."""


def check(source: str) -> None:
    """Raise `TooLarge` or `TooDeep` for a text that the parser should not be given. Linear in its length."""
    if len(source) > MAX_BYTES or len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        sentence = gettext_noop("This text is too long: a post may hold %(most)d KB. Please shorten or divide it.")
        raise TooLarge(sentence, most=MAX_BYTES // 1024)
    lines = source.splitlines()
    prose = list(_outside_fences(lines))
    _check_containers(lines)
    _check_brackets(prose)
    _check_tables(prose)


def _outside_fences(lines: list[str]) -> Iterator[str]:
    """The lines that are not inside a fenced block of code, where brackets and pipes mean nothing."""
    fence = ""
    for line in lines:
        found = FENCE.match(line)
        if not fence:
            fence = found.group(1) if found else ""
            yield line
        elif found and found.group(1).startswith(fence) and not line[found.end() :].strip():
            fence = ""


def _check_containers(lines: list[str]) -> None:
    containers: list[int] = []  # a quotation is 0, a list item is the column where its content starts
    steps = 0
    for line in lines:
        if not line.strip():
            steps += len(containers)
            continue
        containers = _containers_after(line.expandtabs(4), containers)
        steps += len(containers)
        if len(containers) > MAX_NESTING:
            sentence = gettext_noop("Quotations and lists may stand at most %(most)d deep inside one another.")
            raise TooDeep(sentence, most=MAX_NESTING)
        if steps > MAX_CONTAINER_LINES:
            raise TooDeep(
                gettext_noop("This text has too many lines inside deep quotations and lists. Please divide it.")
            )


def _containers_after(line: str, containers: list[int]) -> list[int]:
    """The quotations and lists that are open at the end of a line, at least as many as the parser finds."""
    kept, position = 0, 0
    for column in containers:
        if column:
            found = INDENT.match(line, position)
            if not found or found.end() < column:
                break
        else:
            found = QUOTE.match(line, position)
            if not found:
                break
            position = found.end()
        kept += 1
    opened: list[int] = []
    while (marker := MARKER.match(line, position)) and not HORIZONTAL_RULE.match(line, position):
        position = marker.end()
        opened.append(0 if marker.group(1) else position)
        if kept + len(opened) > MAX_NESTING:
            break
    # A line that opens nothing may continue a paragraph lazily, so everything around it stays open.
    return containers[:kept] + opened if opened else containers


def _check_brackets(lines: list[str]) -> None:
    depth = 0
    for line in lines:
        if not line.strip(" \t>"):
            depth = 0
            continue
        for found in BRACKET.finditer(line):
            if found.group() == "[":
                depth += 1
            elif found.group() == "]":
                depth = max(depth - 1, 0)
            if depth > MAX_NESTING:
                sentence = gettext_noop(
                    "A paragraph here has more than %(most)d open square brackets. Please close some."
                )
                raise TooDeep(sentence, most=MAX_NESTING)


def _check_tables(lines: list[str]) -> None:
    columns, cells = 0, 0
    for line in lines:
        if not line.strip(" \t>"):
            columns = 0
        elif DELIMITER_ROW.match(line):
            columns = max(columns, line.count("|") + 1)
        cells += columns
        if cells > MAX_CELLS and columns > 1:
            sentence = gettext_noop(
                "The tables of a post may have %(most)d cells at most. Please shorten or divide them."
            )
            raise TooLarge(sentence, most=MAX_CELLS)
