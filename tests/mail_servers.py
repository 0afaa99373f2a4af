"""Mail servers for tests, over sockets of this machine: SMTP by aiosmtpd, and as much IMAP as a mailbox needs."""

import asyncio
import contextlib
import os
import ssl
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
USER, PASSWORD = "reply@portal.example", 'a secret with "quotes" and \\'


def manage(folder, *command, **given):
    """The words and the environment of `manage.py …` in a process of its own, against the database of this test."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {"DATABASE_URL": url, "PORTAL_VAR": str(folder), "SECRET_KEY": settings.SECRET_KEY, **given}
    return {"args": [sys.executable, "manage.py", *command], "cwd": ROOT, "env": os.environ | env}


@contextlib.contextmanager
def serving(start):
    """A server in a thread of its own, which the coroutine function `start` begins. Yields its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    server = do(start())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        do(_end_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _end_all():
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@dataclass
class Certificate:
    """Of 127.0.0.1, by nobody but itself; who trusts `path` trusts it."""

    path: Path
    key: Path

    @classmethod
    def made_in(cls, folder):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server of tests")])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        found = cls(folder / "certificate.pem", folder / "key.pem")
        found.path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return found

    def context(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path, self.key)
        return context


@dataclass
class Received:
    """A mail as it came over the wire, with its envelope."""

    sender: str
    recipients: list[str]
    raw: bytes
    login: str = ""

    @property
    def mail(self):
        return message_from_bytes(self.raw, policy=policy.default)


class MailServer:
    """An SMTP server that keeps what comes. `refuses`: recipient → answer, such as `550 no such user`.

    What comes for a recipient that `pipe` (a function of raw mail and recipient) takes is answered by its exit code,
    as Postfix does.
    """

    def __init__(self, *, pipe=None):
        self.received, self.refuses, self.pipe, self.codes = [], {}, pipe, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 aiosmtpd's name
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 aiosmtpd's name
        login = session.auth_data.login.decode() if session.authenticated else ""
        self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, envelope.content, login))
        if self.pipe is None:
            return "250 OK"
        return await asyncio.to_thread(self._hand_over, envelope)

    def _hand_over(self, envelope):
        """What Postfix's pipe(8) makes of a mail (flags=DR), and of the code its command ends with."""
        (recipient,) = envelope.rcpt_tos
        heads = f"Return-Path: <{envelope.mail_from}>\nX-Original-To: {recipient}\nDelivered-To: {recipient}\n"
        code = self.pipe(heads.encode() + envelope.content.replace(b"\r\n", b"\n"), recipient)
        self.codes.append(code)
        if code == os.EX_OK:
            return "250 delivered"
        return "451 4.3.0 later" if code == os.EX_TEMPFAIL else f"550 5.3.0 the command ended with {code}"

    @contextlib.contextmanager
    def listening(self, certificate=None):
        """Yields the port. With a certificate it takes mail only over STARTTLS and from who signs in."""
        more = {}
        if certificate:
            more = {
                "tls_context": certificate.context(),
                "require_starttls": True,
                "auth_required": True,
                "authenticator": _authenticate,
            }

        async def start():
            loop = asyncio.get_running_loop()
            return await loop.create_server(lambda: SMTP(self, hostname="mx.example", loop=loop, **more), HOST, 0)

        with serving(start) as port:
            yield port


def _authenticate(_server, _session, _envelope, _mechanism, given):
    return AuthResult(success=(given.login.decode(), given.password.decode()) == (USER, PASSWORD), auth_data=given)


@dataclass
class Stored:
    raw: bytes
    flags: set = field(default_factory=set)


class Mailbox:
    """A mailbox behind IMAP4rev1 (RFC 3501), for one client at a time and mails that are numbered from 7 on.

    `hangs_up`: the n-th time that a command begins so, the line is cut: before what it asks for is done, or half-way
    through its answer for a FETCH.
    """

    FIRST = 7  # so that nobody takes a place in the list for the number of a mail

    def __init__(self, *raws):
        self.mails = {self.FIRST + place: Stored(raw) for place, raw in enumerate(raws)}
        self.hangs_up = {}
        self.refuses = set()  # commands, from their first letter, that are answered NO
        self.commands = []

    def flags(self):
        return [sorted(stored.flags) for stored in self.mails.values()]

    @contextlib.contextmanager
    def listening(self, certificate=None):
        context = certificate.context() if certificate else None
        with serving(lambda: asyncio.start_server(self._talk, HOST, 0, ssl=context)) as port:
            yield port

    async def _talk(self, reader, writer):
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                if await self._is_cut(command, writer):
                    return
                writer.write(self._answer(tag, command))
                await writer.drain()
                if command.startswith("LOGOUT"):
                    return
        finally:
            writer.close()

    async def _is_cut(self, command, writer):
        self.commands.append(command)
        for beginning, times in self.hangs_up.items():
            if command.startswith(beginning):
                self.hangs_up[beginning] = times - 1
                if times == 1:
                    if "FETCH" in command:
                        whole = self._answer("x", command)
                        writer.write(whole[: len(whole) // 2])
                        await writer.drain()
                    return True
        return False

    def _answer(self, tag, command):
        if any(command.startswith(beginning) for beginning in self.refuses):
            return f"{tag} NO not now\r\n".encode()
        word = "uid_" + command.split()[1] if command.startswith("UID ") else command.split()[0]
        return getattr(self, f"_{word.lower()}", self._ok)(command) + f"{tag} OK done\r\n".encode()

    def _ok(self, _command):
        return b""

    def _capability(self, _command):
        return b"* CAPABILITY IMAP4rev1\r\n"

    def _select(self, _command):
        return f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 1] fine\r\n".encode()

    def _uid_search(self, command):
        assert command.endswith("UNSEEN")
        unseen = [str(uid) for uid, stored in self.mails.items() if "\\Seen" not in stored.flags]
        return ("* SEARCH " + " ".join(unseen)).strip().encode() + b"\r\n"

    def _uid_fetch(self, command):
        uid = int(command.split()[2])
        if uid not in self.mails:
            return b""  # somebody else has deleted it
        raw, place = self.mails[uid].raw, list(self.mails).index(uid) + 1
        if "BODY" not in command:
            return f"* {place} FETCH (UID {uid} RFC822.SIZE {len(raw)})\r\n".encode()
        assert "BODY.PEEK[]" in command, "reading marks nothing as seen"
        return f"* {place} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"

    def _uid_store(self, command):
        _uid, _store, uid, how, flags = command.split(" ", 4)
        assert how == "+FLAGS"
        self.mails[int(uid)].flags.update(flags.strip("()").split())
        return b""
