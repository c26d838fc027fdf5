# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that a configuration includes by a pattern, as glob(3) finds them."""

import fnmatch
import posixpath
import re

_WILDCARDS = re.compile(r"[*?\[]")
_MAX_DIRECTORIES = 1000


def matching(host, pattern, directory, affects):
    """Yield (path, text) of the files that *pattern*, relative to *directory*, stands for; of those that can't be read the text is empty.

    Args:
        host: the Host.
        pattern: a path, with wildcards in any part.
        directory: what relative paths are relative to.
        affects: of gaps.
    """
    pattern = posixpath.join(directory, pattern)
    parent, _slash, name = pattern.rpartition("/")
    if host.is_file(pattern):
        yield pattern, host.text(pattern, affects) or ""
        return
    for path in _directories(host, parent, affects):
        for found in _named(host, path, name, affects):
            yield path + "/" + found, host.text(path + "/" + found, affects) or ""


def _directories(host, pattern, affects):
    """Return the directories that *pattern* stands for; "" is the root."""
    found = [""]
    for part in pattern.split("/")[1:]:
        if _WILDCARDS.search(part):
            found = [path + "/" + name for path in found for name in _named(host, path, part, affects) if host.is_dir(path + "/" + name)]
        else:
            found = [path + "/" + part for path in found]
        if len(found) > _MAX_DIRECTORIES:
            host.gap(pattern, f"stands for more than {_MAX_DIRECTORIES} directories: only the first of them were looked at", affects)
            found = found[:_MAX_DIRECTORIES]
    return found


def _named(host, directory, pattern, affects):
    # A wildcard does not stand for a dot at the beginning.
    names = fnmatch.filter(host.names(directory or "/", affects), pattern)
    return [name for name in names if pattern.startswith(".") or not name.startswith(".")]
