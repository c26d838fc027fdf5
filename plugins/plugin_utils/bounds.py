# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one host may cost the controller: so many seconds, so much memory, whatever it answers, or never does."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

# An answer is some megabytes at most. Ansible gathers all of it in memory, several times over, before anyone may look at it.
ANSWER_MEMORY = 512 * 1024 * 1024


class OutOfBounds(Exception):
    """The host took more than its share; the text says of what."""


class _Late(BaseException):
    """No Exception, because connection plugins would take it for their own."""


@contextlib.contextmanager
def bounded(seconds: int, memory: int = ANSWER_MEMORY) -> Iterator[None]:
    """Run the context with at most *seconds* of time and *memory* bytes more than this process has now.

    For Ansible's worker processes: it takes the alarm clock of the process, unless somebody else has set it, and the limit of
    its address space, which programs that it starts inherit.

    Raises OutOfBounds.
    """
    with _clock(seconds), _address_space(memory):
        try:
            yield
        except _Late:
            raise OutOfBounds(f"no answer within {seconds} seconds") from None
        except MemoryError:
            raise OutOfBounds(f"its answer is too large: it took more than {memory // 1024**2} MB of memory") from None


@contextlib.contextmanager
def _clock(seconds: int) -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise _Late

    left = signal.alarm(0)
    if left:
        # A task with a `timeout` of its own: Ansible's clock is the one that counts.
        signal.alarm(left)
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _address_space(memory: int) -> Iterator[None]:
    used = _used()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [limit for limit in (soft, hard, used + memory if used else resource.RLIM_INFINITY) if limit != resource.RLIM_INFINITY]
    if limits:
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _used() -> int:
    """The bytes of this process's address space; 0 where the system does not tell, as on macOS."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
