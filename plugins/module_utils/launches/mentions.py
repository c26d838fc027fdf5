# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a text mentions a mail client or a mailbox, of texts and commands of which nobody can tell whether they start it, and how."""

import posixpath
import re

_CLIENT = r"(?P<name>fetchmail|getmail|mbsync|mpop|fdm|offlineimap|imapfilter|imapsync|mailfilter|mutt|neomutt|movemail|s-nail|himalaya)"
# In another language than the shell's, the name of a program that fetches mail: in a string, as it stands in a command or a list of words;
# behind an operator of Perl's or Ruby's that quotes; and in a text of several lines, on a line of its own or with options.
_IN_OTHER_LANGUAGES = (
    re.compile(r"""["'`](?:[^"'`\n]*[\s/;&|(])?""" + _CLIENT + r"""(?=["'`\s])"""),
    re.compile(r"(?:\bq[qwx]?|%[QWqwx])\s*[^\w\s](?:[^\n]*?[\s/;&|(])?" + _CLIENT + r"(?!\w)"),
    re.compile(r"^[ \t]*(?:[\w.~/-]*/)?" + _CLIENT + r"(?=[ \t]*\\?(?:[|;&<>]|$))", re.MULTILINE),
    re.compile(r"(?:^|[\s;&|(/])" + _CLIENT + r"[ \t]+--?[A-Za-z]", re.MULTILINE),
)
# In the shell's own.
_IN_SHELL = re.compile(r"""(?:^|[\s;&|(/"'`=])""" + _CLIENT + r"""(?=[\s"'`;&|)]|$)""")
# In a script that is not followed, whatever its language. An extended expression as well as one of Python's.
MAIL_LIBRARIES = "imaplib|poplib|imap_open|Net::IMAP[A-Za-z]*|Net::POP3[A-Za-z]*|Mail::IMAP[A-Za-z]*"
_MAILBOX = re.compile(r"\b(?:" + MAIL_LIBRARIES + r"|s_client)\b|(?:imap|pop3)s?://")
_REMARK = re.compile(r"^[ \t]*(?:#|//|\*).*|[ \t]# .*", re.MULTILINE)

# Among the words of a command that may start another one: a client with options, and a program that reads mail where it is told to.
_UNDECIDED = "-?"
_WITH_OPTIONS = re.compile(r"(?:^|[\s;&|(/\"'`=])" + _CLIENT + r"(?:[ \t]+[^\s-]\S*){0,3}[ \t]+--?[A-Za-z?]")
_READS_ANY = re.compile(r"(?:^|[\s;&|(/\"'`=])(?P<name>curl|openssl)[ \t]")
_IS_CLIENT = re.compile(_CLIENT + r"|curl|openssl")
# Below another root, its settings are others.
_CHANGES_ROOT = ("chroot", "bwrap", "systemd-nspawn")
# To these a client's name is that of a package, a unit or a process, a user, a file, or a word like others; or they start it elsewhere.
_STARTS_NOTHING = re.compile(
    r"apk|apt(?:-\w+|itude)?|dnf|dpkg(?:-\w+)?|pacman|pip3?|rpm|snap|yum|zypper"
    r"|invoke-rc\.d|journalctl|killall|lsof|p?kill|pgrep|pidof|ps|rc-\w+|service|systemctl|update-rc\.d"
    r"|adduser|chgrp|chown|id|install|passwd|user(?:add|del|mod)"
    r"|cat|chmod|cp|crontab|git|gzip|head|ln|logrotate|ls|mkdir|mv|rm|rsync|scp|stat|tail|tar|tee|touch|update-alternatives"
    r"|[ef]?grep|[gm]?awk|echo|logger|mailx?|man|notify-send|printf|sed|test|type|whereis|which"
    r"|kubectl|ssh"
)


def in_shell(text):
    """Return the names of the clients that a *text* for the shell has as words of their own."""
    return {match.group("name") for match in _IN_SHELL.finditer(_without_remarks(text))}


def in_other_language(text):
    """Return the name of a client that a *text* in another language may start, or None."""
    text = _without_remarks(text)
    match = next(filter(None, (pattern.search(text) for pattern in _IN_OTHER_LANGUAGES)), None)
    return match.group("name") if match else None


def in_script(text):
    """Return (the first client's name or None, whether a mailbox is read) of the *text* of a script in any language."""
    text = _without_remarks(text)
    client = _IN_SHELL.search(text)
    return client.group("name") if client else None, bool(_MAILBOX.search(text))


def handed_on(words):
    """Return the name of the client that a command of these launch.Words may start with settings of its own, or None.

    Its program is none that is known to start another: with nothing but its name, a client has the settings that are read anyway.
    """
    program = posixpath.basename(words[0].text)
    if _STARTS_NOTHING.fullmatch(program) or _IS_CLIENT.fullmatch(program):
        return None
    text = " ".join(word.text if word.is_decided else word.text or _UNDECIDED for word in words[1:])
    match = _first(text, _IN_SHELL if program in _CHANGES_ROOT else _WITH_OPTIONS)
    return match.group("name") if match else None


def command(line, is_changed):
    """Return what a *line* in any language has from the name of a client on that it gives settings; None where it gives none.

    *is_changed*: whether a client is given some by its name alone.
    """
    line = _without_remarks(line)
    match = _first(line, _IN_SHELL if is_changed else _WITH_OPTIONS)
    if match is None:
        return None
    found = line[match.start("name") :]
    quote = next((letter for letter in "\"'" if found.count(letter) % 2), None)
    return found.partition(quote)[0] if quote else found


def _first(text, pattern):
    return pattern.search(text) or (_READS_ANY.search(text) if _MAILBOX.search(text) else None)


def _without_remarks(text):
    """The *text* without what its readers, in most languages, take for remarks."""
    return _REMARK.sub("", text)
