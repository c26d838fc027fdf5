# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets TLS libraries write the ClientHello that they would send, without a network, or shake hands over a connection that is there.

This file is a program of its own. ask.py hands its text to a fresh Python, which has loaded no TLS library yet, with a
call of main at the end. For every question it forks a process that loads the library, connects it to memory and
tells what it wrote; a library that crashes or hangs takes that process with it, and nothing else.

It imports little, and neither json nor signal: those two would double the time that this Python takes to start.
What it says, and the questions that it takes, is described in ask.py.
"""

import ctypes
import os
import resource
import select
import sys
import time

ANSWER_LIMIT = 64 * 1024  # bytes of one answer
NICENESS = 10

SIGKILL, PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 9, 1, 4  # signal(7), linux/prctl.h: the same on every architecture
NOBODY = 65534
ALERT = 21  # a record's first byte (RFC 8446, 5.1)
ERR_LIB_SSL, ALERT_REASON, LAST_ALERT = 20, 1000, 255
GNUTLS_E_FATAL_ALERT_RECEIVED = -12
CLOSED = "the server closed the connection"

WIRE = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
GNUTLS_VERSIONS = {"SSLv3": "SSL3.0", "TLSv1": "TLS1.0", "TLSv1.1": "TLS1.1", "TLSv1.2": "TLS1.2", "TLSv1.3": "TLS1.3"}
# SSL_OP_NO_SSLv2 and so on, of OpenSSL 1.0.2's ssl.h.
OPENSSL_REFUSALS = {
    "SSLv2": 0x01000000,
    "SSLv3": 0x02000000,
    "TLSv1": 0x04000000,
    "TLSv1.1": 0x10000000,
    "TLSv1.2": 0x08000000,
}
# A function of each library. When Python itself came with it, it is that one which would answer, whatever we load.
FINGERPRINT = {"openssl": "ERR_get_error", "gnutls": "gnutls_handshake", "nss": "NSS_NoDB_Init"}


class Failure(Exception):
    """The library can't be asked, or gave no hello; the text says why."""


class Pointer(ctypes.c_void_p):
    """A pointer that stays one: ctypes turns a plain c_void_p that a function returns into a number."""


# The libraries


class Library:
    """A loaded library, with what the libraries that it needs export."""

    def __init__(self, path, preload):
        for needed in preload:
            _load(needed)
        self._handle = _load(path)
        self._path = path

    def has(self, name):
        """Whether there is a function of that name."""
        return hasattr(self._handle, name)

    def call(self, result, name, *arguments):
        """Call the function *name* and return its *result*, which is a ctypes type or None."""
        try:
            function = getattr(self._handle, name)
        except AttributeError:
            raise Failure(f"{self._path} has no function {name}") from None
        function.restype = result
        return function(*arguments)

    def pointer(self, name, *arguments):
        """Call a function that returns a pointer; raises Failure when that is null."""
        pointer = self.call(Pointer, name, *arguments)
        if not pointer:
            raise Failure(f"{name} failed")
        return pointer

    def text(self, name, *arguments):
        """Call a function that returns a string; None when it returned a null pointer."""
        text = self.call(ctypes.c_char_p, name, *arguments)
        return text and text.decode("utf-8", "replace")


def _load(path, tried=()):
    """dlopen(3), with what it needs and lies beside it: programs with libraries of their own find those by other ways."""
    while True:
        try:
            return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            names = [word.strip(":") for word in str(error).split() if ".so" in word and "/" not in word]
            beside = [os.path.join(os.path.dirname(path), name) for name in names]
            missing = next((name for name in beside if name not in tried and os.path.isfile(name)), None)
            if missing is None:
                raise Failure(str(error)) from None
            tried = (*tried, missing)
            _load(missing, tried)


def ask_openssl(library, question, tell):
    """OpenSSL from 0.9.8 on, and LibreSSL. Sources: the manual's pages of the functions, openssl/ssl.h."""
    old = not library.has("TLS_client_method")
    about, numbers = ("SSLeay_version", (0, 2, 5)) if not library.has("OpenSSL_version") else ("OpenSSL_version", (0, 1, 4))
    version, build, directory = [library.text(about, number) for number in numbers]
    tell("library_version", version)
    tell("build", build)
    tell("directory", directory.partition('"')[2].rstrip('"') or None)
    if question["case"] == "bare" and library.has("OPENSSL_init_ssl"):
        library.call(ctypes.c_int, "OPENSSL_init_ssl", ctypes.c_uint64(0x80), None)  # OPENSSL_INIT_NO_LOAD_CONFIG
    if old:
        library.call(ctypes.c_int, "SSL_library_init")
        library.call(None, "SSL_load_error_strings")
    try:
        connection = _openssl_connection(library, question, "SSLv23_client_method" if old else "TLS_client_method")
        if question["descriptor"] is not None:
            return _openssl_shake(library, connection, question["descriptor"], tell)
        return _openssl_hello(library, connection)
    except Failure as failure:
        raise Failure(_openssl_errors(library) or str(failure)) from None


def _openssl_connection(library, question, method):
    context = library.pointer("SSL_CTX_new", library.pointer(method))
    _openssl_range(library, context, question["min"], question["max"])
    if question["cipher_list"] is not None:
        done = library.call(ctypes.c_int, "SSL_CTX_set_cipher_list", context, _bytes(question["cipher_list"]))
        _check(done == 1, "SSL_CTX_set_cipher_list failed")
    connection = library.pointer("SSL_new", context)
    library.call(None, "SSL_set_connect_state", connection)
    if question["server_name"] is not None:
        # SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name. Libraries too old for it go without, as programs do.
        name = _bytes(question["server_name"])
        library.call(ctypes.c_long, "SSL_ctrl", connection, 55, ctypes.c_long(0), name)
    return connection


def _openssl_hello(library, connection):
    incoming, outgoing = [library.pointer("BIO_new", library.pointer("BIO_s_mem")) for _direction in range(2)]
    library.call(None, "SSL_set_bio", connection, incoming, outgoing)
    library.call(ctypes.c_int, "SSL_do_handshake", connection)
    hello = ctypes.create_string_buffer(ANSWER_LIMIT // 4)
    length = library.call(ctypes.c_int, "BIO_read", outgoing, hello, len(hello))
    _check(length > 0 and hello.raw[0] != ALERT, "SSL_do_handshake wrote no hello")
    return hello.raw[:length]


def _openssl_shake(library, connection, descriptor, tell):
    library.call(None, "SSL_set_verify", connection, 0, None)  # SSL_VERIFY_NONE
    _check(library.call(ctypes.c_int, "SSL_set_fd", connection, descriptor) == 1, "SSL_set_fd failed")
    library.call(None, "ERR_clear_error")
    if library.call(ctypes.c_int, "SSL_do_handshake", connection) == 1:
        tell("negotiated", library.text("SSL_get_version", connection))
        return
    tell("failed", "yes")
    # ERR_GET_LIB and ERR_GET_REASON of openssl/err.h, which moved with 3.0; SSL_AD_REASON_OFFSET of openssl/ssl.h.
    code = library.call(ctypes.c_ulong, "ERR_peek_error")
    family, reason = (code >> 23 & 0xFF, code & 0x7FFFFF) if library.has("OPENSSL_version_major") else (code >> 24 & 0xFF, code & 0xFFF)
    if family == ERR_LIB_SSL and 0 <= reason - ALERT_REASON <= LAST_ALERT:
        tell("alert", reason - ALERT_REASON)
    raise Failure(CLOSED)  # where the library notes no error


def _openssl_range(library, context, lowest, highest):
    """SSL_CTX_set_min_proto_version(3) and its pair; before OpenSSL 1.1.0, the options that take versions away."""

    def control(command, number):
        return library.call(ctypes.c_long, "SSL_CTX_ctrl", context, command, ctypes.c_long(number), None)

    if library.has("OPENSSL_init_ssl"):
        # SSL_CTRL_SET_MIN_PROTO_VERSION, SSL_CTRL_SET_MAX_PROTO_VERSION
        for name, command in ((lowest, 123), (highest, 124)):
            _check(name is None or control(command, WIRE[name]) == 1, f"it can't be set to {name}")
        return
    if lowest:
        # With every version refused these libraries would offer their highest.
        _check(library.has(lowest.replace(".", "_") + "_client_method"), f"it knows no {lowest}")
        _check(not _is_outside(lowest, None, highest), f"no version is at least {lowest} and at most {highest}")
    outside = [name for name in OPENSSL_REFUSALS if _is_outside(name, lowest, highest)]
    control(32, sum(OPENSSL_REFUSALS[name] for name in outside))  # SSL_CTRL_OPTIONS


def _openssl_errors(library):
    texts = []
    while len(texts) < 4:
        code = library.call(ctypes.c_ulong, "ERR_get_error")
        if not code:
            break
        text = ctypes.create_string_buffer(256)
        library.call(None, "ERR_error_string_n", ctypes.c_ulong(code), text, ctypes.c_size_t(len(text)))
        texts.append(text.value.decode("utf-8", "replace"))
    return "; ".join(texts)


def ask_gnutls(library, question, tell):
    """GnuTLS. Source: its manual, chapters "GnuTLS application examples" and "Priority strings"."""
    tell("library_version", library.text("gnutls_check_version", None))
    if library.has("gnutls_get_system_config_file"):  # since 3.6.9
        tell("config", library.text("gnutls_get_system_config_file"))

    def must(name, *arguments):
        code = library.call(ctypes.c_int, name, *arguments)
        _check(code >= 0, library.text("gnutls_strerror", code) if code < 0 else "")

    must("gnutls_global_init")
    session, credentials = Pointer(), Pointer()
    must("gnutls_init", ctypes.byref(session), 2)  # GNUTLS_CLIENT
    _gnutls_priority(library, question, session, must)
    must("gnutls_certificate_allocate_credentials", ctypes.byref(credentials))
    must("gnutls_credentials_set", session, 1, credentials)  # GNUTLS_CRD_CERTIFICATE
    if question["server_name"] is not None:
        name = _bytes(question["server_name"])
        must("gnutls_server_name_set", session, 1, name, ctypes.c_size_t(len(name)))  # GNUTLS_NAME_DNS
    if question["descriptor"] is not None:
        return _gnutls_shake(library, session, question["descriptor"], tell)
    ours, theirs = _socket_pair()
    library.call(None, "gnutls_transport_set_ptr", session, Pointer(theirs))
    code = library.call(ctypes.c_int, "gnutls_handshake", session)
    try:
        return os.read(ours, ANSWER_LIMIT // 4)
    except BlockingIOError:
        raise Failure(library.text("gnutls_strerror", code)) from None


def _gnutls_shake(library, session, descriptor, tell):
    """No certificate is verified: GnuTLS leaves that to programs (gnutls_session_set_verify_cert)."""
    library.call(None, "gnutls_transport_set_ptr", session, Pointer(descriptor))
    code = library.call(ctypes.c_int, "gnutls_handshake", session)
    while code < 0 and not library.call(ctypes.c_int, "gnutls_error_is_fatal", code):
        code = library.call(ctypes.c_int, "gnutls_handshake", session)
    if code == 0:
        version = library.text("gnutls_protocol_get_name", library.call(ctypes.c_int, "gnutls_protocol_get_version", session))
        names = {theirs: name for name, theirs in GNUTLS_VERSIONS.items()}
        tell("negotiated", names.get(version, version))
        return
    tell("failed", "yes")
    if code == GNUTLS_E_FATAL_ALERT_RECEIVED:
        tell("alert", library.call(ctypes.c_int, "gnutls_alert_get", session))
    raise Failure(library.text("gnutls_strerror", code))


def _gnutls_priority(library, question, session, must):
    priority, range_tokens = question["priority"], _gnutls_range(library, question["min"], question["max"])
    if question["case"] == "priority":
        must("gnutls_priority_set_direct", session, _bytes(priority + range_tokens), None)
    elif not range_tokens:
        must("gnutls_set_default_priority", session)
    elif library.has("gnutls_set_default_priority_append"):  # since 3.6.3
        must("gnutls_set_default_priority_append", session, _bytes(range_tokens[1:]), None, 0)
    else:
        must("gnutls_priority_set_direct", session, _bytes("NORMAL" + range_tokens), None)


def _gnutls_range(library, lowest, highest):
    """Tokens that leave the versions of that range, of those that this GnuTLS knows."""
    if not (lowest or highest):
        return ""
    tokens = []
    for name, token in GNUTLS_VERSIONS.items():
        if not library.call(ctypes.c_int, "gnutls_protocol_get_id", _bytes(token)):
            continue
        if _is_outside(name, lowest, highest):
            tokens.append(f":-VERS-{token}")
        elif lowest:
            # Who names the lowest gets it, as with the other libraries, even where the default leaves it out.
            tokens.append(f":+VERS-{token}")
    return "".join(tokens)


def _socket_pair():
    """Two connected sockets of this process, that don't wait. With them GnuTLS needs no callback of ours, for which
    ctypes writes machine code at run time; hardened systems forbid that."""
    pair = (ctypes.c_int * 2)()
    socketpair = ctypes.CDLL(None, use_errno=True).socketpair
    _check(socketpair(1, 1, 0, pair) == 0, "no socket pair")  # AF_UNIX, SOCK_STREAM
    for descriptor in pair:
        os.set_blocking(descriptor, False)
    return pair


def ask_nss(library, question, tell):
    """NSS. Sources: nss/ssl.h, nss/nss.h; nspr/prio.h for the descriptor."""
    tell("library_version", library.text("NSS_GetVersion"))

    def must(name, *arguments):
        if library.call(ctypes.c_int, name, *arguments) != 0:
            raise Failure(f"{name}: {library.text('PR_ErrorToName', library.call(ctypes.c_int32, 'PR_GetError'))}")

    # NSS opens its cryptographic module itself, by a name without a directory: what that needs must be there by then.
    softoken = os.path.join(os.path.dirname(question["path"]), "libsoftokn3.so")
    if os.path.isfile(softoken):
        _load(softoken)
    must("NSS_NoDB_Init", None)
    must("NSS_SetDomesticPolicy")
    _nss_range(library, question, tell, must)
    memory = Memory(library)
    connection = library.pointer("SSL_ImportFD", None, memory.descriptor)
    must("SSL_OptionSet", connection, 1, 1)  # SSL_SECURITY
    must("SSL_OptionSet", connection, 5, 1)  # SSL_HANDSHAKE_AS_CLIENT
    if question["server_name"] is not None:
        must("SSL_SetURL", connection, _bytes(question["server_name"]))
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


def _is_outside(name, lowest, highest):
    number = WIRE.get(name, 0x0002)
    return (lowest is not None and number < WIRE[lowest]) or (highest is not None and number > WIRE[highest])


def _check(done, why):
    if not done:
        raise Failure(why)


def _bytes(text):
    return text.encode("utf-8", "surrogateescape")


ASK = {"openssl": ask_openssl, "gnutls": ask_gnutls, "nss": ask_nss}


# The processes


def main(questions, parent):
    """Print one line for each of the *questions*: its number, then names and values, each of them ended by NUL.

    *parent* is the number of the process that asks.
    """
    os.nice(max(0, NICENESS - os.nice(0)))
    _die_with_parent(parent)
    for number, question in enumerate(questions):
        # What is wrong comes first: of a process that was stopped, the last value may be cut off.
        told, wrong = _ask_apart(question)
        line = _field("error", wrong) + told.replace(b"\n", b" ")
        os.write(sys.stdout.fileno(), b"%d\0" % number + line + b"\n")


def _ask_apart(question):
    """Let a process of its own put the question; return what it told, and what was wrong with it or None."""
    reading, writing = os.pipe()
    ours = os.getpid()
    process = os.fork()
    if not process:
        _be_that_process(question, writing, ours)
    os.close(writing)
    told, wrong = _read(reading, question["seconds"])
    os.close(reading)
    os.kill(process, SIGKILL)
    status = os.waitpid(process, 0)[1]
    if not wrong and os.WIFSIGNALED(status) and os.WTERMSIG(status) != SIGKILL:
        wrong = f"it crashed with signal {os.WTERMSIG(status)}"
    return told, wrong


def _read(pipe, seconds):
    """Return what comes out of the *pipe* until its end, and None or why that was not waited for."""
    told, deadline = b"", time.monotonic() + seconds
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while len(told) < ANSWER_LIMIT:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            return told, f"no answer within {seconds:g} seconds"
        part = os.read(pipe, ANSWER_LIMIT - len(told))
        if not part:
            return told, None
        told += part
    return told, f"an answer of more than {ANSWER_LIMIT} bytes"


def _be_that_process(question, pipe, parent):
    """Put the question and end."""

    def tell(name, value):
        os.write(pipe, _field(name, value))

    try:
        _confine(question, parent)
        hello = _put(question, tell)
        if hello is not None:
            tell("hello", hello.hex())
    except Failure as failure:
        tell("error", str(failure))
    except Exception as error:
        tell("error", f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _confine(question, parent):
    """Take away what a foreign library does not need: our rights, the disk, the terminal, a life beyond ours."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(limit, (0, 0))
    if question["uid"] is not None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(question["uid"])
    _die_with_parent(parent)
    ctypes.CDLL(None).alarm(int(question["seconds"]) + 1)
    for name, value in question["env"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _die_with_parent(parent):
    """As far as the system knows of it, end when the process above does, be it already; and leave no core file."""
    system = ctypes.CDLL(None)
    if hasattr(system, "prctl"):
        for option, value in ((PR_SET_PDEATHSIG, SIGKILL), (PR_SET_DUMPABLE, 0)):
            system.prctl(option, ctypes.c_ulong(value), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _put(question, tell):
    """Return the hello; None of a handshake, which tells by itself."""
    kind = question["kind"]
    if kind not in ASK:
        raise Failure(f"no library of kind {kind} can be asked")
    if hasattr(ctypes.CDLL(None), FINGERPRINT[kind]):
        raise Failure(f"{sys.executable} itself holds a library of kind {kind}, which would answer in its place")
    return ASK[kind](Library(question["path"], question["preload"]), question, tell)


def _field(name, value):
    return b"" if value is None else f"{name}\0{value}\0".encode("utf-8", "replace")
