import os

import pytest
from django.core.cache import caches

from tests import browser

# Playwright's synchronous interface runs an event loop in the thread of the test, beside which Django refuses the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """pytest-playwright asks this how to start Chromium."""
    return {**browser_type_launch_args, **browser.launch_arguments()}


@pytest.fixture(autouse=True)
def _light_settings(settings):
    """Static files as they are, passwords hashed quickly, nothing remembered from the test before."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    caches["pages"].clear()
    caches["pieces"].clear()
