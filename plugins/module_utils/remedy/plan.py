# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the changes that findings ask for to the new contents of files, each edit confirmed by the readers of the audit."""

import collections
import itertools
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Host, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import edits, reading
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.edited_host import EditedHost

# path: as the finding names it; target: the same with its links resolved; before, after: bytes; changes: those in it.
FilePlan = collections.namedtuple("FilePlan", "path target before after changes")
Refusal = collections.namedtuple("Refusal", "change why")
# One change that can be made: the file with its links resolved, the names of the clients that the setting acts on, and the numbers of their
# accounts; is_of_system: whether it is a setting of the system, too.
_Wish = collections.namedtuple("_Wish", "change target clients accounts is_of_system")

_ASKING = 10  # seconds for all libraries together
_SECONDS, _SECONDS_OF_A_FILE = 600, 60  # for planning; a user may have a file of a thousand accounts of which none can be confirmed
_MOST_ALIKE = 3  # edits that are tried for all wishes at once
MOVED = "the audit's readers do not find it there now: audit again, or follow the written fix"
NETRC = "the password stands under that server's name in ~/.netrc: change the name in both, by hand"
LATE = "the changes of this host, or of this file, took too long to confirm: follow the written fix"
NOT_ALONE = "no edit of that line changes this setting and nothing else: follow the written fix"


def make(changes, host=None):
    """Return (list of FilePlan, list of Refusal) for *changes*, dictionaries {client, file, line, key, from, to, findings, accounts}.

    Nothing is written. Where `to` is None the setting goes. `client` is a client's name, or None for a setting of the system;
    `findings` are the ids of those that ask for it, and `accounts` theirs, {client, config, user}: a change that several ask for is
    made once. The changes of a FilePlan have the accounts that the setting acts on. *host*: the Host; None: the running system.
    """
    host = host or Host("/")
    # Clients bring libraries and variables; where a copy of OpenSSL has its configuration, the library itself tells.
    reading.read(host, reading.ALL)
    host.stacks.ask(_ASKING)
    planner = _Planner(host)
    # From the last line of a file to the first: a line that goes moves only those behind it.
    planner.add(sorted(_distinct(changes), key=lambda change: (change["file"], -change["line"])))
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
        self._end = time.monotonic() + _SECONDS
        self._spent = collections.Counter()  # seconds by file
        self._readings = {}  # by clients, what their readers find with all edits that were taken

    def add(self, changes):
        """Plan the *changes*, those of a file from its last line on, or refuse them."""
        wishes = [wish for wish in map(self._wish, changes) if wish is not None]
        while wishes:
            together, wishes = _apart(wishes)
            self._settle(together)

    def files(self):
        """Return the plan of each file that changes."""
        return [
            FilePlan(path, target, self._before[target], self._after[target], changes) for (path, target), changes in self._changes.items()
        ]

    def _wish(self, change):
        """The _Wish of a change, or None where it is refused."""
        try:
            self.host.read(change["file"])
        except (Absent, Unreadable) as error:
            return self._refuse(change, f"{change['file']} can't be read: {error}")
        if not reading.has(self._now, change):
            return self._refuse(change, MOVED)
        if self._is_key_to_a_password(change):
            return self._refuse(change, NETRC)
        clients, accounts = reading.clients_with(self._now, change), reading.touched_accounts(self._now, change)
        is_of_system = bool(reading.touched_settings(self._now, change))
        return _Wish(change, self.host.realpath(change["file"]), frozenset(clients), frozenset(accounts), is_of_system)

    def _refuse(self, change, why):
        self.refused.append(Refusal(change, why))

    def _is_key_to_a_password(self, change):
        """Under another name a client would not find its password in ~/.netrc (ftp(1), netrc(5))."""
        users = reading.users_of_server(self._now, change)
        netrcs = [self.host.text(user.home + "/.netrc") or "" for user in self.host.users if user.name in users]
        return any(change["from"] in netrc.split() for netrc in netrcs)

    def _settle(self, wishes):
        """Take an edit for each of the *wishes*: those of all at once, or, where the readers find something else, of each half."""
        wishes = [wish for wish in wishes if not self._is_late(wish)]
        if not wishes:
            return
        if len(wishes) == 1:
            self._settle_one(wishes[0])
            return
        edited = (self._edited(wishes, rank) for rank in range(_MOST_ALIKE))
        if not any(contents is not None and self._is_taken(wishes, contents) for contents in edited):
            middle = len(wishes) // 2
            self._settle(wishes[:middle])
            self._settle(wishes[middle:])

    def _edited(self, wishes, rank):
        """The contents with the edit of each wish that comes at this *rank*; None where one of them has none."""
        contents = {}
        for wish in wishes:
            content = contents[wish.target] if wish.target in contents else self._content(wish)
            edited = next(itertools.islice(_candidates(wish.change, content), rank, None), None)
            if edited is None:
                return None
            contents[wish.target] = edited
        return contents

    def _is_late(self, wish):
        """Whether the time is over, in which case it is refused."""
        is_late = self._spent[wish.target] > _SECONDS_OF_A_FILE or time.monotonic() > self._end
        if is_late:
            self._refuse(wish.change, LATE)
        return is_late

    def _settle_one(self, wish):
        began = time.monotonic()
        edits = (self._is_taken([wish], {wish.target: edited}) for edited in _candidates(wish.change, self._content(wish)))
        if not any(edits):
            self._refuse(wish.change, NOT_ALONE)
        self._spent[wish.target] += time.monotonic() - began

    def _content(self, wish):
        return self._after[wish.target] if wish.target in self._after else self.host.read(wish.change["file"])

    def _is_taken(self, wishes, contents):
        """Take the edited *contents* if the readers find what the *wishes* ask for in them, and nothing else that changed."""
        clients = frozenset().union(*(wish.clients for wish in wishes))
        after = reading.read(EditedHost(self.host, dict(self._after, **contents)), clients)
        if not reading.changed_only(self._reading(clients), after, [wish.change for wish in wishes]):
            return False
        for wish in wishes:
            self._before.setdefault(wish.target, self._content(wish))
            # In front of a service of this host stand other clients' accounts; it is the service that reads the setting.
            accounts = reading.accounts_with(self._now, wish.change) or wish.change["accounts"]
            self._changes.setdefault((wish.change["file"], wish.target), []).append(dict(wish.change, accounts=accounts))
        self._after.update(contents)
        self._readings = {clients: after}
        return True

    def _reading(self, clients):
        if clients not in self._readings:
            self._readings[clients] = reading.read(EditedHost(self.host, self._after), clients)
        return self._readings[clients]


def _apart(wishes):
    """Return those of the *wishes* that can be confirmed by one reading, and the others.

    They ask for the same, so that the same edit will mostly do. No account has two of them, so that each says by itself whether it came to
    what was asked for, and a setting of the system is alone. Of each file none comes before one of a later line.
    """
    if wishes[0].is_of_system:
        return wishes[:1], wishes[1:]
    together, later, touched, waiting = [], [], set(), set()
    for wish in wishes:
        if _kind(wish) != _kind(wishes[0]) or wish.is_of_system or wish.target in waiting or touched & wish.accounts:
            waiting.add(wish.target)
            later.append(wish)
        else:
            touched |= wish.accounts
            together.append(wish)
    return together, later


def _kind(wish):
    return tuple(wish.change[key] for key in ("key", "from", "to"))


def _candidates(change, content):
    """Yield the contents that *content* could become with the *change*, the likeliest first."""
    # Bytes that are no UTF-8 go through unharmed.
    text = content.decode("utf-8", "surrogateescape")
    arguments = (text, change["line"], change["key"], change["from"])
    texts = edits.removals(*arguments) if change["to"] is None else edits.replacements(*(arguments + (change["to"],)))
    for edited in texts:
        yield edited.encode("utf-8", "surrogateescape")
