# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run control file of fetchmail: its entries, and what is in force for each mailbox.

The grammar is that of fetchmail 6.3 to 6.6, from fetchmail(1) and from what `fetchmail --configdump` makes of a file.
Only the options in _KEPT leave this module with their value; every other argument is dropped where it is read, because
passwords stand among them.
"""

import collections

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import fetchmailrc_tokens as tokens
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Option = collections.namedtuple("Option", "key value line")
Entry = collections.namedtuple("Entry", "key name line options users")
User = collections.namedtuple("User", "line options")
Mailbox = collections.namedtuple("Mailbox", "entry line skip options")

_KEPT = ("via", "protocol", "port", "service", "ssl", "sslproto")
# A command, which may hold a secret: that it is there is all that is kept.
_NOTED = ("plugin",)
# Both set the same thing.
_SLOTS = {"port": "service"}


def _options(**names):
    return {name: shape for shape, of_shape in names.items() for name in of_shape.split()}


_GLOBAL = _options(
    string="logfile idfile pidfile postmaster properties",
    number="daemon",
    flag="bouncemail spambounce softbounce syslog invisible showdots",
)
_SERVER = _options(
    string="via principal esmtpname esmtppassword qvirtual interface monitor plugin plugout",
    strings="aka localdomains",
    number="port interval timeout idletimeout",
    flag="uidl checkalias dns tracepolls",
    protocol="protocol",
    service="service",
    authentication="auth",
    header="envelope",
    verdict="bad-header",
)
_USER = _options(
    names="is to",
    string="password smtpaddress smtpname mda bsmtp preconnect postconnect moveto properties"
    " sslkey sslcert sslproto sslcertfile sslcertpath sslcommonname sslfingerprint",
    strings="folder smtphost fetchdomains",
    number="limit warnings fetchlimit fetchsizelimit fastuidl batchlimit expunge",
    numbers="antispam",
    flag="keep flush limitflush fetchall rewrite forcecr stripcr pass8bits dropstatus dropdelivered mimedecode idle"
    " forceidle ssl sslcertck",
    word="lmtp",
)
# What an argument may be made of, whether it is a list, and how it is called.
_SHAPES = {
    "string": (("string",), False, "a text, in quotes when it is a number or a word of the grammar"),
    "strings": (("string",), True, "one or more texts, in quotes when they are numbers or words of the grammar"),
    "number": (("number",), False, "a number"),
    "numbers": (("number",), True, "one or more numbers"),
    "service": (("string", "number"), False, "the name or number of a port"),
    "protocol": (("protocol",), False, "a protocol, all in lower or all in upper case, without quotes"),
    "authentication": (("authentication",), False, "a kind of authentication"),
    "header": (("string",), False, "the name of a header"),
    "verdict": (("verdict",), False, "accept or reject"),
}
_OPTIONS = frozenset(_GLOBAL) | frozenset(_SERVER) | frozenset(_USER)
# For who has to leave out what may be a secret before the file is read here: all words of the grammar, and what follows some of them.
WORDS = dict(
    tokens.words(_OPTIONS),
    keep=("poll", "server", "skip", "proto", *(key for key in _KEPT if key != "ssl")),
    numbers=tuple(
        name for shapes in (_GLOBAL, _SERVER, _USER) for name, shape in shapes.items() if shape in ("number", "numbers", "service")
    ),
)


def parse(text):
    """Return the server entries of a run control file in their order, as Entry.

    An Entry's `key` is the word that begins it: "poll", "skip" or "defaults". Its `options`, and those of each of its
    users, map what is set to Option(key, value, line). A flag's value is "on" or "off", that of a command None.

    Raises:
        GrammarError: fetchmail itself would refuse the file here.
    """
    return _Parser(text).entries()


def mailboxes(entries):
    """Return what fetchmail polls, as Mailbox, the options of the defaults entry filled in where an entry has none.

    Raises:
        GrammarError: an entry named "defaults" is not the first, for which fetchmail refuses the file.
    """
    found = [
        Mailbox(entry, user.line, entry.key == "skip", dict(entry.options, **user.options))
        for entry in entries
        for user in entry.users or [User(entry.line, {})]
    ]
    defaults = found.pop(0) if found and found[0].entry.name == "defaults" else Mailbox(None, None, False, {})
    for mailbox in found[1:]:
        if mailbox.entry.name == "defaults":
            raise GrammarError(mailbox.entry.line, "the defaults entry to be the first and the only one")
    return [mailbox._replace(skip=mailbox.skip or defaults.skip, options=dict(defaults.options, **mailbox.options)) for mailbox in found]


class _Parser:
    def __init__(self, text):
        self._rest = tokens.read(text, _OPTIONS)
        self._next = self._read()

    def entries(self):
        """Return all entries of the file."""
        found = []
        while self._next.kind != "end":
            if self._is_word("set"):
                self._global_option()
            elif self._is_word("poll", "skip", "defaults"):
                found.append(self._entry())
            else:
                raise self._expected("a known option, poll, skip, defaults or set (server options stand before all users)")
        return found

    def _global_option(self):
        self._take()
        if not self._is_option(_GLOBAL):
            raise self._expected("a global option behind set")
        option = self._take()
        if _GLOBAL[option.text] != "flag" and self._next.kind == "=":
            self._take()
        self._value(option, _GLOBAL[option.text])

    def _entry(self):
        start = self._take()
        name = "defaults" if start.text == "defaults" else tokens.unescaped(self._argument("string"))
        entry = Entry(start.text, name, start.line, {}, [])
        while self._is_option(_SERVER):
            self._option(_SERVER, entry.options)
        if self._is_option(_USER):
            entry.users.append(User(start.line, {}))
            self._user_options(entry.users[-1])
            if self._is_word("user"):
                raise self._expected("the next entry, because user options stand behind their user")
        while self._is_word("user"):
            entry.users.append(User(self._next.line, {}))
            self._names(self._take())
            self._user_options(entry.users[-1])
        return entry

    def _user_options(self, user):
        while self._is_option(_USER):
            self._option(_USER, user.options)

    def _option(self, shapes, options):
        option = self._take()
        value = self._value(option, shapes[option.text])
        if option.text in _KEPT:
            options[_SLOTS.get(option.text, option.text)] = Option(option.text, tokens.unescaped(value), option.line)
        elif option.text in _NOTED:
            options[option.text] = Option(option.text, None, option.line)
        if (option.text, value) == ("protocol", "kpop"):
            options["service"] = Option(option.text, value, option.line)

    def _value(self, option, shape):
        """Return the raw value of an option, of a list its first entry. What is not kept goes no further than the caller."""
        if option.kind == "negated":
            if shape not in ("flag", "header"):
                raise GrammarError(option.line, "an option that can be switched off behind the word no")
            return "off"
        if shape in ("flag", "word"):
            return "on"
        if shape == "names":
            return self._names(option)
        return self._argument(shape)

    def _names(self, option):
        """Skip what stands behind user, is and to: names, or pairs of them, and who they belong to."""
        is_one_name = self._name_or_pair()
        while self._next.kind == "string":
            self._name_or_pair()
            is_one_name = False
        if self._is_word("here") or self._is_word("there") and is_one_name and option.text != "to":
            self._take()
        elif option.text == "user" and not is_one_name:
            raise self._expected("the word here, which ends a list of local names")

    def _name_or_pair(self):
        """Skip it, and tell whether it was a single name."""
        self._argument("string")
        if self._next.kind != "=":
            return True
        self._take()
        self._argument("string")
        return False

    def _argument(self, shape):
        if shape == "header" and self._next.kind == "number":
            self._take()
        kinds, is_list, words = _SHAPES[shape]
        if self._next.kind not in kinds:
            raise self._expected(words)
        value = self._take().text
        while is_list and self._next.kind in kinds:
            self._take()
        return value

    def _is_word(self, *words):
        return self._next.kind == "keyword" and self._next.text in words

    def _is_option(self, shapes):
        return self._next.kind in ("keyword", "negated") and self._next.text in shapes

    def _take(self):
        token = self._next
        self._next = self._read()
        return token

    def _read(self):
        """Return the next token, the word no and the option behind it as one of kind "negated"."""
        token = next(self._rest)
        if (token.kind, token.text) != ("keyword", "no"):
            return token
        option = next(self._rest)
        if option.kind != "keyword":
            raise GrammarError(option.line, "an option behind the word no")
        return tokens.Token("negated", option.text, token.line)

    def _expected(self, words):
        return GrammarError(self._next.line, words)
