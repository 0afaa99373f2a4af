"""Which addresses a post may link to, and bare addresses found in its text.

linkify-it-py was tried: "http://a" repeated over 64 KB took it longer than 5 s, and it links words such as ASP.net.
"""

import re
from collections.abc import Iterator

SCHEME = re.compile(r"(?:https?://[^/]|mailto:[^/])", re.IGNORECASE)
# Not after a letter or digit; up to white space or an angle bracket; linear, as no part can match the next one's text.
BARE = re.compile(
    r"""(?<![\w/@.:-])(?:https?://|www\.)[^\s<>"]+"""
    r"""|(?<![\w.+%@/:-])[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?![\w@-])""",
    re.IGNORECASE,
)
# What ends a sentence belongs to the sentence, as in GitHub's Markdown.
TRAILING = ".,;:!?'\"*_~…’”»"
HOST = re.compile(r"(?:https?://|www\.)[^\W_]", re.IGNORECASE)


def is_allowed(address: str) -> bool:
    """http, https, mailto, or a path of this site: `/x`, but never two slashes of either kind, which leave it."""
    if address.startswith("/"):
        return not address.startswith(("//", "/\\")) and not re.match(r"/[\t\r\n]", address)
    return SCHEME.match(address) is not None


def autolink(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text into (words, address) in order; the address is empty for words that are not one."""
    position = 0
    for found in BARE.finditer(text):
        words = _trimmed(found.group())
        if "@" not in words.partition("/")[0] and not HOST.match(words):
            continue
        if found.start() > position:
            yield text[position : found.start()], ""
        yield words, _address(words)
        position = found.start() + len(words)
    if position < len(text):
        yield text[position:], ""


def _trimmed(words: str) -> str:
    """Without the closing bracket and the full stop that belong to the sentence around an address."""
    closing = {")": words.count(")") - words.count("("), "]": words.count("]") - words.count("[")}
    end = len(words)
    while end:
        last = words[end - 1]
        if closing.get(last, 0) > 0:
            closing[last] -= 1
        elif last not in TRAILING:
            break
        end -= 1
    return words[:end]


def _address(words: str) -> str:
    lower = words[:8].lower()
    if lower.startswith("www."):
        return "https://" + words
    return words if lower.startswith(("http://", "https://")) else "mailto:" + words
