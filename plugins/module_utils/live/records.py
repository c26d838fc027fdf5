# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host has on record of mail that was fetched: lines of known fetchers in its journal and logs, and connections of the last minutes.

Of a line, only who wrote it is taken (journalctl(1), systemd.journal-fields(7); the header of RFC 3164 section 4.1, and with the
date of RFC 3339); what it says stays where it is.
"""

import collections
import ipaddress
import json
import os
import re
import subprocess
import time

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import traces
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable
from ansible_collections.mailtls.fleet.plugins.module_utils.live import sockets

# Clients that do nothing but fetch mail: a line of theirs is a sign of an account.
FETCHERS = ("fdm", "fetchmail", "getmail", "imapfilter", "imapsync", "mailfilter", "mbsync", "mpop", "offlineimap")
DAYS = 7
MAX_LINES = 2000
MAX_TAIL = 1024 * 1024
_SECONDS = 5
_JOURNAL = "the journal"
_JOURNALS = ("/var/log/journal", "/run/log/journal")
_LOGS = ("/var/log/mail.log", "/var/log/mail.info", "/var/log/maillog", "/var/log/mail", "/var/log/syslog", "/var/log/messages")
_FIELDS = ("SYSLOG_IDENTIFIER", "_COMM", "_UID", "_EXE")
# A script that starts a fetcher, or tells at boot that it does not, may have the fetcher's name.
_SHELLS = ("ash", "bash", "busybox", "dash", "ksh", "mksh", "sh", "zsh")
_HEADER = rb"^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S{8,30}) \S{1,255} (%s)(?:\[\d+\])?: "
_TRACKED = "/proc/net/nf_conntrack"
_ROUTES, _ADDRESSES = "/proc/net/fib_trie", "/proc/net/if_inet6"
_FLOW = re.compile(
    rb"^ipv[46] +\d+ +tcp .*?src=([0-9a-f.:]+) dst=([0-9a-f.:]+) sport=\d+ dport=(%s) " % b"|".join(b"%d" % port for port in sockets.PORTS),
    re.M,
)

Record = collections.namedtuple("Record", "place client uid")
Record.__doc__ = (
    (Record.__doc__ or "")
    + """

Attributes:
    place: where it stands.
    client: the fetcher's name.
    uid: number of the user that it ran as, or None where the record does not tell.
"""
)


def note(host, clients, user_of):
    """Make a gap of each fetcher that is on record, and of which no account of that user was found.

    Args:
        host: the Host.
        clients: evidence of the clients that were found.
        user_of: function from a user's number to the name.
    """
    for record in sorted(set(_journal(host)) | set(_logs(host)), key=str):
        user = None if record.uid is None else user_of(record.uid)
        found = next((client for client in clients if client["name"] == record.client), {"accounts": []})
        if not any(user is None or account["user"] in ("", user) for account in found["accounts"]):
            who = record.client + (f", run by {user}," if user else "")
            why = f"{who} has lines there in the last {DAYS} days, and no account of it was found"
            host.gap(record.place, why, "client:" + record.client if "name" in found else "clients")


def _journal(host):
    """Records of the journal."""
    program = next(iter(host.programs("journalctl")), None)
    if program is None:
        return []
    names = sorted(_names())
    wanted = [word for name in names for field in _FIELDS[:2] for word in ("+", f"{field}={name}")][1:]
    command = [program, "--no-pager", "--quiet", f"--since=-{DAYS}d", f"--lines={MAX_LINES}"]
    command += ["--output=json", "--output-fields=" + ",".join(_FIELDS)]
    try:
        done = subprocess.run(
            command + wanted,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        host.gap(_JOURNAL, f"could not be asked which fetchers ran: {error.__class__.__name__}")
        return []
    note_closed_journal(host)
    return [record for line in done.stdout.splitlines() for record in _of_line(line)]


def note_closed_journal(host):
    """Make a gap of the system's journal where it may not be read: journalctl then shows, without a word, what this account wrote alone."""
    for directory in _JOURNALS:
        for machine in host.names(directory):
            try:
                with host.opened(f"{directory}/{machine}/system.journal"):
                    pass
            except Absent:
                continue
            except Unreadable as error:
                host.gap(_JOURNAL, f"{error}: of what it has, only what this account's own programs wrote was seen")
                return


def _of_line(line):
    try:
        fields = json.loads(line.decode("utf-8", "replace"))
        names = [fields.get(field) for field in _FIELDS[:2]]
        uid = int(fields["_UID"]) if str(fields.get("_UID", "")).isdigit() else None
    except (ValueError, AttributeError):
        return []
    if os.path.basename(str(fields.get("_EXE"))) in _SHELLS:
        return []
    known = _names()
    client = next((known[name] for name in names if isinstance(name, str) and name in known), None)
    return [Record(_JOURNAL, client, uid)] if client else []


def _logs(host):
    """Records of log files that were written to in the last days."""
    known = _names()
    header = re.compile(_HEADER % b"|".join(re.escape(name.encode("ascii")) for name in sorted(known)), re.MULTILINE)
    for path in _LOGS:
        state = host.status(path, None)
        if state is None or time.time() - state.st_mtime > DAYS * 86400:
            continue
        try:
            with host.opened(path) as descriptor:
                tail = os.pread(descriptor, MAX_TAIL, max(0, os.fstat(descriptor).st_size - MAX_TAIL))
        except Absent:
            continue
        except Unreadable as error:
            host.gap(path, str(error))
            continue
        for name in set(header.findall(tail)):
            yield Record(path, known[name.decode("ascii")], None)


def _names():
    """{name of a program: the client} of the fetchers."""
    return {trace.partition(" ")[2]: client for client in FETCHERS for trace in traces.TRACES[client] if trace.startswith("program ")}


def note_connections(host, clients, seen):
    """Make a gap of each connection to a mail port that the kernel still keeps track of, and whose program was not seen.

    Args:
        host: the Host.
        clients: evidence of the clients.
        seen: {(server, port)} of the connections whose programs were looked for.
    """
    try:
        with open(_TRACKED, "rb") as file:
            content = file.read(sockets.MAX_TABLE)
    except OSError:
        # There is none, or only root may read it: most hosts keep no such table.
        return
    own = _own_addresses()
    flows = {(_address(source), _address(server), int(port)) for source, server, port in _FLOW.findall(content)}
    for source, server, port in sorted(flows, key=str):
        place = f"{server} port {port}"
        if source in own and server not in own and (str(server), port) not in seen:
            why = "something on this host was connected to it in the last minutes, and has ended"
            host.gap(place, why, None if any(client["accounts"] for client in clients) else "clients")
        elif source not in own and server not in own:
            host.gap(place, f"{source} connects to it by way of this host, and is to be audited by itself")


def _own_addresses():
    """The addresses of this host: of IPv4 those that its routes call local, of IPv6 those of its interfaces."""
    found = re.findall(rb"\|-- (\S+)\n +/32 host LOCAL", _content(_ROUTES))
    found += [b":".join(re.findall(rb"....", digits)) for digits in re.findall(rb"(?m)^([0-9a-f]{32}) ", _content(_ADDRESSES))]
    return set(map(_address, found))


def _content(path):
    try:
        with open(path, "rb") as file:
            return file.read(MAX_TAIL)
    except OSError:
        return b""


def _address(text):
    return ipaddress.ip_address(text.decode("ascii"))
