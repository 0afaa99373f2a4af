"""The moderators' screens: hide, restore, lock, pin, retitle; reports, claims and the log. And the curators' tags."""

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _

from markup.text import cut
from members.admin import Act, ActionAdmin, ReasonForm, acting
from threads.actions import evidence, moderation, moving, tagging
from threads.forms import RetitleForm, TagAliasForm, TagForm, TagMergeForm
from threads.models import Claim, Evidence, EvidenceState, Flag, ModerationEntry, Post, Tag, Thread
from threads.moving_screen import MODERATE, move_view


class PinForm(ReasonForm):
    """Until when a thread stays on top, and why."""

    until = forms.DateTimeField(
        label=_("Until"),
        help_text=_("Universal time. A moment in the past ends the pinning."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        initial=lambda: timezone.now() + timedelta(days=14),
    )


class ReadOnlyAdmin(ActionAdmin):
    """What is looked at here and changed by acts alone."""

    @admin.display(description=_("number"))
    def pk(self, row: Any) -> int:
        """The key, as a column that is named in the reader's language."""
        return int(row.pk)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _searched(queryset: QuerySet[Any], words: str) -> tuple[QuerySet[Any], bool]:
    """By the full-text index, or by id: never a scan."""
    if words.isdecimal() and len(words) < 19:  # noqa: PLR2004 digits of a bigint
        return queryset.filter(pk=int(words)), False
    return (queryset.search(words) if words else queryset), False  # type: ignore[attr-defined]


def _named(key: str, words: str) -> int | None:
    """The number of a subject as the log writes it: 44 of “thread:44”, for the key “thread”."""
    found = re.fullmatch(rf"{key}:([0-9]{{1,18}})", words.strip())
    return int(found[1]) if found else None


class ThreadAdmin(ActionAdmin):
    """Threads: their titles, and whether they are shown, open and on top."""

    form = RetitleForm
    list_display = ("title", "state", "locked_at", "pinned_until", "post_count", "last_posted_at")
    list_filter = (("state", admin.ChoicesFieldListFilter),)
    ordering = ("-pk",)
    search_fields = ("title",)
    search_help_text = _("Words of the title, or a thread's number.")
    readonly_fields = (
        "started_by",
        "state",
        "state_reason",
        "locked_at",
        "locked_reason",
        "pinned_until",
        "post_count",
        "its_posts",
        "on_site",
    )
    fields = ("title", "based_on", *readonly_fields)
    acts: ClassVar = [
        Act("hide", _("Hide"), moderation.hide_thread, offered=lambda t: not t.is_hidden, permission=MODERATE),
        Act("restore", _("Restore"), moderation.restore_thread, offered=lambda t: t.is_hidden, permission=MODERATE),
        Act("lock", _("Lock"), moderation.lock, offered=lambda t: not t.is_locked, permission=MODERATE),
        Act("unlock", _("Unlock"), moderation.unlock, offered=lambda t: t.is_locked, permission=MODERATE),
        Act("pin", _("Pin"), moderation.pin, form_class=PinForm, permission=MODERATE),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return _searched(queryset, search_term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        moderation.retitle(obj, by=acting(request), **form.cleaned_data)

    @admin.display(description=_("starter"))
    def started_by(self, thread: Thread) -> str:
        first = thread.posts.filter(number=1).first()
        return first.byline if first else "–"

    @admin.display(description=_("its posts"))
    def its_posts(self, thread: Thread) -> SafeString:
        url = f"{reverse('admin:threads_post_changelist')}?q=thread:{thread.pk}"
        return format_html('<a href="{}">{}</a>', url, gettext("To be hidden, or moved to another discussion"))

    @admin.display(description=_("on the site"))
    def on_site(self, thread: Thread) -> SafeString:
        return format_html('<a href="{}">{}</a>', thread.get_absolute_url(), thread.title)


class PostAdmin(ReadOnlyAdmin):
    """Posts, whatever their state: hidden, restored and moved here, each time with a reason."""

    actions = ("move_several",)
    list_display = ("pk", "place", "byline", "excerpt", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("thread",)
    ordering = ("-pk",)
    search_fields = ("body",)
    search_help_text = _("Words of the post, its number in /posts/…, or thread:44 for the posts of a discussion.")
    fields = (
        *("on_site", "account", "byline", "shown_as", "author_role", "author_organisation", "author_location", "body"),
        *("state", "state_by", "state_at", "state_reason", "created_at", "edited_at", "source_header", "reports"),
    )
    readonly_fields = fields
    acts: ClassVar = [
        Act("hide", _("Hide"), moderation.hide_post, offered=lambda p: p.is_published, permission=MODERATE),
        Act("restore", _("Restore"), moderation.restore_post, offered=lambda p: p.is_hidden, permission=MODERATE),
    ]

    def get_urls(self) -> list[URLPattern]:
        moving_them = self.admin_site.admin_view(partial(move_view, self))
        return [path("move/", moving_them, name="threads_post_move"), *super().get_urls()]

    def links_to_acts(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        links = super().links_to_acts(request, obj)
        if obj.number == 1 or not self.has_moderate_permission(request):
            return links
        return [*links, {"title": _("Move to another discussion…"), "url": _to_move([obj.pk])}]

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MODERATE)

    @admin.action(description=_("Move to another discussion…"), permissions=["moderate"])
    def move_several(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse:
        """The page that asks where to, for what is ticked: which posts may go together is said there."""
        return redirect(_to_move(queryset.order_by("pk").values_list("pk", flat=True)[: moving.MOST_AT_ONCE + 1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        thread = _named("thread", search_term)
        return _searched(queryset, search_term) if thread is None else (queryset.filter(thread=thread), False)

    @admin.display(description=_("place"))
    def place(self, post: Post) -> str:
        return f"#{post.number} · {cut(post.thread.title, 60)}"

    @admin.display(description=_("on the site"))
    def on_site(self, post: Post) -> SafeString:
        return format_html('<a href="{}">#{} · {}</a>', post.permanent_url(), post.number, post.thread.title)

    @admin.display(description=_("written by"))
    def byline(self, post: Post) -> str:
        return post.byline

    @admin.display(description=_("text"))
    def excerpt(self, post: Post) -> str:
        return post.excerpt

    @admin.display(description=_("account"))
    def account(self, post: Post) -> str:
        """A withheld name is looked up with a reason, and never here in passing."""
        if not post.is_named:
            url = reverse("post_author", args=[post.pk])
            return format_html('<a href="{}">{}</a>', url, gettext("Look up the name"))
        return post.author.username if post.author else "–"

    @admin.display(description=_("reports"))
    def reports(self, post: Post) -> str:
        return " · ".join(f"{flag.get_reason_display()}: {flag.note}" for flag in post.flags.order_by("pk")) or "–"


def _to_move(posts: Iterable[int]) -> str:
    query = QueryDict(mutable=True)
    query.setlist("posts", [str(pk) for pk in posts])
    return f"{reverse('admin:threads_post_move')}?{query.urlencode()}"


class FlagAdmin(ReadOnlyAdmin):
    """Reports by members, newest first."""

    list_display = ("pk", "reason", "post_link", "by", "created_at")
    list_filter = ("reason",)
    list_select_related = ("post__thread", "by")
    ordering = ("-pk",)
    fields = ("post_link", "reason", "note", "by", "created_at")
    readonly_fields = fields

    @admin.display(description=_("post"))
    def post_link(self, flag: Flag) -> SafeString:
        return _link_to_post(flag.post)


class ClaimAdmin(ReadOnlyAdmin):
    """“Is this yours?” of imported posts: granted or refused here."""

    list_display = ("pk", "kind", "post_link", "by", "contact", "created_at", "granted")
    list_filter = (("decided_at", admin.EmptyFieldListFilter), "kind")
    list_select_related = ("post__thread", "by")
    ordering = ("-pk",)
    fields = ("post_link", "kind", "by", "contact", "note", "created_at", "granted", "decided_by", "decided_at")
    readonly_fields = fields
    acts: ClassVar = [
        Act(
            "grant",
            _("Grant"),
            partial(moderation.decide_claim, granted=True),
            offered=lambda c: c.decided_at is None,
            permission=MODERATE,
        ),
        Act(
            "refuse",
            _("Refuse"),
            partial(moderation.decide_claim, granted=False),
            offered=lambda c: c.decided_at is None,
            permission=MODERATE,
        ),
    ]

    @admin.display(description=_("post"))
    def post_link(self, claim: Claim) -> SafeString:
        return _link_to_post(claim.post)


class ModerationEntryAdmin(ReadOnlyAdmin):
    """What was done, newest first; nobody changes it. A move is undone here."""

    list_display = ("created_at", "action", "subject", "by_id", "reason")
    ordering = ("-pk",)
    search_fields = ("=subject",)
    search_help_text = _("A subject as it stands in the list, like post:812.")
    fields = ("created_at", "action", "subject", "by_id", "reason", "moved")
    readonly_fields = fields
    acts: ClassVar = [Act("undo", _("Undo"), moving.undo, offered=moving.can_be_undone, permission=MODERATE)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What was done to it, and the moves that it was a part of or that ended there."""
        told = Q(subject=search_term)
        if (post := _named("post", search_term)) is not None:
            told |= Q(detail__contains={"posts": [{"id": post}]})
        if (thread := _named("thread", search_term)) is not None:
            told |= Q(detail__contains={"to": thread}) | Q(detail__contains={"from": thread})
        return (queryset.filter(told) if search_term else queryset), False

    @admin.display(description=_("moved"))
    def moved(self, entry: ModerationEntry) -> str:
        if not entry.detail:
            return "–"
        ends = Thread.objects.in_bulk([entry.detail["from"], entry.detail["to"]])
        titles = [_link_to_thread(ends.get(entry.detail[end])) for end in ("from", "to")]
        rows = ((reverse("post", args=[row["id"]]), row["was"], row["is"]) for row in entry.detail["posts"])
        posts = format_html_join(", ", '<a href="{}">#{} → #{}</a>', rows)
        return format_html("{} → {}: {}", *titles, posts)


def _link_to_thread(thread: Thread | None) -> str:
    return format_html('<a href="{}">{}</a>', thread.get_absolute_url(), thread.title) if thread else "–"


class TagAdmin(ActionAdmin):
    """The vocabulary: a new name keeps the old one as an alias, a merge moves the threads."""

    form = TagForm
    list_display = ("name", "description")
    ordering = ("key",)
    search_fields = ("key", "name")
    readonly_fields = ("other_names",)
    fields = ("name", "description", "other_names")
    acts: ClassVar = [
        Act(
            "alias", _("Add another name"), tagging.add_alias, form_class=TagAliasForm, permission="threads.change_tag"
        ),
        Act("merge", _("Merge into …"), tagging.merge, form_class=TagMergeForm, permission="threads.change_tag"),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        tag = tagging.save_tag(obj if change else None, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        obj.pk = tag.pk

    @admin.display(description=_("other names that lead here"))
    def other_names(self, tag: Tag) -> str:
        return ", ".join(alias.name for alias in tag.aliases.order_by("key")) or "–"


class TagAliasAdmin(ReadOnlyAdmin):
    """Names that lead to a tag; one that is deleted may become a tag of its own again."""

    list_display = ("name", "tag")
    fields = ("name", "slug", "tag")
    list_select_related = ("tag",)
    ordering = ("key",)
    search_fields = ("key", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ActionAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        tagging.remove_alias(obj, by=request.user)  # type: ignore[arg-type]


class EvidenceDecisionForm(ReasonForm):
    """Why words are published or declined as evidence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Sent to who proposed it. It may be left empty.")


class EvidenceAdmin(ReadOnlyAdmin):
    """Words of posts as evidence for senses, newest first: published or declined here."""

    list_display = ("words_cut", "state", "stance", "sense", "post_link")
    list_filter = ("state",)
    list_select_related = ("post__thread", "sense", "proposed_by")
    ordering = ("-pk",)
    fields = (
        *("sense", "stance", "words", "post_link", "written_at", "is_gone_from_post", "proposed_by", "created_at"),
        *("state", "decided_by", "decided_at"),
    )
    readonly_fields = fields
    acts: ClassVar = [
        Act(
            "publish",
            _("Publish"),
            partial(evidence.decide, publish=True),
            EvidenceDecisionForm,
            offered=lambda e: e.state != EvidenceState.PUBLISHED,
            permission="glossary.publish_sense",
        ),
        Act(
            "decline",
            _("Decline"),
            partial(evidence.decide, publish=False),
            EvidenceDecisionForm,
            offered=lambda e: e.state != EvidenceState.DECLINED,
            permission="glossary.publish_sense",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def shown_in_acts(self, obj: Evidence) -> list[tuple[Any, str]]:
        return [(_("sense"), str(obj.sense)), (obj.get_stance_display(), self.words(obj))]

    @admin.display(description=_("words"))
    def words(self, evidence: Evidence) -> str:
        return cited_words(evidence)

    @admin.display(description=_("words"))
    def words_cut(self, evidence: Evidence) -> str:
        return cut(" ".join(self.words(evidence).split()), 120)

    @admin.display(description=_("post"))
    def post_link(self, evidence: Evidence) -> SafeString | str:
        return _link_to_post(evidence.post) if _is_shown(evidence.post) else "–"


def cited_words(evidence: Evidence) -> str:
    """The words of a cited post; nothing of one that readers do not see, which only moderators read."""
    return evidence.excerpt if _is_shown(evidence.post) else str(_("(the post is hidden or withdrawn)"))


def _is_shown(post: Post) -> bool:
    return post.is_published and not post.thread.is_hidden


def _link_to_post(post: Post) -> SafeString:
    return format_html('<a href="{}">#{} · {}</a>', post.permanent_url(), post.number, post.thread.title)
