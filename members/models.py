"""People: who has an account, what they do and where, and the base of everything a reader may see."""

from datetime import timedelta
from typing import Any, ClassVar, Self, TypeAlias

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from markup.slugs import confusable_key

Reader: TypeAlias = "Member | AnonymousUser"


class ReadableQuerySet(models.QuerySet[Any]):
    """The start of everything that is shown, counted, fed, mailed or exported: `visible_to(reader)`."""

    def visible_to(self, reader: Reader) -> Self:
        """What this reader may see. A private portal shows nothing to who is not signed in."""
        if settings.PORTAL_PRIVATE and not reader.is_authenticated:
            return self.none()
        return self._shown_to(reader)

    def _shown_to(self, reader: Reader) -> Self:
        raise NotImplementedError


class RoleFamily(models.TextChoices):
    """What kind of work a role is, proposed from its words and chosen by the member."""

    PMO = "pmo", _("PMO")
    CHANGE = "change", _("Change management")
    DELIVERY = "delivery", _("Programme or project")
    PLANNING = "planning", _("Planning")
    CONSULTING = "consulting", _("Consulting")
    EXECUTIVE = "executive", _("Executive")
    OTHER = "other", _("Other")


class Sector(models.TextChoices):
    """The sector a member's organisation works in."""

    PUBLIC = "public", _("Public sector")
    FINANCE = "finance", _("Finance and insurance")
    HEALTH = "health", _("Health")
    TECHNOLOGY = "technology", _("Technology")
    ENGINEERING = "engineering", _("Engineering and construction")
    EDUCATION = "education", _("Education")
    CONSULTING = "consulting", _("Consulting")
    OTHER = "other", _("Other")


class OrganisationSize(models.TextChoices):
    """How many people work in a member's organisation."""

    SMALL = "1-50", _("1 to 50 people")
    MEDIUM = "51-500", _("51 to 500 people")
    LARGE = "501-5000", _("501 to 5,000 people")
    HUGE = "5001+", _("more than 5,000 people")


class Marks(models.TextChoices):
    """How often a term is marked for a reader."""

    NONE = "none", _("never")
    PAGE = "page", _("once a page")
    POST = "post", _("once a post")


class MailRhythm(models.TextChoices):
    """How often what somebody follows comes by mail."""

    EACH = "each", _("one by one")
    DAILY = "daily", _("once a day")
    WEEKLY = "weekly", _("once a week")
    NONE = "none", _("never")


class MemberQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        if reader.is_authenticated and reader.is_moderator:
            return self
        return self.filter(is_active=True)

    def samples(self) -> Self:
        """The people of the sample content."""
        return self.filter(is_sample=True)


class MemberManager(UserManager["Member"].from_queryset(MemberQuerySet)):  # type: ignore[misc]
    """Django's manager of accounts with the reads of `MemberQuerySet`."""

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **said: Any
    ) -> "Member":
        """What `manage.py createsuperuser` calls, which knows nothing of the key that protects a name."""
        said["name_key"] = confusable_key(said.get("name") or username)
        made: Member = super().create_superuser(username, email, password, **said)
        return made


# What stands beside a name, and what was derived from it: copied onto every post as it was that day.
AFFILIATION = ("name", "role", "organisation", "location", "country", "role_family", "sector", "organisation_size")


class Member(AbstractUser):
    """A person with an account."""

    username = models.CharField(
        _("username"),
        max_length=40,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        help_text=_("Letters, digits and . + - _ only. It is part of the address of your page."),
        error_messages={"unique": _("This username is taken.")},
    )
    email = models.EmailField(_("e-mail address"), blank=True)
    name = models.CharField(_("name"), max_length=80, help_text=_("Stands at each of your posts."))
    name_key = models.CharField(max_length=240, editable=False, blank=True)
    role = models.CharField(_("role"), max_length=120, blank=True)
    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    location = models.CharField(
        _("location"), max_length=120, blank=True, help_text=_("Shown as you write it, like “Leeds, United Kingdom”.")
    )
    country = CountryField(_("country"), blank=True)
    role_family = models.CharField(_("kind of role"), max_length=12, blank=True, choices=RoleFamily.choices)
    sector = models.CharField(_("sector"), max_length=12, blank=True, choices=Sector.choices)
    organisation_size = models.CharField(
        _("size of the organisation"), max_length=9, blank=True, choices=OrganisationSize.choices
    )
    marks = models.CharField(_("terms are marked"), max_length=4, choices=Marks.choices, default=Marks.PAGE)
    about = models.TextField(_("about"), max_length=2000, blank=True)
    # Empty: what the browser asks for.
    language = models.CharField(_("language"), max_length=10, blank=True, db_default="")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, db_default="")
    # What their browser said last; counts where they chose none.
    browser_zone = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    mail_rhythm = models.CharField(
        _("mail"), max_length=6, choices=MailRhythm.choices, default=MailRhythm.EACH, db_default=MailRhythm.EACH
    )
    follows_started = models.BooleanField(_("follow what I start"), default=True, db_default=True)
    follows_replied = models.BooleanField(_("follow where I reply"), default=True, db_default=True)
    digest_at = models.DateTimeField(null=True, blank=True, editable=False)
    # After repeated failures no mail goes there until its owner says that the address works.
    mail_failures = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    mail_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    mail_held_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What is older counts as read: set by “mark all read”; null since the account was opened.
    read_all_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_sample = models.BooleanField(_("sample person"), default=False, editable=False)
    # Django's two halves of a name say nothing about most of the world's names.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]
    objects: ClassVar[MemberManager] = MemberManager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="members_member_email_once",
                violation_error_message=_("An account with this e-mail address exists."),
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="members_member_username_once",
                violation_error_message=_("This username is taken."),
            ),
            models.CheckConstraint(
                condition=models.Q(role_family__in=["", *RoleFamily.values]), name="members_member_role_family_known"
            ),
            models.CheckConstraint(
                condition=models.Q(sector__in=["", *Sector.values]), name="members_member_sector_known"
            ),
            models.CheckConstraint(
                condition=models.Q(organisation_size__in=["", *OrganisationSize.values]),
                name="members_member_organisation_size_known",
            ),
        ]
        indexes = [
            models.Index("name_key", name="members_member_name_key"),
            models.Index(Lower("name"), "id", name="members_member_by_name"),
        ]
        permissions = [("moderate", "Can moderate: hide, restore, lock and pin")]

    def __str__(self) -> str:
        return self.shown_name

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.username])

    def get_full_name(self) -> str:
        return self.shown_name

    def get_short_name(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name beside posts; the username where none was given."""
        return self.name or self.username

    @cached_property
    def is_moderator(self) -> bool:
        """Whether this member moderates. Costs no query for who is not staff."""
        return self.is_active and self.is_staff and self.has_perm("members.moderate")

    @cached_property
    def is_confirmed(self) -> bool:
        """Whether their e-mail address is confirmed: asked before anything of theirs is shown to others."""
        return self.is_sample or bool(self.emailaddress_set.filter(verified=True).exists())  # type: ignore[attr-defined]


class Notification(models.Model):
    """That something a member follows has happened: inbox row and outbox of mail in one. No text, no name.

    `subject` and `context` are opaque keys such as `post:812` and `thread:44`; what they say is written when it
    is shown or mailed, from what the member may see by then.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=60)
    context = models.CharField(max_length=60, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    # Claimed before it is sent: a worker that dies between leaves it to be sent again under the same Message-ID.
    mailing_at = models.DateTimeField(null=True, blank=True)
    mailing_by = models.CharField(max_length=60, blank=True, db_default="")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "kind", "subject"], name="members_notification_once"),
        ]
        indexes = [
            models.Index(
                "member", models.F("created_at").desc(), models.F("id").desc(), name="members_notification_newest"
            ),
            models.Index("member", condition=models.Q(read_at=None), name="members_notification_unread"),
            models.Index("created_at", condition=models.Q(mailed_at=None), name="members_notification_unmailed"),
            models.Index("subject", name="members_notification_of"),
            BrinIndex("created_at", name="members_notification_age", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} → {self.member_id}"


INVITED_FOR = timedelta(days=14)


class InvitationState(models.TextChoices):
    """What became of an invitation; read off its dates, not kept."""

    OPEN = "open", _("open")
    EXPIRED = "expired", _("expired")
    ACCEPTED = "accepted", _("accepted")
    WITHDRAWN = "withdrawn", _("withdrawn")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Invitations that may still be accepted."""
        return self.in_state(InvitationState.OPEN)

    def in_state(self, state: InvitationState) -> Self:
        if state == InvitationState.ACCEPTED:
            return self.exclude(accepted_at=None)
        if state == InvitationState.WITHDRAWN:
            return self.exclude(withdrawn_at=None)
        waiting = self.filter(accepted_at=None, withdrawn_at=None)
        oldest = timezone.now() - INVITED_FOR
        return waiting.filter(**{"created_at__gt" if state == InvitationState.OPEN else "created_at__lte": oldest})


class Invitation(models.Model):
    """That an address may open an account where sign-up is closed; the mail's link holds a key, the row its digest."""

    email = models.EmailField(_("e-mail address"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("invited by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("invited at"), default=timezone.now)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accepted by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="members_invitation_one_open",
                violation_error_message=_("This address has an open invitation."),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> InvitationState:
        if self.accepted_at:
            return InvitationState.ACCEPTED
        if self.withdrawn_at:
            return InvitationState.WITHDRAWN
        is_open = self.created_at > timezone.now() - INVITED_FOR
        return InvitationState.OPEN if is_open else InvitationState.EXPIRED

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has accepted or withdrawn it: open or expired."""
        return not (self.accepted_at or self.withdrawn_at)


class SiteVersion(models.Model):
    """One row that grows with whatever many pages show: names of members, tags, the glossary.

    `version` enters the key of every cached page, `lexicon` names the state of
    the glossary's spellings, `words` that of the figures of words on the
    glossary's page. They come from a sequence, never from +1: a number
    that was rolled back would come again and name something else.
    """

    version = models.BigIntegerField(default=1)
    lexicon = models.BigIntegerField(default=1)
    words = models.BigIntegerField(default=1)
    words_counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="members_siteversion_one_row")]

    def __str__(self) -> str:
        return f"{self.version}/{self.lexicon}"
