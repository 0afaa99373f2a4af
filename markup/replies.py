"""What somebody wrote in a mail that answers another: without the quoted mail, the signature and forced line breaks.

No library does this for posts in Markdown (docs/decisions/0020): what cannot be told apart stays, for nothing typed may
be lost. Everything here is linear in the length of the mail.
"""

import re
from html.parser import HTMLParser

import nh3

# Stands in our own mails; what is below it is ours, however a program quotes it (`members.mails.CUT`).
CUT = "――――"
FULL_LINE = 70  # characters; a break is a program's where the next word would not have fitted
LONGEST_ATTRIBUTION = 4  # lines
MOST_QUOTES = 20  # signs of a line that is quoted within quotations

_BEGINS = re.compile(r"^(?:On|Am|Le|El|Il|Op|Den|Em|W dniu|Dne|Dnia|Den|På|2[0-9]{3}[-/. ])\b")
_WROTE = r"(?:wrote|writes|schrieb(?:en)?|a écrit|escribió|ha scritto|schreef|skrev|escreveu|napisał(?:\(a\))?|napsal)"
_ENDS = re.compile(rf"\b{_WROTE}\b[^:]{{0,200}}:\s*$")
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale"
    r"|Oorspronkelijk bericht|Forwarded message)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*_{20,}\s*$")
_FROM = re.compile(r"^\s*\*?(?:From|Von|De|Da|Van|Från|Fra|Od)\s*:\*?\s*\S")
_HEAD = re.compile(
    r"^\s*\*?(?:Sent|Date|To|Subject|Cc|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Enviado|Fecha|Para|Asunto|Inviato"
    r"|Oggetto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Wysłano|Do|Temat)\s*:",
)
_PHONE = re.compile(
    r"^(?:Sent from (?:my|Mail|Outlook)|Get Outlook for|Sent via|Von meinem .{1,40} gesendet|Gesendet (?:von|mit|aus)"
    r"|Enviado desde|Envoyé (?:de|depuis)|Inviato da|Verzonden (?:vanaf|met)|Skickat från)\b.{0,80}$",
    re.IGNORECASE,
)
_LIST = re.compile(r"^\s*(?:[-*+•]|[0-9]{1,3}[.)])\s|^\s*[>|#`]|^\s{4}")
_QUOTED = re.compile(r"^\s?>")


def written(text: str, *, is_flowed: bool = False) -> str:
    """What somebody wrote, out of the plain text of a mail; `is_flowed`: its head says `format=flowed` (RFC 3676).

    The mail that is answered goes, above or below; where an answer stands
    between its lines these stay as quotations. Empty where nothing was written.
    """
    lines = [line.rstrip("\r").replace("\xa0", " ") for line in text.split("\n")]
    lines = _unflow(lines) if is_flowed else [line.rstrip() for line in lines]
    lines = _without_phone(_without_quotation(_without_signature(_before_what_follows(lines))))
    return "\n".join(_unwrap(lines)).strip("\n").rstrip()


def text_of_html(html: str) -> str:
    """The plain text of a mail that has HTML only; what its program marks as quoted is behind “>”.

    Read as a browser reads it, by what also cleans posts: Python's own reader takes minutes for a mail of `<!--`, and
    stops at others.
    """
    reader = _Reader()
    reader.feed(_CLEANER.clean(html))
    reader.close()
    return "\n".join(reader.lines)


def _before_what_follows(lines: list[str]) -> list[str]:
    """Everything above the mark of our own mail, the head of another, or “Original Message”."""
    for number, line in enumerate(lines):
        if _QUOTED.match(line):
            continue
        if CUT in line or _ORIGINAL.match(line) or _is_head(lines, number):
            above = lines[:number]
            while above and (not above[-1].strip() or _RULE.match(above[-1])):
                above.pop()
            start = _attribution_at_end(above)
            return above[:start] if start is not None else above
    return lines


def _is_head(lines: list[str], number: int) -> bool:
    """Whether the head of another mail begins here: “From:” with two more of its lines just below."""
    if not _FROM.match(lines[number]):
        return False
    return sum(bool(_HEAD.match(line)) for line in lines[number + 1 : number + 7]) > 1


def _attribution_at_end(lines: list[str]) -> int | None:
    """Where “On …, … wrote:” begins that ends these lines; it may be broken over some."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or not _ENDS.search(lines[end - 1]):
        return None
    for start in range(end - 1, max(end - 1 - LONGEST_ATTRIBUTION, -1), -1):
        if _BEGINS.match(lines[start].strip()):
            return start
        if not lines[start].strip():
            break
    return end - 1


def _without_quotation(lines: list[str]) -> list[str]:
    """Without the quoted mail and the line that leads to it; with its lines where they are answered one by one."""
    kept: list[str] = []
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        is_quoted = bool(_QUOTED.match(line))
        if runs and (runs[-1][0] == is_quoted or not line.strip()):
            runs[-1][1].append(line)
        else:
            runs.append((is_quoted, [line]))
    for number, (is_quoted, run) in enumerate(runs[:-1]):
        if not is_quoted and runs[number + 1][0]:
            start = _attribution_at_end(run)
            run[:] = run[:start] if start is not None else run
    own = [number for number, (is_quoted, run) in enumerate(runs) if not is_quoted and any(map(str.strip, run))]
    answers_between = len(own) > 1
    for number, (is_quoted, run) in enumerate(runs):
        if not is_quoted or (answers_between and own[0] < number < own[-1]):
            kept += [*run, ""]
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line.rstrip() == "--" and any(map(str.strip, lines[:number])):
            return lines[:number]
    return lines


def _without_phone(lines: list[str]) -> list[str]:
    """Without “Sent from my …”, which stands last."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _PHONE.match(lines[end - 1].strip())):
        end -= 1
    return lines[:end]


def _unflow(lines: list[str]) -> list[str]:
    """Lines that end with a space go on in the next one (RFC 3676)."""
    whole: list[str] = []
    goes_on = False
    for raw in lines:
        line = raw[1:] if raw.startswith(" ") and not raw.startswith("    ") else raw
        if goes_on and not _QUOTED.match(line) and not _QUOTED.match(whole[-1]):
            whole[-1] += line
        else:
            whole.append(line)
        goes_on = line.endswith(" ") and line != "-- "
    return [line.rstrip() for line in whole]


def _unwrap(lines: list[str]) -> list[str]:
    """Lines that a program broke are whole again, so that a post is not broken where a mail was; lists stay."""
    whole: list[str] = []
    last = 0  # the length of the line as it was broken
    fenced = False
    for line in lines:
        word = line.split(" ", 1)[0]
        fits = last + 1 + len(word) <= FULL_LINE
        stays = fenced or fits or not line.strip() or not whole or bool(_LIST.match(line))
        stays = stays or whole[-1].startswith((">", "    ", "```"))
        if stays and (line.strip() or (whole and whole[-1].strip())):
            whole.append(line)
        elif line.strip():
            whole[-1] += " " + line.strip()
        fenced ^= line.startswith("```")
        last = len(line)
    return whole


class _Reader(HTMLParser):
    """The text of clean HTML, line by line; no tree, so that depth costs nothing."""

    BLOCKS = frozenset(
        {"p", "div", "br", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre"}
    )
    APART = frozenset({"p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
    QUOTED = frozenset({"gmail_quote", "yahoo_quoted", "moz-cite-prefix"})  # classes
    EMPTY = frozenset({"br", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = [""]
        self.open: list[tuple[str, bool]] = []  # tag, quoted
        self.quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        names = f"{said.get('class') or ''} {said.get('id') or ''}".split()
        quoted = tag == "blockquote" or not self.QUOTED.isdisjoint(names)
        if tag in self.BLOCKS or tag == "blockquote":
            self._break(apart=tag in self.APART or quoted)
        if tag not in self.EMPTY:
            self.open.append((tag, quoted))
            self.quotes += quoted
        if tag == "li":
            self.lines[-1] += "- "

    def handle_endtag(self, tag: str) -> None:
        depth = next((place for place in range(len(self.open) - 1, -1, -1) if self.open[place][0] == tag), None)
        if depth is None:
            return
        for _tag, quoted in self.open[depth:]:
            self.quotes -= quoted
        del self.open[depth:]
        if tag in self.BLOCKS or tag == "blockquote":
            self._break(apart=tag in self.APART)

    def handle_data(self, data: str) -> None:
        is_begun = bool(self.lines[-1].strip("> "))
        if not (is_begun or data.strip(" \t\r\n")):
            return
        if not self.lines[-1] and self.quotes:
            self.lines[-1] = "> " * min(self.quotes, MOST_QUOTES)
        text = re.sub(r"[ \t\r\n]+", " ", data)
        self.lines[-1] += text if is_begun else text.lstrip()

    def _break(self, *, apart: bool) -> None:
        if self.lines[-1].strip("> "):
            self.lines[-1] = self.lines[-1].rstrip()
            self.lines.append("")
        if apart and len(self.lines) > 1 and self.lines[-2].strip("> "):
            self.lines.append("")


_CLEANER = nh3.Cleaner(
    tags={*_Reader.BLOCKS, "blockquote", "span"},
    attributes={"*": {"class", "id"}},
    clean_content_tags={"script", "style", "title"},
    link_rel=None,
)
