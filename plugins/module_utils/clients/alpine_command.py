# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""alpine's command line: which files, what it sets in their place, and which folder it opens (alpine -h).

Its options are words behind one dash, which getopt(3) would read otherwise; -VARIABLE=VALUE sets a variable of the pinerc.
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import pinerc

FOLDER = "-f"
# Their files are remote folders where they begin so.
_REMOTE = "{"
_WITH_ARGUMENT = ("attach", "attach_and_delete", "d", "c", "F", "sort", "I", "n", "smimedir", "passfile", "pwdcertdir") + tuple(
    "xoauth2-" + name for name in ("server", "client-id", "client-secret", "tenant", "user", "flow")
)
_KEPT = ("f", "url", "p", "P", "x")
_ENDS = ("h", "conf", "pinerc", "v", "version", "supported", "copy_pinerc", "copy_abook", "convert_sigs")
_FILES = {"P": "system", "p": "own", "x": "exceptions"}


class Command:
    """One start of alpine.

    Args:
        launch: the launches.launch.Launch.

    Attributes:
        opens_mailboxes: False where it only prints something or copies a file.
        files: {"system", "own" or "exceptions": absolute path, None where it is remote or not known}, those that it names.
        layer: {name: pinerc.Variable} that it sets; a folder that it opens stands there as FOLDER.
        undecided: what of it only the running command knows.
    """

    def __init__(self, launch):
        self.launch = launch
        self.opens_mailboxes = True
        self.files, self.layer, self.undecided = {}, {}, []
        self._parse(list(launch.argv[1:]))

    def _parse(self, words):
        while words:
            word = words.pop(0)
            name = word.text[1:]
            if not word.is_decided and (word.may_be_many or not word.text or word.text.startswith("-")):
                self._note("options", "words of the command line are known only when it runs")
            elif word.text.startswith("-") and "=" in name:
                self._set(name)
            elif word.text.startswith("-") and name in _ENDS:
                self.opens_mailboxes = False
            elif word.text.startswith("-") and name in _WITH_ARGUMENT + _KEPT:
                self._take(name, words.pop(0) if words else None)

    def _take(self, name, word):
        known = word.text if word is not None and word.is_decided else None
        if name in _FILES:
            self.files[_FILES[name]] = self.launch.path(known) if known and not known.startswith(_REMOTE) else None
        elif name == "f" and known is None or name == "url" and (known is None or not known.startswith("mailto:")):
            self._note("server", "which folder it opens is known only when it runs")
        elif name == "f":
            self.layer[FOLDER] = pinerc.Variable(FOLDER, [known], self.launch.file, self.launch.line)

    def _set(self, assignment):
        for name, variable in pinerc.parse(assignment + "\n", self.launch.file).items():
            self.layer[name] = variable._replace(line=self.launch.line)

    def _note(self, what, why):
        self.undecided.append(base.undecided(what, why, self.launch.file, self.launch.line))
