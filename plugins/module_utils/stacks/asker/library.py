# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A TLS library that is loaded, and what the questions to its kinds have in common.

What lets libraries write a ClientHello is a program of its own, whose text ask.py puts together out of files of this directory: this
one first, then those of the kinds of libraries that are asked, then main.py.
"""

import ctypes
import os

TYPE_CHECKING = False  # as in typing
if TYPE_CHECKING:
    import typing

WIRE = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
ANSWER_LIMIT = 64 * 1024  # bytes of one answer
# {kind of a library: (function that asks one, name of a function that it exports)}, which the files of the kinds complete.
ASK: "dict[str, tuple[typing.Any, str]]" = {}


class Failure(Exception):
    """The library can't be asked, or gave no hello; the text says why."""


class Pointer(ctypes.c_void_p):
    """A pointer that stays one: ctypes turns a plain c_void_p that a function returns into a number."""


class Library:
    """A loaded library, with what the libraries that it needs export."""

    def __init__(self, path, preload):
        for needed in preload:
            load(needed)
        self._handle = load(path)
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


def load(path, tried=()):
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
            load(missing, tried)


def is_outside(name, lowest, highest):
    """Whether the protocol *name* is below the *lowest* or above the *highest*; None is no limit."""
    number = WIRE.get(name, 0x0002)
    return (lowest is not None and number < WIRE[lowest]) or (highest is not None and number > WIRE[highest])


def check(done, why):
    """Raise Failure with the reason *why* unless something was *done*."""
    if not done:
        raise Failure(why)


def as_bytes(text):
    """The bytes that a text from the host stood for."""
    return text.encode("utf-8", "surrogateescape")
