"""A pytest plugin: a database server of the tests' own, when DATABASE_URL names none.

It is loaded before the settings are (`-p tests.database` in pyproject.toml).
Each run of pytest takes the first free folder of var/test-1, var/test-2, … so
that several runs at once in one checkout never meet; PORTAL_VAR points there
too, so no test touches the developer's own var/. pytest-xdist's workers
inherit both and start nothing.
"""

import contextlib
import fcntl
import itertools
import os
from pathlib import Path

import pytest

from pmo_cmo import localdb

# What an operator may have set and no test expects.
NOT_FOR_TESTS = ("CACHE_URL", "DATABASE_OWNER_URL", "DEBUG", "EMAIL_HOST", "PORTAL_PRIVATE", "PORTAL_ROLE", "SITE_URL")
NOT_FOR_TESTS += ("REPLY_ADDRESS", "REPLY_IMAP_HOST")
VAR_DIR = Path(__file__).resolve().parent.parent / "var"
_until_the_end = contextlib.ExitStack()


def _free_folder() -> Path:
    for number in itertools.count(1):
        folder = VAR_DIR / f"test-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _until_the_end.enter_context(lock)
        return folder
    raise AssertionError


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests():
    """A wrapper comes before every plugin that is none, so before pytest-django reads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for name in NOT_FOR_TESTS:
            os.environ.pop(name, None)
        folder = _free_folder()
        (folder / "static").mkdir(exist_ok=True)  # whitenoise warns without it
        os.environ["PORTAL_VAR"] = str(folder)
        if not os.environ.get("DATABASE_URL"):
            try:
                _until_the_end.enter_context(localdb.running(folder, fast=True))
            except localdb.LocalDatabaseError as reason:
                raise pytest.UsageError(str(reason)) from None
            os.environ["DATABASE_URL"] = localdb.url(folder, role="owner")
    return (yield)


def pytest_unconfigure():
    _until_the_end.close()
