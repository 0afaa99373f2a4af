"""What curators type into the admin: senses with their names and relations, terms with their spellings."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin import site as any_site
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from glossary.actions import steps
from glossary.actions.relation_steps import said_by
from glossary.actions.senses import EditedMeanwhile
from glossary.models import (
    CaseRule,
    NamingKind,
    Relation,
    RevisionKind,
    Sense,
    SenseState,
    Spelling,
    SubjectField,
    Term,
    TermSense,
)

LONG = {"rows": 3, "class": "vLargeTextField"}


class SenseSelect(AutocompleteSelect):
    """A select that looks senses up while one types, for a field of the model that joins two senses."""

    def __init__(self, model: type[Model], field: str) -> None:
        # The site is only asked for its name, which is “admin” everywhere.
        super().__init__(model._meta.get_field(field), any_site)

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        """What is no number was chosen by nobody; Django would ask the database for it."""
        return super().optgroups(name, [key for key in value if key.isascii() and key.isdecimal()], attrs)


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
        return super()._existing_object(pk) or self.model()  # type: ignore[misc, no-any-return]

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        if self.is_bound and i < self.initial_form_count():
            kwargs.setdefault("instance", self.model())  # type: ignore[misc]
        return super()._construct_form(i, **kwargs)  # type: ignore[misc]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=form.instance.pk)
        for field in form.fields.values():  # the table's head stands in no label
            if not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)


class SenseForm(forms.ModelForm[Sense]):
    """A sense. Carries the revision it was read at: who saves over somebody else's words is told and sees both."""

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
        """Compare here as well as in the action: a row that is gone may keep the form from reaching that."""
        data = super().clean() or {}
        if self.instance.pk and data.get("based_on") not in {None, self.instance.revision}:
            # Sent once more, the form puts these words in the place of the others.
            self.data = {**self.data, self.add_prefix("based_on"): str(self.instance.revision)}
            current = Sense.objects.get(pk=self.instance.pk)
            raise ValidationError(str(EditedMeanwhile(current, yours=data.get("definition", ""))))
        return data


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


class NamingRows(RowsAsText):
    """The names of a sense: the first new one is the preferred, those after it are synonyms until said otherwise."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if not form.instance.pk and index != 0:
            form.initial["kind"] = NamingKind.SYNONYM


class RelationForm(forms.ModelForm[Relation]):
    """What a sense is to another one, said from the sense whose form it is."""

    other = forms.ModelChoiceField(
        label=_("sense"), queryset=Sense.objects.order_by("name", "pk"), widget=SenseSelect(Relation, "target")
    )

    class Meta:
        model = Relation
        fields = ("kind",)

    def __init__(self, *args: Any, parent: Sense | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and parent:
            is_source = self.instance.source_id == parent.pk
            self.initial["other"] = self.instance.target_id if is_source else self.instance.source_id


class RelationRows(RowsAsText):
    """The relations that a sense says, the symmetric ones from either side."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = Relation.objects.filter(said_by(self.instance)) if self.instance.pk else Relation.objects.none()
        self.queryset = said.order_by("pk")

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "parent": self.instance}


class ReviewForm(forms.Form):
    """Nothing to fill in: a page to say yes on."""


class RetireForm(forms.Form):
    """Why a sense is taken out of use, and what to say instead."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=steps.LONGEST_REASON,
        widget=forms.Textarea(attrs=LONG),
        help_text=_("Stands on the term's page."),
    )
    successor = forms.ModelChoiceField(
        label=_("Successor"),
        queryset=Sense.objects.filter(state=SenseState.PUBLISHED),
        widget=SenseSelect(Sense, "successor"),
        required=False,
        help_text=_("The published sense that readers are led to."),
    )


class UsualSenseForm(forms.Form):
    """Which sense of a term is meant here as a rule."""

    sense = forms.ModelChoiceField(
        label=_("Usual sense here"),
        queryset=Sense.objects.filter(state=SenseState.PUBLISHED),
        widget=SenseSelect(Sense, "successor"),
        required=False,
        help_text=_("A published sense of this term; empty: none is the usual one."),
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
