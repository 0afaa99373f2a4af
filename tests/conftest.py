import os

import pytest
from django.core.cache import caches
from django.db import connection

from tests import browser, factories, files

# Playwright's synchronous interface runs an event loop in the thread of the test, beside which Django refuses the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """pytest-playwright asks this how to start Chromium."""
    return {**browser_type_launch_args, **browser.launch_arguments()}


@pytest.fixture(autouse=True)
def _light_settings(settings):
    """Static files as they are, passwords hashed quickly, nothing remembered from the test before."""
    settings.STORAGES = settings.STORAGES | files.STORAGES
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    for name in ("pages", "pieces", "articles"):
        caches[name].clear()


@pytest.fixture(scope="session", autouse=True)
def _no_session_left_behind(django_db_setup, django_db_blocker):
    """End what still talks to the test database, such as a browser's last open connection to a live server.

    PostgreSQL refuses to drop a database that somebody uses.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def bea():
    """Who starts discussions, where a test needs two people."""
    return factories.member("bea", name="Bea Bell")


@pytest.fixture
def carl():
    """Who answers."""
    return factories.member("carl", name="Carl Cole")
