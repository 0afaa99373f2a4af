"""kill -9 of whoever sends mail, in the middle: no mail is lost, and the one under way comes again as the same one."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from members.models import Notification
from tests.factories import member, reply, start
from threads.actions import following

ROOT = Path(__file__).resolve().parent.parent
SENDER = """
import os, signal, sys
import django
django.setup()
from django.core.mail.backends.filebased import EmailBackend
from members.actions.mailing import take_over
from pmo_cmo import mailing

sent, send = 0, EmailBackend.send_messages

def send_and_die(server, messages):
    global sent
    send(server, messages)
    server.close()
    sent += 1
    if sent == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

EmailBackend.send_messages = send_and_die
take_over("worker-1")
mailing.send_due("worker-1")
"""


def run_sender(folder, *, dies_after):
    """Send what is due in a process of its own, which is killed once it has handed over so many mails."""
    name = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    given = os.environ | {"DATABASE_URL": url, "PORTAL_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "pmo_cmo.settings"}
    command = [sys.executable, "-c", SENDER, str(dies_after)]
    return subprocess.run(command, cwd=ROOT, env=given, check=False, timeout=120).returncode


def ids_of(folder):
    """How often each mail was handed over, by its Message-ID."""
    found = Counter()
    for path in (folder / "mail").glob("*.log"):
        found.update(line for line in path.read_text().splitlines() if line.startswith("Message-ID:"))
    return found


@pytest.mark.django_db(transaction=True)
def test_killing_whoever_sends_mail_loses_none_and_gives_the_one_under_way_the_same_name(tmp_path):
    thread = start(member("bea")).thread
    for number in range(6):
        following.follow(by=member(f"f-{number}"), level="all", thread=thread)
    reply(thread, member("carl"))
    expected = 7
    assert run_sender(tmp_path, dies_after=3) == -signal.SIGKILL
    assert sum(ids_of(tmp_path).values()) == 3
    for dies_after in (2, 99):
        run_sender(tmp_path, dies_after=dies_after)
    found = ids_of(tmp_path)
    assert len(found) == expected
    assert sorted(found.values()) == [1, 1, 1, 1, 1, 2, 2], "the two that were under way, and no other"
    assert not Notification.objects.filter(mailed_at=None).exists()
