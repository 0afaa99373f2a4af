"""Shared steps of this app's actions. Each runs inside an action's transaction; none opens its own."""

import unicodedata
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from glossary.english import fault_of_definition, is_acronym, plural
from glossary.models import (
    CaseRule,
    NamingKind,
    RevisionKind,
    Sense,
    SenseRevision,
    SenseState,
    Spelling,
    SpellingChange,
    SpellingKind,
    Term,
    TermSense,
    TermSlug,
)
from markup.slugs import RESERVED, key, slug
from members.models import Member
from members.permissions import Refused

LONGEST_TEXT = 120  # of a term
LONGEST_REASON = 300
STRUCTURE = 0x676C6F73  # the number of the advisory lock: “glos”


@dataclass(frozen=True, slots=True)
class Naming:
    """A name of a sense as a curator typed it; `case_rule` None: as the term has it, or by the look of a new one."""

    text: str
    kind: str = NamingKind.PREFERRED
    case_rule: str | None = None
    # A table of many says these too: the sense's place among those of the term, and the address of a new term.
    position: int | None = None
    address: str = ""


def lock_structure() -> None:
    """Let one transaction at a time change names, addresses and relations.

    No cycle can be closed and no address taken twice by two curators who do
    not see each other's rows. Taken after the senses, before `SiteVersion`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [STRUCTURE])


def lock_senses(ids: Iterable[int]) -> dict[int, Sense]:
    """Lock senses in the order of their ids; raises Refused when one is gone."""
    wanted = set(ids)
    found = Sense.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").in_bulk()
    if len(found) < len(wanted):
        raise Refused(_("This sense was deleted meanwhile."))
    return found


def make_own(senses: Iterable[Sense]) -> None:
    """Say that these senses, which are locked, are no samples any more: a curator worked on them or on a term of them.

    So they stay when the samples are taken out, and count as real in feeds and for search engines.
    """
    Sense.objects.filter(pk__in=[sense.pk for sense in senses], is_sample=True).update(is_sample=False)


def line(text: str) -> str:
    """A text of one line, without what cannot be seen or stored."""
    # Printable text holds no sign that has to go, and most text is printable: a table has a hundred thousand cells.
    kept = text if text.isprintable() else "".join(_visible(sign) for sign in text)
    return " ".join(kept.split())


def lines(text: str) -> str:
    """A text that keeps its line breaks."""
    return "\n".join(line(row) for row in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    return " " if sign.isspace() else "" if category in {"Cc", "Cs"} else sign


def checked_names(namings: Iterable[Naming]) -> list[Naming]:
    """The names cleaned; raises ValidationError on `namings` when they cannot stand together."""
    names = [Naming(line(each.text), each.kind, each.case_rule, each.position, each.address) for each in namings]
    keys = [key(naming.text) for naming in names]
    twice = [naming.text for place, naming in enumerate(names) if keys[place] in keys[:place]]
    if twice:
        raise ValidationError({"namings": _("“%(text)s” stands here twice.") % {"text": twice[0]}})
    if sum(naming.kind == NamingKind.PREFERRED for naming in names) > 1:
        raise ValidationError(
            {"namings": _("A sense has one preferred term. Make the others abbreviations or synonyms.")}
        )
    for naming in names:
        check_text(naming.text, field="namings")
    return names


def check_text(text: str, *, field: str) -> None:
    """Raise ValidationError on `field` when a text cannot be a term."""
    if not any(character.isalnum() for character in text):
        raise ValidationError({field: _("A term has at least one letter or digit.")})
    # A character may fold into many (ﷺ into eighteen), so the key is measured as well.
    if len(text) > LONGEST_TEXT or len(key(text)) > 2 * LONGEST_TEXT:
        raise ValidationError({field: _("A term has at most %(longest)d characters.") % {"longest": LONGEST_TEXT}})


def check_definition(sense: Sense, names: Iterable[str]) -> None:
    """Raise ValidationError on `definition` when it is not one sentence that says what the names mean."""
    if fault := fault_of_definition(sense.definition, names):
        raise ValidationError({"definition": fault})


def names_in_use(sense: Sense) -> list[Naming]:
    """The names that a sense has now."""
    rows = sense.namings.order_by("pk").values_list("term__text", "kind", "term__case_rule")
    return [Naming(*row) for row in rows]


def check_publishable(sense: Sense, names: Collection[Naming]) -> None:
    """Raise Refused unless a sense that readers see has a preferred term and a sound definition."""
    if sum(naming.kind == NamingKind.PREFERRED for naming in names) != 1:
        raise Refused(_("Give the sense exactly one preferred term first."))
    check_definition(sense, right_names(names))


def right_names(names: Iterable[Naming]) -> list[str]:
    return [naming.text for naming in names if naming.kind != NamingKind.MISSPELLING]


def set_names(sense: Sense, names: Iterable[Naming]) -> None:
    """Make the names of a sense exactly these, with terms for those that have none yet. Under `lock_structure`."""
    existing = {naming.term.key: naming for naming in sense.namings.select_related("term").order_by("pk")}
    wanted = {key(naming.text): naming for naming in names}
    gone = [naming for name, naming in existing.items() if name not in wanted]
    TermSense.objects.filter(pk__in=[naming.pk for naming in gone]).delete()
    Term.objects.filter(pk__in=[naming.term_id for naming in gone], usual_sense=sense).update(usual_sense=None)
    # The old preferred name steps down before the new one steps up: the database allows one at a time.
    terms = _terms(wanted)
    for name, naming in sorted(wanted.items(), key=lambda pair: pair[1].kind == NamingKind.PREFERRED):
        if name not in existing:
            term, others = _term_for(naming, terms.get(name)), getattr(terms.get(name), "others", 0)
            TermSense.objects.create(term=term, sense=sense, kind=naming.kind, position=others + 1)
            continue
        _term_for(naming, terms.get(name))
        if existing[name].kind != naming.kind:
            TermSense.objects.filter(pk=existing[name].pk).update(kind=naming.kind)
    changed = {naming.term_id for naming in gone} | {terms[name].pk for name in wanted if name in terms}
    note_respelled(changed)


def _terms(keys: Iterable[str]) -> dict[str, Term]:
    """The terms that are there for these keys, with the number of senses each names as `others`; one query."""
    rows = Term.objects.filter(key__in=keys).annotate(others=Count("namings"))
    return {term.key: term for term in rows}


def _term_for(naming: Naming, term: Term | None) -> Term:
    """The term of a name: a new one where there is none, `term` recognised as the name says where there is."""
    if term is None:
        return write_term(Term(), text=naming.text, case_rule=naming.case_rule, address=None)
    if naming.case_rule and naming.case_rule != term.case_rule:
        term.case_rule = CaseRule(naming.case_rule)
        term.save(update_fields=["case_rule"])
    return term


def write_term(term: Term, *, text: str, case_rule: str | None, address: str | None) -> Term:
    """Insert or change a term with its address and its spellings; the caller checked the text. Under `lock_structure`.

    `address` None: made from the text for a new term, kept for one that has an address.
    """
    is_new = term.pk is None
    before = [] if is_new else list(term.spellings.values_list("text", flat=True))
    term.text, term.key = text, key(text)
    term.case_rule = CaseRule(case_rule) if case_rule else term.case_rule if term.pk else look_of(text)
    if address or not term.slug:
        term.slug = _free_slug(slug(address or text, fallback="term"), term)
    term.save()
    if is_new:
        TermSlug.objects.create(slug=term.slug, term=term)
    else:
        TermSlug.objects.get_or_create(slug=term.slug, defaults={"term": term})
        _forget_old_spellings(term)
    _respell(term)
    note_respelled([term.pk], gone=before)
    return term


def note_respelled(terms: Iterable[int], *, gone: Iterable[str] = ()) -> None:
    """Have the mentions of these terms found anew in all posts, by every spelling they have and had (`gone`).

    A job of the roof reads these rows after the transaction (`pmo_cmo.mentions`).
    """
    now = Spelling.objects.filter(term__in=list(terms)).values_list("text", flat=True)
    SpellingChange.objects.bulk_create([SpellingChange(text=text) for text in sorted({*now, *gone})], batch_size=2000)


def look_of(text: str) -> CaseRule:
    """How a term is recognised until somebody says otherwise."""
    return CaseRule.EXACT if is_acronym(text) else CaseRule.FOLD


def _free_slug(wanted: str, term: Term) -> str:
    """The address itself, or with -2, -3 …: never a reserved one, nor one that another term ever had."""
    taken = set(
        TermSlug.objects.filter(slug__startswith=wanted).exclude(term_id=term.pk).values_list("slug", flat=True)
    )
    return first_free(wanted, taken | RESERVED)


def first_free(wanted: str, taken: Container[str]) -> str:
    """The address itself, or with -2, -3 …, whichever comes first that is not taken."""
    number, free = 1, wanted
    while free in taken:
        number += 1
        free = f"{wanted}-{number}"
    return free


def made_spellings(term: Term) -> dict[str, SpellingKind]:
    """The spellings that follow from a term's text."""
    wanted = {term.text: SpellingKind.OWN}
    if several := plural(term.text):
        wanted.setdefault(several, SpellingKind.PLURAL)
    return wanted


def _forget_old_spellings(term: Term) -> None:
    """Take away what followed from the text that a term had before, but for what a curator suppressed."""
    made_before = term.spellings.exclude(kind=SpellingKind.VARIANT).exclude(text__in=made_spellings(term))
    made_before.filter(suppressed_at=None).delete()


def _respell(term: Term) -> None:
    """Write the spellings that follow from a term's text. Those a curator added or suppressed stay as they are."""
    made = [Spelling(term=term, text=text, key=key(text), kind=kind) for text, kind in made_spellings(term).items()]
    Spelling.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["term", "text"], update_fields=["kind", "key"]
    )


def keep_version(sense: Sense, *, kind: str, by: Member | None) -> SenseRevision:
    """Keep what readers see of a sense from now on as its next version."""
    return SenseRevision.objects.create(
        sense=sense,
        number=sense.revisions.count() + 1,
        kind=RevisionKind(kind),
        name=sense.name,
        definition=sense.definition,
        usage_note=sense.usage_note,
        example=sense.example,
        by=by,
    )


def is_shown(sense: Sense) -> bool:
    return sense.state in {SenseState.PUBLISHED, SenseState.RETIRED}
