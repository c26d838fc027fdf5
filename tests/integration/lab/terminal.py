#!/usr/bin/env python3
"""Running a program in a terminal and typing keys into it: `terminal.py KEYS PROGRAM ARGUMENT...`.

Runs inside a host with its Python. KEYS is a JSON list of texts; each is typed when the program has written nothing for
QUIET seconds, so after it has drawn its screen or asked its question. What it writes goes to standard output. The program
is ended when it is still there QUIET seconds after its last word, with all keys typed, or after SECONDS.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

QUIET = 0.5
SECONDS = 20.0
_ROWS_AND_COLUMNS = struct.pack("HHHH", 40, 120, 0, 0)


def main(keys: list[str], command: list[str]) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, _ROWS_AND_COLUMNS)
    try:
        _type(keys, terminal)
    finally:
        # Closing the terminal alone would leave behind a program that ignores it.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _type(keys: list[str], terminal: int) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], QUIET)
        if not ready and not keys:
            return
        if not ready:
            os.write(terminal, keys.pop(0).encode())
            continue
        try:
            written = os.read(terminal, 65536)
        except OSError:  # the program has ended
            return
        sys.stdout.buffer.write(written)
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
