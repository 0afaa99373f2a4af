"""Whom a post speaks as: how much of its author it shows, and what is filled in for them while they write."""

from dataclasses import dataclass
from functools import cache
from typing import cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _, override

from members.models import Member
from threads.actions.steps import SHOWN, snapshot
from threads.models import Post, ShownAs


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a choice would show; `is_as_last` where one's last post there shows so much and no more."""

    value: str
    text: str
    is_chosen: bool
    is_as_last: bool


class ShownAsField(forms.ChoiceField):
    """How much of its author a post shows, each choice in the words that would stand there.

    A form that says nothing of it means what it would have begun with.
    """

    def __init__(self) -> None:
        super().__init__(
            label=_("This post shows"), widget=forms.RadioSelect, required=False, initial=ShownAs.EVERYTHING
        )

    def offer(self, author: Member, *, as_last: str | None) -> None:
        """All there is to choose, as it reads for this member, beginning with what their last post there showed."""
        # Written when they are shown: most forms are posted.
        self.choices = cache(lambda: [(value, Post(**snapshot(author, value)).speaker) for value in ShownAs.values])
        self.initial = as_last or ShownAs.EVERYTHING

    def no_more_than_last(self, chosen: str | None) -> str:
        """What a form begins with where a draft from before holds this choice."""
        return str(max(chosen or self.initial, self.initial, key=ShownAs.values.index))

    def speakers(self, chosen: str) -> list[Speaker]:
        """The choices, with the one made so far."""
        made = chosen if chosen in ShownAs.values else self.initial
        as_last = None if self.initial == ShownAs.EVERYTHING else self.initial
        choices = cast("list[tuple[str, str]]", self.choices)
        return [Speaker(value, text, value == made, value == as_last) for value, text in choices]

    def valid_value(self, value: str) -> bool:
        return value in ShownAs.values

    def clean(self, value: str | None) -> str:
        return str(super().clean(value) or self.initial)


def situation_of(member: Member) -> str:
    """Sector and size of their organisation in words, as far as given: what a question begins with."""
    return ", ".join(filter(None, (member.get_sector_display(), member.get_organisation_size_display())))


def withholds_situation(member: Member, shown_as: str, situation: str) -> bool:
    """Whether this was filled in for a member, in whatever language, and is not shown of them by their choice."""
    if not situation or "sector" in SHOWN.get(shown_as, ("sector",)):
        return False
    return any(situation == _situation_in(language, member) for language, _name in settings.LANGUAGES)


def _situation_in(language: str, member: Member) -> str:
    with override(language):
        return situation_of(member)
