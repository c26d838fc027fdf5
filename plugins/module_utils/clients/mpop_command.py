# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mpop's command line: which file, which of its accounts, and what it sets in the place of theirs (mpop(1), OPTIONS)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.launched import Options
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import OPTIONAL, REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import mpoprc

# Options that stand for a command of the configuration file; those with a switch are on without an argument.
_COMMANDS = ("host", "port", "socket", "tls-priorities")
_SWITCHES = ("tls", "tls-starttls", "tls-force-sslv3")
_ARGUMENTS = (
    "file timeout pipelining delivery uidls-file user passwordeval tls-trust-file tls-crl-file tls-fingerprint tls-key-file tls-cert-file"
    " tls-min-dh-prime-bits tls-host-override proxy-host proxy-port source-ip configure filter killsize skipsize"
)
_OPTIONAL = "auth received-header only-new keep tls-certcheck"
_FLAGS = "version help pretend serverinfo debug quiet half-quiet all-accounts auth-only status-only"
_TABLE = Table(
    "qQPdSC:aAsn::k::",
    dict(
        dict.fromkeys(_COMMANDS + tuple(_ARGUMENTS.split()), REQUIRED),
        **dict(dict.fromkeys(_SWITCHES + tuple(_OPTIONAL.split()), OPTIONAL), **dict.fromkeys(_FLAGS.split(), "")),
    ),
    dict(
        {"C": "file", "file": "file", "a": "all", "all-accounts": "all", "configure": "ends", "filter": "filter"},
        **dict(
            {name: name.replace("-", "_") for name in _COMMANDS + _SWITCHES},
            **dict.fromkeys(("P", "pretend", "S", "serverinfo", "version", "help"), "ends"),
        ),
    ),
)
_KEYS = [name.replace("-", "_") for name in _COMMANDS]
_SWITCH_KEYS = [name.replace("-", "_") for name in _SWITCHES]
_UNDECIDED = {"host": "server", "port": "port", "tls": "security", "tls_starttls": "security", "tls_priorities": "tls_priorities"}


class MpopCommand:
    """One start of mpop.

    Args:
        launch: the launches.launch.Launch.
    """

    def __init__(self, launch):
        self.launch = launch
        self.options = Options(launch, _TABLE)
        self.fetches = "ends" not in self.options
        # With a server of its own it reads no file.
        self.is_alone = "host" in self.options

    def chosen(self, accounts):
        """Return those of a file's *accounts* that it uses, with what the command line sets; such options have no line."""
        if self.is_alone:
            accounts = [mpoprc.Account("", None, {})]
        elif "all" not in self.options:
            names = self.options.operands() or ["default"]
            accounts = [account for account in accounts if account.name in names or None in names]
        overrides = self._overrides()
        return [account._replace(options=dict(account.options, **overrides)) for account in accounts]

    def _overrides(self):
        found = {key: self.options.text(key) for key in _KEYS if self.options.text(key) is not None}
        found.update({key: self.options.text(key) or "on" for key in _SWITCH_KEYS if key in self.options})
        return {key: mpoprc.Option(key, value, None) for key, value in found.items()}

    def undecided(self):
        """Return what of it only the running command knows."""
        return self.options.undecided(_UNDECIDED)
