#!/usr/bin/env python3
"""Running a program in a terminal and typing keys into it: `terminal.py KEYS PROGRAM ARGUMENT...`.

Runs inside a host with its Python. KEYS is a JSON list. A text is typed when the program has written nothing for QUIET
seconds, so after it has drawn its screen or asked its question; of {"when": EXPRESSION, "type": TEXT} the text is typed then
only if what it wrote since the last key, without the terminal's own signs, matches the expression. What it writes goes to
standard output. The program is ended QUIET seconds after its last word, with all keys typed, or after SECONDS.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

QUIET = 0.5
SECONDS = 20.0
_SIGNS = re.compile(r"\x1b(?:\[[0-9;?]*[a-zA-Z]|[()].|.)")
_ROWS_AND_COLUMNS = struct.pack("HHHH", 40, 120, 0, 0)


def main(keys: list[str | dict[str, str]], command: list[str]) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm"
        # Before the program starts: it must not find a terminal without a size, nor one that changes while it looks.
        fcntl.ioctl(0, termios.TIOCSWINSZ, _ROWS_AND_COLUMNS)
        os.execvp(command[0], command)
    try:
        _type(keys, terminal)
    finally:
        # Closing the terminal alone would leave behind a program that ignores it.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _type(keys: list[str | dict[str, str]], terminal: int) -> None:
    end, shown = time.monotonic() + SECONDS, ""
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], QUIET)
        if ready:
            try:
                written = os.read(terminal, 65536)
            except OSError:  # the program has ended
                return
            sys.stdout.buffer.write(written)
            sys.stdout.flush()
            shown += _SIGNS.sub("", written.decode(errors="replace"))
        elif not keys:
            return
        elif isinstance(keys[0], str) or re.search(keys[0]["when"], shown):
            key, shown = keys.pop(0), ""
            os.write(terminal, (key if isinstance(key, str) else key["type"]).encode())


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
