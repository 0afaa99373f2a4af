"""A discussion as some of its people speak in it: what the page needs beside its posts."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from threads.models import POSTS_PER_PAGE
from threads.perspectives import NAMES, Chart, Chosen, asked_for, speakers


@dataclass(frozen=True)
class Filtered:
    """What a filter leaves of a thread; without one, `chosen` is false and nothing else holds anything."""

    chosen: Chosen
    charts: list[Chart]
    numbers: set[int] = field(default_factory=set)
    is_too_few: bool = False

    @property
    def count(self) -> int:
        return len(self.numbers)

    @property
    def words(self) -> list[str]:
        return self.chosen.words

    @property
    def query(self) -> str:
        return self.chosen.query

    @property
    def pages(self) -> list[int]:
        """The thread's own pages on which something is left: numbers and pages stay what they are."""
        return sorted({(number - 1) // POSTS_PER_PAGE + 1 for number in self.numbers})


def filtered(request: HttpRequest, thread: Any) -> Filtered:
    """What the address asks for; one query for the charts, one more for a filter.

    Where too few people speak nothing is left out: who they are would be told by what stays. Raises `BadRequest`.
    """
    chosen = asked_for({name: request.GET.get(name, "") for name in NAMES})
    charts = speakers(thread, request.user, chosen)
    if not chosen:
        return Filtered(chosen, charts)
    if not charts:
        return Filtered(Chosen(), charts, is_too_few=True)
    posts = thread.posts.visible_to(request.user).published().filter(**chosen.columns)
    return Filtered(chosen, charts, set(posts.values_list("number", flat=True)))
