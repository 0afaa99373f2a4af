"""What curators type into the admin: senses with their names and relations, terms with their spellings."""

import re
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy as _

from glossary.actions import steps
from glossary.actions.relation_steps import said_by
from glossary.actions.senses import EditedMeanwhile
from glossary.models import (
    CaseRule,
    ExternalReference,
    MatchKind,
    NamingKind,
    Relation,
    RelationKind,
    RevisionKind,
    Sense,
    SenseState,
    Spelling,
    SubjectField,
    Term,
    TermSense,
)
from markup.slugs import key
from members.forms import differing

TEXTS: dict[str, Callable[[str], str]] = {
    "name": steps.line,
    "definition": steps.line,
    "usage_note": steps.lines,
    "example": steps.lines,
}
LONG = {"rows": 3, "class": "vLargeTextField"}


_NUMBER = re.compile(r"#([0-9]{1,18})\)?$")  # at the end, as in “Change Management Office (#12)”


class SenseField(forms.CharField):
    """A sense, typed: its name, its preferred term, or its number as in “#12”. Needs no script."""

    def __init__(self, *, senses: QuerySet[Sense] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Its name, its preferred term, or its number as in “#12”."))
        super().__init__(max_length=steps.LONGEST_TEXT + 30, **kwargs)
        self.senses = Sense.objects.all() if senses is None else senses

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        return self._sense(text) if text else None

    def _sense(self, text: str) -> Sense:
        if number := _NUMBER.search(text):
            found = list(self.senses.filter(pk=int(number[1])))
        else:
            preferred = TermSense.objects.filter(term__key=key(text), kind=NamingKind.PREFERRED)
            named = Q(name__iexact=text) | Q(pk__in=preferred.values("sense"))
            found = list(self.senses.filter(named).order_by("pk")[:10])
        if not found:
            raise ValidationError(gettext("There is no such sense to choose here."))
        if len(found) > 1:
            senses = "; ".join(typed(sense) for sense in found)
            raise ValidationError(gettext("Several senses are called so: %(senses)s.") % {"senses": senses})
        sense: Sense = found[0]
        return sense


def typed(sense: Sense) -> str:
    """A sense as `SenseField` reads it, whatever others are called."""
    return f"{sense.name} (#{sense.pk})"


class RowsAsText(BaseInlineFormSet[Any, Any, Any]):
    """Inline rows that are given to an action as one whole list.

    What became of a row in the database meanwhile does not matter then, so a
    row that is gone is read as a new one. The action, not the formset, writes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What Django's history of an object lists; the action saves, not this.
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []

    def _existing_object(self, pk: Any) -> Model:
        existing = super()._existing_object(pk)  # type: ignore[misc]  # private to Django, so not in the stubs
        made: Model = existing or self.model()  # type: ignore[misc]  # a formset made by the factory has a model
        return made

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        if self.is_bound and i < self.initial_form_count():
            kwargs.setdefault("instance", self.model())  # type: ignore[misc]  # as above
        return super()._construct_form(i, **kwargs)  # type: ignore[misc]  # private to Django, so not in the stubs

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=form.instance.pk)
        for field in form.fields.values():  # the table's head stands in no label
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)


class RevisedRows(RowsAsText):
    """Rows of what has a revision: when somebody changed it meanwhile, what differs in the rows is named."""

    def clean(self) -> None:
        super().clean()
        current = type(self.instance).objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        if current is None or self.data.get("based_on") in {None, "", str(current.revision)}:
            return
        theirs, yours = self.labels_now(current), set(self._labels_typed())
        told = [
            (gettext("There now and not in your list: %(rows)s. Saving takes that away."), theirs - yours),
            (gettext("In your list and not there now: %(rows)s. Saving adds that."), yours - theirs),
        ]
        if sentences := [sentence % {"rows": "; ".join(sorted(rows))} for sentence, rows in told if rows]:
            raise ValidationError(sentences)

    def labels_now(self, current: Any) -> set[str]:
        """The rows that stand in the database, each in words."""
        raise NotImplementedError

    def label_typed(self, data: dict[str, Any]) -> str:
        """A typed row in the same words."""
        raise NotImplementedError

    def _labels_typed(self) -> Iterator[str]:
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            if data and form.is_valid() and not data.get("DELETE"):
                yield self.label_typed(data)


class SenseForm(forms.ModelForm[Sense]):
    """A sense. Carries the revision it was read at: who saves over somebody else's work is told what differs."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("This change is"),
        choices=RevisionKind.choices,
        initial=RevisionKind.EDITORIAL,
        required=False,
        help_text=_("Kept with the new version of a published sense."),
    )

    class Meta:
        model = Sense
        fields = ("name", "field", "definition", "usage_note", "example")
        widgets = {name: forms.Textarea(attrs=LONG) for name in ("definition", "usage_note", "example")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "based_on" in self.fields:
            self.fields["based_on"].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        """Compare here as well as in the action: a row that is gone may keep the form from reaching that.

        Each text that differs is told at its field, names and relations at
        their lists (`RevisedRows`). Sent once more, the form puts what was
        typed in the place of what is there, all of which was shown.
        """
        data = super().clean() or {}
        current = Sense.objects.filter(pk=self.instance.pk).select_related("field").first()
        if current is None or data.get("based_on") in {None, current.revision}:
            return data
        self._tell_differences(current, data)
        newer = cast("QueryDict", self.data).copy()  # merged into a plain dict, its values would be lists
        newer[self.add_prefix("based_on")] = str(current.revision)
        self.data = newer
        what_now = gettext(
            "What differs stands beside each field and list. Yours is kept; save again to put it in place of theirs."
        )
        raise ValidationError([str(EditedMeanwhile(current)), what_now])

    def _tell_differences(self, current: Sense, data: dict[str, Any]) -> None:
        """Put at each field what it would change."""
        for name, tidy in TEXTS.items():
            theirs, yours = getattr(current, name), tidy(self.data.get(self.add_prefix(name), ""))
            if name in self.fields and theirs != yours:
                self.add_error(name, ValidationError(differing(theirs, yours)))
        if "field" in self.fields and "field" in data and data["field"] != current.field:
            sentence = gettext("It stands in “%(theirs)s” now; you chose “%(yours)s”.")
            chosen = {"theirs": current.field or "—", "yours": data["field"] or "—"}
            self.add_error("field", ValidationError(sentence % chosen))


class NamingForm(forms.ModelForm[TermSense]):
    """A name of a sense: the term typed as text."""

    text = forms.CharField(label=_("term"), max_length=steps.LONGEST_TEXT)
    case_rule = forms.ChoiceField(
        label=_("recognised"), choices=[("", _("as it looks")), *CaseRule.choices], required=False
    )

    class Meta:
        model = TermSense
        fields = ("kind",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            term = self.instance.term
            self.initial.update({"text": term.text, "case_rule": term.case_rule})


class NamingRows(RevisedRows):
    """The names of a sense: the first new one is the preferred, those after it are synonyms until said otherwise."""

    def labels_now(self, current: Sense) -> set[str]:
        rows = current.namings.values_list("term__text", "kind", "term__case_rule")
        return {_name_in_words(*row) for row in rows}

    def label_typed(self, data: dict[str, Any]) -> str:
        rules = Term.objects.filter(key=key(data["text"])).values_list("case_rule", flat=True)
        return _name_in_words(steps.line(data["text"]), data["kind"], data["case_rule"] or rules.first())

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if not form.instance.pk and index != 0:
            form.initial["kind"] = NamingKind.SYNONYM


def _name_in_words(text: str, kind: str, rule: str | None) -> str:
    told = [str(NamingKind(kind).label), *([str(CaseRule(rule).label)] if rule else [])]
    return f"“{text}”: {', '.join(told)}"


class RelationForm(forms.ModelForm[Relation]):
    """What a sense is to another one, said from the sense whose form it is."""

    other = SenseField(label=_("sense"))

    class Meta:
        model = Relation
        fields = ("kind",)

    def __init__(self, *args: Any, parent: Sense | None = None, **kwargs: Any) -> None:
        # The rows make every relation's source the sense of the form, in a copy: the one they show stays as it is.
        super().__init__(*args, **kwargs | {"instance": copy(kwargs.get("instance"))})
        if self.instance.pk and parent:
            is_source = self.instance.source_id == parent.pk
            self.initial["other"] = typed(self.instance.target if is_source else self.instance.source)


class RelationRows(RevisedRows):
    """The relations that a sense says, the symmetric ones from either side."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = Relation.objects.filter(said_by(self.instance)) if self.instance.pk else Relation.objects.none()
        self.queryset = said.select_related("source", "target").order_by("pk")

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "parent": self.instance}

    def labels_now(self, current: Sense) -> set[str]:
        said = Relation.objects.filter(said_by(current)).select_related("source", "target")
        others = ((row.kind, row.target if row.source_id == current.pk else row.source) for row in said)
        return {_relation_in_words(kind, other) for kind, other in others}

    def label_typed(self, data: dict[str, Any]) -> str:
        return _relation_in_words(data["kind"], data["other"])


class ReferenceForm(forms.ModelForm[ExternalReference]):
    """Where another body defines the sense."""

    address = forms.URLField(label=_("address"), max_length=500, required=False, assume_scheme="https")

    class Meta:
        model = ExternalReference
        fields = ("source", "version", "address", "relation", "note")


class ReferenceRows(RevisedRows):
    """The external references of a sense."""

    def labels_now(self, current: Sense) -> set[str]:
        return {_reference_in_words(*row) for row in current.references.values_list("source", "address", "relation")}

    def label_typed(self, data: dict[str, Any]) -> str:
        return _reference_in_words(steps.line(data["source"]), data["address"], data["relation"])


def _reference_in_words(source: str, address: str, relation: str) -> str:
    return f"{source} {address} ({MatchKind(relation).label})"


def _relation_in_words(kind: str, other: Sense) -> str:
    return f"{RelationKind(kind).label} {typed(other)}"


class ReviewForm(forms.Form):
    """Nothing to fill in: a page to say yes on."""


class PublishForm(forms.Form):
    """Nothing to fill in: a page to read what readers will see, and to say yes on. Carries which revision that was."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)


class RetireForm(forms.Form):
    """Why a sense is taken out of use, and what to say instead."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=steps.LONGEST_REASON,
        widget=forms.Textarea(attrs=LONG),
        help_text=_("Stands on the term's page."),
    )
    successor = SenseField(
        label=_("Successor"),
        senses=Sense.objects.filter(state=SenseState.PUBLISHED),
        required=False,
        help_text=_("The published sense that readers are led to: its name, its preferred term, or “#12”."),
    )


class UsualSenseForm(forms.Form):
    """Which sense of a term is meant here as a rule."""

    sense = SenseField(
        label=_("Usual sense here"),
        senses=Sense.objects.filter(state=SenseState.PUBLISHED),
        required=False,
        help_text=_("A published sense of this term: its name or “#12”; empty: none is the usual one."),
    )


class TermForm(forms.ModelForm[Term]):
    """A term: its text, how it is recognised, its address."""

    address = forms.CharField(
        label=_("Address"),
        max_length=steps.LONGEST_TEXT,
        required=False,
        help_text=_("The last part of its page's address; empty: made from the text. Earlier ones lead here for good."),
    )

    class Meta:
        model = Term
        fields = ("text", "case_rule")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["address"] = self.instance.slug


class SpellingForm(forms.ModelForm[Spelling]):
    """One way a term is written."""

    text = forms.CharField(label=_("text"), max_length=steps.LONGEST_TEXT + 10)
    is_marked = forms.BooleanField(label=_("marked in posts"), required=False, initial=True)

    class Meta:
        model = Spelling
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update({"text": self.instance.text, "is_marked": self.instance.suppressed_at is None})


class PlaceForm(forms.ModelForm[TermSense]):
    """Where a sense stands on the page of a term."""

    position = forms.IntegerField(label=_("position"), min_value=0, max_value=9999)

    class Meta:
        model = TermSense
        fields = ("position",)


class SubjectFieldForm(forms.ModelForm[SubjectField]):
    """A subject field."""

    class Meta:
        model = SubjectField
        fields = ("name", "is_foreign")
