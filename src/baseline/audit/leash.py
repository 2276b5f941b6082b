"""Becomes a program which is killed when the one that asked for it ends, however that ends.

Run as a script of its own, in the child: ``leash.py PID-OF-PARENT COMMAND...``. A parent that was
killed by SIGKILL ends nothing, and its tools would go on for an hour [prctl(2), Linux alone].
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# As shells say that they could not start something.
_NOT_STARTED = 127


def _become(parent: int, command: list[str]) -> int:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        return _NOT_STARTED
    try:
        os.execv(command[0], command)  # noqa: S606  # the command is ours
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
    return _NOT_STARTED


if __name__ == "__main__":
    sys.exit(_become(int(sys.argv[1]), sys.argv[2:]))
