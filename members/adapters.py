"""Where django-allauth meets this portal: names, addresses and mail of accounts, second factors, single sign-on."""

import hashlib
import io
import secrets
from base64 import urlsafe_b64encode
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.expressions import DatabaseDefault
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy as _
from qrcode.image.svg import SvgPathImage

from markup.slugs import confusable_key
from members.actions.inviting import note_accepted
from members.actions.naming import refuse_username
from members.actions.site import grow_site_version
from members.affiliation import country_of, role_family_of
from members.counts import member_of_session
from members.invited import forget_invitation, invitation_of
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

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """The account of a session, with what the head of a page counts unless it sends a form: one statement."""
        found: Member | None = member_of_session(user_id)
        return found if found and self.user_can_authenticate(found) else None


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

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """The ways to say that it is oneself, in the words of our pages."""
        words = {
            "reauthenticate": gettext("Type the password"),
            "mfa_reauthenticate": gettext("Type a code"),
            "mfa_reauthenticate:webauthn": gettext("Use a passkey"),
        }
        ways = super().get_reauthentication_methods(user)
        return [{**way, "description": words.get(way["id"], way["description"])} for way in ways]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this visitor may join: everybody where sign-up is open, else who came by an invitation."""
        return settings.SIGNUP_OPEN or invitation_of(request) is not None

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
            self._accept(request, member)
        return member

    def _accept(self, request: HttpRequest, member: Member) -> None:
        """Who joined with the address they were invited by has read its mail: no second mail asks for that."""
        invitation = invitation_of(request)
        if invitation is None or invitation.email.lower() != member.email.lower():
            return
        note_accepted(invitation, by=member)
        forget_invitation(request)
        self.stash_verified_email(request, member.email)

    def _insert(self, request: HttpRequest, member: Member) -> None:
        """Two forms sent at once, most often one form sent twice: the second is answered like the first."""
        try:
            with transaction.atomic():
                member.save(force_insert=True)
                if Member.objects.filter(name_key=member.name_key).exclude(pk=member.pk).exists():
                    grow_site_version()  # posts of one who bears the same name say from now on who it is
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


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's hooks of second factors: secrets are not kept in clear, and what people see says where they are."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or not any more. Wait for the next one and type that."),
        "unverified_email": _("Confirm your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        return _secret_box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret as it was kept. Kept under another SECRET_KEY it is lost: then a secret that nobody has."""
        try:
            return _secret_box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _digit in range(32))

    def build_totp_svg(self, url: str) -> str:
        """The address of a secret as a drawing for a page: an svg element without style, title or declaration."""
        drawn = io.BytesIO()
        qrcode.make(url, image_factory=SvgPathImage, border=2).save(drawn)
        text = drawn.getvalue().decode()
        return text[text.index("<svg") :]

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  allauth's name
        return gettext("My passkey")

    def _get_site_name(self) -> str:
        return settings.PORTAL_NAME


def _secret_box() -> Fernet:
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"second factors:" + settings.SECRET_KEY.encode()).digest()))


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """allauth's hooks of an employer's sign-on: whose confirmed address opens an account, or comes into one."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Set a password first: this is your only way to sign in."),
        "email_taken": _("Another account uses this e-mail address. Sign in to it, then connect your %s there."),
    }

    def new_user(self, request: HttpRequest, sociallogin: Any) -> Any:
        """An account to be: kept in the session until its owner has said their name, so without expressions."""
        member = super().new_user(request, sociallogin)
        for field in member._meta.concrete_fields:
            if isinstance(getattr(member, field.attname), DatabaseDefault):
                setattr(member, field.attname, field.db_default)
        return member

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Where sign-up is closed: people with a confirmed address at one of OIDC_DOMAINS, and who was invited."""
        if super().is_open_for_signup(request, sociallogin):
            return True
        return any(each.verified and _of_the_house(each.email) for each in sociallogin.email_addresses)

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Whether the sign-on is believed that an account's address is theirs: at the employer's own domains only."""
        del login
        return _of_the_house(email)

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, Any]:
        said = super().get_signup_form_initial_data(sociallogin)
        told = sociallogin.account.extra_data
        told = told.get("userinfo") or told.get("id_token") or told
        return {**said, "name": str(told.get("name") or "")[:80]}


def _of_the_house(email: str) -> bool:
    return email.rpartition("@")[2].lower() in settings.OIDC_DOMAINS


def _on_site(url: str) -> str:
    """The same page at the portal's own address, whatever Host header the request carried."""
    parts = urlsplit(url)
    return settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()
