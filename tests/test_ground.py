"""The ground everything stands on: the local server, its roles, settings, locks, the start."""

import fcntl
import importlib.util
import io
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection

from pmo_cmo import localdb, run
from pmo_cmo.management.commands import prepare

ROOT = Path(__file__).resolve().parent.parent


def python(*words, **environment):
    """Run this Python in a process of its own, in the checkout."""
    given = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=given | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def var_dir():
    """A short path, unlike pytest's own: the socket then lies with the data."""
    with tempfile.TemporaryDirectory(prefix="var-") as folder:
        yield Path(folder)


def ask(folder, statement, role="owner"):
    line = psycopg2.connect(localdb.url(folder, role=role))
    line.autocommit = True
    try:
        with line.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        line.close()


# --- The local server ------------------------------------------------------------------------------------------------
def test_a_second_start_attaches_to_the_running_server_and_does_not_stop_it(var_dir):
    with localdb.running(var_dir, fast=True):
        assert localdb.start(var_dir) is None
        with localdb.running(var_dir):
            pass
        assert ask(var_dir, "SELECT current_user, current_database()") == ("portal_owner", "portal")
    assert not localdb.is_running(var_dir)


def test_the_local_server_knows_letters_with_accents(var_dir):
    with localdb.running(var_dir, fast=True):
        assert ask(var_dir, "SELECT lower('ÉLAN'), to_tsvector('simple', 'Čapek')::text") == ("élan", "'čapek':1")


def test_the_web_role_gives_up_waiting(var_dir):
    with localdb.running(var_dir, fast=True):
        timeouts = [
            ask(var_dir, f"SHOW {name}", role="web")[0]
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        ]
    assert timeouts == ["3s", "5s", "30s"]


def test_only_the_owner_may_enter_the_folder_of_the_socket_and_nothing_listens_on_tcp(var_dir):
    with localdb.running(var_dir, fast=True):
        assert stat.S_IMODE(localdb.place(var_dir).socket.stat().st_mode) == 0o700
        assert ask(var_dir, "SHOW listen_addresses") == ("",)


def test_a_killed_server_starts_again_with_every_row(var_dir):
    server = localdb.start(var_dir)
    ask(var_dir, "CREATE TABLE kept AS SELECT generate_series(1, 20) AS number")
    server.kill()
    server.wait()
    with localdb.running(var_dir):
        assert ask(var_dir, "SELECT count(*) FROM kept") == (20,)


def test_the_server_ends_with_the_process_that_started_it_even_by_kill_9(var_dir):
    program = (
        "import sys, time; from pathlib import Path; from pmo_cmo import localdb\n"
        "localdb.start(Path(sys.argv[1]), fast=True); print('runs', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, var_dir], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"runs\n"
        parent.kill()
    pid_file = localdb.place(var_dir).data / "postmaster.pid"
    until = time.monotonic() + 30
    while pid_file.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not pid_file.exists()


def test_a_long_path_moves_the_socket_to_a_short_folder(var_dir):
    deep = var_dir / ("long" * 25)
    assert localdb.place(deep).data.parent == deep
    with localdb.running(deep, fast=True):
        assert len(os.fsencode(localdb.place(deep).socket_file)) <= localdb.LONGEST_SOCKET_PATH
        assert ask(deep, "SELECT 1") == (1,)
    localdb.place(deep).socket.rmdir()  # nothing was left in it


def test_a_socket_folder_that_somebody_else_made_is_refused(var_dir):
    deep = var_dir / ("long" * 25)
    taken = localdb.place(deep).socket
    taken.mkdir(mode=0o755)
    try:
        with pytest.raises(localdb.LocalDatabaseError, match="belongs to another user"):
            localdb.start(deep, fast=True)
    finally:
        taken.rmdir()


def test_data_of_another_version_is_not_mistaken_for_no_data(var_dir):
    (var_dir / "pg9").mkdir()
    with pytest.raises(localdb.LocalDatabaseError, match="written by PostgreSQL 9"):
        localdb.start(var_dir)


def test_the_tests_have_a_database_of_their_own(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone()[0].startswith("test_")


# --- Two roles -------------------------------------------------------------------------------------------------------
@pytest.fixture
def web(settings, transactional_db):
    """A connection to the test database as the web role, which `setup_roles` has set up twice."""
    settings.DATABASE_URL = re.sub(r"//[^@]*@", "//portal_web@", settings.DATABASE_URL)
    for _ in range(2):
        call_command("setup_roles", stdout=io.StringIO())
    known = connection.get_connection_params()
    line = psycopg2.connect(host=known["host"], port=known["port"], dbname=known["dbname"], user="portal_web")
    line.autocommit = True
    with line.cursor() as cursor:
        yield cursor
    line.close()


@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} ADD note text"]
)
def test_the_web_role_may_not_change_the_log_of_moderation(web, statement):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        web.execute(statement.format("threads_moderationentry"))


def test_the_web_role_may_read_and_add_to_the_log_of_moderation(web):
    web.execute(
        "SELECT has_table_privilege('threads_moderationentry', 'INSERT'),"
        " has_table_privilege('threads_moderationentry', 'SELECT'),"
        " has_sequence_privilege('threads_moderationentry_id_seq', 'USAGE')"
    )
    assert web.fetchone() == (True, True, True)


def test_the_web_role_may_write_tables_that_come_later(web):
    with connection.cursor() as owner:
        owner.execute("CREATE TABLE comes_later (id bigserial)")
    try:
        web.execute("INSERT INTO comes_later DEFAULT VALUES")
        web.execute("UPDATE comes_later SET id = 2")
        web.execute("DELETE FROM comes_later")
        assert web.rowcount == 1
    finally:
        with connection.cursor() as owner:
            owner.execute("DROP TABLE comes_later")


def test_one_role_for_everything_is_warned_of_when_the_database_is_checked(settings, db):
    def warnings(**asked):
        return [found.id for found in run_checks(**asked) if found.id == "pmo_cmo.W001"]

    assert warnings(databases=["default"]) == ["pmo_cmo.W001"]
    assert warnings(include_deployment_checks=True) == []
    settings.DATABASE_URL = "postgresql://portal_web@/portal"
    assert warnings(databases=["default"]) == []


# --- Settings --------------------------------------------------------------------------------------------------------
def test_an_https_address_passes_the_deployment_check_without_a_warning():
    checked = python(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", SITE_URL="https://portal.example", DEBUG=""
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("address", ["http://portal.example", "portal.example", "https://portal.example/forum"])
def test_an_address_that_cannot_be_served_safely_refuses_the_start(address):
    checked = python("manage.py", "check", SITE_URL=address)
    assert checked.returncode != 0
    assert f"SITE_URL is “{address}”." in checked.stderr


def test_the_secret_key_is_made_once_for_its_owner_only(var_dir):
    program = "from pmo_cmo import settings; print(settings.SECRET_KEY)"
    keys = [python("-c", program, PORTAL_VAR=str(var_dir), SECRET_KEY="").stdout.strip() for _ in range(2)]
    assert len(keys[0]) > 60
    assert keys[0] == keys[1]
    assert stat.S_IMODE((var_dir / "secret_key").stat().st_mode) == 0o600


# --- Locks -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-postgres.lock", "requirements-dev.lock"])
def test_a_lock_holds_exact_hashed_pins_and_no_address(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    packages = text.replace("\\\n", " ").strip().splitlines()
    pin = re.compile(r"[a-z0-9.-]+==[^\s;]+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", re.IGNORECASE)
    assert packages
    assert [line for line in packages if not pin.fullmatch(line)] == []


def test_psycopg_3_is_not_there_to_take_over_silently():
    assert importlib.util.find_spec("psycopg") is None
    assert not re.search(r"^psycopg(-|\[|==)", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)


# --- The start -------------------------------------------------------------------------------------------------------
def test_a_second_make_run_says_so(var_dir):
    with (var_dir / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 1, http://127.0.0.1:8000")
        lock.flush()
        second = python("-m", "pmo_cmo.run", PORTAL_VAR=str(var_dir))
    assert second.returncode == 1
    assert second.stderr.startswith("The portal already runs (process 1, http://127.0.0.1:8000).")


def test_a_port_in_use_is_said_in_words(monkeypatch):
    monkeypatch.setattr(run, "WAIT_FOR_PORT", 0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with (
            pytest.raises(run.NotStartedError, match=f"127.0.0.1:{port} cannot be listened on: address already in use"),
            run._listening("127.0.0.1", port, run.Stop()),
        ):
            pass


def administrators_password():
    said = io.StringIO()
    call_command("first_administrator", stdout=said)
    found = re.search(r"with the password (\S+)", said.getvalue())
    return found and found[1]


def test_the_first_administrator_gets_a_new_password_shown_once(db):
    members = get_user_model().objects
    first = administrators_password()
    assert members.get(username="admin").check_password(first)
    assert members.get(username="admin").is_superuser
    assert administrators_password() is None
    members.all().delete()
    assert administrators_password() not in {None, first}


def is_being_prepared():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [prepare.PREPARING])
            return not cursor.fetchone()[0]
    finally:
        other.close()


def test_two_machines_that_start_at_once_prepare_the_database_one_after_the_other(transactional_db, monkeypatch):
    seen = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **_: seen.append((name, is_being_prepared())))
    monkeypatch.setattr(prepare.Command, "_collect_static", lambda _self: None)
    call_command("prepare")
    names = ["migrate", "createcachetable", "load_glossary", "first_administrator"]
    assert seen == [(name, True) for name in names]
    assert not is_being_prepared()
    with prepare._alone():
        waits = threading.Thread(target=_prepare_elsewhere)
        waits.start()
        until(lambda: waiting_for_locks() == 1)
        assert len(seen) == len(names)
    waits.join(timeout=10)
    assert len(seen) == 2 * len(names)


def _prepare_elsewhere():
    call_command("prepare")
    connection.close()


def waiting_for_locks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0]


def until(is_so):
    while not is_so():
        time.sleep(0.01)


# --- What grows ------------------------------------------------------------------------------------------------------
def test_the_log_of_the_local_server_is_cut_at_a_start_when_it_is_large(tmp_path, monkeypatch):
    monkeypatch.setattr(localdb, "LARGEST_LOG", 1000)
    monkeypatch.setattr(localdb, "LOG_KEPT", 50)
    log = tmp_path / "postgres.log"
    localdb._cut(log)
    log.write_bytes(b"a line\n" * 100)
    localdb._cut(log)
    assert log.stat().st_size == 700
    log.write_bytes(b"a line\n" * 200 + b"the last line\n")
    localdb._cut(log)
    assert log.read_bytes() == b"a line\n" * 5 + b"the last line\n"
