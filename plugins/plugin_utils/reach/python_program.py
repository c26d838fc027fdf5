# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that the reach `python` sends to the standard input of the host's Python: all of module_utils, and a call of audit.py.

It does what the tls_audit module does, for half of the bytes and two thirds of the host's time: Ansible's own side of a module, most of
what a `ping` takes, is nothing that an audit needs. And it writes nothing, where Ansible has a module write itself to a file.
"""

from __future__ import annotations

import base64
import fcntl
import marshal
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.mailtls.fleet.plugins import module_utils
from ansible_collections.mailtls.fleet.plugins.module_utils import memory_imports

_PACKAGE = module_utils.__name__
# Of the host's Python: nothing but its standard library (-I), none of what an administrator may have put before that (-S); names of files
# are bytes that need be no text of the login's locale (-X utf8, which Python 3.6 passes over).
OPTIONS = "-I -S -B -X utf8 -"
# All Pythons know this one of marshal's formats; later ones may be unknown to the host's.
_FORMAT = 2
_CACHE = "mailtls_audit_program"


def build(arguments: Mapping[str, Any]) -> bytes:
    """Return the text of the program that audits with these *arguments*, those of audit.ARGUMENTS."""
    # It ends at once: to take apart what is in memory would cost the host some milliseconds more.
    call = f"import os\nfrom {_PACKAGE} import audit\naudit.main({ascii(dict(arguments))})\nos._exit(0)\n"
    return _modules() + call.encode("ascii")


def _modules() -> bytes:
    """The part that is the same for all hosts: made by the first of Ansible's workers, and read by all others."""
    made = Path(constants.DEFAULT_LOCAL_TMP) / _CACHE
    try:
        if not made.exists():
            _make(made)
        return made.read_bytes()
    except OSError:
        # No room there, or no locks: each worker makes its own.
        return _packed()


def _make(made: Path) -> None:
    with open(f"{made}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = Path(f"{made}.new")
            unfinished.write_bytes(_packed())
            os.replace(unfinished, made)


def _packed() -> bytes:
    top = Path(next(iter(module_utils.__path__)))
    paths = {".".join(path.relative_to(top).with_suffix("").parts): path for path in sorted(top.rglob("*.py"))}
    sources = {f"{_PACKAGE}.{name}": path.read_text(encoding="utf-8") for name, path in paths.items() if name != "__init__"}
    packed = base64.b64encode(zlib.compress(marshal.dumps(sources, _FORMAT), zlib.Z_BEST_COMPRESSION)).decode("ascii")
    beginning = Path(memory_imports.__file__).read_text(encoding="utf-8")
    return f'{beginning}\n\nprovide("{packed}")\n'.encode()
