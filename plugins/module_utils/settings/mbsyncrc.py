# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration file of mbsync (isync 1.0 to 1.5): sections of keywords with arguments, each ended by an empty line.

The grammar is that of mbsync(1) and of what mbsync itself says to a file: one mistake, and it uses nothing of it.
Only the keywords in _KEPT leave this module with their arguments. All others, among which stand passwords and commands
that print them, are dropped where they are read.
"""

import collections
import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

Setting = collections.namedtuple("Setting", "key value line")
Account = collections.namedtuple("Account", "name line settings")
_Section = collections.namedtuple("_Section", "kind name line settings")


def _keywords(**names):
    return {name: shape for shape, of_shape in names.items() for name in of_shape.split()}


# Superseded by SSLType and SSLVersions in 1.2, gone in 1.5.
LEGACY = _keywords(boolean="requiressl useimaps usesslv2 usesslv3 usetlsv1 usetlsv1.1 usetlsv1.2 usetlsv1.3")
_CONNECTION = dict(
    LEGACY,
    **_keywords(
        text="host user usercmd pass passcmd tunnel certificatefile clientcertificate clientkey cipherstring",
        texts="authmech authmechs disableextension disableextensions",
        integer="timeout pipelinedepth",
        port="port",
        boolean="systemcertificates usekeychain requirecram",
        security="ssltype tlstype",
        versions="sslversion sslversions",
        changes="tlsversions",
    ),
)
_STORE = _keywords(text="trash mapinbox flatten path", boolean="trashremotenew trashnewonly", size="maxsize")
_IMAP_STORE = dict(_STORE, **_keywords(account="account", text="pathdelimiter", boolean="usenamespace subscribedonly"))
_ACTIONS = _keywords(
    texts="sync create remove expunge expungesolo",
    text="syncstate expireside",
    boolean="copyarrivaldate expireunread",
    integer="maxmessages",
)
_GLOBAL = dict(_ACTIONS, **_keywords(boolean="fsync", text="fielddelimiter", size="bufferlimit"))
_SECTIONS = {
    "imapaccount": _CONNECTION,
    "imapstore": dict(_CONNECTION, **_IMAP_STORE),
    "maildirstore": dict(_STORE, **_keywords(text="inbox infodelimiter subfolders", boolean="altmap")),
    "channel": dict(_ACTIONS, **_keywords(text="far near master slave", texts="pattern patterns", size="maxsize")),
    "group": _keywords(texts="channel channels"),
}
_KEPT = frozenset(LEGACY) | {"host", "port", "ssltype", "tlstype", "sslversion", "sslversions", "tlsversions", "cipherstring", "account"}
# A command, which may hold a secret: that it is there is all that is kept.
_NOTED = frozenset(["tunnel"])
# Those of one slot set the same thing, the last of them counts. What TLSVersions changes adds up.
_SLOTS = {"sslversion": "sslversions", "tlstype": "ssltype"}
_EXCLUSIVE = (("user", "usercmd"), ("pass", "passcmd"), ("authmech", "requirecram"), ("authmechs", "requirecram"))
_ALL = {key: shape for keywords in (_GLOBAL, *_SECTIONS.values()) for key, shape in keywords.items()}
# What may be read in full, and what not: any text may be a secret, whatever its keyword.
PLAIN = _KEPT | {"imapaccount", "imapstore"} | {key for key, shape in _ALL.items() if shape not in ("text", "texts", "account")}
TEXTS = frozenset(_ALL) - PLAIN | frozenset(_SECTIONS) - PLAIN
# The first release that knows a word: NEWS of isync 1.2.0, 1.4.0 and 1.5.0.
_SINCE = {
    "ssltype": (1, 2),
    "sslversion": (1, 2),
    "sslversions": (1, 2),
    "tlsv1.3": (1, 4),
    "usetlsv1.3": (1, 4),
    "tlstype": (1, 5),
    "tlsversions": (1, 5),
}
_LEGACY_UNTIL = (1, 5)
_GLOBALS_ANYWHERE_UNTIL = (1, 4)

_LISTS = ("texts", "versions", "changes")
# What an argument must match, whatever its case, and how it is called.
_ARGUMENTS = {
    "boolean": (re.compile(r"(?:yes|true|on|1|no|false|off|0)\Z", re.IGNORECASE), "yes or no"),
    "integer": (re.compile(r"[+-]?[0-9]*\Z"), "a number"),
    "port": (re.compile(r"[0-9]{0,5}\Z"), "a port number up to 65535"),
    "size": (re.compile(r"[+-]?[0-9]*k?m?b?\Z", re.IGNORECASE), "a size"),
    "security": (re.compile(r"(?:none|starttls|imaps)\Z", re.IGNORECASE), "None, STARTTLS or IMAPS"),
    "versions": (re.compile(r"(?:sslv[23]|tlsv1(?:\.[123])?)\Z", re.IGNORECASE), "versions such as TLSv1.2"),
    "changes": (re.compile(r"[+-]1\.[0-3]\Z"), "versions with a sign, such as +1.2"),
}
_HIGHEST_PORT = 65535
_FALSE = ("no", "false", "off", "0")
# mbsync reads into a buffer of 1023 bytes with fgets(3): the rest of a longer line is a line of its own.
_LONGEST_LINE = 1022
_SPACES = " \t\n\v\f\r"


def parse(text, release=None):
    """Return the connections of a configuration file, IMAPAccount sections and IMAPStore sections without one, as Account.

    Args:
        text: the file's text.
        release: the release of isync that reads it, as numbers, (1, 4, 4); None takes the keywords of all releases.

    Returns:
        Each Account has the line of its section and its settings in their order: keywords in lower case, their
        arguments joined by a space, that of a command None. Of what can be set but once, the last.

    Raises:
        GrammarError: mbsync itself would refuse the file, here or at the section that begins here.
    """
    accounts, known = [], set()
    for section in _sections(text, release):
        if section.kind == "imapaccount":
            known.add(section.name)
        elif section.kind != "imapstore" or _refers(section, known):
            continue
        _check_connection(section, release)
        accounts.append(Account(section.name, section.line, _effective(section.settings)))
    return accounts


def is_on(value):
    """Tell whether a boolean argument switches on; None does not."""
    return value is not None and value.lower() not in _FALSE


def has_versions(values):
    """Tell whether a version of TLS is left, by the values of the keywords that were superseded in isync 1.2."""
    others = ("usesslv2", "usesslv3", "usetlsv1.1", "usetlsv1.2", "usetlsv1.3")
    return is_on(values.get("usetlsv1", "yes")) or any(is_on(values.get(key)) for key in others)


def _lines(text):
    """Yield (line, words) of each line that is no comment; an empty line has no words."""
    for number, line in enumerate(text.split("\n")[: -1 if text.endswith("\n") else None], 1):
        for piece in _pieces(line + "\n"):
            words = _words(piece, number)
            if words or not piece.lstrip(_SPACES).startswith("#"):
                yield number, words


def _pieces(line):
    content = line.encode("utf-8", "surrogatepass")
    if len(content) <= _LONGEST_LINE:
        return [line]
    starts = range(0, len(content), _LONGEST_LINE)
    return [content[start : start + _LONGEST_LINE].decode("utf-8", "replace") for start in starts]


def _words(line, number):
    """Return the words before a comment. Quotes may open and close within a word; a backslash takes away any meaning."""
    words, position = [], 0
    while True:
        while line[position : position + 1] in tuple(_SPACES):
            position += 1
        if line[position : position + 1] in ("", "#"):
            return words
        word, position = _word(line, position, number)
        words.append(word)


def _word(line, position, number):
    word, escaped, quoted = "", False, False
    while position < len(line):
        character, position = line[position], position + 1
        if escaped and character >= " ":
            word, escaped = word + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character in _SPACES and not quoted:
            break
        else:
            word += character
    if escaped or quoted:
        raise GrammarError(number, "a character behind the backslash" if escaped else "a closing quote")
    return word, position


def _sections(text, release):
    """Return the sections in their order; a setting that is not kept has no value."""
    sections, current = [], None
    for line, words in _lines(text):
        if not words:
            current = None
            continue
        key, arguments = words[0].lower(), words[1:]
        if not arguments:
            raise GrammarError(line, "an argument behind the keyword")
        if current is not None:
            current.settings.append(_setting(line, key, arguments, _SECTIONS[current.kind], release))
        elif key in _SECTIONS:
            current = _section(line, key, arguments)
            sections.append(current)
        elif sections and (release or (0,)) >= _GLOBALS_ANYWHERE_UNTIL:
            raise GrammarError(line, "a keyword that begins a section; the empty line before ended the last")
        else:
            _setting(line, key, arguments, _GLOBAL, release)
    return sections


def _section(line, kind, arguments):
    if len(arguments) > 1 and kind != "group":
        raise GrammarError(line, "nothing more behind the name of the section")
    return _Section(kind, arguments[0], line, [])


def _setting(line, key, arguments, keywords, release):
    if key not in keywords:
        raise GrammarError(line, "a keyword that is known here, in this section or outside of all")
    shape = keywords[key]
    if len(arguments) > 1 and shape not in _LISTS:
        raise GrammarError(line, "one argument, in quotes when it holds spaces")
    pattern, words = _ARGUMENTS.get(shape, (None, None))
    if pattern and not all(pattern.match(argument) for argument in arguments):
        raise GrammarError(line, words)
    if shape == "port" and int(arguments[0] or 0) > _HIGHEST_PORT:
        raise GrammarError(line, words)
    _check_release(line, [key] + [argument.lower() for argument in arguments if shape == "versions"], release)
    return Setting(key, " ".join(arguments) if key in _KEPT else None, line)


def _check_release(line, words, release):
    for word in words if release else ():
        if release < _SINCE.get(word, release):
            raise GrammarError(line, "what this release knows; this is of isync {}.{} and later".format(*_SINCE[word]))
        if word in LEGACY and release >= _LEGACY_UNTIL:
            raise GrammarError(line, "TLSType or TLSVersions, since isync 1.5 no longer knows this keyword")


def _refers(section, known):
    """Tell whether this IMAPStore takes its connection from an IMAPAccount, one of the *known* that stand before it."""
    references = [setting for setting in section.settings if setting.key == "account"]
    for setting in references:
        if setting.value not in known:
            raise GrammarError(setting.line, "the name of an IMAPAccount that stands before")
    if references and any(setting.key in _CONNECTION for setting in section.settings):
        raise GrammarError(section.line, "a section with either Account or the keywords of an account")
    return bool(references)


def _check_connection(section, release):
    values = {setting.key: setting.value for setting in section.settings}
    if "host" not in values and "tunnel" not in values:
        raise GrammarError(section.line, "a section with Host or Tunnel")
    if any(one in values and other in values for one, other in _EXCLUSIVE):
        raise GrammarError(section.line, "a section without keywords that exclude each other")
    legacy = [key for key in values if key in LEGACY]
    as_url = values.get("host", "").startswith("imaps:") and (release or (0,)) >= _SINCE["ssltype"]
    if legacy and (as_url or {"ssltype", "sslversion", "sslversions"} & set(values)):
        raise GrammarError(section.line, "a section with either SSLType and SSLVersions or the keywords before isync 1.2")
    if legacy and not has_versions(values) and (is_on(values.get("useimaps")) or is_on(values.get("requiressl", "yes"))):
        raise GrammarError(section.line, "a section that requires TLS to enable a version of it")


def _effective(settings):
    """Return the settings that count, in their order: of each slot the last, and TLSVersions behind that."""
    kept = [setting for setting in settings if setting.key in _KEPT or setting.key in _NOTED]
    last = {_SLOTS.get(setting.key, setting.key): setting for setting in kept}
    versions = last.get("sslversions")
    return [
        setting
        for setting in kept
        if setting is last[_SLOTS.get(setting.key, setting.key)]
        or setting.key == "tlsversions"
        and (versions is None or setting.line > versions.line)
    ]
