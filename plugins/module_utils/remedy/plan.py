# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the changes that findings ask for to the new contents of files, each edit confirmed by the readers of the audit."""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Host, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import edits, reading
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.edited_host import EditedHost

# path: as the finding names it; target: the same with its links resolved; before, after: bytes; changes: those in it.
FilePlan = collections.namedtuple("FilePlan", "path target before after changes")
Refusal = collections.namedtuple("Refusal", "change why")

_ASKING = 10  # seconds for all libraries together
MOVED = "the audit's readers do not find it there now: audit again, or follow the written fix"
NETRC = "the password stands under that server's name in ~/.netrc: change the name in both, by hand"
NOT_ALONE = "no edit of that line changes this setting and nothing else: follow the written fix"


def make(changes):
    """Return (list of FilePlan, list of Refusal) for *changes*, dictionaries {client, file, line, key, from, to, findings, accounts}.

    Nothing is written. Where `to` is None the setting goes. `client` is a client's name, or None for a setting of the system;
    `findings` are the ids of those that ask for it, and `accounts` theirs, {client, config, user}: a change that several ask for is
    made once. The changes of a FilePlan have the accounts that the setting acts on.
    """
    host = Host("/")
    # Clients bring libraries and variables; where a copy of OpenSSL has its configuration, the library itself tells.
    reading.read(host, reading.ALL)
    host.stacks.ask(_ASKING)
    planner = _Planner(host)
    # From the last line of a file to the first: a line that goes moves only those behind it.
    for change in sorted(_distinct(changes), key=lambda change: (change["file"], -change["line"])):
        planner.add(change)
    return planner.files(), planner.refused


def _distinct(changes):
    found = collections.OrderedDict()
    for change in changes:
        place = tuple(change[key] for key in ("file", "line", "key", "from"))
        known = found.setdefault(place, dict(change, findings=[], accounts=[]))
        known["findings"] = known["findings"] + change["findings"]
        known["accounts"] = known["accounts"] + change.get("accounts", [])
    return list(found.values())


class _Planner:
    def __init__(self, host):
        self.host = host
        self.refused = []
        self._now = reading.read(EditedHost(host, {}), reading.ALL)
        self._before = {}
        self._after = {}
        self._changes = collections.OrderedDict()

    def add(self, change):
        """Plan one change, or refuse it."""
        target = self.host.realpath(change["file"])
        try:
            content = self._after[target] if target in self._after else self.host.read(change["file"])
        except (Absent, Unreadable) as error:
            self.refused.append(Refusal(change, f"{change['file']} can't be read: {error}"))
            return
        edited = self._edit(change, target, content)
        if isinstance(edited, str):
            self.refused.append(Refusal(change, edited))
            return
        self._before.setdefault(target, content)
        self._after[target] = edited
        # In front of a service of this host stand other clients' accounts; it is the service that reads the setting.
        accounts = reading.accounts_with(self._now, change) or change["accounts"]
        self._changes.setdefault((change["file"], target), []).append(dict(change, accounts=accounts))

    def files(self):
        """Return the plan of each file that changes."""
        return [
            FilePlan(path, target, self._before[target], self._after[target], changes) for (path, target), changes in self._changes.items()
        ]

    def _is_key_to_a_password(self, change):
        """Under another name a client would not find its password in ~/.netrc (ftp(1), netrc(5))."""
        users = reading.users_of_server(self._now, change)
        netrcs = [self.host.text(user.home + "/.netrc") or "" for user in self.host.users if user.name in users]
        return any(change["from"] in netrc.split() for netrc in netrcs)

    def _edit(self, change, target, content):
        """Return the new content, or why there is none."""
        if not reading.has(self._now, change):
            return MOVED
        if self._is_key_to_a_password(change):
            return NETRC
        clients = reading.clients_with(self._now, change)
        before = reading.read(EditedHost(self.host, self._after), clients)
        # Bytes that are no UTF-8 go through unharmed.
        text = content.decode("utf-8", "surrogateescape")
        arguments = (text, change["line"], change["key"], change["from"])
        candidates = edits.removals(*arguments) if change["to"] is None else edits.replacements(*(arguments + (change["to"],)))
        for candidate in candidates:
            edited = candidate.encode("utf-8", "surrogateescape")
            after = reading.read(EditedHost(self.host, dict(self._after, **{target: edited})), clients)
            if reading.changed_only(before, after, change):
                return edited
        return NOT_ALONE
