# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OfflineIMAP's command line: which file and accounts, and what it sets in the file's place (offlineimap(1), offlineimap/init.py)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.launched import Options
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import python_ini

_TABLE = Table(
    "hVP:a:c:d:l:f:k:oqu:1s",
    dict(
        {"delete-folder": REQUIRED},
        **dict.fromkeys(("help", "version", "dry-run", "info", "migrate-fmd5-using-nametrans", "mbnames-prune"), ""),
    ),
    {
        "c": "config",
        "a": "accounts",
        "k": "override",
        "h": "ends",
        "help": "ends",
        "V": "ends",
        "version": "ends",
        "mbnames-prune": "ends",
        "migrate-fmd5-using-nametrans": "ends",
        "delete-folder": "other",
    },
)
_NOWHERE = 0  # the line of what does not stand in the file


class OfflineimapCommand:
    """One start of OfflineIMAP.

    Args:
        launch: the launches.launch.Launch.
    """

    def __init__(self, launch):
        self.launch = launch
        self.options = Options(launch, _TABLE)
        self.fetches = "ends" not in self.options

    def accounts(self, names):
        """Return the names of the accounts that it synchronises, where the file lists *names*."""
        chosen = self.options.text("accounts")
        return chosen.split(",") if chosen is not None else names

    def override(self, sections):
        """Put what the options -k say into the *sections* of the file."""
        for text in self.options.texts("override"):
            key, equals, value = (text or "").partition("=")
            section, colon, key = key.rpartition(":")
            name = section.replace("_", " ") if colon else "general"
            if equals and name in sections:
                entry = python_ini.Entry(key.lower(), value, _NOWHERE)
                sections[name].entries[entry.key] = entry

    def place(self, account):
        """Correct where the things of an *account* stand that came from an option -k."""
        for item in account["settings"] + account["undecided"]:
            if item["line"] == _NOWHERE:
                item.update(file=self.launch.file, line=self.launch.line)

    def undecided(self):
        """Return what of it only the running command knows."""
        found = self.options.undecided({"accounts": "accounts"})
        if None in self.options.texts("override"):
            found.append(self.options.note("options", "an option -k is computed when the command runs"))
        return found
