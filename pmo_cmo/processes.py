"""Child processes that never outlive their parent, whatever ends it."""

import ctypes
import os
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """What a child calls before exec (`preexec_fn`) to be sent this signal when its parent ends, even by kill -9.

    The kernel forgets the order when the child changes its user: for that case `setpriv --pdeathsig` gives it after
    the change. Elsewhere than on Linux this does nothing.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def order() -> None:
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, signal_number)
            if os.getppid() != parent:  # the parent ended before the order was given
                os._exit(1)

    return order
