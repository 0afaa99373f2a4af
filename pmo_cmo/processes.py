"""Child processes that never outlive their parent, whatever ends it."""

import ctypes
import functools
import os
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def end_with(parent: int, signal_number: int) -> None:
    """Have the kernel send this process a signal when its parent ends, even by kill -9.

    The kernel forgets the order when a process changes its user: for that case `setpriv --pdeathsig` gives it after
    the change. Elsewhere than on Linux this does nothing.
    """
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # the parent ended before the order was given
            os._exit(1)


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """What a child of this process calls before exec (`preexec_fn`): see `end_with`."""
    return functools.partial(end_with, os.getpid(), signal_number)
