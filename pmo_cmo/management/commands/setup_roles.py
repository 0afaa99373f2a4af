"""`manage.py setup_roles`: the role that serves pages, with what it may do and how long."""

from typing import Any

import dj_database_url
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import ProgrammingError
from psycopg2 import sql

from pmo_cmo.checks import web_role
from pmo_cmo.localdb import WEB_TIMEOUTS

APPEND_ONLY = ["threads_moderationentry"]  # what a moderator did can be added to, never changed


class Command(BaseCommand):
    help = "Make or repair the database role that serves pages: its rights and its timeouts. Run as the owner."

    def handle(self, **_options: Any) -> None:
        role = web_role()
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            owner = cursor.fetchone()[0]
        if role == owner:
            self.stdout.write(
                f"Owner and web role are one (“{role}”): nothing to set up. "
                "“manage.py check --database default” says what two roles would protect."
            )
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                _make(cursor, role)
                _grant(cursor, role)
                _limit(cursor, role)
        except ProgrammingError as refusal:
            raise CommandError(
                f"The role “{owner}” may not set up the role “{role}”: {str(refusal).strip()} "
                "Run this once with DATABASE_OWNER_URL naming a role with CREATEROLE, or have an administrator of the "
                "database make the role (docs/operators.md, “An existing PostgreSQL”)."
            ) from refusal
        self.stdout.write(f"The role “{role}” may read and write rows; the log of moderation it may only add to.")


def _make(cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    if cursor.rowcount:
        return
    password = dj_database_url.parse(settings.DATABASE_URL)["PASSWORD"]
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    cursor.execute(statement)


def _grant(cursor: CursorWrapper, role: str) -> None:
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}",
    ):
        cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
    for table in APPEND_ONLY:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"])
        if cursor.fetchone()[0]:
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                    sql.Identifier("public", table), sql.Identifier(role)
                )
            )


def _limit(cursor: CursorWrapper, role: str) -> None:
    """On the role and not on the connection: a pooler between does not disturb it."""
    for name, value in WEB_TIMEOUTS.items():
        cursor.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value))
        )
