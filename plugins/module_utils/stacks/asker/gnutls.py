# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks GnuTLS. Source: its manual, chapters "GnuTLS application examples" and "Priority strings"."""

import ctypes
import os

if "ASK" not in globals():  # where this runs, library.py's text stands before it; whoever imports it has the names from there
    from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.asker.library import (
        ANSWER_LIMIT,
        ASK,
        Failure,
        Pointer,
        as_bytes,
        check,
        is_outside,
    )

GNUTLS_E_FATAL_ALERT_RECEIVED = -12
GNUTLS_VERSIONS = {"SSLv3": "SSL3.0", "TLSv1": "TLS1.0", "TLSv1.1": "TLS1.1", "TLSv1.2": "TLS1.2", "TLSv1.3": "TLS1.3"}


def ask_gnutls(library, question, tell):
    """Return the hello of a loaded GnuTLS, or None after a handshake; *tell* what it says besides."""
    tell("library_version", library.text("gnutls_check_version", None))
    if library.has("gnutls_get_system_config_file"):  # since 3.6.9
        tell("config", library.text("gnutls_get_system_config_file"))

    def must(name, *arguments):
        code = library.call(ctypes.c_int, name, *arguments)
        check(code >= 0, library.text("gnutls_strerror", code) if code < 0 else "")

    must("gnutls_global_init")
    session, credentials = Pointer(), Pointer()
    must("gnutls_init", ctypes.byref(session), 2)  # GNUTLS_CLIENT
    _gnutls_priority(library, question, session, must)
    must("gnutls_certificate_allocate_credentials", ctypes.byref(credentials))
    must("gnutls_credentials_set", session, 1, credentials)  # GNUTLS_CRD_CERTIFICATE
    if question["server_name"] is not None:
        name = as_bytes(question["server_name"])
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
        must("gnutls_priority_set_direct", session, as_bytes(priority + range_tokens), None)
    elif not range_tokens:
        must("gnutls_set_default_priority", session)
    elif library.has("gnutls_set_default_priority_append"):  # since 3.6.3
        must("gnutls_set_default_priority_append", session, as_bytes(range_tokens[1:]), None, 0)
    else:
        must("gnutls_priority_set_direct", session, as_bytes("NORMAL" + range_tokens), None)


def _gnutls_range(library, lowest, highest):
    """Tokens that leave the versions of that range, of those that this GnuTLS knows."""
    if not (lowest or highest):
        return ""
    tokens = []
    for name, token in GNUTLS_VERSIONS.items():
        if not library.call(ctypes.c_int, "gnutls_protocol_get_id", as_bytes(token)):
            continue
        if is_outside(name, lowest, highest):
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
    check(socketpair(1, 1, 0, pair) == 0, "no socket pair")  # AF_UNIX, SOCK_STREAM
    for descriptor in pair:
        os.set_blocking(descriptor, False)
    return pair


ASK["gnutls"] = ask_gnutls, "gnutls_handshake"
