# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lets a Python's own ssl module write the ClientHello that it would send, without a network.

This file is a program of its own. runtimes/python.py hands its text to each Python of the host, with a call of main at the end,
so it is written in what Python 2.6 and 3.14 have in common.
"""

import binascii
import os
import socket
import sys

HANDSHAKE = b"\x16"  # a record's first byte (RFC 8446, 5.1)
LIMIT = 65536


def main(is_bare, bare_variables):
    """Print this Python's version, then its hellos in hexadecimal or why there is none; one line each, name and value.

    Args:
        is_bare: only what it sends without the settings of its environment, with what the module or its build leaves out by
            default; otherwise also what a program sends that sets nothing.
        bare_variables: {name: value}, by which the environment leaves out the system's settings.
    """
    _print("version", ".".join(str(number) for number in sys.version_info[:3]))
    if is_bare:
        _print(*_answer(True))
        return
    # OpenSSL reads its settings once, when it is loaded, so the other one needs a process of its own; but no start of its own.
    bare = os.fork()
    if not bare:
        os.environ.update(bare_variables)
        name, value = _answer(True)
        _print({"hello": "bare", "error": "bare_error"}[name], value)
        os._exit(0)
    answer = _answer(False)
    os.waitpid(bare, 0)
    _print(*answer)


def _answer(any_version):
    try:
        return "hello", binascii.hexlify(_hello(any_version)).decode("ascii")
    except Exception as error:
        return "error", type(error).__name__ + ": " + " ".join(str(error).split())


def _hello(any_version):
    # Not before the fork: this loads OpenSSL.
    import ssl

    near, far = socket.socketpair()
    if hasattr(socket, "_socketobject"):  # Python 2, whose pair is of a more primitive kind
        near = socket.socket(_sock=near)
    connection = _connected(ssl, near, any_version)
    connection.setblocking(False)
    far.setblocking(False)
    failure = None
    try:
        connection.do_handshake()
    except socket.error as error:  # noqa: UP024 - of Python 2, no OSError
        failure = error
    try:
        written = far.recv(LIMIT)
    except socket.error:  # noqa: UP024
        written = b""
    if written[:1] != HANDSHAKE:
        raise failure or ValueError("it wrote no hello")
    return written


def _connected(ssl, near, any_version):
    if not hasattr(ssl, "SSLContext"):  # before 2.7.9 and 3.2
        return ssl.wrap_socket(near, do_handshake_on_connect=False)
    context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_CLIENT", ssl.PROTOCOL_SSLv23))
    if hasattr(context, "check_hostname"):
        context.check_hostname = False
    if any_version and hasattr(ssl, "TLSVersion"):  # since 3.7
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # novm: only where hasattr says so
    return context.wrap_socket(near, do_handshake_on_connect=False)


def _print(name, value):
    os.write(1, (name + " " + value + "\n").encode("utf-8", "replace"))
