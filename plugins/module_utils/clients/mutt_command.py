# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines of mutt and neomutt: which files, what is set besides, and which mailbox (mutt(1), neomutt(1), OPTIONS)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.launched import Options
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc

MAILBOX = "-f"
_TABLE = Table(
    "A:a:b:BCc:Dd:Ee:F:f:Gg:H:hi:l:m:nOpQ:RSs:vxyzZ",
    {},
    dict({"F": "file", "e": "command", "n": "no system file", "f": MAILBOX}, **dict.fromkeys("ADhQv", "ends")),
)
_UNDECIDED = {"command": "command", MAILBOX: "server"}


class Command:
    """One start of mutt or neomutt.

    Args:
        launch: the launches.launch.Launch.

    Attributes:
        options: its Options.
        opens_mailboxes: False where it only prints something.
        without_system: it does not read the system's file.
        lines: muttrc.Commands that are carried out behind the files.
        is_special: it says more than whom to send what.
    """

    def __init__(self, launch):
        self.launch = launch
        self.options = Options(launch, _TABLE)
        self.opens_mailboxes = "ends" not in self.options
        self.without_system = "no system file" in self.options
        self.lines = [muttrc.Command(text, launch.file, launch.line) for text in self.options.texts("command") if text]
        self.is_special = bool(self.lines) or MAILBOX in self.options

    def files(self, home):
        """Return the paths that it names in place of the user's file, None for one that is not known; None when it names none."""
        if "file" not in self.options:
            return None
        return [self._path(name, home) for name in self.options.texts("file")]

    def _path(self, name, home):
        if name and name.startswith("~/"):
            return home and home + name[1:]
        return self.launch.path(name) if name else None

    def opened(self, state):
        """Return the Setting of the mailbox that it opens, by the muttrc.Muttrc *state*, or None when it names none."""
        name = self.options.text(MAILBOX)
        return muttrc.Setting(MAILBOX, state.expanded(name), self.launch.file, self.launch.line) if name else None

    def undecided(self):
        """Return what of it only the running command knows."""
        return self.options.undecided(_UNDECIDED)
