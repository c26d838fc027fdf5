# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks NSS. Sources: nss/ssl.h, nss/nss.h; nspr/prio.h for the descriptor."""

import ctypes
import os
import sys

if "ASK" not in globals():  # where this runs, library.py's text stands before it; whoever imports it has the names from there
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker.library import ASK, WIRE, Failure, as_bytes, load


def ask_nss(library, question, tell):
    """Return the hello of a loaded NSS; *tell* what it says besides."""
    tell("library_version", library.text("NSS_GetVersion"))

    def must(name, *arguments):
        if library.call(ctypes.c_int, name, *arguments) != 0:
            raise Failure(f"{name}: {library.text('PR_ErrorToName', library.call(ctypes.c_int32, 'PR_GetError'))}")

    # NSS opens its cryptographic module itself, by a name without a directory: what that needs must be there by then.
    softoken = os.path.join(os.path.dirname(question["path"]), "libsoftokn3.so")
    if os.path.isfile(softoken):
        load(softoken)
    must("NSS_NoDB_Init", None)
    must("NSS_SetDomesticPolicy")
    _nss_range(library, question, tell, must)
    memory = Memory(library)
    connection = library.pointer("SSL_ImportFD", None, memory.descriptor)
    must("SSL_OptionSet", connection, 1, 1)  # SSL_SECURITY
    must("SSL_OptionSet", connection, 5, 1)  # SSL_HANDSHAKE_AS_CLIENT
    if question["server_name"] is not None:
        must("SSL_SetURL", connection, as_bytes(question["server_name"]))
    must("SSL_ResetHandshake", connection, 0)
    try:
        must("SSL_ForceHandshake", connection)
    except Failure:
        # What it waits for will never come; only what it has written until then counts.
        if not memory.written:
            raise
    return bytes(memory.written)


def _nss_range(library, question, tell, must):
    for key in ("supported_range", "default_range"):
        found = (ctypes.c_uint16 * 2)()
        name = "SSL_VersionRangeGetSupported" if key == "supported_range" else "SSL_VersionRangeGetDefault"
        if not library.has(name):  # before 3.14
            continue
        must(name, 0, found)  # ssl_variant_stream
        names = {number: name for name, number in WIRE.items()}
        tell(key, " ".join(names.get(number, str(number)) for number in found))
    if question["min"] or question["max"]:
        lowest, highest = [WIRE.get(question[end], number) for end, number in zip(("min", "max"), found)]
        must("SSL_VersionRangeSetDefault", 0, (ctypes.c_uint16 * 2)(lowest, highest))


class Memory:
    """A descriptor of NSPR that keeps what is written, has nothing to read, and names a peer, without which NSS won't begin."""

    SLOTS = 36  # of PRIOMethods, the first of which is no function but the type
    SEND, RECV, GETPEERNAME, GETSOCKETOPTION = 18, 17, 25, 28

    def __init__(self, library):
        self.written = bytearray()
        self._library = library
        self._methods = (ctypes.c_void_p * self.SLOTS)()
        defaults = library.pointer("PR_GetDefaultIOMethods")
        ctypes.memmove(self._methods, defaults, ctypes.sizeof(self._methods))
        c_int, c_void_p, timeout = ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32
        types = {
            self.SEND: (self._send, (c_void_p, c_int, c_int, timeout)),
            self.RECV: (self._recv, (c_void_p, c_int, c_int, timeout)),
            self.GETPEERNAME: (self._getpeername, (c_void_p,)),
            self.GETSOCKETOPTION: (self._getsocketoption, (c_void_p,)),
        }
        self._callbacks = {}
        for slot, (method, arguments) in types.items():
            self._callbacks[slot] = ctypes.CFUNCTYPE(c_int, c_void_p, *arguments)(method)
            self._methods[slot] = ctypes.cast(self._callbacks[slot], c_void_p).value
        identity = library.call(ctypes.c_int, "PR_GetUniqueIdentity", b"memory")
        self.descriptor = library.pointer("PR_CreateIOLayerStub", identity, self._methods)

    def _send(self, _descriptor, data, length, _flags, _timeout):
        self.written += ctypes.string_at(data, length)
        return length

    def _recv(self, _descriptor, _data, _length, _flags, _timeout):
        self._library.call(None, "PR_SetError", -5998, 0)  # PR_WOULD_BLOCK_ERROR
        return -1

    def _getpeername(self, _descriptor, address):
        """PRNetAddr with 127.0.0.1: family, port, address."""
        ctypes.memmove(address, (2).to_bytes(2, sys.byteorder) + b"\x03\xe1\x7f\0\0\x01", 8)
        return 0

    def _getsocketoption(self, _descriptor, option):
        """It is asked for PR_SockOpt_Nonblocking."""
        SocketOption.from_address(option).value.non_blocking = 1
        return 0


class SocketOptionValue(ctypes.Union):
    """Of PRSocketOptionData; `aligned` stands for the members that hold an IPv6 address."""

    _fields_ = [("non_blocking", ctypes.c_int), ("aligned", ctypes.c_uint64)]


class SocketOption(ctypes.Structure):
    """The beginning of PRSocketOptionData."""

    _fields_ = [("option", ctypes.c_int), ("value", SocketOptionValue)]


ASK["nss"] = ask_nss, "NSS_NoDB_Init"
