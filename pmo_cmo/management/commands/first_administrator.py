"""`manage.py first_administrator`: the account that a new portal is entered with."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from members.actions.accounts import create_administrator

# Nothing that looks like something else, in five groups of five: 122 bits.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = "Make the first administrator, with a new password that is shown once. Says how to sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="admin")
        # Not an address at the portal's own domain: somebody else may read that mailbox.
        parser.add_argument("--email", default="admin@localhost")

    def handle(self, *, username: str, email: str, **_options: Any) -> None:
        login = f"{settings.SITE_URL}/accounts/login/"
        members = get_user_model().objects
        administrator = members.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if administrator:
            name = administrator.get_username()
            self.stdout.write(
                f"Sign in as “{name}” at {login}\nA new password: .venv/bin/python manage.py changepassword {name}"
            )
            return
        while members.filter(username__iexact=username).exists():
            username += "-1"
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(5))
        create_administrator(username=username, email=email, password=password)
        self.stdout.write(
            f"Sign in as “{username}” at {login}\nwith the password {password}\nIt is shown this once and kept nowhere."
        )
