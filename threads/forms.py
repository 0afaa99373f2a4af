"""What people type into discussions. Each form keeps what was typed and says in a sentence what is wrong."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy as _

from glossary.lexicon import TermEntry
from markup.render import Unrenderable, render
from markup.slugs import key
from members.forms import LineField, differing, refuse_unseen
from members.models import Member
from threads.actions.heading import HeadingChangedMeanwhile
from threads.actions.steps import snapshot
from threads.models import Claim, ClaimKind, Flag, FlagReason, Post, ShownAs, Stance, Tag, Thread

MAX_TAGS = 5


class BodyField(forms.CharField):
    """The text of a post: Markdown, 64 KB at most."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Text"))
        kwargs.setdefault("error_messages", {"required": _("Write something first.")})
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 8, "dir": "auto", "data-guard": ""}), strip=True, **kwargs
        )

    def clean(self, value: Any) -> str:
        # One kind of line ending, so that saving an untouched form changes nothing.
        body: str = super().clean(value).replace("\r\n", "\n").replace("\r", "\n")
        if body:
            try:
                render(body)
            except Unrenderable as trouble:
                raise ValidationError(in_words(trouble), code="unrenderable") from trouble
        return body


def in_words(trouble: Unrenderable) -> str:
    """Why a text cannot be shown, in the reader's language: `markup` has no gettext."""
    return gettext(trouble.sentence) % trouble.figures


class TokenField(forms.UUIDField):
    """Made with the form: a second submit of the same form lands on the first post."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, initial=uuid4)

    def clean(self, value: Any) -> UUID:
        try:
            return super().clean(value) or uuid4()
        except ValidationError:
            return uuid4()


class DraftField(forms.IntegerField):
    """A revision that a form knows, as of its draft; 0 before there is one. What is no number is none."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False, initial=0, min_value=0, max_value=2_000_000_000)

    def clean(self, value: Any) -> int | None:
        try:
            revision: int | None = super().clean(value)
        except ValidationError:
            return None
        return revision


class ShownAsField(forms.ChoiceField):
    """How much of its author a post shows, each choice in the words that would stand there."""

    def __init__(self) -> None:
        super().__init__(
            label=_("This post shows"), widget=forms.RadioSelect, required=False, initial=ShownAs.EVERYTHING
        )

    def offer(self, author: Member, values: Iterable[str] = ShownAs.values) -> None:
        """Just these values, as they read for this member: written when they are shown, for most forms are posted."""
        self.offered = list(values)
        self.choices = cache(lambda: [(value, Post(**snapshot(author, value)).speaker) for value in self.offered])

    def valid_value(self, value: str) -> bool:
        return value in self.offered

    def clean(self, value: Any) -> str:
        return super().clean(value) or ShownAs.EVERYTHING


class PostForm(forms.Form):
    """What every form for a new post holds: whom one speaks as."""

    shown_as = ShownAsField()
    draft = DraftField()

    def __init__(self, *args: Any, by: Member | None, **kwargs: Any) -> None:
        """`by` is None for a visitor, who is nobody yet."""
        super().__init__(*args, **kwargs)
        if by:
            cast("ShownAsField", self.fields["shown_as"]).offer(by)
        else:
            del self.fields["shown_as"]

    @property
    def posting_as(self) -> str:
        """What the choice made so far would show."""
        choices = dict(cast("ShownAsField", self.fields["shown_as"]).choices)  # type: ignore[arg-type]
        return str(choices.get(self["shown_as"].value()) or choices[ShownAs.EVERYTHING])


class ReplyForm(PostForm):
    """A reply."""

    body = BodyField(label=_("Reply"))
    token = TokenField()


class KeptField(forms.CharField):
    """Part of a draft: whatever was typed, right or wrong."""

    def __init__(self, longest: int | None = None) -> None:
        super().__init__(required=False)
        self.longest = longest

    def clean(self, value: Any) -> str:
        text = str(value or "").replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
        return text.encode(errors="replace").decode().strip()[: self.longest]


class DraftForm(forms.Form):
    """What stands in a form for a post, to be kept as a draft: nothing in it has to be right yet."""

    title = KeptField(200)
    context = KeptField(200)
    body = KeptField()
    shown_as = KeptField(8)
    token = TokenField()
    draft = DraftField()
    based_on = DraftField()

    def clean(self) -> dict[str, Any]:
        names = TagsInput().value_from_datadict(self.data, {}, "tags")
        return {**self.cleaned_data, "tags": KeptField(300).clean(", ".join(names))}


class TagsInput(forms.CheckboxSelectMultiple):
    """Suggested tags to tick and a line for others, all under one name."""

    template_name = "threads/_tags_input.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        typed = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [" ".join(part.split()) for value in typed for part in value.split(",") if part.strip()]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        chosen = value or []
        suggested = {key(str(option)) for option, _label in self.choices}
        context = super().get_context(name, [v for v in chosen if key(v) in suggested], attrs)
        context["widget"]["others"] = ", ".join(v for v in chosen if key(v) not in suggested)
        return context

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_ if index is None else super().id_for_label(id_, index)


class TagsField(forms.Field):
    """At most five tags of 2 to 40 characters, one per key whatever the case."""

    widget = TagsInput

    def clean(self, value: Any) -> list[str]:
        names = list({key(name): name for name in value or []}.values())
        if len(names) > MAX_TAGS:
            raise ValidationError(
                gettext("Choose at most %(max)d tags; you chose %(count)d.") % {"max": MAX_TAGS, "count": len(names)}
            )
        for name in names:
            if not 2 <= len(name) <= 40:  # noqa: PLR2004 as the docstring says
                raise ValidationError(gettext("“%(name)s”: a tag has 2 to 40 characters.") % {"name": name[:60]})
            refuse_unseen(name)
            if not key(name):
                raise ValidationError(gettext("A tag needs letters or digits."))
        return names


class HeadingForm(forms.Form):
    """What stands above a discussion: title, situation, tags; and the version that the form was opened on."""

    title = LineField(
        label=_("Title"),
        max_length=200,
        help_text=_("Your question or statement in one line."),
        widget=forms.TextInput(attrs={"dir": "auto", "data-guard": ""}),
        error_messages={"required": _("Give the discussion a title.")},
    )
    context = LineField(
        label=_("Your situation"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("Sector, size and stage in one line. It stands under the title, whatever you post as."),
    )
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Up to five, so that others find it."))
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)

    def __init__(self, *args: Any, suggestions: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].widget.choices = [(name, name) for name in suggestions]


class StartForm(PostForm, HeadingForm):
    """A new discussion."""

    based_on = None  # type: ignore[assignment]  # there is nothing yet
    body = BodyField()
    token = TokenField()
    field_order = ("title", "context", "body", "tags", "token", "draft", "shown_as")


class ShowLessForm(forms.Form):
    """What a post shows of its author from now on."""

    shown_as = forms.ChoiceField(
        label=_("From now on it shows"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it shows."), "invalid_choice": _("Choose one of these.")},
    )

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "shown_as", [(value, ShownAs(value).label) for value in post.lesser_shown])


class LookUpForm(forms.Form):
    """Why a moderator asks for a name that is withheld."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the log with your name."),
        error_messages={"required": _("Say why you need the name.")},
    )


class EditForm(forms.Form):
    """A post's text, with the revision that it was begun on, and the newer one that was shown beside it since."""

    body = BodyField()
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)
    seen = DraftField()
    token = TokenField()
    draft = DraftField()

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        said["based_on"] = max(said.get("based_on") or 0, said.pop("seen", 0) or 0)
        return said


def _offer(form: forms.Form | forms.ModelForm[Any], name: str, choices: Sequence[tuple[str, Any]]) -> None:
    """Just these choices, without the empty one that Django puts before them."""
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


class NoteForm(forms.Form):
    """A note of one's own to a post that one saves."""

    note = LineField(
        label=_("Note"), max_length=300, required=False, help_text=_("What you keep it for. Nobody else reads it.")
    )


class ReportForm(forms.ModelForm[Flag]):
    """Why a post is reported."""

    class Meta:
        model = Flag
        fields = ["reason", "note"]
        widgets = {"reason": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "reason", FlagReason.choices)


class ClaimForm(forms.ModelForm[Claim]):
    """“Is this yours?” of an imported post."""

    class Meta:
        model = Claim
        fields = ["kind", "contact", "note"]
        widgets = {"kind": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, signed_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if signed_in:
            del self.fields["contact"]
            _offer(self, "kind", ClaimKind.choices)
        else:
            _offer(self, "kind", [(ClaimKind.REMOVE.value, ClaimKind.REMOVE.label)])
            self.fields["kind"].initial = ClaimKind.REMOVE.value
            self.fields["contact"].required = True


class TagForm(forms.ModelForm[Tag]):
    """A tag as curators keep it."""

    name = LineField(label=_("Name"), min_length=2, max_length=40)

    class Meta:
        model = Tag
        fields = ["name", "description"]


class TagAliasForm(forms.Form):
    """Another name that leads to a tag."""

    name = LineField(label=_("Name"), min_length=2, max_length=40)


class TagMergeForm(forms.Form):
    """The tag that takes over the threads of another."""

    into = forms.ModelChoiceField(
        label=_("Into"),
        queryset=Tag.objects.order_by("key"),
        help_text=_("It takes over threads and names; the name of this tag will lead there."),
    )


class AskForm(forms.Form):
    """A question about a word: “What does this mean?”."""

    word = LineField(label=_("Word"), max_length=120, error_messages={"required": _("Write the word first.")})
    unnamed = forms.BooleanField(
        label=_("Do not show readers my name"),
        required=False,
        help_text=_("Who wrote the post and the curators know who asks."),
    )


class RetitleForm(forms.ModelForm[Thread]):
    """A thread's title, as moderators may change it. Carries the version that was read: who is late is told."""

    title = LineField(label=_("Title"), max_length=200)
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Thread
        fields = ["title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "based_on" in self.fields:
            self.fields["based_on"].initial = self.instance.revisions.version()

    def clean(self) -> dict[str, Any]:
        """Compare here as well as in the action: sent once more, the form puts what was typed over what was shown."""
        data = super().clean() or {}
        newest = self.instance.revisions.order_by("-number").first()
        if newest is None or data.get("based_on") in {None, newest.number} or data.get("title") == newest.title:
            return data
        if "title" in data:
            self.add_error("title", ValidationError(differing(newest.title, data["title"])))
        newer = cast("QueryDict", self.data).copy()
        newer[self.add_prefix("based_on")] = str(newest.number)
        self.data = newer
        what_now = gettext("Yours is kept; save again to put it in place of theirs.")
        raise ValidationError([str(HeadingChangedMeanwhile(self.instance)), what_now])


class EvidenceForm(forms.Form):
    """Words of a post as evidence for a sense."""

    term = LineField(
        label=_("Another term"),
        max_length=120,
        required=False,
        help_text=_("Type it and show its senses, where none of the senses above is meant."),
    )
    sense = forms.ChoiceField(
        label=_("Sense"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a sense."), "invalid_choice": _("Choose one of these senses.")},
    )
    stance = forms.ChoiceField(
        label=_("This post"),
        widget=forms.RadioSelect,
        choices=[(Stance.DEFINES, _("defines it")), (Stance.USES, _("uses it")), (Stance.DISPUTES, _("disputes it"))],
        initial=Stance.DEFINES,
    )
    words = forms.CharField(
        label=_("Words"),
        widget=forms.Textarea(attrs={"rows": 6, "data-guard": ""}),
        help_text=_("Cut the text at its ends to at most 1,000 characters. They are shown exactly as written."),
        error_messages={"required": _("Give the words of the post.")},
    )

    def __init__(self, *args: Any, terms: Iterable[TermEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            str(sense.id): f"{term.text}: {sense.name}" if term.text != sense.name else sense.name
            for term in terms
            for sense in term.senses
        }
        _offer(self, "sense", list(choices.items()))
        if len(choices) == 1:
            self.initial["sense"] = self.initial.get("sense") or next(iter(choices))
        self.initial["stance"] = self.initial.get("stance") or Stance.DEFINES

    def clean_sense(self) -> int:
        return int(self.cleaned_data["sense"])
