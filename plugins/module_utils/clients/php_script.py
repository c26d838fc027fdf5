# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripts in PHP that cron or systemd start and that fetch mail."""

import functools
import posixpath
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import scripts
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import php as runtime

NAME = "PHP script"
# One of them is in every text of interest.
SIGNS = ("imap_open", "imap_reopen", "ssl://", "tls://", "tlsv1.", "stream_socket_enable_crypto", "Mailbox", "Webklex")

# What scripts/php.py says of a mailbox that takes c-client's own STARTTLS, and what of one whose c-client can't pin TLS 1.0 for it,
# since it does not import the function that does. pkgsrc's patch for OpenSSL 1.1 of 2018 has it so (src/osdep/unix/ssl_unix.c).
_STARTTLS, _ANY_VERSION = "STARTTLS", "STARTTLS of any version"
_METHODS = (rb"\0(TLSv1_client_method)\0", rb"\0(TLS_client_method)\0")
_C_CLIENT = re.compile(r"libc-client")
_MAX_LIBRARY = 32 * 1024 * 1024


def read(host):
    """Return the evidence of the scripts in PHP on *host* that fetch mail, or None when there is none."""
    # A script may have hundreds of mailboxes.
    pins_starttls = functools.lru_cache(maxsize=None)(functools.partial(_pins_starttls, host))
    return scripts.read(host, NAME, runtime, SIGNS, _connections, functools.partial(_as_here, pins_starttls))


def _as_here(pins_starttls, interpreter, stacks, connection):
    """The imap extension speaks through libssl itself, past what PHP sets on its streams."""
    if not any(setting.key == "imap_open" for setting in connection.settings):
        return stacks, connection
    settings = connection.settings
    if not pins_starttls(interpreter):
        settings = [setting._replace(value=_ANY_VERSION) if setting.value == _STARTTLS else setting for setting in settings]
    return [stack for stack in stacks if stack.partition(" (")[0] != interpreter], connection._replace(settings=settings)


def _pins_starttls(host, interpreter):
    """Whether the c-client below the extension can do what it does in its own release; where none is found, it is taken for that."""
    extensions = [path for path in runtime.modules(host, interpreter) if path.endswith("/imap.so")]
    found = {path for extension in extensions for path in host.stacks.libraries_of(extension) if _C_CLIENT.match(posixpath.basename(path))}
    methods = [elf.find_bytes(host, path, _METHODS, _MAX_LIBRARY) for path in found]
    # Of one that can't be read, neither is known.
    return not methods or any(one_version is not None or any_version is None for one_version, any_version in methods)


def _connections(text):
    # Only where there is such a script: to compile what reads it takes a host milliseconds.
    from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import php

    return php.connections(text)
