# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reader of a language finds in a script: the connections to mail servers that its text spells out.

Only server, port and words of TLS ever leave a script; its other literals may be passwords, and are dropped where they are read.
"""

import collections
import re

# settings: [Setting]; undecided: [(what, why, line)]. `server` and `port` are None where the text does not spell them out.
Connection = collections.namedtuple("Connection", "line protocol security server port settings undecided")
Setting = collections.namedtuple("Setting", "key value line")
PORTS = {("imap", "implicit"): 993, ("imap", "starttls"): 143, ("imap", "none"): 143, ("pop3", "implicit"): 995, ("pop3", "none"): 110}
PORTS["pop3", "starttls"] = 110
COMPUTED = "the script computes it"
# What is read of one script; of more the reader tells, and nobody writes so many.
MAX_CONNECTIONS = 1001
MAX_SETTINGS = 50
ELSEWHERE = "the script sets it where its text does not tell for which connection"
# A host's name or address; anything else that stands in its place is not handed on.
_SERVER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,252})\Z", re.ASCII)


class ScriptError(Exception):
    """The text is not of the language, as far as this reader knows it: what was expected, never the text itself.

    Attributes:
        line: where.
    """

    def __init__(self, line, expected):
        super().__init__(expected)
        self.line = line


def first_of_each(found):
    """Return what is *found*, (word, line) and the like, each with its first line alone: a script may have a word on each of its lines."""
    first = {}
    for *what, line in found:
        first.setdefault(tuple(what), line)
    return [(*what, line) for what, line in first.items()]


class Builder:
    """A connection in the making.

    Args:
        line: where it stands.
        protocol: "imap", "pop3" or None.
        security: "implicit", "starttls", "none" or None.
    """

    def __init__(self, line, protocol, security):
        self.line = line
        self.protocol = protocol
        self.security = security
        self.server = None
        self.port = None
        self.settings = []
        self.undecided = {}

    def set_server(self, text, line):
        """Take the server; *text* is None where the script computes it."""
        if text is None or not _SERVER.match(text):
            self.note("server", COMPUTED, line)
        else:
            self.server = text

    def set_port(self, value, line):
        """Take the port, a text or a number; None where the script computes it."""
        text = "" if value is None else str(value)
        if re.match(r"[1-9]\d{0,4}\Z", text) and int(text) < 65536:
            self.port = int(text)
        else:
            self.note("port", COMPUTED, line)

    def set(self, key, value, line):
        """Take a setting of TLS; *value* is None where the script computes it."""
        if len(self.settings) >= MAX_SETTINGS:
            self.note("settings", f"the script has more than {MAX_SETTINGS} of them for one connection", line)
        elif value is None:
            self.note(key, COMPUTED, line)
        else:
            self.settings.append(Setting(key, value, line))

    def note(self, what, why, line):
        """Note something that is undecided, where that is so first: a long script may have it on each of its lines, for each connection."""
        self.undecided.setdefault((what, why), line)

    def connection(self):
        """Return it."""
        port = self.port
        if port is None and not any(what == "port" for what, _why in self.undecided):
            port = PORTS.get((self.protocol, self.security))
        undecided = tuple((what, why, line) for (what, why), line in self.undecided.items())
        return Connection(self.line, self.protocol, self.security, self.server, port, tuple(self.settings), undecided)

    @classmethod
    def unknown(cls, line, why, protocol=None):
        """Return a connection of which only the place is known."""
        builder = cls(line, protocol, None)
        builder.note("server", why, line)
        return builder.connection()
