"""Which addresses a post may link to, which of them lead to a post, and bare addresses found in its text.

linkify-it-py was tried: "http://a" repeated over 64 KB took it longer than 5 s, and it links words such as ASP.net.
"""

import contextlib
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit

# This portal's own hosts, told by whoever starts it: what leads there in full leads to a path here.
_own_hosts: set[str] = set()
_POST = re.compile(r"/posts/0*([1-9][0-9]{0,17})/?")
_THREAD = re.compile(r"/threads/[0-9]+(?:/|$)")
_PLACE = re.compile(r"post-0*([1-9][0-9]{0,17})")
_PORTS = {None, 80, 443}

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


def be_at(site: str) -> None:
    """Say where this portal stands: its own address in a text then means the same as the path alone."""
    _own_hosts.add(_host(urlsplit(site)))


def post_at(address: str) -> int | None:
    """The post that an address leads to here, however it is written; None for every other address.

    Read as a browser and the server behind it read one: `/posts/%38%31%32/`, `HTTPS://Portal.example/x/../posts/812`
    and a place on the page of a thread, `/threads/44/x/#post-812`, are all post 812.
    """
    try:
        parts = urlsplit(address)
        if (parts.scheme or parts.netloc) and (parts.scheme not in {"http", "https"} or _host(parts) not in _own_hosts):
            return None
    except ValueError:  # no host, or no port, that a browser would know
        return None
    path = "/" + posixpath.normpath(unquote(parts.path)).lstrip("/")
    place = _PLACE.fullmatch(unquote(parts.fragment)) if _THREAD.match(path) else None
    found = place or _POST.fullmatch(path)
    return int(found[1]) if found else None


def _host(parts: SplitResult) -> str:
    """Without what two ways to write one host may differ in."""
    host = (parts.hostname or "").rstrip(".")
    with contextlib.suppress(UnicodeError):
        host = host.encode("idna").decode()
    return host if parts.port in _PORTS else f"{host}:{parts.port}"


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
