# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many files a configuration may include: each may include all others, so that a depth alone bounds nothing."""

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

MAX_FILES = 1000


class Included:
    """Counts the files of one configuration."""

    def __init__(self):
        self._number = 0

    def counted(self, found, line):
        """Yield what is *found* in *line*, (path, text) of each file. Raises GrammarError where all of them are more than MAX_FILES."""
        for path, text in found:
            self._number += 1
            if self._number > MAX_FILES:
                raise GrammarError(line, f"no more than {MAX_FILES} included files")
            yield path, text
