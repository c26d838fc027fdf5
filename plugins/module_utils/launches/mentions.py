# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a text mentions a mail client or a mailbox, of texts and commands of which nobody can tell whether they start it, and how."""

import posixpath
import re

# Most hosts need none of these, and to compile them all takes 3 ms: `re` keeps those that are used.
_CLIENT = r"(?P<name>fetchmail|getmail|mbsync|mpop|fdm|offlineimap|imapfilter|imapsync|mailfilter|mutt|neomutt|movemail|s-nail|himalaya)"
# In another language than the shell's, the name of a program that fetches mail: in a string, as it stands in a command or a list of words;
# behind an operator of Perl's or Ruby's that quotes; and in a text of several lines, on a line of its own or with options.
_IN_OTHER_LANGUAGES = (
    r"""["'`](?:[^"'`\n]*[\s/;&|(])?""" + _CLIENT + r"""(?=["'`\s])""",
    r"(?:\bq[qwx]?|%[QWqwx])\s*[^\w\s](?:[^\n]*?[\s/;&|(])?" + _CLIENT + r"(?!\w)",
    r"(?m)^[ \t]*(?:[\w.~/-]*/)?" + _CLIENT + r"(?=[ \t]*\\?(?:[|;&<>]|$))",
    r"(?m)(?:^|[\s;&|(/])" + _CLIENT + r"[ \t]+--?[A-Za-z]",
)
# In the shell's own.
_IN_SHELL = r"""(?:^|[\s;&|(/"'`=])""" + _CLIENT + r"""(?=[\s"'`;&|)]|$)"""
# In a script that is not followed, whatever its language. An extended expression as well as one of Python's.
MAIL_LIBRARIES = "imaplib|poplib|imap_open|Net::IMAP[A-Za-z]*|Net::POP3[A-Za-z]*|Mail::IMAP[A-Za-z]*"
_MAILBOX = r"\b(?:" + MAIL_LIBRARIES + r"|s_client)\b|(?:imap|pop3)s?://"
# Quotes within a word, of which nothing is left when the shell is through with it.
_WITHIN_WORD = r"""(?<=\w)["'\\]+(?=\w)"""
_REMARK = r"(?m)^[ \t]*(?:#|//|\*).*|[ \t]# .*"

# Among the words of a command that may start another one: a client with options, and a program that reads mail where it is told to.
_UNDECIDED = "-?"
_WITH_OPTIONS = r"(?:^|[\s;&|(/\"'`=])" + _CLIENT + r"(?:[ \t]+[^\s-]\S*){0,3}[ \t]+--?[A-Za-z?]"
_READS_ANY = r"(?:^|[\s;&|(/\"'`=])(?P<name>curl|openssl)[ \t]"
_IS_CLIENT = _CLIENT + r"|curl|openssl"
# Below another root, its settings are others.
_CHANGES_ROOT = ("chroot", "bwrap", "systemd-nspawn")
# To these a client's name is that of a package, a unit or a process, and no command comes of what they print. An extended expression as
# well as one of Python's.
OF_PACKAGES_AND_SERVICES = (
    r"apk|apt(-[a-z]+|itude)?|dnf|dpkg(-[a-z]+)?|pacman|pip3?|rpm|snap|yum|zypper"
    r"|invoke-rc\.d|journalctl|killall|lsof|p?kill|pgrep|pidof|ps|rc-[a-z]+|service|systemctl|update-rc\.d"
)
# To these it is that of a user, a file, or a word like others; or they start it elsewhere.
_STARTS_NOTHING = (
    OF_PACKAGES_AND_SERVICES + r"|adduser|chgrp|chown|id|install|passwd|user(?:add|del|mod)"
    r"|cat|chmod|cp|crontab|git|gzip|head|ln|logrotate|ls|mkdir|mv|rm|rsync|scp|stat|tail|tar|tee|touch|update-alternatives"
    r"|[ef]?grep|[gm]?awk|echo|hash|logger|mailx?|man|notify-send|printf|sed|test|type|whereis|which"
    r"|kubectl|ssh"
)
# A command of packages and services up to its end, behind what begins one.
_BEGINS = r"(?m)(?P<begin>(?:^|[;&|(`]|\b(?:if|then|do|else))[ \t]*(?:(?:sudo|env|nice|!|\w+=\S*|-\S+)[ \t]+)*)"
_OF_PACKAGES = _BEGINS + r"(?:[\w/]*/s?bin/)?(?:" + OF_PACKAGES_AND_SERVICES + r")[ \t](?:\\\n|[^;&|\n`)])*"


def in_shell(text):
    """Return the names of the clients that a *text* for the shell has as words of their own."""
    return {match.group("name") for match in re.finditer(_IN_SHELL, _of_commands(text))}


def in_other_language(text):
    """Return the name of a client that a *text* in another language may start, or None."""
    text = _without_remarks(text)
    match = next(filter(None, (re.search(pattern, text) for pattern in _IN_OTHER_LANGUAGES)), None)
    return match.group("name") if match else None


def in_script(text):
    """Return (the first client's name or None, whether a mailbox is read) of the *text* of a script in any language."""
    text = _without_remarks(text)
    client = re.search(_IN_SHELL, _of_commands(text))
    return client.group("name") if client else None, bool(re.search(_MAILBOX, text))


def handed_on(words):
    """Return the name of the client that a command of these launch.Words may start with settings of its own, or None.

    Its program is none that is known to start another: with nothing but its name, a client has the settings that are read anyway.
    """
    program = posixpath.basename(words[0].text)
    text = " ".join(word.text if word.is_decided else word.text or _UNDECIDED for word in words[1:])
    match = _first(text, _IN_SHELL if program in _CHANGES_ROOT else _WITH_OPTIONS)
    if match is None or re.fullmatch(_STARTS_NOTHING, program) or re.fullmatch(_IS_CLIENT, program):
        return None
    return match.group("name")


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
    return re.search(pattern, text) or (re.search(_READS_ANY, text) if re.search(_MAILBOX, text) else None)


def _without_remarks(text):
    """The *text* without what its readers, in most languages, take for remarks."""
    return re.sub(_REMARK, "", text)


def _of_commands(text):
    """The *text* for a shell without remarks and quotes within words, and without what it has done to packages and services."""
    text = re.sub(_WITHIN_WORD, "", _without_remarks(text))
    return re.sub(_OF_PACKAGES, r"\g<begin>", text) if re.search(_IN_SHELL, text) else text
