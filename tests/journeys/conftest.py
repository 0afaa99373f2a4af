"""Visitors to a real server in a real Chromium, under the policy and the headers that everybody gets.

What a page says on the console, any script error and any request that leaves
the host fail the journey at its end.
"""

import contextlib
import threading
from urllib.parse import urlsplit

import pytest
from django.conf import settings as portal
from django.core import mail
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from tests.people import run_jobs, send_mail

PHONE = {"viewport": {"width": 320, "height": 640}}
DESK = {"viewport": {"width": 1280, "height": 900}}


class Visitors:
    """Makes browser contexts, each as good as a browser of its own, and keeps what their pages complain about."""

    def __init__(self, browser, address):
        self.browser = browser
        self.address = address
        self.complaints = []
        self.elsewhere = set()  # hosts that a journey leads to on purpose
        self._open = contextlib.ExitStack()

    def visit(self, as_member=None, *, script=True, **options):
        """A page in a fresh context; signed in as somebody where one is given."""
        options = {**DESK, "base_url": self.address, "java_script_enabled": script, "locale": "en-GB"} | options
        context = self.browser.new_context(**options)
        context.set_default_timeout(10_000)
        self._open.callback(context.close)
        context.on("page", self._listen)
        if as_member:
            self.sign_in(context, as_member)
        return context.new_page()

    def sign_in(self, context, member):
        """The session of somebody who signed in; the way through the form is a journey of its own."""
        client = Client()
        client.force_login(member)
        value = client.cookies[portal.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": portal.SESSION_COOKIE_NAME, "value": value, "url": self.address}])

    def close(self):
        """Close every browser and wait for its last requests: no draft is saved while tables are emptied."""
        self._open.close()
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:  # of the live server: one for each connection
                thread.join(10)

    def _listen(self, page):
        refused = set()  # pages that answered 4xx or 5xx, which Chromium repeats on the console
        page.on("response", lambda r: r.status >= 400 and r.request.is_navigation_request() and refused.add(r.url))
        # What a script asked and was told, such as a save of a draft without a session, stands on the page as well.
        page.on("response", lambda r: r.status in {409, 422} and refused.add(r.url))
        page.on("response", lambda r: r.status == 403 and "/me/drafts/save/" in r.url and refused.add(r.url))
        page.on("console", lambda said: said.location["url"] in refused or self._complain(f"{page.url}: {said.text}"))
        page.on("pageerror", lambda error: self._complain(f"{page.url}: {error}"))
        page.on("request", self._see_request)

    def _see_request(self, request):
        # Chromium makes data: and blob: addresses up itself; nothing leaves the machine for them.
        parts = urlsplit(request.url)
        here = {urlsplit(self.address).netloc, *self.elsewhere}
        if parts.scheme in {"http", "https"} and parts.netloc not in here:
            self._complain(f"left the host: {request.url}")

    def _complain(self, text):
        self.complaints.append(text)


@pytest.fixture
def visitors(browser, live_server, settings):
    settings.SITE_URL = live_server.url  # mails and canonical links name it
    cache.clear()  # its limits outlive the test before: the flush does not know its table
    expect.set_options(timeout=10_000)
    made = Visitors(browser, live_server.url)
    yield made
    made.close()
    assert made.complaints == []


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request):
    """A journey that has to work with JavaScript switched off as well."""
    return request.param


@pytest.fixture
def post_box():
    """What the background worker has sent."""

    def newest(to):
        run_jobs()
        send_mail()
        return next(message for message in reversed(mail.outbox) if message.to == [to])

    return newest
