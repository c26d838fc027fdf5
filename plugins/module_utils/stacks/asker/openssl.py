# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks OpenSSL from 0.9.8 on, and LibreSSL. Sources: the manual's pages of the functions, openssl/ssl.h."""

import ctypes

if "ASK" not in globals():  # where this runs, library.py's text stands before it; whoever imports it has the names from there
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker.library import (
        ANSWER_LIMIT,
        ASK,
        WIRE,
        Failure,
        as_bytes,
        check,
        is_outside,
    )

ALERT = 21  # a record's first byte (RFC 8446, 5.1)
ERR_LIB_SSL, ALERT_REASON, LAST_ALERT = 20, 1000, 255
CLOSED = "the server closed the connection"
# SSL_OP_NO_SSLv2 and so on, of OpenSSL 1.0.2's ssl.h.
OPENSSL_REFUSALS = {
    "SSLv2": 0x01000000,
    "SSLv3": 0x02000000,
    "TLSv1": 0x04000000,
    "TLSv1.1": 0x10000000,
    "TLSv1.2": 0x08000000,
}


def ask_openssl(library, question, tell):
    """Return the hello of a loaded OpenSSL, or None after a handshake; *tell* what it says besides."""
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
        done = library.call(ctypes.c_int, "SSL_CTX_set_cipher_list", context, as_bytes(question["cipher_list"]))
        check(done == 1, "SSL_CTX_set_cipher_list failed")
    connection = library.pointer("SSL_new", context)
    library.call(None, "SSL_set_connect_state", connection)
    if question["server_name"] is not None:
        # SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name. Libraries too old for it go without, as programs do.
        name = as_bytes(question["server_name"])
        library.call(ctypes.c_long, "SSL_ctrl", connection, 55, ctypes.c_long(0), name)
    return connection


def _openssl_hello(library, connection):
    incoming, outgoing = [library.pointer("BIO_new", library.pointer("BIO_s_mem")) for _direction in range(2)]
    library.call(None, "SSL_set_bio", connection, incoming, outgoing)
    library.call(ctypes.c_int, "SSL_do_handshake", connection)
    hello = ctypes.create_string_buffer(ANSWER_LIMIT // 4)
    length = library.call(ctypes.c_int, "BIO_read", outgoing, hello, len(hello))
    check(length > 0 and hello.raw[0] != ALERT, "SSL_do_handshake wrote no hello")
    return hello.raw[:length]


def _openssl_shake(library, connection, descriptor, tell):
    library.call(None, "SSL_set_verify", connection, 0, None)  # SSL_VERIFY_NONE
    check(library.call(ctypes.c_int, "SSL_set_fd", connection, descriptor) == 1, "SSL_set_fd failed")
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
            check(name is None or control(command, WIRE[name]) == 1, f"it can't be set to {name}")
        return
    if lowest:
        # With every version refused these libraries would offer their highest.
        check(library.has(lowest.replace(".", "_") + "_client_method"), f"it knows no {lowest}")
        check(not is_outside(lowest, None, highest), f"no version is at least {lowest} and at most {highest}")
    outside = [name for name in OPENSSL_REFUSALS if is_outside(name, lowest, highest)]
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


ASK["openssl"] = ask_openssl, "ERR_get_error"
