"""What `manage.py check` looks at beyond Django's own checks, some of it with `--database default` only."""

from collections.abc import Sequence
from typing import Any

import dj_database_url
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error as CheckError, Warning as CheckWarning
from django.core.files.storage import storages


def web_role() -> str:
    """The database role that serves pages."""
    return str(dj_database_url.parse(settings.DATABASE_URL)["USER"])


def owner_role() -> str:
    """The database role that owns the tables."""
    return str(dj_database_url.parse(settings.DATABASE_OWNER_URL)["USER"])


def two_roles(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Pages should not be served by the role that owns the tables."""
    del app_configs, kwargs
    if not databases or web_role() != owner_role():
        return []
    return [
        CheckWarning(
            f"Pages are served by the role that owns the tables (“{web_role()}”). So the database does not protect "
            "the moderation log from being changed, nor the tables from being altered by a fault in the code, and "
            "no statement or lock is given up after its time.",
            hint="Name two roles, DATABASE_URL for the pages and DATABASE_OWNER_URL for the owner, and run "
            "manage.py setup_roles. See docs/operators.md.",
            id="pmo_cmo.W001",
        )
    ]


def images_storage(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The storage of images can be made: its package is there and takes the options. Nothing is asked of it."""
    del app_configs, kwargs
    try:
        storages["images"]
    except Exception as trouble:  # noqa: BLE001 - packages of storages raise what they like
        return [
            CheckError(
                f"Images cannot be kept: {trouble}",
                hint="Look at IMAGES_STORAGE and IMAGES_STORAGE_OPTIONS. See docs/operators.md.",
                id="pmo_cmo.E001",
            )
        ]
    return []
