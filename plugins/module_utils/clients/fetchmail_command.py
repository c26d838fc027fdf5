# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""fetchmail's command line: which file it reads, which of its servers it polls, and what it sets for all of them (fetchmail(1))."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients.launched import Options
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.options import REQUIRED, Table
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fetchmailrc

_ARGUMENTS = (
    "fetchmailrc idfile pidfile logfile postmaster daemon interface monitor sslkey sslcert sslcertfile sslcertpath sslcommonname"
    " sslfingerprint sslproto plugin plugout bad-header protocol proto port service auth timeout envelope qvirtual principal user username"
    " limit warnings folder smtphost fetchdomains smtpaddress smtpname antispam batchlimit fetchlimit fetchsizelimit expunge mda bsmtp"
)
_FLAGS = (
    "help version check silent verbose nodetach quit syslog nosyslog invisible nobounce nosoftbounce softbounce ssl sslcertck nosslcertck"
    " uidl idle tracepolls all fetchall nokeep keep flush limitflush norewrite fastuidl lmtp showdots yydebug configdump forceidle"
)
_TABLE = Table(
    "?Vcsvd:NqL:f:i:p:UP:A:t:E:Q:u:akKFnl:r:S:Z:b:B:e:m:I:M:yw:D:",
    dict(dict.fromkeys(_ARGUMENTS.split(), REQUIRED), **dict.fromkeys(_FLAGS.split(), "")),
    {
        "f": "fetchmailrc",
        "fetchmailrc": "fetchmailrc",
        "ssl": "ssl",
        "sslproto": "sslproto",
        "plugin": "plugin",
        "p": "protocol",
        "proto": "protocol",
        "protocol": "protocol",
        "P": "service",
        "service": "service",
        "port": "service",
        "q": "ends",
        "quit": "ends",
        "V": "ends",
        "version": "ends",
        "configdump": "ends",
        "?": "ends",
        "help": "ends",
    },
)
_UNDECIDED = {"sslproto": "sslproto", "protocol": "protocol", "service": "port", "fetchmailrc": "server"}


class Command:
    """One start of fetchmail.

    Args:
        launch: the launches.launch.Launch.
        home: home directory of its user, or None.
    """

    def __init__(self, launch, home):
        self.launch = launch
        self.options = Options(launch, _TABLE)
        self.fetches = "ends" not in self.options
        self.path = self._path(home)

    def _path(self, home):
        """Path of the run control file, or None when nobody knows it yet."""
        if "fetchmailrc" in self.options:
            return self.options.path("fetchmailrc")
        for name, file in (("FETCHMAILHOME", "/fetchmailrc"), ("HOME", "/.fetchmailrc")):
            variable = self.launch.variable(name)
            if variable is not None:
                return variable.text + file if variable.is_decided else None
        return home + "/.fetchmailrc" if home else None

    def entries(self, entries):
        """Return the run control file's *entries*, with those that only the command line names (they take the defaults too)."""
        names = {entry.name.lower() for entry in entries}
        servers = [server for server in self.options.operands() if server and server.lower() not in names]
        return entries + [fetchmailrc.Entry("poll", server, None, {}, []) for server in servers]

    def polls(self, mailbox):
        """Tell whether it polls a *mailbox*: where the command names servers, these alone."""
        servers = self.options.operands()
        if not servers:
            return not mailbox.skip
        return any(server is None or server.lower() == mailbox.entry.name.lower() for server in servers)

    def overrides(self):
        """Return {key: fetchmailrc.Option} of what the command line sets for every mailbox; their line is None."""
        found = {"ssl": "on"} if "ssl" in self.options else {}
        found.update({key: self.options.text(key) for key in ("sslproto", "service") if self.options.text(key) is not None})
        if self.options.text("protocol"):
            found["protocol"] = self.options.text("protocol").lower()
        if "plugin" in self.options:
            found["plugin"] = None
        return {key: fetchmailrc.Option(key, value, None) for key, value in found.items()}

    def undecided(self):
        """Return what of it only the running command knows."""
        return self.options.undecided(_UNDECIDED)
