# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to mail ports that are open now, and who listens on these, of every network namespace that a process lives in.

proc(5), /proc/PID/net/tcp.
"""

import collections
import ipaddress
import os
import re
import sys

PORTS = {110: ("pop3", None), 143: ("imap", None), 993: ("imap", "implicit"), 995: ("pop3", "implicit")}
MAX_TABLE = 32 * 1024 * 1024

Connection = collections.namedtuple("Connection", "server port uid inode")
Connection.__doc__ = (
    (Connection.__doc__ or "")
    + """

Attributes:
    server, port: of the far end, an address and a number.
    uid: of the owner.
    inode: of the socket; 0 when it has no owner any more.
"""
)

Listener = collections.namedtuple("Listener", "address port uid inode")
Listener.__doc__ = (
    (Listener.__doc__ or "")
    + """

Attributes:
    address, port: where it takes connections; "" for every address.
    uid, inode: as of Connection.
"""
)

_ADDRESS = rb"[0-9A-F]{8}|[0-9A-F]{32}"
# Established, being made, and on their way down: all states but listening (0A), closed (07) and waiting for a peer (03, 0C).
_CONNECTED = rb"^ *\d+: [0-9A-F]+:[0-9A-F]{4} (%s):(%s) 0[1245689B] \S+ \S+ \S+ +(\d+) +\d+ (\d+)"
_LISTENING = rb"^ *\d+: (%s):(%s) [0-9A-F]+:[0-9A-F]{4} 0A \S+ \S+ \S+ +(\d+) +\d+ (\d+)"


def of_table(content, local=frozenset(), byteorder=sys.byteorder):
    """Return the Connections to mail ports in the *content* of a tcp or tcp6 table.

    Those to this host itself are left out, but for the ports in *local*. *byteorder*: of the processor that made the table.
    """
    return [
        Connection(str(address), *rest)
        for address, *rest in _matches(_CONNECTED, content, frozenset(PORTS) | local, byteorder)
        if (rest[0] in local if address.is_loopback else rest[0] in PORTS)
    ]


def listeners_of_table(content):
    """Return the Listeners on mail ports in the *content* of a tcp or tcp6 table."""
    found = _matches(_LISTENING, content, frozenset(PORTS), sys.byteorder)
    return [Listener("" if address.is_unspecified else str(address), *rest) for address, *rest in found]


def _matches(pattern, content, ports, byteorder):
    """Yield address, port, uid and inode of the lines of a table that match."""
    numbers = b"|".join(b"%04X" % port for port in sorted(ports))
    for address, port, uid, inode in re.findall(pattern % (_ADDRESS, numbers), content, re.MULTILINE):
        yield _address(address.decode("ascii"), byteorder), int(port, 16), int(uid), int(inode)


def _address(text, byteorder):
    """An address as the kernel prints it: words of four bytes, in the order of the processor."""
    raw = bytes.fromhex(text)
    if byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    address = ipaddress.ip_address(raw)
    return getattr(address, "ipv4_mapped", None) or address


def connections(local=frozenset()):
    """Return the Connections of all network namespaces that processes of ours to see live in, as of `of_table`."""
    return [item for content in _tables() for item in of_table(content, local)]


def listeners():
    """Return the Listeners of all these network namespaces."""
    return [item for content in _tables() for item in listeners_of_table(content)]


def _tables():
    """Yield the tables of each network namespace, once."""
    seen = set()
    for process in processes():
        try:
            namespace = os.readlink(f"/proc/{process}/ns/net")
        except OSError:
            continue
        if namespace not in seen:
            seen.add(namespace)
            for table in ("tcp", "tcp6"):
                yield _read(f"/proc/{process}/net/{table}")


def owners(inodes):
    """Return {inode: [process]} of the processes that hold these sockets, as far as we may look at them."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found = {}
    for process in processes() if wanted else ():
        directory = f"/proc/{process}/fd/"
        try:
            for name in os.listdir(directory):
                inode = wanted.get(os.readlink(directory + name))
                if inode and process not in found.setdefault(inode, []):
                    found[inode].append(process)
        except OSError:
            # Another user's, or it has ended meanwhile.
            continue
    return found


def processes():
    """Return the numbers of the processes, sorted; none where there is no /proc."""
    try:
        return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return []


def _read(path):
    try:
        with open(path, "rb") as table:
            return table.read(MAX_TABLE)
    except OSError:
        return b""
