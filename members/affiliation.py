"""What can be read out of an affiliation as people type it: the country of a place, the family of a role.

Both are proposals from the words alone. Nobody is guessed into a country by
their city, and a role that says nothing known is “other”; the member, or who
imports, corrects either. No database, no models.
"""

import re
import unicodedata
from functools import cache

from django.conf import settings
from django.utils.translation import override
from django_countries.base import CountriesBase
from django_countries.data import COUNTRIES

# Everyday names that django-countries does not hold in English or in our languages, written as `_key` leaves them:
# small letters without accents, full stops or “the”; “&” is “and”, “st” is “saint”.
_EVERYDAY_NAMES = {
    "AE": ("uae", "emirates", "vae"),
    "AT": ("osterreich", "oesterreich"),
    "BA": ("bosnia", "bosnia herzegovina", "bosnien"),
    "BE": ("belgique", "belgie"),
    "BR": ("brasil",),
    "BS": ("commonwealth of bahamas",),
    "BY": ("republic of belarus", "weissrussland"),
    "CD": (
        "dem rep of congo",
        "dr congo",
        "drc",
        "congo drc",
        "congo kinshasa",
        "congo democratic republic",
        "zaire",
        "demokratische republik kongo",
    ),
    "CF": ("republica centroafricana",),
    "CG": ("republic of congo", "congo republic", "congo brazzaville", "republik kongo", "republica del congo"),
    "CH": ("schweiz", "suisse", "svizzera"),
    "CI": ("ivory coast", "elfenbeinkuste"),
    "CN": ("prc", "pr china", "peoples republic of china", "mainland china", "中国"),
    "CV": ("cape verde", "kapverden"),
    "CY": ("chipre",),
    "CZ": ("czech republic", "ceska republika", "cesko", "tschechische republik", "republica checa"),
    "DE": ("deutschland", "federal republic of germany"),
    "DJ": ("yibuti",),
    "DK": ("danmark",),
    "EG": ("arab republic of egypt",),
    "ES": ("espana",),
    "FI": ("suomi",),
    "FK": ("falklands", "malvinas"),
    "FM": ("federated states of micronesia",),
    "GB": (
        "uk",
        "u k",
        "gb",
        "great britain",
        "britain",
        "england",
        "scotland",
        "wales",
        "northern ireland",
        "grossbritannien",
        "schottland",
        "nordirland",
        "gran bretana",
        "inglaterra",
        "escocia",
        "gales",
        "irlanda del norte",
    ),
    "GR": ("hellas", "ελλαδα"),
    "HK": ("hong kong sar", "hong kong china", "hong kong sar china", "hongkong"),
    "HU": ("magyarorszag",),
    "IE": ("republic of ireland", "eire"),
    "IR": ("islamic republic of iran", "iran islamic republic"),
    "IT": ("italia",),
    "JP": ("日本",),
    "KG": ("kyrgyz republic", "kirgistan"),
    "KP": ("dprk", "korea north", "democratic peoples republic of korea"),
    "KR": ("korea south", "republic of korea", "rok", "대한민국"),
    "LA": ("lao", "lao pdr"),
    "MD": ("republic of moldova", "republik moldau"),
    "MK": ("macedonia", "republic of north macedonia", "former yugoslav republic of macedonia", "fyrom"),
    "MM": ("burma",),
    "MO": ("macau", "macau sar", "macao sar", "macau china", "macao china"),
    "NL": ("holland", "holanda", "nederland", "kingdom of netherlands"),
    "NO": ("norge",),
    "NZ": ("aotearoa", "aotearoa new zealand"),
    "PH": ("republic of philippines",),
    "PL": ("polska",),
    "PS": ("palestina", "state of palestine", "palestinian territories", "palestinian territory occupied"),
    "PT": ("portuguese republic",),
    "RE": ("reunion island",),
    "RU": ("россия", "российская федерация"),
    "SA": ("ksa", "kingdom of saudi arabia", "arabia saudi"),
    "SE": ("sverige",),
    "SK": ("slovak republic", "slovensko"),
    "ST": ("sao tome",),
    "SZ": ("swaziland",),
    "TL": ("east timor",),
    "TR": ("turkey", "turkei", "tuerkei", "republic of turkey", "republic of turkiye"),
    "TT": ("trinidad", "tobago", "trinidad y tobago"),
    "TW": ("taiwan roc", "臺灣", "台湾"),
    "TZ": ("united republic of tanzania",),
    "UA": ("украіна", "украина"),
    "US": (
        *("us", "usa", "u s", "u s a", "united states", "america", "united states of america usa"),
        *("vereinigte staaten", "estados unidos de america", "eeuu", "ee uu"),
    ),
    "VA": ("vatican", "vatikan", "ciudad del vaticano", "holy see vatican city state"),
    "VC": ("saint vincent",),
    "VE": ("bolivarian republic of venezuela",),
    "VG": ("british virgin islands", "bvi"),
    "VI": ("us virgin islands", "united states virgin islands"),
    "VN": ("socialist republic of vietnam",),
    "ZA": ("rsa", "republic of south africa"),
}

# Two countries share each of these: with something unknown in brackets behind it, it is nobody's name.
_SHARED_HEADS = frozenset({"congo", "korea", "virgin islands"})
# What German or Spanish calls a country, and what is something else as well: another country, a town or an island of
# that name, a person. It names nobody's country.
_NOT_ONLY_COUNTRIES = frozenset(
    {"granada", "guadalupe", "island", "kongo", "mauricio", "san bartolome", "san martin", "santa lucia"}
)

_LAST_BRACKETS = re.compile(r"\(([^()]*)\)\s*$")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_ABBREVIATION = re.compile(r"(?<=\w)\.|['’ʼ`]")
_NO_LETTER = re.compile(r"[\W_]+")


def country_of(location: str) -> str:
    """The ISO 3166 alpha-2 code of the country that a location ends with, else the empty string.

    Only the last part after a comma counts, or the last two or three where
    they are one country's name (“Korea, Republic of”), and what stands in
    brackets at the end (“Berlin (Germany)”). “Paris” gives nothing.
    Names come from django-countries (in English and the languages of the
    portal, whatever the reader has chosen; no look-up over the net) and the
    everyday names above. ISO codes are not names: “San José, CA” is not
    in Canada.
    """
    parts = location.split(",")
    for taken in (3, 2, 1):
        if taken <= len(parts) and (code := _named(",".join(parts[-taken:]))):
            return code
    bracketed = _LAST_BRACKETS.search(location)
    return _named(bracketed[1]) if bracketed else ""


def is_country(text: str) -> bool:
    """Whether the whole text is one country's name, official or everyday."""
    return bool(_named(text))


def _named(text: str) -> str:
    names = _names()
    if code := names.get(_key(text)):
        return code
    head = _key(_IN_BRACKETS.sub(" ", text))
    return "" if head in _SHARED_HEADS else names.get(head, "")


@cache
def _names() -> dict[str, str]:
    """Every name in the form of `_key`, with its code: everyday names, then English, then our languages."""
    names: dict[str, str] = {}
    for code, everyday in _EVERYDAY_NAMES.items():
        names |= dict.fromkeys((_key(name) for name in everyday), code)
    for language in (None, *(language for language, _ in settings.LANGUAGES)):  # None: the source strings
        with override(language):
            official = [
                (code, str(name)) for each in (COUNTRIES, CountriesBase.COMMON_NAMES) for code, name in each.items()
            ]
        heads = ((code, _key(_IN_BRACKETS.sub(" ", name))) for code, name in official)
        keys = [(code, _key(name)) for code, name in official]
        keys += [(code, head) for code, head in heads if head not in _SHARED_HEADS]
        for code, key in keys:
            if key and key not in _NOT_ONLY_COUNTRIES:
                names.setdefault(key, code)
    return names


def _key(name: str) -> str:
    """A name as it is compared: case, accents, punctuation and “the” do not count."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = _NO_LETTER.split(_ABBREVIATION.sub("", bare.casefold().replace("&", " and ")))
    return " ".join("saint" if word == "st" else word for word in words if word not in {"", "the"})


# The words that give a role away, family by family. The first family with a word in the role takes it, so the order
# is the rule: the office before what it deals with (“PMO Consultant”, “Planning Lead, PMO”), the head of the whole
# firm before their subject (“Chief Project Officer”), the narrow subject before the wide one (“Change Consultant”,
# “Planning Consultant” and “Project Planner” before “Project Manager”), and rank alone last (“Director”).
# CMO is not here: it is a chief marketing officer as well as a change management office.
# After English come German, which joins words, and Spanish, without accents as `_key` leaves them. Here too a word that
# means other work as well proposes nothing: “Kundenberater” (sells), “Stadtplanerin” (builds), “Proyectista” (draws),
# “Agente de cambio” (changes money), “Gerente” (runs anything).
_WORK = r"(?:project|programme|program|portfolio)s?"
_OFFICE_FOR = r"(?: (?:management|support|delivery|governance|and))*"
_PROJEKT = r"\w*(?:projekt|programm|portfolio)"  # what leads, manages, assists and so on, in one word
_LEITUNG = r"(?:leit|manag|management|koordin|steuer|verantwort|assist|mitarbeit|ingenieur)"
_PROYECTOS = r"(?:proyecto|programa|portafolio)s?"
_GESCHAEFT = r"geschae?fts"
_HEADS = (
    r"chief(?: \w+){0,4} officer|c[eoift]o|ciso|chro|chair(?:man|woman|person)",
    rf"{_GESCHAEFT}(?:fue?hrer|leiter)(?:in)?|(?:mitglied|vorsitzende[rn]?) der {_GESCHAEFT}(?:fue?hrung|leitung)",
    r"vorstand|vorstandin|vorstands(?:mitglied|vorsitzende[rn]?)|mitglied des vorstand(?:e?s)",
    r"(?:director|gerente)a? (?:a )?general|director(?: a|a)? ejecutiv[oa]|consejer[oa](?: a)? delegad[oa]",
)
_RANKS = (
    r"directors?|president|vp|[saeg]vp|(?:co )?founder|board member|managing partner|general manager",
    r"direktor(?:in)?|(?:vize)?prasident(?:in)?",
    r"director(?:a|as|es)|(?:vice)?president[ae]|(?:co)?fundador(?:a)?",
)
# Who works for the head is not the head: “Asistente del director general”.
_ASSISTS = (
    r"(?:(?:assistant|secretary|asistente|secretari[ao]) (?:to|of|del?)"
    r"|assisten(?:z|t|tin)|referent(?:in)?|sekretar(?:in|iat)?) (?:\w+ ){0,6}"
)
_ROLE_WORDS = (
    ("pmo", rf"\w?pmos?|pgmos?|pfmos?|p3os?|(?:{_WORK}|p3)(?: (?:and )?{_WORK})*{_OFFICE_FOR} offices?"),
    ("pmo", r"projektmanagement ?office|projekt(?:management)?bue?ros?"),
    ("pmo", rf"oficina (?:de )?(?:(?:gestion|direccion|control) )?(?:de )?(?:la )?{_PROYECTOS}"),
    ("other", rf"{_ASSISTS}(?:{'|'.join(_HEADS)})"),
    ("executive", "|".join(_HEADS)),
    ("change", r"changes?|transformations?|ocm|change(?:manag|berat)\w*|transformations(?:manag|leit|berat)\w*"),
    ("change", r"verae?nderungs(?:manag|berat|begleit)\w*"),
    (
        "change",
        r"(?:gestion|gestora?|gerente|lider|direccion)(?: a)? del? cambios?|cambio organizacional|transformacion",
    ),
    ("consulting", r"consult(?:ing|ants?|ancy)|advis(?:ers?|ors?|ory)|consultor(?:a|as|es|ia)?|asesor(?:a|as|es|ia)?"),
    (
        "consulting",
        rf"(?:unternehmens|organisations|strategie|prozess|{_PROJEKT}(?:management)?s?|management)?berat(?:er|erin|ung)",
    ),
    ("planning", r"plan(?:ning|ners?)|schedul(?:ing|ers?)|(?:project )?controls|estimat(?:ing|ors?)"),
    (
        "planning",
        r"(?:projekt|termin|programm)?(?:planer|planerin|planung)|projekt(?:controller|controllerin|controlling)",
    ),
    ("planning", rf"planificador(?:a|as|es)?|planificacion|control de {_PROYECTOS}"),
    ("delivery", rf"{_WORK}|delivery|scrum|agile|kanban|product owner|release train engineer|pm|pmp|pgmp|pfmp"),
    ("delivery", rf"\w*projekte?n?|programme?n?|{_PROJEKT}{_LEITUNG}\w*|{_PROYECTOS}"),
    ("other", rf"{_ASSISTS}(?:{'|'.join(_RANKS)})"),
    ("executive", "|".join(_RANKS)),
    ("executive", r"^owner|(?:business|company) owner|^inhaber(?:in)?|^propietari[oa]"),
)
_ROLE_PATTERNS = tuple((family, re.compile(rf"\b(?:{words})\b")) for family, words in _ROLE_WORDS)


def role_family_of(role: str) -> str:
    """The family proposed for a role: a value of `members.models.RoleFamily`, the empty string for no role.

    Whole words decide, in the order of `_ROLE_WORDS`; what none of them names is “other”.
    """
    words = _key(role)
    if not words:
        return "other" if role.strip() else ""
    return next((family for family, pattern in _ROLE_PATTERNS if pattern.search(words)), "other")
