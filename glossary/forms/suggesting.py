"""What members type when they suggest something for the glossary, and curators when they take it up."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy as _

from glossary.actions.suggestions import LONGEST_DEFINITION, LONGEST_NAME, LONGEST_NOTE
from glossary.models import Sense
from members.admin import ReasonForm
from members.forms import LineField

ANOTHER = "another"
LONGEST_TERM = 120


def _definition(**kwargs: Any) -> forms.CharField:
    kwargs.setdefault("help_text", _("One sentence: the kind and the difference, without the word itself."))
    return forms.CharField(
        label=_("Definition"),
        max_length=LONGEST_DEFINITION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-guard": ""}),
        **kwargs,
    )


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "data-guard": ""}),
        help_text=_("For the curators: where you met it, or what is wrong. Readers do not see it."),
    )


class TermSuggestionForm(forms.Form):
    """A term that the glossary lacks."""

    text = LineField(
        label=_("Term"),
        max_length=LONGEST_TERM,
        help_text=_("As it is written in a text, like “CMO”."),
        error_messages={"required": _("Write the term.")},
    )
    name = LineField(
        label=_("What it stands for"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("In words, like “Change Management Office”."),
    )
    definition = _definition()
    note = _note()


class SuggestionForm(forms.Form):
    """A change to a meaning of a term, or another meaning of it."""

    meaning = forms.ChoiceField(
        label=_("What"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what your suggestion is about.")},
    )
    name = LineField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("The meaning in words, where it is another one or should be called otherwise."),
    )
    definition = _definition(help_text=_("As it should read: one sentence, without the word itself."))
    note = _note()

    def __init__(self, *args: Any, senses: Iterable[Sense], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.senses = {str(sense.pk): sense for sense in senses}
        changes = [(pk, gettext("A change to “%(name)s”") % {"name": s.name}) for pk, s in self.senses.items()]
        meaning = self.fields["meaning"]
        meaning.choices = [*changes, (ANOTHER, gettext("Another meaning of this term"))]  # type: ignore[attr-defined]
        if len(changes) == 1 and not self.initial.get("meaning"):
            self.initial["meaning"] = changes[0][0]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "meaning" in data and not self.errors:
            is_change = data["meaning"] != ANOTHER
            enough = data["definition"] or data["note" if is_change else "name"]
            if not enough:
                raise ValidationError(
                    gettext("Write the definition as it should read, or say below what is wrong.")
                    if is_change
                    else gettext("Say what else it means: give its name or its definition.")
                )
            data["meaning"] = self.senses.get(data["meaning"])
        return data


class AcceptForm(ReasonForm):
    """How a suggestion is taken up; its words may be amended."""

    name = LineField(
        label=_("Name of the sense"), max_length=LONGEST_NAME, required=False, help_text=_("Empty: the term itself.")
    )
    definition = _definition()
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("name", "definition", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Sent to who suggested it. It may be left empty.")
        self.fields["definition"].help_text = _(
            "One sentence of at most 40 words. A change is written into its sense so; of a new term a draft is made."
        )


class DeclineForm(ReasonForm):
    """Why a suggestion is not taken up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Sent to who suggested it.")
