"""Where django-allauth meets this portal: names, addresses and mail of accounts."""

from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy as _

from markup.slugs import confusable_key
from members.actions.naming import refuse_username
from members.affiliation import country_of, role_family_of
from members.jobs import send_mail
from members.models import Member
from members.permissions import Refused

UNKNOWN = "account/email/unknown_account"  # allauth's mail to an address that no account has


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, at the price of one password's hash whether there is such an account or not."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        # allauth gives an address as username too, and would hash once more to hide that nobody has it.
        if "@" in (credentials.get("username") or ""):
            credentials.setdefault("email", credentials["username"])
            del credentials["username"]
        return super().authenticate(request, **credentials)  # type: ignore[no-any-return]


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's hooks: who may be called what, and mail whose links come from SITE_URL alone."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed."),
        "email_password_mismatch": _("No account has this e-mail address and password."),
        "username_password_mismatch": _("No account has this username and password."),
        "username_taken": _("This username is taken."),
        "email_taken": _("Another account uses this e-mail address."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link was used already, or it is too old. Ask for a new one."),
        "too_many_login_attempts": _("Too many tries went wrong. Wait a few minutes, then try again."),
        "rate_limited": _("That was too many tries in a short time. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP_OPEN

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002  allauth's signature
        try:
            refuse_username(username)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from None
        return super().clean_username(username, shallow)  # type: ignore[no-any-return]

    def save_user(self, request: HttpRequest, user: Member, form: Any, commit: bool = True) -> Member:  # noqa: FBT001, FBT002
        """Make the account with what the sign-up form says of the person. One insert."""
        said = form.cleaned_data
        for field in ("name", "role", "organisation", "location"):
            setattr(user, field, said.get(field, ""))
        user.country = country_of(user.location)
        user.role_family = role_family_of(user.role)
        user.name_key = confusable_key(user.shown_name or said["username"])
        member: Member = super().save_user(request, user, form, commit=False)
        if commit:
            self._insert(request, member)
        return member

    def _insert(self, request: HttpRequest, member: Member) -> None:
        """Two forms sent at once, most often one form sent twice: the second is answered like the first."""
        try:
            with transaction.atomic():
                member.save(force_insert=True)
        except IntegrityError:
            if not Member.objects.filter(username=member.username).exclude(email=member.email).exists():
                raise ImmediateHttpResponse(redirect("account_email_verification_sent")) from None
            messages.warning(request, gettext("Somebody took this username a moment ago. Choose another one."))
            raise ImmediateHttpResponse(redirect("account_signup")) from None

    def send_account_already_exists_mail(self, email: str) -> None:
        # A new account costs the hash of a password; this answer must not come sooner.
        make_password("as slow as making an account")
        super().send_account_already_exists_mail(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail now, send it by a job. The template gets neither the request nor the Host header's address."""
        said = {name: _on_site(value) if name.endswith("_url") else value for name, value in context.items()}
        said |= {"email": email, "request": None}
        subject = " ".join(render_to_string(f"{template_prefix}_subject.txt", said).split())
        text = render_to_string(f"{template_prefix}_message.txt", said).strip() + "\n"
        # Who has no account gets no mail. Its job is made all the same: the answer must not come sooner.
        to = [] if template_prefix == UNKNOWN else [email]
        send_mail.enqueue(subject, text, to, make_msgid(domain=urlsplit(settings.SITE_URL).hostname))

    def is_safe_url(self, url: str) -> bool:
        """Whether to lead somebody there: pages of this portal only."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={urlsplit(settings.SITE_URL).netloc}, require_https=settings.HTTPS
        )


def _on_site(url: str) -> str:
    """The same page at the portal's own address, whatever Host header the request carried."""
    parts = urlsplit(url)
    return settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()
