# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of cron and anacron (crontab(5), anacrontab(5)): the commands, and the environment that the lines above give them."""

import collections
import re

# environment: {name: value} as it is at that line. input: what the command reads, or None.
Job = collections.namedtuple("Job", "user command line environment input")

_ASSIGNMENT = re.compile(r"\s*(?P<name>\"[^\"]*\"|'[^']*'|[^\s=\"']+)\s*=\s*(?P<value>.*?)\s*$")
_NICKNAME = re.compile(r"@\w+$")
# FreeBSD and OpenBSD take flags before the command, and before the user.
_FLAGS = re.compile(r"(?:-[A-Za-z]+\s+)+")


def parse(text, has_user=False):
    """Return the Jobs of a crontab; with *has_user* each line names its user, as in /etc/crontab."""
    jobs, environment = [], {}
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment and not _is_schedule(line):
            environment[_unquoted(assignment.group("name"))] = _unquoted(assignment.group("value"))
            continue
        fields = 1 if line.startswith("@") else 5
        words = line.split(None, fields)
        rest = words[fields] if len(words) > fields else ""
        rest = _FLAGS.sub("", rest, count=1) if rest.startswith("-") else rest
        user, command = (rest.split(None, 1) + ["", ""])[:2] if has_user else (None, rest)
        if command:
            command, given = _at_percent(command)
            jobs.append(Job(user.split(":")[0] if user else None, command, number, dict(environment), given))
    return jobs


def parse_anacron(text):
    """Return the Jobs of an anacrontab: period, delay, name, command; they run as root."""
    jobs, environment = [], {}
    for number, line in enumerate(text.replace("\\\n", " \n").split("\n"), 1):
        line = line.strip(" \t\r")
        assignment = _ASSIGNMENT.match(line)
        if not line or line.startswith("#"):
            continue
        words = line.split(None, 3)
        if len(words) == 4 and re.match(r"\d+$|@\w+$", words[0]):
            jobs.append(Job(None, words[3], number, dict(environment), None))
        elif assignment:
            environment[_unquoted(assignment.group("name"))] = _unquoted(assignment.group("value"))
    return jobs


def _is_schedule(line):
    """Whether a line with = in it is a job all the same: its first word is a field of time."""
    first = line.split(None, 1)[0]
    return "=" not in first and bool(_NICKNAME.match(first) or re.match(r"-?[\d*][\d*,/~-]*$", first))


def _unquoted(value):
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _at_percent(command):
    """What the shell gets, and its input or None: % ends the one and is a line's end in the other, and \\% stands for %."""
    end = re.match(r"(?:\\.|[^%\\]|\\$)*", command, re.DOTALL).end()
    given = re.sub(r"\\%|%", lambda match: "%" if match.group() != "%" else "\n", command[end + 1 :]) if end < len(command) else None
    return command[:end].replace("\\%", "%"), given
