# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pam_env.conf, the rules by which pam_env(8) gives a session its variables, and ~/.pam_environment, which is of the same grammar.

pam_env.conf(5); modules/pam_env/pam_env.c of Linux-PAM (_assemble_line, _parse_line, _check_var, _expand_arg).
"""

import collections
import re

# value: None where only the session knows it.  is_set: whether there is such a variable afterwards.
Rule = collections.namedtuple("Rule", "name value line is_set")

_NAME = re.compile(r"[ \t]*(?P<name>[^ \t\n]+)")
_OPTION = re.compile(r'[ \t]+(?P<key>DEFAULT|OVERRIDE)=(?:"(?P<quoted>[^"]*)"(?=[ \t]|\Z)|(?P<plain>(?!")[^ \t]*))')
_PIECE = re.compile(r"\\(?P<escaped>[$@]?)|(?P<expansion>[$@]\{(?P<item>[^}]*)\})|(?P<text>[^\\$@]+|[$@])")
_OPENED = re.compile(r"(?<!\\)[$@]\{")


def parse(text, names, home=None):
    """Return the Rules of *text* about the variables *names*, in their order; a line that pam_env refuses is left out.

    Args:
        text: the file.
        names: of the variables.
        home: what @{HOME} stands for; None: that is another one for each user.
    """
    found = (_rule(line, number, home) for number, line in _lines(text))
    return [rule for rule in found if rule is not None and rule.name in names]


def _lines(text):
    """Yield (number, line) of each line that says something, with those that a backslash joins to it."""
    joined, first = "", None
    for number, line in enumerate(text.splitlines(), 1):
        content, mark, _remark = line.partition("#")
        if not content.strip():
            continue
        first = first or number
        content = content if mark else content.rstrip()
        if content.endswith("\\") and not mark:
            joined += content[:-1]
            continue
        yield first, (joined + content).rstrip()
        joined, first = "", None


def _rule(line, number, home):
    match = _NAME.match(line)
    options, at = {}, match.end() if match else 0
    while at < len(line):
        option = _OPTION.match(line, at)
        if option is None:
            return None
        options[option.group("key")], at = option, option.end()
    name, is_assignment, value = match.group("name").partition("=") if match else ("", "", "")
    if is_assignment and not options:
        # Handed to pam_putenv(3) as it is, this sets the variable.
        return Rule(name, value, number, True)
    return _decided(name, number, [_expanded(options.get(key), home) for key in ("OVERRIDE", "DEFAULT")])


def _decided(name, number, values):
    """The first value that is not empty counts, and an empty default where it stands between quotes; else the variable goes."""
    if any(is_broken for _value, _is_given, is_broken in values):
        return None
    (override, is_override, _broken), (default, is_default, _broken) = values
    if is_override and override != "":
        return Rule(name, override, number, True)
    return Rule(name, default if is_default else "", number, is_default)


def _expanded(option, home):
    """(the value of an option or None, whether it is given, whether pam_env refuses it)."""
    if option is None or option.group("plain") == "":
        return "", False, False
    text = option.group("plain") or option.group("quoted") or ""
    pieces = [_piece(match, home) for match in _PIECE.finditer(text)]
    is_broken = _OPENED.search(text.rpartition("}")[2]) is not None
    return None if None in pieces else "".join(pieces), True, is_broken


def _piece(match, home):
    if match.group("expansion"):
        return home if match.group("expansion") == "@{HOME}" else None
    return match.group("escaped") or match.group("text") or ""
