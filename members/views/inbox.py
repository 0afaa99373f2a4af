"""What a member was told: the inbox, and what of it comes by mail."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from members.actions import inbox as actions
from members.keyset import LARGEST_ID, page_of
from members.mail_forms import MailForm
from members.models import Member, Notification
from members.notifications import Told, describe, shown_to, unread
from members.views.gate import MemberRequest, member_required

ROWS_PER_PAGE = 50
SHOWN = ("unread", "all")


@dataclass
class Entry:
    """One row of an inbox with what it says."""

    row: Notification
    told: Told


@dataclass
class Group:
    """The rows of a page that belong to one thing: a thread, a term, or nothing in common."""

    told: Told
    entries: list[Entry] = field(default_factory=list)

    @property
    def unread(self) -> list[int]:
        """The keys of its unread rows."""
        return [entry.row.pk for entry in self.entries if entry.row.read_at is None]


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: MemberRequest) -> HttpResponse:
    """`/me/inbox/`: what is unread, or (`?show=all`) everything, grouped; POST marks as read what it names."""
    if request.method == "POST":
        return _read(request)
    shown = request.GET.get("show", "unread")
    if shown not in SHOWN:
        raise BadRequest(gettext("Choose what to show: unread or all."))
    rows = unread(request.user) if shown == "unread" else shown_to(request.user)
    page, following = page_of(rows, request.GET.get("before", ""), by="created_at", size=ROWS_PER_PAGE)
    context = {"groups": _grouped(page, request.user), "show": shown, "next": following}
    return render(request, "members/inbox.html", context)


def _grouped(rows: list[Notification], reader: Member) -> list[Group]:
    """The rows of a page by what they belong to, in the order of the newest of each."""
    told = describe(rows, reader)
    groups: dict[str, Group] = {}
    for row in rows:
        if (said := told.get(row.pk)) is not None:
            groups.setdefault(said.group or row.subject, Group(said)).entries.append(Entry(row, said))
    return list(groups.values())


def _read(request: MemberRequest) -> HttpResponse:
    if "all" in request.POST:
        actions.read_all(by=request.user)
        messages.success(request, gettext("Everything is marked as read."))
        return redirect("inbox")
    named = [value for value in request.POST.getlist("row") if value.isascii() and value.isdecimal()]
    ids = {int(value) for value in named if len(value) < len(str(LARGEST_ID))}
    if not ids:
        raise BadRequest(gettext("Nothing was marked: the form named nothing of your inbox."))
    actions.read_rows(ids, by=request.user)
    said = ngettext("%(count)d is marked as read.", "%(count)d are marked as read.", len(ids))
    messages.success(request, said % {"count": len(ids)})
    return redirect("inbox")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_page(request: MemberRequest) -> HttpResponse:
    """`/me/mail/`: how often mail comes, and what is followed by itself; an address that failed is taken up again."""
    if "again" in request.POST:
        actions.take_up_mail(by=request.user)
        messages.success(request, gettext("Mail goes to your address again."))
        return redirect("mail_settings")
    member = request.user
    kept = {name: getattr(member, name) for name in MailForm.base_fields}
    form = MailForm(request.POST or None, initial=kept)
    if form.is_valid():
        actions.choose_mail(by=member, **form.cleaned_data)
        messages.success(request, gettext("Saved."))
        return redirect("mail_settings")
    return render(request, "members/mail.html", {"form": form}, status=422 if form.is_bound else 200)
