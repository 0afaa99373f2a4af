"""What joins discussions and glossary: words in posts, what they mean in a thread, and what rests on posts."""

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import MD5, JSONObject
from django.utils.translation import gettext_lazy as _

from markup.slugs import key
from members.models import Member, ReadableQuerySet, Reader
from threads.models.posts import Post, PostQuerySet, PostState
from threads.models.tags import Tag, ThreadTag
from threads.models.threads import Thread, ThreadQuerySet, ThreadState


class MentionQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Mentions in posts that everybody sees: what counts, and what charts and lists are made of."""
        return self.filter(post__state=PostState.PUBLISHED, post__thread__state=ThreadState.PUBLISHED)

    def genuine(self) -> Self:
        return self.filter(post__thread__is_sample=False)

    def undefined(self) -> Self:
        """Acronyms that are no term and that their post does not spell out."""
        return self.filter(term=None, words="")

    def spelled_out(self) -> Self:
        """Those whose post says itself what the word means."""
        return self.exclude(words="")


class Mention(models.Model):
    """That a post uses a word: a term by its own text, or (`term` null) an acronym that is none."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="mentions")
    key = models.CharField(max_length=240)
    text = models.CharField(max_length=130)
    term = models.ForeignKey("glossary.Term", null=True, on_delete=models.SET_NULL, related_name="mentions")
    # How the post spells it out itself: “Change Management Office” of “Change Management Office (CMO)”.
    words = models.CharField(max_length=120, blank=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [models.UniqueConstraint(fields=["post", "key"], name="threads_mention_once")]
        indexes = [
            models.Index("term", F("post").desc(), name="threads_mention_of_term"),
            models.Index("key", condition=Q(term=None, words=""), name="threads_mention_undefined"),
            models.Index("post", condition=~Q(words=""), name="threads_mention_spelled_out"),
        ]

    def __str__(self) -> str:
        return f"{self.text} in post {self.post_id}"


class ChoiceState(models.TextChoices):
    """Whether a sense for a thread is proposed or settled."""

    PROPOSED = "proposed", _("proposed")
    CHOSEN = "chosen", _("chosen")


class ThreadSense(models.Model):
    """What a term means in one thread: any member proposes; starter, curator or moderator decides."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="senses")
    term = models.ForeignKey("glossary.Term", on_delete=models.CASCADE, related_name="+")
    sense = models.ForeignKey("glossary.Sense", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=ChoiceState.choices, default=ChoiceState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("meaning in a thread")
        verbose_name_plural = _("meanings in threads")
        constraints = [
            models.UniqueConstraint(fields=["thread", "term", "sense"], name="threads_threadsense_once"),
            models.UniqueConstraint(
                fields=["thread", "term"], condition=Q(state=ChoiceState.CHOSEN), name="threads_threadsense_one_chosen"
            ),
            models.CheckConstraint(condition=Q(state__in=ChoiceState.values), name="threads_threadsense_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.term_id} = {self.sense_id} in {self.thread_id}"


class MeaningRequestQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Questions about words that stand in a post the reader sees: a question tells nothing that no post says."""
        asked_at = Post.objects.visible_to(reader).filter(pk=OuterRef("post"))
        elsewhere = Mention.objects.visible_to(reader).filter(post__thread=OuterRef("thread"), key=OuterRef("key"))
        return self.filter(Exists(asked_at) | Exists(elsewhere))


class MeaningRequest(models.Model):
    """“What does this mean?” asked at a word of a post: one for a word and thread, however many ask."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="meaning_requests")
    # Null when the word was edited out of it and stands in no other post that everybody sees.
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="meaning_requests")
    key = models.CharField(max_length=240)
    text = models.CharField(max_length=130)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.CharField(max_length=300, blank=True)

    objects = MeaningRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about a word")
        verbose_name_plural = _("questions about words")
        constraints = [models.UniqueConstraint(fields=["thread", "key"], name="threads_meaningrequest_once")]
        indexes = [models.Index("created_at", condition=Q(answered_at=None), name="threads_meaningrequest_open")]

    def __str__(self) -> str:
        return self.text


class MeaningAsker(models.Model):
    """Who asks; known to the poster and the curators, and unnamed to readers where they want it so."""

    request = models.ForeignKey(MeaningRequest, on_delete=models.CASCADE, related_name="askers")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_named = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "member"], name="threads_meaningasker_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.request_id}"


def with_words(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Threads with what settles the meanings of their words, in the same statement.

    `spelled_out` (key, words, number and post of published posts), `chosen`
    (term, sense) and `bound_tags` (name, sense); and `known_words`, the keys of those that the reader knows.
    """
    spelled = Mention.objects.filter(post__thread=OuterRef("pk"), post__state=PostState.PUBLISHED).spelled_out()
    chosen = ThreadSense.objects.filter(thread=OuterRef("pk"), state=ChoiceState.CHOSEN)
    tags = ThreadTag.objects.filter(content_object=OuterRef("pk"), tag__sense__isnull=False)
    known = Member.objects.visible_to(reader).filter(pk=reader.pk, known_words__isnull=False)
    rows: ThreadQuerySet = threads.annotate(
        spelled_out=ArraySubquery(
            spelled.order_by("post__number").values(
                row=JSONObject(key="key", words="words", number="post__number", post="post_id")
            )
        ),
        known_words=ArraySubquery(known.values("known_words__key")),
        chosen=ArraySubquery(chosen.values(row=JSONObject(term="term_id", sense="sense_id"))),
        bound_tags=ArraySubquery(
            tags.order_by("tag__key").values(row=JSONObject(name="tag__name", sense="tag__sense_id"))
        ),
    )
    return rows


def with_questions(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Threads with `asked`: what was asked about their words (key, answer, and people, how many ask)."""
    asked = MeaningRequest.objects.visible_to(reader).filter(thread=OuterRef("pk")).annotate(people=Count("askers"))
    rows: ThreadQuerySet = threads.annotate(
        asked=ArraySubquery(asked.order_by("pk").values(row=JSONObject(key="key", answer="answer", people="people")))
    )
    return rows


def beginning(reader: Reader, tags: Iterable[str]) -> Thread:
    """A thread that is being started under these tags (as typed), as `with_words` and `with_questions` give one.

    Not saved, without a key; what its first post spells out is the caller's to add.
    """
    names = [key(name) for name in tags if "\x00" not in name]
    bound = Tag.objects.visible_to(reader).filter(Q(key__in=names) | Q(aliases__key__in=names), sense__isnull=False)
    known = Member.objects.visible_to(reader).filter(pk=reader.pk, known_words__isnull=False)
    thread: Any = Thread()
    thread.spelled_out, thread.chosen, thread.asked = [], [], []
    thread.known_words = list(known.values_list("known_words__key", flat=True))
    rows = bound.distinct().order_by("key").values_list("name", "sense") if names else ()
    thread.bound_tags = [{"name": name, "sense": sense} for name, sense in rows]
    return thread  # type: ignore[no-any-return]


MOST_UNDEFINED = 40  # acronyms of one post: whoever writes more of them writes no words


def with_undefined(posts: PostQuerySet) -> PostQuerySet:
    """Posts with `undefined_words` (key, text): the first acronyms that were no term when the post was last indexed."""
    words = Mention.objects.filter(post=OuterRef("pk")).undefined()
    rows: PostQuerySet = posts.annotate(
        undefined_words=ArraySubquery(
            words.order_by("pk").values(row=JSONObject(key="key", text="text"))[:MOST_UNDEFINED]
        )
    )
    return rows


class Stance(models.TextChoices):
    """What a cited post does with a sense."""

    DEFINES = "defines", _("defines")
    USES = "uses", _("uses")
    DISPUTES = "disputes", _("disputes")


class EvidenceState(models.TextChoices):
    """Between a member's proposal and the readers."""

    PROPOSED = "proposed", _("proposed")
    PUBLISHED = "published", _("published")
    DECLINED = "declined", _("declined")


class EvidenceQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Published evidence whose post everybody sees: withdrawn and hidden posts vanish at once."""
        return self.filter(
            state=EvidenceState.PUBLISHED, post__state=PostState.PUBLISHED, post__thread__state=ThreadState.PUBLISHED
        )

    def proposed(self) -> Self:
        """What waits for the curators, while everybody sees its post."""
        return self.filter(
            state=EvidenceState.PROPOSED, post__state=PostState.PUBLISHED, post__thread__state=ThreadState.PUBLISHED
        )

    def of_member(self, member: Member) -> Self:
        """What somebody proposed, whatever became of it, with sense and post."""
        return self.filter(proposed_by=member).select_related("sense", "post__thread")

    def for_term_page(self) -> Self:
        """Definitions first, then disputes and uses, each by time; with post and thread, without their texts."""
        texts = ("body", "body_html", "source_header", "search")
        rows = self.select_related("post__thread").defer(*(f"post__{text}" for text in texts), "post__thread__search")
        return rows.order_by("stance", "written_at", "pk")


class Evidence(models.Model):
    """The exact words of a post, at one revision, as evidence for a sense."""

    sense = models.ForeignKey(
        "glossary.Sense", verbose_name=_("sense"), on_delete=models.CASCADE, related_name="evidence"
    )
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="evidence")
    post_revision = models.PositiveIntegerField()
    excerpt = models.TextField(_("words"), max_length=1000)
    stance = models.CharField(_("what the post does"), max_length=8, choices=Stance.choices, default=Stance.DEFINES)
    state = models.CharField(_("state"), max_length=9, choices=EvidenceState.choices, default=EvidenceState.PROPOSED)
    # Set by the action that edits the post: the words no longer stand in it as it is today.
    is_gone_from_post = models.BooleanField(_("no longer in the post"), default=False)
    written_at = models.DateTimeField(_("written at"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("proposed by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("proposed at"), auto_now_add=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            # By digest: a thousand characters of some scripts are more than a row of an index holds.
            models.UniqueConstraint(
                "sense",
                "post",
                MD5("excerpt"),
                name="threads_evidence_once_by_digest",
                violation_error_message=_("These words are cited for this sense already."),
            ),
            models.CheckConstraint(condition=Q(stance__in=Stance.values), name="threads_evidence_stance_known"),
            models.CheckConstraint(condition=Q(state__in=EvidenceState.values), name="threads_evidence_state_known"),
        ]
        indexes = [models.Index("state", F("id").desc(), name="threads_evidence_by_state")]

    def __str__(self) -> str:
        # Without its words: the admin keeps this in its history, and the post may be hidden later.
        return _("%(stance)s, post %(post)d") % {"stance": self.get_stance_display(), "post": self.post_id}


class CellEvidence(models.Model):
    """The post that a cell of a comparison rests on."""

    row = models.ForeignKey("glossary.ComparisonRow", on_delete=models.CASCADE, related_name="evidence")
    is_left = models.BooleanField()
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "is_left", "post"], name="threads_cellevidence_once")]

    def __str__(self) -> str:
        return f"{self.row_id} ← {self.post_id}"
