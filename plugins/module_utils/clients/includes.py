# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that a configuration includes by a pattern, as glob(3) finds them: a pattern in the last part of the path alone."""

import fnmatch
import posixpath


def matching(host, pattern, directory, affects):
    """Yield (path, text) of the files that *pattern*, relative to *directory*, stands for; of those that can't be read the text is empty.

    Args:
        host: the Host.
        pattern: a path, with wildcards in its last part.
        directory: what relative paths are relative to.
        affects: of gaps.
    """
    pattern = posixpath.join(directory, pattern)
    directory, _slash, name = pattern.rpartition("/")
    names = [name] if host.is_file(pattern) else fnmatch.filter(host.names(directory, affects), name)
    for found in names:
        # A wildcard does not stand for a dot at the beginning.
        if name.startswith(".") or not found.startswith("."):
            yield directory + "/" + found, host.text(directory + "/" + found, affects) or ""
