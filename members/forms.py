"""What people type about themselves."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from allauth.core import context
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy as _

from markup.diff import word_diff
from markup.render import FORBIDDEN
from markup.slugs import is_seen
from members.actions.naming import refuse_imitation
from members.display import time_zones
from members.invited import invitation_of
from members.models import Marks, Member
from members.permissions import Refused


class LineField(forms.CharField):
    """One line of text: white space runs together, and what no reader sees is refused.

    Control characters and the marks that turn the direction of the text around
    could make a name look like another.
    """

    def to_python(self, value: Any) -> str:
        return " ".join(str(super().to_python(value) or "").split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if value:
            refuse_unseen(value)


def refuse_unseen(line: str) -> None:
    """Raise `ValidationError` for a line with characters that show nothing, or that shows nothing at all.

    Among them is what HTML and XML cannot hold. Code points that this Python
    does not know yet stay: they are tomorrow's letters and emoji.
    """
    if FORBIDDEN.search(line) or any(unicodedata.category(char) in {"Cc", "Co"} or char in _TURNING for char in line):
        raise ValidationError(gettext("This holds a character that cannot be seen. Type it anew."))
    if not any(is_seen(char) for char in line):
        raise ValidationError(gettext("Nothing of this can be seen. Type letters, digits or signs."))


def differing(theirs: str, yours: str) -> str:
    """What changes when one text takes the place of another, struck out and underlined, as HTML."""
    tags = {"gone": "<del>{}</del>", "new": "<ins>{}</ins>", "same": "{}"}
    changes = [format_html(tags[change.kind], change.text) for change in word_diff(theirs, yours)]
    text = format_html_join("", "{}", ((change,) for change in changes))
    return format_html("{} {}", gettext("Struck out: what stands there now. Underlined: what you wrote."), text)


_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


class NameField(LineField):
    """A name beside posts: it holds a letter."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not any(char.isalpha() and is_seen(char) for char in value):
            raise ValidationError(gettext("A name holds letters."))


class SignupForm(forms.Form):
    """What allauth's form asks beside username, address and password."""

    field_order = ("name", "username", "email", "password1", "role", "organisation", "location")

    name = NameField(
        label=_("Name"),
        max_length=80,
        help_text=_("Stands at each of your posts. Your real name, as colleagues know you, reads best."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    role = LineField(
        label=_("Role"),
        max_length=120,
        required=False,
        help_text=_("Like “Head of PMO” or “Change manager”."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    organisation = LineField(
        label=_("Organisation"),
        max_length=120,
        required=False,
        help_text=_("Its name, or what it is: “a regional bank”."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    location = LineField(
        label=_("Location"),
        max_length=120,
        required=False,
        help_text=_("Shown as you write it, like “Leeds, United Kingdom”."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "username" in self.fields:  # allauth's part of the form
            # allauth asks for its own labels anew after this, but our catalogues go before its own.
            self.fields["username"].label = _("Username")
            self.fields["username"].help_text = _("You sign in with it, and it is part of the address of your page.")
            self.fields["email"].label = _("E-mail address")
            self.fields["email"].help_text = _("Never shown. A link to confirm it is sent there.")
            self._invited()

    def _invited(self) -> None:
        """Who came by an invitation finds its address there; where sign-up is closed it is the only one that joins."""
        self.invitation = invitation_of(context.request) if context.request else None
        if self.invitation:
            self.fields["email"].initial = self.initial["email"] = self.invitation.email
            self.fields["email"].help_text = _("Never shown. It counts as confirmed: your invitation came there.")
            self.fields["email"].widget.attrs["readonly"] = not settings.SIGNUP_OPEN

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        email = str(said.get("email") or "").lower()
        if email and not settings.SIGNUP_OPEN and email not in self._welcome():
            self.add_error("email", gettext("Only the address that was invited may join. Leave it as it stood there."))
        return said

    def _welcome(self) -> set[str]:
        """Whose addresses may join where sign-up is closed: the invited one, and those that a sign-on confirmed."""
        sign_on = getattr(self, "sociallogin", None)
        confirmed = {each.email.lower() for each in sign_on.email_addresses if each.verified} if sign_on else set()
        return confirmed | ({self.invitation.email.lower()} if self.invitation else set())

    def clean_name(self) -> str:
        return _not_imitating(self.cleaned_data["name"])

    def signup(self, request: HttpRequest, user: Member) -> None:
        """Nothing more: `members.adapters` has written these fields with the account."""


class SettingsForm(forms.ModelForm[Member]):
    """What a member says of themselves. It does not save: `update_profile` does, with `cleaned_data`."""

    name = NameField(label=_("Name"), max_length=80, help_text=_("Stands at each of your posts."))
    role = LineField(label=_("Role"), max_length=120, required=False)
    organisation = LineField(label=_("Organisation"), max_length=120, required=False)
    location = LineField(
        label=_("Location"),
        max_length=120,
        required=False,
        help_text=_("Shown as you write it, like “Leeds, United Kingdom”."),
    )
    about = forms.CharField(
        label=_("About you"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Plain text on your page, at most 2,000 characters."),
    )

    class Meta:
        model = Member
        fields = (
            *("name", "role", "role_family", "organisation", "sector", "organisation_size"),
            *("location", "country", "about"),
        )
        help_texts = {
            "role_family": _("Proposed from your role. Choose another one if it is wrong."),
            "country": _("Read out of your location where it ends with a country. Choose it yourself if it is wrong."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                offered: Any = field.choices
                field.choices = [("", _("Not said")), *(choice for choice in offered if choice[0])]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        return name if name == self.initial.get("name") else _not_imitating(name, member=self.instance)


class CloseForm(forms.Form):
    """How an account ends. Its owner types its username: a click too many ends none."""

    WITH_NAME, WITHOUT_NAME = "with", "without"

    posts = forms.ChoiceField(
        label=_("Your posts"),
        choices=[
            (WITHOUT_NAME, _("stay without my name")),
            (WITH_NAME, _("stay with my name")),
        ],
        widget=forms.RadioSelect,
        help_text=_("What you wrote about yourself inside a post stays: edit such posts first."),
    )
    username = forms.CharField(
        label=_("Your username, to be sure"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_username(self) -> str:
        typed: str = self.cleaned_data["username"]
        if typed.strip().casefold() != self.member.username.casefold():
            raise ValidationError(gettext("This is not your username. It stands in the address of your page."))
        return typed


class DisplayForm(forms.Form):
    """How pages are shown. A field without a choice is left out: with one language, and for visitors."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Times in pages and mails are those of this place, or of the browser you wrote with last."),
    )
    marks = forms.ChoiceField(
        label=_("Terms of the glossary are marked in posts"),
        choices=Marks.choices,
        widget=forms.RadioSelect,
        help_text=_("Phrases like “change management” are marked with “once a post” only; acronyms with both."),
    )

    def __init__(self, *args: Any, has_account: bool, browser_zone: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) > 1:
            _offer(self.fields["language"], settings.LANGUAGES)
        else:
            del self.fields["language"]
        if has_account:
            _offer(self.fields["time_zone"], time_zones(), browser_zone.rpartition("/")[2].replace("_", " "))
        else:
            del self.fields["time_zone"]


def _offer(field: Any, choices: Iterable[Any], browser_says: str = "") -> None:
    says = _("As my browser says")
    field.choices = [("", f"{says} ({browser_says})" if browser_says else says), *choices]


def _not_imitating(name: str, *, member: Member | None = None) -> str:
    try:
        refuse_imitation(name, member=member)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from None
    return name
