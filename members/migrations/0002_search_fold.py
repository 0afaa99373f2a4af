"""The folding of text for search, the text search configuration and the sequence of site versions.

`search_fold` needs no dictionary file, which a managed server does not have.
In this order: compatibility forms and invisible characters go; P.M.O. becomes
PMO; a slash or dot between letters becomes a space; possessive and plural s
of acronyms go; a capital word that is also an English stop word is marked, so
that IT is found and `it` stays a stop word; British spelling becomes American
by rule and a short list (both sides are folded, so a wrong guess such as
"exercize" still finds itself).
"""

from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations

# Source of the stop words: PostgreSQL's english.stop, those of two to five letters that are acronyms or could be.
STOP_WORDS = (
    "AM|AN|ARE|AS|AT|BE|BY|CAN|DID|DO|DON|FOR|HAD|HAS|HE|HER|HIM|HOW|IF|IN|IS|IT|ITS|JUST|ME|MORE|MY|NO|NOR|NOT|NOW|"
    "OF|OFF|ON|ONCE|OR|OUR|OUT|OVER|OWN|SAME|SHE|SO|SOME|SUCH|THAN|THAT|THE|THEM|THEN|THIS|TO|TOO|UP|WAS|WE|WHO|WHY|"
    "WILL|WITH|YOU|ALL|AND|ANY|BUT|FEW|HAVE|FROM|HERE|INTO|MOST|ONLY|THEY|VERY|WHAT|WHEN|YOUR"
)

# (pattern, replacement), applied in this order with the flag g. None holds a single quote that is not doubled.
BEFORE_LOWER = [
    ("[\\u00AD\\u200B-\\u200D\\u2060\\uFEFF]", ""),
    ("(?<![[:alnum:]])([[:upper:]])\\.(?=[[:upper:]](\\.|[^[:alnum:]]|$))", "\\1"),
    ("(?<=[[:alpha:]])[/._\\\\·](?=[[:alpha:]])", " "),
    ("(?<=[[:alnum:]])[''’ʼ]s(?![[:alnum:]])", ""),
    ("(?<![[:alnum:]])([[:upper:]][[:upper:][:digit:]]+)s(?![[:alnum:]])", "\\1"),
    (f"(?<![[:alnum:]])({STOP_WORDS})(?![[:alnum:]])", "\\1capitals"),
]
AFTER_LOWER = [
    ("\\mprogramme(s?)\\M", "program\\1"),
    ("([a-z]{2,})is(e|es|ed|ing|er|ers|ation|ations|ational)\\M", "\\1iz\\2"),
    ("\\m(analy|paraly|cataly)s(e|ed|es|ing|er|ers)\\M", "\\1z\\2"),
    ("\\m(behavi|col|fav|hon|lab|neighb|harb|endeav|hum|rig|rum|vig)our", "\\1or"),
    ("\\m(cent|theat|kilomet|met|lit|fib)re(s?)\\M", "\\1er\\2"),
    ("\\m(defen|offen|licen|preten)ce(s|d)?\\M", "\\1se\\2"),
    ("\\m(acknowledg|judg)ement", "\\1ment"),
    ("\\m(cancel|travel|model|label|level|signal|channel|total|fuel|tunnel|counsel)l(ed|ing|er|ers)\\M", "\\1\\2"),
    ("\\m(fulfil|enrol|instal|skil)(ment|ments|ful)\\M", "\\1l\\2"),
    ("\\m(catalog|dialog|analog)ue(s?)\\M", "\\1\\2"),
    ("\\mcheque(s?)\\M", "check\\1"),
    ("\\mgrey", "gray"),
    ("\\mpractis", "practic"),
    ("\\martefact", "artifact"),
    ("\\mageing\\M", "aging"),
    ("\\mwhilst\\M", "while"),
]


def _expression() -> str:
    expression = "normalize(input, NFKC)"
    for pattern, replacement in BEFORE_LOWER:
        expression = f"regexp_replace({expression}, '{pattern}', '{replacement}', 'g')"
    expression = f"lower({expression})"
    for pattern, replacement in AFTER_LOWER:
        expression = f"regexp_replace({expression}, '{pattern}', '{replacement}', 'g')"
    return expression


MAKE = f"""
CREATE FUNCTION search_fold(input text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN {_expression()};

CREATE TEXT SEARCH CONFIGURATION portal (COPY = english);
ALTER TEXT SEARCH CONFIGURATION portal
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;

CREATE SEQUENCE members_site_version START 2;
"""

UNDO = """
DROP SEQUENCE members_site_version;
DROP TEXT SEARCH CONFIGURATION portal;
DROP FUNCTION search_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [UnaccentExtension(), migrations.RunSQL(MAKE, UNDO)]
