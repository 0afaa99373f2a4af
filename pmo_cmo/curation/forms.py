"""What curators type where glossary and discussions meet."""

import re
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy as _

from glossary.actions import steps
from glossary.actions.comparisons import ComparisonEditedMeanwhile
from glossary.forms.curating import RevisedRows, SenseField, typed
from glossary.models import Comparison, ComparisonRow, NamingKind, Sense, SenseState, Term
from markup.slugs import key
from threads.actions.citations import MOST_POSTS
from threads.forms import TagForm
from threads.models import Post

NARROW = forms.NumberInput(attrs={"class": "vSmallField", "size": 3})
CELL = {"rows": 3, "cols": 18}
_BETWEEN = re.compile(r"[\s,;#]+")


class TermField(forms.CharField):
    """A term, typed as text."""

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        found = Term.objects.filter(key=key(text)).first() if text else None
        if text and found is None:
            raise ValidationError(gettext("There is no term “%(text)s”.") % {"text": text})
        return found


class PostsField(forms.CharField):
    """Posts, typed as their numbers in /posts/…: “812, 815”. Whether readers see them is asked for all at once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, required=False, widget=forms.TextInput(attrs={"size": 7}), **kwargs)

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        numbers = [part for part in _BETWEEN.split(text) if part]
        if not all(re.fullmatch("[0-9]{1,18}", number) for number in numbers):
            raise ValidationError(gettext("Type the numbers of posts, as in “812, 815”."))
        posts = list(dict.fromkeys(int(number) for number in numbers))
        if len(posts) > MOST_POSTS:
            raise ValidationError(gettext("A cell cites at most %(most)d posts.") % {"most": MOST_POSTS})
        return posts


class ComparisonForm(forms.ModelForm[Comparison]):
    """Two terms, typed, and one sense of each, from a list that is there once the terms are known."""

    text_a = TermField(label=_("First term"), max_length=steps.LONGEST_TEXT)
    text_b = TermField(label=_("Second term"), max_length=steps.LONGEST_TEXT)
    sense_a = forms.ModelChoiceField(label=_("Sense of the first"), queryset=Sense.objects.none(), required=False)
    sense_b = forms.ModelChoiceField(label=_("Sense of the second"), queryset=Sense.objects.none(), required=False)
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Comparison
        fields = ("sense_a", "sense_b")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "sense_a" not in self.fields:  # who may only look
            return
        self.fields["based_on"].initial = self.instance.revision
        for side in ("a", "b"):
            field = cast("forms.ModelChoiceField[Sense]", self.fields[f"sense_{side}"])
            field.queryset = self._senses(side)
            field.empty_label = gettext("– its only one –") if self.instance.pk is None else None
            field.required = bool(self.instance.pk)
            if self.instance.pk:
                del self.fields[f"text_{side}"]  # a comparison keeps its two terms

    def _senses(self, side: str) -> QuerySet[Sense]:
        """The senses to choose from: those of the term of this side, none while no term is known."""
        named = Sense.objects.exclude(state=SenseState.RETIRED).exclude(namings__kind=NamingKind.MISSPELLING)
        if self.instance.pk:
            named = Sense.objects.filter(namings__term=getattr(self.instance, f"term_{side}_id"))
            return named.order_by("name", "pk")
        source = self.data if self.is_bound else self.initial
        text = str(source.get(self.add_prefix(f"text_{side}"), "")).replace("\x00", "")
        return named.filter(namings__term__key=key(text)).order_by("name", "pk") if text else Sense.objects.none()

    def clean(self) -> dict[str, Any]:
        """Take the only sense of a term; tell of an edit meanwhile. Sent once more, the form is saved over that."""
        data = super().clean() or {}
        for side in ("a", "b"):
            if not self.instance.pk and data.get(f"text_{side}") and not data.get(f"sense_{side}"):
                data[f"sense_{side}"] = self._only_sense(side)
        current = Comparison.objects.filter(pk=self.instance.pk).first() if self.instance.pk else None
        if current is None or data.get("based_on") in {None, current.revision}:
            return data
        for side in ("sense_a", "sense_b"):
            if data.get(side) and data[side].pk != getattr(current, f"{side}_id"):
                theirs = gettext("It is “%(theirs)s” now.") % {"theirs": getattr(current, side)}
                self.add_error(side, ValidationError(theirs))
        newer = cast("QueryDict", self.data).copy()
        newer[self.add_prefix("based_on")] = str(current.revision)
        self.data = newer
        what_now = gettext("What differs stands beside each list. Yours is kept; save again to put it in its place.")
        raise ValidationError([str(ComparisonEditedMeanwhile(current)), what_now])

    def _only_sense(self, side: str) -> Sense | None:
        if f"sense_{side}" in self.errors:
            return None
        field = cast("forms.ModelChoiceField[Sense]", self.fields[f"sense_{side}"])
        senses = list(field.queryset[:2]) if field.queryset is not None else []
        if len(senses) == 1:
            return senses[0]
        told = gettext("Choose one of its senses.") if senses else gettext("This term names no sense.")
        self.add_error(f"sense_{side}", ValidationError(told))
        return None


class ComparisonRowForm(forms.ModelForm[ComparisonRow]):
    """One aspect, with what each cell cites."""

    position = forms.IntegerField(label=_("position"), min_value=0, max_value=999, required=False, widget=NARROW)
    left_posts = PostsField(label=_("cited for the first"))
    right_posts = PostsField(label=_("cited for the second"))

    class Meta:
        model = ComparisonRow
        fields = ("position", "aspect", "left", "right")
        widgets = {
            "aspect": forms.TextInput(attrs={"size": 13}),
            **{name: forms.Textarea(attrs=CELL) for name in ("left", "right")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial["position"] = None
            return
        for name, cited in zip(("left_posts", "right_posts"), cited_of(self.instance), strict=True):
            self.initial[name] = ", ".join(map(str, cited))

    def has_changed(self) -> bool:
        """A number of a place alone makes no row."""
        return bool(set(self.changed_data) - {"position"}) if not self.instance.pk else super().has_changed()


class ComparisonRows(RevisedRows):
    """The rows of a comparison; two who change them at once are told what differs."""

    def clean(self) -> None:
        super().clean()
        cells = [
            (form, name, form.cleaned_data[name])
            for form in self.forms
            for name in ("left_posts", "right_posts")
            if getattr(form, "cleaned_data", {}).get(name)
        ]
        seen = _seen(post for _form, _name, posts in cells for post in posts)
        for form, name, posts in cells:
            was = str(form.initial.get(name, "")).split(", ")  # what was hidden since stays cited
            if unseen := [post for post in posts if post not in seen and str(post) not in was]:
                form.add_error(
                    name, gettext("There is no post %(number)d that everybody sees.") % {"number": unseen[0]}
                )

    def labels_now(self, current: Any) -> set[str]:
        return {
            _row_in_words(row.aspect, row.left, row.right, *cited_of(row))
            for row in current.rows.prefetch_related("evidence")
        }

    def label_typed(self, data: dict[str, Any]) -> str:
        texts = [steps.line(data[name]) for name in ("aspect", "left", "right")]
        return _row_in_words(texts[0], texts[1], texts[2], data["left_posts"], data["right_posts"])


def cited_of(row: ComparisonRow) -> list[list[int]]:
    """The numbers of the posts that the two cells of a row cite; `evidence` was fetched with it."""
    return [sorted(each.post_id for each in row.evidence.all() if each.is_left is side) for side in (True, False)]


def _seen(posts: Iterable[int]) -> set[int]:
    return set(Post.objects.published().filter(pk__in=set(posts)).values_list("pk", flat=True))


def _row_in_words(aspect: str, left: str, right: str, *cited: Iterable[int]) -> str:
    posts = [", ".join(f"#{post}" for post in sorted(numbers)) or "–" for numbers in cited]
    return f"{aspect}: “{left or '–'}” ({posts[0]}) | “{right or '–'}” ({posts[1]})"


class TagWithSenseForm(TagForm):
    """A tag, with the sense that it stands for."""

    sense = SenseField(
        label=_("Stands for the sense"),
        senses=Sense.objects.filter(state=SenseState.PUBLISHED),
        required=False,
        help_text=_(
            "A published sense: its name, its preferred term, or “#12”. In discussions with this tag its terms mean it."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.sense:
            self.initial["sense"] = typed(self.instance.sense)
