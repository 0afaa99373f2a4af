"""Going on where one has stopped reading."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from members.views.gate import MemberRequest, member_required
from threads.actions import reading
from threads.models import Post, Thread, with_first_new


@member_required
@require_safe
def first_unread(request: MemberRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/unread/`: to the first new post; to the newest where nothing is new, to the first where all is."""
    threads = with_first_new(Thread.objects.visible_to(request.user), request.user).select_related("last_post")
    thread = get_object_or_404(threads, pk=pk)
    if thread.first_new:
        return redirect(Post(pk=thread.first_new["id"], number=thread.first_new["number"], thread=thread))
    return redirect(thread.last_post if thread.read_up_to and thread.last_post else thread)


@member_required
@require_POST
def read_all(request: MemberRequest) -> HttpResponse:
    """`/threads/read/`: “Mark all read”."""
    reading.mark_all_read(by=request.user)
    messages.success(request, _("All discussions are marked as read. What is new from now on is listed here."))
    return redirect("/threads/?order=unread")
