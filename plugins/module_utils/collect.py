# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit of one host, from its platform to its mail clients: facts only, each failure a gap."""

import functools
import os

from ansible_collections.mailtls.fleet.plugins.module_utils import platform, system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.bundled import find as bundled
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import present
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.live import find as live
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import place
from ansible_collections.mailtls.fleet.plugins.module_utils.version import VERSION

SCHEMA = "mailtls.evidence/1"


def collect(root="/", reach="python", timeout=10, watch=0, with_bundled=True, targets=(), jitter=0):
    """Return the evidence of the system below *root*, as docs/architecture.md describes it.

    Args:
        root: "/" for the running system, or the directory where another system's tree is mounted.
        reach: by which way the host was reached, a word that only goes along.
        timeout: seconds that the questions to all TLS libraries may take together.
        watch: seconds for which to look for programs that are connected to a mail server; 0 for one look.
        with_bundled: whether copies of TLS libraries are searched for that no client is known to use.
        targets: servers to shake hands with, each a probe.Target.
        jitter: seconds that may pass before the first of these handshakes.
    """
    host = Host(root)
    evidence = of_host(host, reach, os.geteuid() == 0, timeout, watch=watch, with_bundled=with_bundled)
    if targets:
        # Switched off as a rule.
        from ansible_collections.mailtls.fleet.plugins.module_utils import probe

        evidence["probes"] = _attempt(host, "probe", None, lambda: probe.probe(host, targets, jitter)) or []
    return evidence


def of_host(host, reach, privileged, timeout=10, readers=None, watch=0, with_bundled=False):
    """Return the evidence of *host*, as `collect` does.

    Args:
        host: the Host.
        reach: by which way it was reached.
        privileged: whether it was looked at as root.
        timeout: seconds that the questions to all TLS libraries may take together.
        readers: of the clients that are looked for; None for those that may be there.
        watch, with_bundled: as of `collect`.
    """
    # What a collector that failed would have found may be anything, so that the answer is open: no client need have been seen yet.
    _attempt(host, "users", "clients", lambda: host.users)
    if readers is None:
        readers = _attempt(host, "traces of mail clients", "clients", lambda: present.readers(host)) or ()
    clients = [_attempt(host, reader.NAME, "clients", functools.partial(reader.read, host)) for reader in readers]
    found = [client for client in clients if client]
    # After the others, which explain most of what is connected.
    found.append(_attempt(host, "running programs", "clients", lambda: live.read(host, found, watch, privileged)))
    _attempt(host, "backup sets", None, lambda: _mark_unread(host, [client for client in found if client]))
    if with_bundled:
        # Last, so that what a client uses is that client's, and is asked before the rest.
        _attempt(host, "copies of TLS libraries", None, lambda: bundled.add(host))
    # The clients first: they bring the libraries that come with them, and the strings to ask these with.
    _attempt(host, "TLS libraries", "stack:openssl", lambda: host.stacks.ask(timeout))
    settings = _attempt(host, "system settings", "stack:openssl", lambda: system_settings.read(host)) or []
    return {
        "schema": SCHEMA,
        "collection": VERSION,
        "reach": reach,
        "root": host.root,
        "privileged": privileged,
        "platform": _attempt(host, "platform", None, lambda: platform.read(host)) or {},
        "stacks": _attempt(host, "TLS libraries", "stack:openssl", host.stacks.all) or [],
        "settings": settings,
        "clients": [client for client in found if client],
        "gaps": host.gaps,
    }


def _mark_unread(host, clients):
    directory = place.default_directory()
    if host.live and os.path.isdir(directory):
        # Hosts where nothing was mended need none of it.
        from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import unread

        unread.mark(host, clients, directory)


def _attempt(host, what, affects, read):
    """Return what *read* returns; a fault of ours must not cost the rest of the audit, so it becomes a gap."""
    try:
        return read()
    except Exception as error:  # pylint: disable=broad-except
        # The text of an unforeseen exception may quote what was read; its type and place are enough to mend it.
        host.gap(what, f"the collector failed: {_where(error)}", affects)
        return None


def _where(error):
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}" if trace else ""
    return error.__class__.__name__ + place
