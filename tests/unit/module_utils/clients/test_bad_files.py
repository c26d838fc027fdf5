"""Where a client's configuration is looked for, anything may be: whatever it is, it costs a gap and neither time nor the audit.

The places are not listed here: they are those that each reader looks at on a host with one user.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import registry
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

LARGE = 50 * 1024 * 1024
HOME = "/home/alice"
# What is read of any host, whatever the client.
NOT_A_CLIENTS = ("/etc/passwd", "/etc/environment", "/etc/ld.so")


class Recorder(Host):
    """A host that notes which files were looked for, and which of them were to be read."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.looked_for: set[str] = set()
        self.read_from: set[str] = set()

    def opened(self, path):
        self.read_from.add(path)
        return super().opened(path)

    def exists(self, path):
        self.looked_for.add(path)
        return super().exists(path)


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGE)


BAD: dict[str, Callable[[Path], object]] = {
    "a directory": Path.mkdir,
    "a FIFO": lambda path: os.mkfifo(path),
    "a loop of links": lambda path: path.symlink_to(path.name),
    "50 MB": large,
    "NUL bytes": lambda path: path.write_bytes(b"poll\0example"),
}
STRANGE = {
    "not UTF-8": b"\xff\xfe\xe4 [Account: \xfc]\nhost = \xdf\n",
    "no grammar at all": b"\x01\x02{[(<\"'\\\n=== ;;; %%% $(`\n" * 50,
    "empty": b"",
    "one long line": b"x" * 500_000,
    "deep": b"{" * 100_000,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "home/alice").mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text(f"alice:x:{os.getuid()}:100::{HOME}:/bin/sh\n")
    return tmp_path


def places(reader, tree: Path) -> list[str]:
    """The files of a client's own that its reader looks for."""
    host = Recorder(str(tree))
    reader.read(host)
    found = host.looked_for | host.read_from
    return sorted(path for path in found if path.startswith(("/etc/", HOME + "/")) and not path.startswith(NOT_A_CLIENTS))


def read_with(reader, tree: Path, place: str, make: Callable[[Path], object]) -> Recorder:
    """Read the tree with something at that place, which is gone afterwards."""
    path = tree / place.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    host = Recorder(str(tree))
    try:
        reader.read(host)
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()
    return host


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("reader", registry.READERS, ids=lambda reader: reader.NAME)
def test_what_is_no_ordinary_file_is_a_gap_of_that_client(reader, kind, tree):
    for place in places(reader, tree):
        host = read_with(reader, tree, place, BAD[kind])
        told = [gap["what"] for gap in host.gaps if gap["what"] == place]
        assert told or place not in host.read_from, f"{place} is passed over in silence"


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("reader", registry.READERS, ids=lambda reader: reader.NAME)
def test_any_content_is_survived(reader, kind, tree):
    for place in places(reader, tree):
        read_with(reader, tree, place, lambda path: path.write_bytes(STRANGE[kind]))


PORTS = {
    "himalaya": (
        "/home/alice/.config/himalaya/config.toml",
        '[accounts.a]\nbackend.type = "imap"\nbackend.host = "h"\nbackend.port = {}\n',
    ),
    "git imap-send": ("/home/alice/.gitconfig", "[imap]\nhost = imaps://h\nport = {}\n"),
    "imapfilter": ("/home/alice/.imapfilter/config.lua", 'IMAP {{ server = "h", username = "a", port = {}, ssl = "auto" }}\n'),
    "dovecot": (
        "/etc/dovecot/dovecot.conf",
        "imapc_host = h\nimapc_port = {0}\nmail_location = imapc:\n"
        "service imap-login {{\n  inet_listener imap {{\n    port = {0}\n  }}\n}}\n",
    ),
    "alpine": ("/home/alice/.pinerc", "inbox-path={{h:{}/ssl/user=a}}INBOX\n"),
}


@pytest.mark.parametrize("number", ["9" * 5000, "\u00b2", "\u0663", "-1"], ids=["long", "superscript", "of another script", "negative"])
@pytest.mark.parametrize("name", PORTS)
def test_a_port_that_is_none_costs_that_client_nothing(name, number, tree):
    """Of one user's file, which must not hide the accounts of the others. Python refuses to read numbers of more than 4,300 digits."""
    place, text = PORTS[name]
    reader = next(reader for reader in registry.READERS if name == reader.NAME)
    host = read_with(reader, tree, place, lambda path: path.write_text(text.format(number)))
    assert place in host.read_from


def test_most_readers_have_places_of_their_own(tree):
    """So that the tests above are about something; the others list directories."""
    with_places = [reader for reader in registry.READERS if places(reader, tree)]
    assert len(with_places) > len(registry.READERS) / 2
