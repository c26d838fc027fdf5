# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Goes through directories for files of certain names: in a process apart, which is nice to others and has bounds."""

import collections
import json
import os
import re
import signal
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import mounts
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask, find

DEPTH = 12  # directories below a place
NICENESS = 19
_OUTPUT_LIMIT = 4 * 1024 * 1024
_LIBRARY = re.compile("|".join(f"(?:{pattern})$" for pattern in find.KINDS.values()))


def search(root, table, searches, seconds):
    """Return ([(place, path)], [(what, why)]) of the libraries and of Java below the places, and of what was not looked at.

    Args:
        root: directory that stands for "/"; all paths are as the system in it sees them.
        table: its Mounts.
        searches: [(what is searched, in words; real paths of places; most entries to look at)].
        seconds: for all of them together.

    No symbolic link is followed, and no file system entered that isn't surely a local one.
    """
    reading, writing = os.pipe()
    end = time.monotonic() + seconds
    process = os.fork()
    if not process:
        _be_that_process(_Walk(root, table, searches, end, writing), reading)
    os.close(writing)
    try:
        # Its own look at the clock ends it before this does, unless a disk does not answer.
        output, why = ask.read(reading, end + 1, _OUTPUT_LIMIT, f"not through after {seconds:g} seconds")
    finally:
        os.close(reading)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    told = [json.loads(line) for line in output.split(b"\n")[:-1]]
    gaps = [tuple(item[1:]) for item in told if item[0] == "gap"]
    if why or told[-1:] != [["end"]]:
        gaps.append(("copies of TLS libraries", f"the search for them did not come to its end: {why or 'its process has ended'}"))
    return [tuple(item[1:]) for item in told if item[0] == "file"], gaps


def _be_that_process(walk, reading):
    try:
        os.close(reading)
        os.nice(NICENESS)
        walk.run()
    except Exception as error:  # pylint: disable=broad-except
        walk.tell("gap", "copies of TLS libraries", f"the search for them failed: {error.__class__.__name__}")
    finally:
        os._exit(0)


class _Bound(Exception):
    """A bound was hit; the text says which."""


class _Walk:
    """Tells what it finds as it finds it, as lines of JSON into *pipe*."""

    def __init__(self, root, table, searches, end, pipe):
        self._prefix = "" if root == "/" else root
        self._table, self._searches, self._end, self._pipe = table, searches, end, pipe
        # What is a place of its own is not gone through as a part of another.
        self._places = {place for _what, places, _entries in searches for place in places}
        self._left = 0

    def tell(self, *item):
        os.write(self._pipe, json.dumps(item).encode("ascii") + b"\n")

    def run(self):
        for what, places, entries in self._searches:
            self._left = entries
            self._through(what, [place for place in places if self._is_local(self._table.of(place))])
        self.tell("end")

    def _through(self, what, places):
        """Breadth first, so that where a bound is hit, what is left out is what lies deepest."""
        queue = collections.deque((place, place, 0) for place in places)
        left_out = []
        while queue:
            place, directory, depth = queue.popleft()
            try:
                inner = self._look(place, directory)
            except _Bound as error:
                self.tell("gap", what, f"not all was searched for copies of TLS libraries, but until {directory}: {error}")
                break
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                left_out.append((directory, (error.strerror or "").lower()))
                continue
            if inner and depth == DEPTH:
                left_out.append((directory, f"what is in it lies deeper than {DEPTH} directories"))
                continue
            queue.extend((place, path, depth + 1) for path in inner)
        if left_out:
            more = f", and {len(left_out) - 1} more directories" if len(left_out) > 1 else ""
            self.tell("gap", what, f"not searched for copies of TLS libraries: {left_out[0][0]} ({left_out[0][1]}){more}")

    def _look(self, place, directory):
        """Tell of the files in *directory*, and return the directories in it that are to be gone through."""
        if time.monotonic() > self._end:
            raise _Bound("the time for it was over")
        inner = []
        with os.scandir(self._prefix + directory) as entries:
            for entry in entries:
                if not self._left:
                    raise _Bound("there are too many entries")
                self._left -= 1
                path = directory.rstrip("/") + "/" + entry.name
                # The kind of an entry comes with its name: nothing has to be asked for each of them.
                if entry.is_dir(follow_symlinks=False):
                    if path not in self._places and self._is_local(self._table.at(path)):
                        inner.append(path)
                elif _is_wanted(directory, entry.name) and entry.is_file(follow_symlinks=False):
                    self.tell("file", place, path)
        return inner

    def _is_local(self, mount):
        """Whether what begins at *mount*, or None where nothing does, may be gone through; otherwise it is told, once."""
        if mount is None or mounts.is_local(mount):
            return True
        if not mounts.is_of_kernel(mount):
            why = f"not searched for copies of TLS libraries: it may not be a local file system ({mount.type})"
            self.tell("gap", mount.path, why)
        return False


def _is_wanted(directory, name):
    return bool(_LIBRARY.match(name)) or (name == "java" and directory.endswith("/bin"))
