"""The note for the writer: acronyms of a text that nobody has defined. One quiet line; it blocks nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from markup.acronyms import undefined
from markup.render import Unrenderable, render as render_body
from markup.slugs import key
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions.words import know_word
from threads.models import Mention, Thread, WordUse

MOST_LISTED = 200
MOST_NOTED = 8  # in one line


def undefined_for(request: MemberRequest, html: str, thread: Thread | None) -> list[str]:
    """What this writer may be told of: neither defined, nor spelled out in the thread, nor known to them."""
    found = {key(acronym): acronym for acronym in undefined(html, lexicon.current().not_undefined)}
    if found:
        for name in request.user.known_words.filter(key__in=found).values_list("key", flat=True):
            found.pop(name, None)
    if found and thread:
        said = Mention.objects.visible_to(request.user).filter(post__thread=thread, key__in=found).spelled_out()
        for name in said.values_list("key", flat=True):
            found.pop(name, None)
    return list(found.values())[:MOST_NOTED]


def note_known(request: MemberRequest) -> None:
    """“Everyone here knows it”: said with a form, which goes on holding its text."""
    if known := request.POST.get("know"):
        try:
            know_word(known, by=request.user)
        except Refused:
            return  # no word of ours: nothing to silence


@require_http_methods(["GET", "HEAD", "POST"])
def undefined_words(request: HttpRequest) -> HttpResponse:
    """`/threads/words/`: acronyms that posts use and nobody has defined; a POST asks about one text."""
    if request.method == "POST":
        return _check(request)
    is_by_posts = request.GET.get("order") == "posts"
    rows = WordUse.objects.visible_to(request.user).undefined()
    ordered = rows.order_by("-posts", "-readers", "key") if is_by_posts else rows.for_list()
    context = {"acronyms": list(ordered[:MOST_LISTED]), "is_by_posts": is_by_posts}
    return render(request, "threads/undefined.html", context)


@member_required
def _check(request: MemberRequest) -> HttpResponse:
    """The note for a text that is being written, asked for by static/writing.js after a pause."""
    note_known(request)
    asked = request.POST.get("thread", "")
    threads = Thread.objects.visible_to(request.user)
    thread = threads.filter(pk=int(asked)).first() if asked.isascii() and asked.isdigit() and len(asked) < 19 else None  # noqa: PLR2004 digits of an id
    try:
        found = undefined_for(request, render_body(request.POST.get("body", "")), thread)
    except Unrenderable:
        found = []  # the form will say what is wrong
    if not found:
        return HttpResponse(status=204)
    return render(request, "threads/_undefined.html", {"undefined": found})
