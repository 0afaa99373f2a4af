"""A post: what somebody wrote, with who they were that day."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django_countries.fields import CountryField

from markup.images import in_words
from markup.references import without_quotes
from markup.render import excerpt, plain_text
from members.models import Member, ReadableQuerySet, Reader, RoleFamily
from members.search import FoldedVector, folded_query, searchable
from threads.models.threads import POSTS_PER_PAGE, Thread, ThreadState

EXCERPT = 200  # characters


class PostState(models.TextChoices):
    """Whether readers see a post, and if not, whose decision that was."""

    PUBLISHED = "published", gettext_lazy("published")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn by its author")
    HIDDEN = "hidden", gettext_lazy("hidden by a moderator")


class ShownAs(models.TextChoices):
    """How much of its author a post shows. It may become less later, never something else."""

    EVERYTHING = "all", gettext_lazy("name, role, organisation and place")
    NO_ORGANISATION = "no-org", gettext_lazy("without organisation")
    ROLE_AND_COUNTRY = "role", gettext_lazy("role and country only")
    WITHHELD = "withheld", gettext_lazy("name withheld")


NAMED = (ShownAs.EVERYTHING, ShownAs.NO_ORGANISATION)


class PostQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Published posts of published threads; one's own in any state; a moderator sees all."""
        if reader.is_authenticated and reader.is_moderator:
            return self
        public = Q(state=PostState.PUBLISHED, thread__state=ThreadState.PUBLISHED)
        return self.filter(public | Q(author=reader) if reader.is_authenticated else public)

    def published(self) -> Self:
        """What counts and what lists show: moderators meet the rest in its thread and in the admin."""
        return self.filter(state=PostState.PUBLISHED, thread__state=ThreadState.PUBLISHED)

    def named(self) -> Self:
        """Posts that say who wrote them: all that may be listed, counted or told under their author's name."""
        return self.filter(shown_as__in=NAMED)

    def last_shown_as(self, author: Reader) -> Subquery:
        """What a reader's last post in the thread of an outer query shows of them; null where they have none.

        Whether it is still shown or not: who withheld their name did so in this thread. By time: a named one that was
        moved here stands after it.
        """
        own = self.filter(author=author.pk, thread=OuterRef("pk"))
        return Subquery(own.order_by("-created_at", "-number").values("shown_as")[:1])

    def genuine(self) -> Self:
        return self.filter(thread__is_sample=False)

    def search(self, words: str) -> Self:
        """Posts that hold all these words themselves."""
        return self.filter(holds(words))

    def for_page(self, page: int) -> Self:
        """Page n holds the numbers 25(n−1)+1 to 25n, whatever became of some of them."""
        last = page * POSTS_PER_PAGE
        return (
            self.filter(number__gt=last - POSTS_PER_PAGE, number__lte=last).select_related("author").order_by("number")
        )

    def with_namesakes(self) -> Self:
        """Posts with `has_namesake`: whether another open account bears its author's name."""
        others = Member.objects.filter(name_key=OuterRef("author__name_key"), is_active=True)
        return self.annotate(has_namesake=Exists(others.exclude(pk=OuterRef("author"))))

    def for_list(self) -> Self:
        """Newest first, with thread and author."""
        return self.select_related("thread", "author").order_by("-created_at", "-pk")


def holds(words: str) -> Q:
    """A condition on posts: that all these words are their own, not those of a post that they quote.

    Who looks for words of a post that was withdrawn finds none that quotes it; who looks for others finds the post.
    """
    query = folded_query(words)
    return Q(Q(own_search=None) | Q(own_search=query), search=query)


def own_document(html: str) -> FoldedVector | None:
    """`Post.own_search`, from its rendered text."""
    return FoldedVector(Value(plain_text(in_words(without_quotes(html))))) if "data-post" in html else None


class Post(models.Model):
    """A contribution to a thread. `body` is the source and is never touched; `body_html` is a pure function of it."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="posts")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="posts")
    # The affiliation of that day. Without a name the post is unattributed, and nobody guesses.
    author_name = models.CharField(max_length=80, blank=True)
    author_role = models.CharField(gettext_lazy("role"), max_length=120, blank=True)
    author_organisation = models.CharField(gettext_lazy("organisation"), max_length=120, blank=True)
    author_location = models.CharField(gettext_lazy("location"), max_length=120, blank=True)
    author_country = CountryField(blank=True)
    author_role_family = models.CharField(max_length=12, blank=True, choices=RoleFamily.choices)
    author_sector = models.CharField(max_length=12, blank=True)
    author_organisation_size = models.CharField(max_length=9, blank=True)
    # What is not shown is not copied either: the columns above hold what readers see. `author` stays, for the author's
    # own acts and for moderators; whoever shows posts by their author asks `named()`.
    shown_as = models.CharField(
        gettext_lazy("what it shows"),
        max_length=8,
        choices=ShownAs.choices,
        default=ShownAs.EVERYTHING,
        db_default=ShownAs.EVERYTHING,
    )
    body = models.TextField(gettext_lazy("text"))
    body_html = models.TextField(editable=False)
    renderer_version = models.PositiveSmallIntegerField(editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    # A second submit of the same form lands on the first post of its author.
    token = models.UUIDField(null=True, editable=False)
    # Of the mail that brought this reply.
    message_id = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    state = models.CharField(
        gettext_lazy("state"), max_length=9, choices=PostState.choices, default=PostState.PUBLISHED
    )
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("state set by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    state_at = models.DateTimeField(gettext_lazy("state set at"), null=True, blank=True)
    state_reason = models.CharField(gettext_lazy("reason for the state"), max_length=500, blank=True)
    created_at = models.DateTimeField(gettext_lazy("written at"), default=timezone.now)
    edited_at = models.DateTimeField(gettext_lazy("edited at"), null=True, blank=True)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    # An imported post keeps the header line it was read from, where not all of it could be told apart.
    source_header = models.TextField(gettext_lazy("as copied"), blank=True, editable=False)
    search = searchable("body")
    # The same without the quotations of posts; null where there is none.
    own_search = SearchVectorField(null=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("post")
        verbose_name_plural = gettext_lazy("posts")
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="threads_post_number_once"),
            models.UniqueConstraint(fields=["author", "token"], name="threads_post_token_once"),
            models.UniqueConstraint(
                fields=["thread", "author", "message_id"],
                condition=~Q(message_id=""),
                name="threads_post_message_once",
            ),
            models.CheckConstraint(
                condition=~Q(body=""),
                name="threads_post_body_given",
                violation_error_message=gettext_lazy("A post has a text."),
            ),
            models.CheckConstraint(condition=Q(state__in=PostState.values), name="threads_post_state_known"),
        ]
        indexes = [
            models.Index("author", models.F("created_at").desc(), models.F("id").desc(), name="threads_post_by_author"),
            GinIndex(fields=["search"], name="threads_post_search"),
            # For the moderators' list of what is not shown: few rows of many.
            models.Index(
                "state",
                models.F("id").desc(),
                condition=Q(state__in=["withdrawn", "hidden"]),
                name="threads_post_not_shown",
            ),
            # For lists by who speaks: a rare value leads to its threads, a frequent one is looked up thread by thread.
            *(
                models.Index(column, "thread", condition=Q(state="published") & ~Q(**{column: ""}), name=name)
                for column, name in (
                    ("author_role_family", "threads_post_of_role"),
                    ("author_sector", "threads_post_of_sector"),
                    ("author_organisation_size", "threads_post_of_size"),
                    ("author_country", "threads_post_of_country"),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} · {self.thread}"

    def get_absolute_url(self) -> str:
        """Its place in its thread as of now. `/posts/<id>/` leads here wherever it moves."""
        page = self.page
        query = f"?page={page}" if page > 1 else ""
        return f"{self.thread.get_absolute_url()}{query}#post-{self.pk}"

    def permanent_url(self) -> str:
        return reverse("post", args=[self.pk])

    @property
    def page(self) -> int:
        """The page of its thread that it stands on, from 1."""
        return (self.number - 1) // POSTS_PER_PAGE + 1

    @property
    def is_published(self) -> bool:
        return self.state == PostState.PUBLISHED

    @property
    def is_withdrawn(self) -> bool:
        return self.state == PostState.WITHDRAWN

    @property
    def is_hidden(self) -> bool:
        return self.state == PostState.HIDDEN

    @property
    def is_named(self) -> bool:
        return self.shown_as in NAMED

    @property
    def lesser_shown(self) -> list[str]:
        """What `shown_as` may become: less than it is."""
        return ShownAs.values[ShownAs.values.index(self.shown_as) + 1 :]

    @property
    def byline(self) -> str:
        """Who wrote it, as far as it says, for the head of a post."""
        if self.author_name:
            return self.author_name
        return _("Unattributed") if self.is_named else _("Name withheld")

    @property
    def byline_in_sentence(self) -> str:
        """The same within a sentence."""
        if self.author_name:
            return self.author_name
        return _("an unattributed author") if self.is_named else _("an author whose name is withheld")

    @property
    def place(self) -> str:
        """The location as written that day, or the country where nothing nearer is shown."""
        return self.author_location or ("" if self.is_named else self.author_country.name)

    @property
    def speaker(self) -> str:
        """Name, role, organisation and place in one line, as far as shown."""
        return ", ".join(filter(None, (self.byline, self.standing, self.place)))

    @property
    def standing(self) -> str:
        """Role and organisation of that day in one line, as far as given."""
        return ", ".join(filter(None, (self.author_role, self.author_organisation)))

    @property
    def excerpt(self) -> str:
        """Its first words, for lists."""
        return excerpt(self.body_html, EXCERPT)

    @property
    def initials(self) -> str:
        """Up to two letters for the round beside a post."""
        words = [word for word in self.author_name.split() if word[0].isalnum()]  # without “(sample)”
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class PostRevisionQuerySet(models.QuerySet["PostRevision"]):
    def visible_to(self, reader: Reader, post: Post) -> Self:
        """The older versions of a post (itself visible) that a reader may see.

        What a moderator took out by an edit stays out: versions before the
        newest one that somebody else than the author wrote are for author and
        moderators only.
        """
        versions = self.filter(post=post)
        if reader.is_authenticated and (reader.is_moderator or reader.pk == post.author_id):
            return versions
        if post.edited_at and post.edited_by_id != post.author_id:
            return versions.none()
        foreign = versions.exclude(written_by=post.author_id).order_by("-number").values("number")[:1]
        return versions.filter(number__gte=Coalesce(foreign, 1))


class PostRevision(models.Model):
    """An older version of a post, whole."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    body = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()

    objects = PostRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="threads_postrevision_number_once")]

    def __str__(self) -> str:
        return f"{self.post_id}/{self.number}"
