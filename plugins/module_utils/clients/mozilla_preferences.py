# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The preferences of a Mozilla mail program: which ones matter, and which of several values is in force.

As modules/libpref/Preferences.cpp has it, each preference has a default and a user value; the user's counts unless the
preference is locked. A value of another type than the program expects is refused.
"""

import collections
import re

Value = collections.namedtuple("Value", "value key raw file line")
Value.__doc__ = """What a preference is set to, and the line that does it: `key` and `raw` as they stand there."""
Doubt = collections.namedtuple("Doubt", "why file line")
Step = collections.namedtuple("Step", "action name value")
Step.__doc__ = """One change: `action` is the name of a method of Preferences, `value` what that method takes, or None."""

_SERVER = r"mail\.server\.[^.]+\."
_TYPES = (
    (r"security\.tls\.version\.(?:min|max|fallback-limit)", int),
    (r"security\.tls\.version\.enable-deprecated", bool),
    (r"security\.(?:ssl3|tls13)\.[\w.]+", bool),
    (r"mail\.accountmanager\.accounts", str),
    (r"mail\.account\.[^.]+\.server", str),
    (_SERVER + "(?:type|hostname|realhostname)", str),
    (_SERVER + "(?:port|socketType)", int),
    (_SERVER + "isSecure", bool),
    (r"mail\.ui-rdf\.version", int),
    (r"general\.config\.filename", str),
    (r"general\.config\.obscure_value", int),
    (r"autoadmin\.global_config_url", str),
)
_PATTERNS = tuple((re.compile(pattern + r"\Z"), kind) for pattern, kind in _TYPES)
# What the names that matter for a connection begin with.
_ROOTS = ("security.tls.version.", "security.ssl3.", "security.tls13.", "mail.accountmanager.accounts", "mail.account.", "mail.server.")
_MAIL = "mail."
_MAX_BEGINNINGS = 100


def type_of(name):
    """Return the type of the preference *name*, int, bool or str, or None when it doesn't matter here."""
    return next((kind for pattern, kind in _PATTERNS if pattern.match(name)), None)


def fits(value, kind):
    """Tell whether *value* is of the type *kind* as Mozilla counts them: a switch is no number, though Python's bool is an int."""
    return kind is not None and isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def wanted(name):
    """Tell whether the preference *name* is read at all."""
    return type_of(name) is not None


def text(value):
    """Return a preference's value as it is written in a file, but for the quotes."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


class Preferences:
    """All preferences that matter, after the steps that were taken."""

    def __init__(self, steps=()):
        self._defaults = {}
        self._users = {}
        self._locked = set()
        self._doubts = {}
        self._doubted_beginnings = {}
        self._certain = set()
        self.take(steps)

    def take(self, steps):
        """Make the changes of a list of Step, in their order."""
        for step in steps:
            getattr(self, step.action)(step.name, step.value)

    def default(self, name, value):
        """Set the default value, which a lock protects."""
        if name not in self._locked and fits(value.value, type_of(name)):
            self._defaults[name] = value

    def user(self, name, value):
        """Set the user's value."""
        if fits(value.value, type_of(name)):
            self._users[name] = value

    def lock(self, name, _value=None):
        """Let nothing but the default count."""
        self._locked.add(name)

    def unlock(self, name, _value=None):
        """Undo a lock."""
        self._locked.discard(name)

    def clear(self, name, _value=None):
        """Remove the user's value."""
        self._users.pop(name, None)

    def doubt(self, name, value):
        """Note that code may set *name* to what isn't known; *value* is a Doubt."""
        self._doubts.setdefault(name, value)

    def doubt_beginning(self, beginning, value):
        """Note that code may set any preference whose name begins so; *value* is a Doubt."""
        if len(self._doubted_beginnings) == _MAX_BEGINNINGS:
            beginning = ""
        if any(root.startswith(beginning) or beginning.startswith(root) for root in _ROOTS):
            self._doubted_beginnings.setdefault(beginning, value)

    def decide(self, name, _value=None):
        """Note that what follows decides, whatever code did before."""
        self._certain.add(name)

    def doubt_where_other(self, other, doubt):
        """Note that nothing decides between these preferences and *other* ones; *doubt* says so of what differs."""
        for name in set(self.names() + other.names()):
            ours, theirs = ((found.key, found.raw) if found else None for found in (self.get(name), other.get(name)))
            unsure = doubt if ours != theirs else other.doubt_of(name)
            if unsure is not None and self.doubt_of(name) is None:
                self._certain.discard(name)
                self.doubt(name, unsure)
        for beginning, unsure in other._doubted_beginnings.items():
            self.doubt_beginning(beginning, unsure)

    def names(self):
        """Return the sorted names of all that is set or in doubt."""
        return sorted(set(self._defaults) | set(self._users) | set(self._doubts))

    def get(self, name):
        """Return the Value in force, or None when the program's own default is."""
        users = self._users if name not in self._locked else {}
        return users.get(name) or self._defaults.get(name)

    def of_default(self, name):
        """Return the value of the default branch, or None."""
        found = self._defaults.get(name)
        return found.value if found else None

    def doubt_of(self, name):
        """Return the Doubt about *name*, or None when its value is what `get` says."""
        if name in self._certain:
            return None
        begun = (doubt for beginning, doubt in self._doubted_beginnings.items() if name.startswith(beginning))
        return self._doubts.get(name) or next(begun, None)

    def doubt_of_accounts(self):
        """Return a Doubt about which accounts there are, or None."""
        begun = (doubt for beginning, doubt in self._doubted_beginnings.items() if _MAIL.startswith(beginning[: len(_MAIL)]))
        return self.doubt_of("mail.accountmanager.accounts") or next(begun, None)
