"""A reader is imported where something of its client is, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import trace_recorder

from ansible_collections.mailtls.fleet.plugins.module_utils import collect
from ansible_collections.mailtls.fleet.plugins.module_utils.clients import present, registry, traces
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "home/alice").mkdir(parents=True)
    return tmp_path


def write(root: Path, path: str, text: str = "") -> None:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def names(root: Path) -> set[str]:
    return {reader.NAME for reader in present.readers(Host(str(root)))}


def test_the_traces_are_what_the_readers_look_for(tmp_path):
    assert trace_recorder.record(tmp_path) == traces.TRACES, "run `make traces`"


def test_a_bare_host_has_no_client(root):
    assert names(root) == set()


@pytest.mark.parametrize("name", traces.TRACES)
def test_each_trace_of_a_client_has_its_reader_imported(tmp_path, name):
    for number, trace in enumerate(traces.TRACES[name]):
        root = tmp_path / str(number)
        (root / "etc").mkdir(parents=True)
        (root / "home/alice").mkdir(parents=True)
        kind, what = trace.split(" ", 1)
        if kind == "program":
            write(root, f"/usr/bin/{what}")
        elif kind == "launch":
            write(root, "/etc/cron.d/mail", f"* * * * * alice /opt/mail/{what.replace('*', 'mailer')} imap\n")
        elif kind == "package":
            write(root, "/var/lib/dpkg/status", f"Package: {what}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n")
        else:
            write(root, ("/home/alice/" if kind == "home" else "") + what.replace("*", "-1.0"))
        found = {reader.__name__.rpartition(".")[2] for reader in present.readers(Host(str(root)))}
        assert name in found, trace


def test_a_directory_that_cannot_be_listed_is_a_trace(root, monkeypatch):
    (root / "opt").mkdir()
    monkeypatch.setattr(Host, "may_enter", lambda host, directory: directory != "/opt")
    assert "thunderbird" in names(root)


def test_a_link_to_a_configuration_elsewhere_is_a_trace(root):
    write(root, "/srv/fetchmailrc")
    (root / "home/alice/.fetchmailrc").symlink_to("/srv/fetchmailrc")
    assert names(root) == {"fetchmail"}


def test_what_is_read_is_what_all_readers_would_read(root):
    write(root, "/home/alice/.fetchmailrc", "poll mail.example.com proto imap user a ssl\n")
    write(root, "/etc/cron.d/mail", "* * * * * alice mbsync -c /srv/mbsyncrc -a\n")
    every = collect.of_host(Host(str(root)), "python", True, readers=registry.READERS)
    assert collect.of_host(Host(str(root)), "python", True) == every
    assert [client["name"] for client in every["clients"]] == ["fetchmail"]
