"""What stands above a discussion: changing title, situation and tags, and what stood there before."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from markup.diff import word_diff
from members.models import Reader
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import heading
from threads.forms import HeadingForm
from threads.models import Post, Tag, Thread, ThreadRevision
from threads.permissions import may_edit_heading

SUGGESTED_TAGS = 24
VERSIONS_SHOWN = 100


def suggested_tags(reader: Reader) -> list[str]:
    """Names of the tags that most discussions carry, to be ticked."""
    used = Tag.objects.visible_to(reader).most_used()[:SUGGESTED_TAGS]
    return sorted(used.values_list("name", flat=True), key=str.casefold)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/edit/`: title, situation and tags; both versions where somebody else changed them meanwhile."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_page(), pk=pk)
    if not may_edit_heading(request.user, thread):
        raise PermissionDenied(_("Only who started a discussion changes its title, and moderators."))
    form = HeadingForm(request.POST or None, suggestions=suggested_tags(request.user), initial=_standing(thread))
    if form.is_valid():
        try:
            return redirect(heading.edit_heading(thread, by=request.user, **form.cleaned_data))
        except heading.HeadingChangedMeanwhile as conflict:
            return _conflict(request, conflict.thread, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    context = {"thread": thread, "form": form}
    return render(request, "threads/heading.html", context, status=422 if form.is_bound else 200)


def _standing(thread: Thread) -> dict[str, object]:
    names = [tag["name"] for tag in thread.tag_list]  # type: ignore[attr-defined]  # from `for_page`
    return {
        "title": thread.title,
        "context": thread.context,
        "tags": names,
        "based_on": thread.revisions.version(),
    }


def _conflict(request: MemberRequest, thread: Thread, mine: HeadingForm) -> HttpResponse:
    """Both versions and their difference; saving from here is based on what stands now."""
    said = mine.cleaned_data
    standing = thread.revisions.order_by("-number").first() or ThreadRevision(title=thread.title)
    wanted = ThreadRevision(title=said["title"], context=said["context"], tags=said["tags"])
    form = HeadingForm(
        suggestions=suggested_tags(request.user), initial={**said, "based_on": thread.revisions.version()}
    )
    context = {
        "thread": thread,
        "form": form,
        "standing": standing,
        "changes": word_diff(standing.lines, wanted.lines),
    }
    return render(request, "threads/heading.html", context, status=409)


@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/history/`: earlier titles, situations and tags, newest first, with the words that changed."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_page(), pk=pk)
    rows = ThreadRevision.objects.visible_to(request.user, thread).select_related("written_by")
    versions = list(rows.order_by("-number")[: VERSIONS_SHOWN + 1])
    opening = Post.objects.visible_to(request.user).filter(thread=thread, number=1).first()
    earlier: list[ThreadRevision | None] = [*versions[1:], None]
    shown = [
        {
            "version": version,
            "by": _written_by(version, thread, opening),
            "changes": word_diff(before.lines, version.lines) if before else [],
        }
        for version, before in zip(versions, earlier, strict=True)
    ][:VERSIONS_SHOWN]
    return render(request, "threads/heading_history.html", {"thread": thread, "versions": shown})


def _written_by(version: ThreadRevision, thread: Thread, opening: Post | None) -> str:
    """The starter as the first post shows them, and not at all where it is not shown; a moderator by name."""
    if version.written_by is None or version.written_by_id == thread.starter_id:
        return opening.byline if opening else _("who started the discussion")
    return version.written_by.shown_name
