"""What members are told of discussions: described when it is shown or mailed, from what they see by then."""

from collections.abc import Mapping, Sequence
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from markup.letters import html_for_mail, text_for_mail
from markup.text import cut, own_text
from members.counts import count_in_head
from members.jobs import send_mail
from members.models import Member, Notification
from members.notifications import Told, register
from threads import references
from threads.models import (
    Claim,
    Evidence,
    EvidenceState,
    MeaningRequest,
    Post,
    Thread,
    unread_count,
    with_references,
)
from threads.models.posts import EXCERPT, PostQuerySet

# One row tells of a post, for the nearest of these reasons (`threads.actions.following`).
ABOUT_POSTS = ("mention", "quote", "reply", "thread")
ABOUT_PEOPLE = ("person",)


def _posts(reader: Member) -> PostQuerySet:
    return Post.objects.visible_to(reader).published()


def _named(reader: Member) -> PostQuerySet:
    """A row that comes from following a person says who wrote the post, so the post has to say it as well."""
    return _posts(reader).named()


def _describe_posts(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    return _of_posts(rows, _posts(reader))


def _describe_people(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    return _of_posts(rows, _named(reader))


def _of_posts(rows: Sequence[Notification], posts: PostQuerySet) -> Mapping[int, Told]:
    chosen = posts.filter(pk__in=[_number(row) for row in rows]).select_related("thread")
    found = {post.pk: post for post in with_references(chosen)}
    references.fill(found.values())
    return {row.pk: _told_of(row, found[_number(row)]) for row in rows if _number(row) in found}


def _told_of(row: Notification, post: Any) -> Told:
    thread = post.thread
    return Told(
        sentence=_sentence(row.kind, post),
        address=post.permanent_url(),
        at=post.created_at,
        who=post.byline,
        standing=post.standing,
        excerpt=cut(" ".join(own_text(post.body_html).replace("\x00", " … ").split()), EXCERPT),
        text=text_for_mail(post.html, settings.SITE_URL),
        html=html_for_mail(post.html, settings.SITE_URL),
        stops={"thread": f"tags:{thread.pk}", "person": f"person:{row.actor_id}"}.get(row.kind, f"thread:{thread.pk}"),
        answers_in=thread.pk,
        mail_name=f"thread-{thread.pk}" if post.number == 1 else f"post-{post.pk}",
        opening_name=f"thread-{thread.pk}" if post.number != 1 else "",
        **_group(thread),
    )


def _sentence(kind: str, post: Post) -> str:
    sentences = {
        "mention": _("%(who)s mentioned you"),
        "quote": _("%(who)s quoted you"),
        "reply": _("%(who)s answered"),
        "thread": _("%(who)s started a discussion"),
        "person": _("%(who)s started a discussion") if post.number == 1 else _("%(who)s answered"),
    }
    who = post.byline_in_sentence
    said = sentences[kind] % {"who": who}
    return said[:1].upper() + said[1:] if not post.author_name else said


def _group(thread: Thread) -> dict[str, Any]:
    return {
        "group": f"thread:{thread.pk}",
        "heading": thread.title,
        "group_address": thread.get_absolute_url(),
    }


def _questions(reader: Member) -> Exists:
    threads = Thread.objects.visible_to(reader).listed()
    questions = MeaningRequest.objects.visible_to(reader)
    return Exists(questions.filter(pk=OuterRef("subject_id"), thread__in=threads))


def _describe_questions(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    """What a word means, in the words of who answered."""
    threads = Thread.objects.visible_to(reader).listed()
    found = MeaningRequest.objects.visible_to(reader).filter(pk__in=[_number(row) for row in rows], thread__in=threads)
    requests = found.select_related("thread").in_bulk()
    return {
        row.pk: Told(
            sentence=_("What “%(word)s” means was answered") % {"word": request.text},
            address=request.thread.get_absolute_url(),
            at=row.created_at,
            excerpt=request.answer,
            text=request.answer,
            stops=f"thread:{request.thread_id}",
            mail_name=f"question-{request.pk}",
            opening_name=f"thread-{request.thread_id}",
            **_group(request.thread),
        )
        for row in rows
        if (request := requests.get(_number(row)))
    }


def _evidence(reader: Member) -> Exists:
    return Exists(Evidence.objects.filter(pk=OuterRef("subject_id"), post__in=_posts(reader)))


def _describe_evidence(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    """What a curator decided; the words themselves are not repeated."""
    found = Evidence.objects.filter(pk__in=[_number(row) for row in rows], post__in=_posts(reader))
    evidence = found.select_related("post__thread").in_bulk()
    return {
        row.pk: Told(
            sentence=_("A curator published the words that you proposed for the glossary")
            if each.state == EvidenceState.PUBLISHED
            else _("A curator decided against the words that you proposed for the glossary"),
            address=each.post.permanent_url(),
            at=row.created_at,
            excerpt=each.reason,
            text=each.reason,
            mail_name=f"evidence-{each.pk}",
            **_group(each.post.thread),
        )
        for row in rows
        if (each := evidence.get(_number(row)))
    }


def _claims(reader: Member) -> Exists:
    """The post is not asked for: a claim may have been granted by taking it away."""
    return Exists(Claim.objects.filter(pk=OuterRef("subject_id"), by=reader))


def _describe_claims(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    claims = Claim.objects.filter(pk__in=[_number(row) for row in rows], by=reader).in_bulk()
    return {
        row.pk: Told(
            sentence=_outcome(claim) % {"asked": claim.get_kind_display()},
            address=reverse("post", args=[claim.post_id]),
            at=row.created_at,
            group=row.subject,
            excerpt=claim.reason,
            text=claim.reason,
            mail_name=f"claim-{claim.pk}",
        )
        for row in rows
        if (claim := claims.get(_number(row)))
    }


def _outcome(claim: Claim) -> str:
    if claim.granted:
        return _("A moderator has done what you asked of an imported post: “%(asked)s”")
    return _("A moderator has not done what you asked of an imported post: “%(asked)s”")


def _number(row: Notification) -> int:
    return int(row.subject.partition(":")[2])


register(
    *ABOUT_POSTS,
    shown=lambda reader: Exists(_posts(reader).filter(pk=OuterRef("subject_id"))),
    describe=_describe_posts,
)
register(
    *ABOUT_PEOPLE,
    shown=lambda reader: Exists(_named(reader).filter(pk=OuterRef("subject_id"))),
    describe=_describe_people,
)
register("question", shown=_questions, describe=_describe_questions)
register("evidence", shown=_evidence, describe=_describe_evidence)
register("claim", shown=_claims, describe=_describe_claims)
count_in_head("unread_threads", unread_count)


def answer_visitor(claim: Claim) -> None:
    """Tell by mail who asked for a removal without an account what a moderator decided and why."""
    if not claim.contact:
        return
    asked = {"asked": claim.get_kind_display(), "post": settings.SITE_URL + claim.post.permanent_url()}
    outcome = _("A moderator has granted it.") if claim.granted else _("A moderator has not granted it.")
    text = "\n\n".join([_("You asked of the post %(post)s: “%(asked)s”.") % asked, outcome, claim.reason])
    subject = _("Your request about a post on %(portal)s") % {"portal": settings.PORTAL_NAME}
    send_mail.enqueue(subject, text, [claim.contact], make_msgid(domain=urlsplit(settings.SITE_URL).hostname))
