# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit as its arguments want it: what the tls_audit module and the program that the reach `python` sends have in common."""

import json
import os
import sys

from ansible_collections.mailtls.fleet.plugins.module_utils import duration
from ansible_collections.mailtls.fleet.plugins.module_utils.collect import collect

# Of the tls_audit task, as its documentation has them.
ARGUMENT_SPEC = {
    "policy": {"type": "list", "elements": "path", "default": []},
    "waivers": {"type": "list", "elements": "path", "default": []},
    "restarts": {"type": "list", "elements": "dict", "default": []},
    "timeout": {"type": "int", "default": 10},
    "host_timeout": {"type": "int", "default": 300},
    "reach": {"type": "str", "choices": ["auto", "python", "shell", "windows"], "default": "auto"},
    "root": {"type": "str", "default": "/"},
    "watch": {"type": "str", "default": "0"},
    "bundled": {"type": "bool", "default": True},
    "probe": {"type": "list", "elements": "str", "default": []},
    "probe_jitter": {"type": "int", "default": 30},
    "probe_hosts": {"type": "int", "default": 20},
    "windows_load_hives": {"type": "bool", "default": False},
    "evidence": {"type": "bool", "default": False},
    "cache_facts": {"type": "bool", "default": False},
}
# Those that the host needs.
ARGUMENTS = ("root", "timeout", "watch", "bundled", "probe", "probe_jitter")
# What the host is for comes first.
NICENESS = 5


def main(arguments):
    """Print, as JSON, what `answer` returns."""
    sys.stdout.write(json.dumps(answer(arguments)) + "\n")
    sys.stdout.flush()


def answer(arguments):
    """Collect the evidence of this host; the action plugin judges it.

    Args:
        arguments: the ARGUMENTS by their names, each of its type in ARGUMENT_SPEC.

    Returns:
        {evidence}, or {failed, msg} where an argument can't be used.
    """
    os.nice(NICENESS)
    try:
        return {"evidence": _evidence(**arguments)}
    except _Unusable as error:
        return {"failed": True, "msg": str(error)}


class _Unusable(Exception):
    """An argument can't be used; the text says which, what was expected and what was found."""


def _evidence(root, timeout, watch, bundled, probe, probe_jitter):
    root = os.path.expanduser(os.path.expandvars(root))
    if not os.path.isdir(root):
        raise _Unusable(f"root: expected a directory of this host, found none at {root}")
    seconds = duration.seconds(watch)
    if seconds is None:
        raise _Unusable(f"watch: expected seconds, or a number with s, m or h, such as 10m; found {watch!r:.40}")
    return collect(root=root, timeout=timeout, watch=seconds, with_bundled=bundled, targets=_targets(probe), jitter=probe_jitter)


def _targets(texts):
    if not texts:
        return []
    from ansible_collections.mailtls.fleet.plugins.module_utils import probe

    try:
        return [probe.target(text) for text in texts]
    except ValueError as error:
        raise _Unusable(f"probe: {error}") from None
