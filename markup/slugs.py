"""Names in addresses, and the keys by which two names are the same."""

import re
import unicodedata

MAX_SLUG = 80
# Words that stand in the place of a slug in our own addresses.
RESERVED = frozenset({"new", "reply", "suggest", "history", "feed.atom", "edit", "words", "ask", "answer", "follow"})

_APOSTROPHES = re.compile(r"['’ʼ‘`´]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs by their category, and blank to the eye

# Letters that look like Latin ones: a part of the table confusables.txt of Unicode Technical Standard 39 (the letters
# of names), Cyrillic and Greek capitals by their own look because some have small letters of another look.
_CAPITALS = str.maketrans(
    "АВЕЅЗІЈКМНОРСТУХԌԚԜҮӀ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "I|",
    "ABES3IJKMHOPCTYXGQWYI" + "ABEZHIKMNOPTYX" + "II",
)
_SMALL = str.maketrans(
    "авеѕзіјкмнорстухԁԛԝһүӏгп" + "αβγεηικνορτυχσωμ" + "01lıɑɡ",
    "abes3ijkmhopctyxdqwhyirn" + "abyenikvoptuxowu" + "oiiiag",
)
# Cherokee (case folding makes capitals of its small letters), Lisu, and Latin small capitals: one look each.
_SMALL |= str.maketrans(
    "ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᎽᏀᏃᏏᏒᏔᏚᏙᏢᏞᏟᏦᏴ" + "ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "drtiajewmhygzbrwsvpickb" + "bpddtgkjczfmnisrvhwxyaeiou" + "abcdefghijkimnoprstuvwyz",
)


def slug(text: str, *, fallback: str) -> str:
    """A name for an address: letters and digits of any script, lower case, hyphens, at most 80 characters.

    Nothing left gives `fallback`; a word that means something in our addresses gets -2.
    """
    plain = _APOSTROPHES.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower())
    name = "-".join("".join(char if _is_kept(char) else " " for char in plain).split())
    name = _shortened(unicodedata.normalize("NFC", name)) or fallback
    return f"{name}-2" if name in RESERVED else name


def _is_kept(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _shortened(name: str) -> str:
    if len(name) <= MAX_SLUG:
        return name
    end = name.rfind("-", 0, MAX_SLUG + 1)
    return name[: end if end > 0 else MAX_SLUG]


def key(text: str) -> str:
    """By which terms and tags are one: NFKC, no case, single spaces, nothing invisible. CMO and cmo have one key."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def is_seen(char: str) -> bool:
    """Whether a character by itself leaves something on the page: a letter, digit or sign that is not blank."""
    return unicodedata.category(char)[0] in "LNPS" and char not in _FILLERS


def confusable_key(name: str) -> str:
    """By which a display name imitates another: what a hasty eye takes for the same.

    Without case, marks, separators and invisible characters, look-alikes of other alphabets as Latin, I, l and 1 as
    one, 0 as o. Only for comparing, never to be shown; two honest names may share one.
    """
    plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)))
    folded = unicodedata.normalize("NFKD", plain.translate(_CAPITALS).casefold()).translate(_SMALL)
    letters = "".join(char for char in folded if unicodedata.category(char)[0] in "LN")
    return letters.replace("rn", "m").replace("vv", "w")
