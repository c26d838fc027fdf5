"""Pythons asked for their ClientHello: the answer is what a program in that Python sends."""

from __future__ import annotations

import os
import pathlib
import ssl
import stat
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import client_hello
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask_runtime
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import python as python_runtime

PYTHON = os.path.realpath(sys.executable)
CAPPED = """
openssl_conf = top
[top]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
MaxProtocol = TLSv1.2
"""


def sent_by_this_python() -> dict:
    """What a program in this Python sends that sets nothing, as its own ssl module writes it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="outlook.office365.com")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return client_hello.parse(outgoing.read())


def executable(path: pathlib.Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_it_says_what_a_program_in_it_sends():
    facts = ask_runtime.facts(Host(), python_runtime, PYTHON, {})
    system, bare = facts["hellos"]
    sent = sent_by_this_python()
    assert facts["version"] == ".".join(map(str, sys.version_info[:3]))
    assert (system["case"], system["versions"], system["ciphers"]) == ("system", sent["versions"], sent["ciphers"])
    assert (bare["case"], bare["error"]) == ("bare", None)
    assert set(bare["versions"]) >= set(system["versions"])


def test_the_systems_file_acts_on_it_and_is_left_out_when_it_is_asked_bare(tmp_path):
    file = tmp_path / "openssl.cnf"
    file.write_text(CAPPED)
    system, bare = ask_runtime.facts(Host(), python_runtime, PYTHON, {"OPENSSL_CONF": str(file)})["hellos"]
    assert system["versions"][-1] == "TLSv1.2"
    assert bare["versions"][-1] == "TLSv1.3"


def test_a_users_modules_are_not_loaded(tmp_path, monkeypatch):
    (tmp_path / "ssl.py").write_text("raise SystemExit('loaded')\n")
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('loaded')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert ask_runtime.facts(Host(), python_runtime, PYTHON, {})["hellos"][0]["error"] is None


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\nexit 3\n", "it ended without an answer"),
        ("#!/bin/sh\necho hello zz\n", "it ended without an answer"),
        ("#!/bin/sh\necho hello 1603\n", ""),
        ("#!/bin/sh\necho error no ssl in here\n", "no ssl in here"),
        ("#!/bin/sh\nprintf 'error \\033[31mred'\n", "[31mred"),
        ("#!/does/not/exist\n", "could not be started"),
    ],
)
def test_what_is_no_answer_is_an_error_and_a_gap(script, why, tmp_path):
    host = Host()
    facts = ask_runtime.facts(host, python_runtime, executable(tmp_path / "python3", script), {})
    assert all(hello["versions"] == [] and hello["error"].isprintable() for hello in facts["hellos"])
    assert why in facts["hellos"][0]["error"]
    assert [gap["affects"] for gap in host.gaps] == [None]


def test_one_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(ask_runtime, "_SECONDS", 0.2)
    facts = ask_runtime.facts(Host(), python_runtime, executable(tmp_path / "python3", "#!/bin/sh\nsleep 600 & wait\n"), {})
    assert facts["hellos"][0]["error"] == "the time for its answer was over"


@pytest.mark.requires_root
def test_only_what_root_alone_can_change_is_asked(tmp_path):
    host = Host()
    directory = pathlib.Path("/usr/bin")
    own = next((path for path in directory.iterdir() if path.is_file() and not path.is_symlink()), None)
    assert own is not None
    assert ask_runtime.may_be_asked(host, str(own))
    writable = executable(tmp_path / "python3", "")
    os.chmod(writable, 0o775)
    assert not ask_runtime.may_be_asked(host, writable)
    assert not ask_runtime.may_be_asked(host, "/does/not/exist")
    assert not ask_runtime.may_be_asked(Host(str(tmp_path)), str(own))
    assert stat.S_IMODE(own.stat().st_mode) & 0o022 == 0


@pytest.mark.requires_root
def test_what_another_user_can_change_is_read_with_that_users_rights_alone(open_directory):
    file = open_directory / "openssl.cnf"
    file.write_text(CAPPED)
    file.chmod(0o600)
    asked = {"OPENSSL_CONF": str(file)}
    assert ask_runtime.facts(Host(), python_runtime, PYTHON, asked)["hellos"][0]["versions"][-1] == "TLSv1.2"
    os.chown(file, 1234, 1234)
    assert "could not be started" in ask_runtime.facts(Host(), python_runtime, PYTHON, asked)["hellos"][0]["error"]


@pytest.mark.requires_root
@pytest.mark.parametrize("is_made", [False, True], ids=["absent", "a link to root's file"])
def test_so_is_what_another_user_could_make_or_lead_elsewhere(open_directory, is_made):
    os.chown(open_directory, 1234, 1234)
    file = open_directory / "openssl.cnf"
    if is_made:
        file.symlink_to("/etc/passwd")
    os.chmod(open_directory, 0o700)
    assert ask_runtime._run_as(PYTHON, {"OPENSSL_CONF": str(file)}) == 1234


@pytest.mark.requires_root
def test_what_whoever_could_change_it_can_not_read_is_not_passed_over(open_directory):
    os.chown(open_directory, 1234, 1234)
    file = open_directory / "openssl.cnf"
    file.touch(0o600)
    with pytest.raises(ValueError, match="can't read it"):
        ask_runtime._run_as(PYTHON, {"OPENSSL_CONF": str(file)})


@pytest.mark.requires_root
def test_an_interpreter_behind_a_users_own_link_is_not_asked(tmp_path):
    own = os.path.realpath("/bin/sh")
    assert ask_runtime.may_be_asked(Host(), own)
    directory = tmp_path / "bin"
    directory.symlink_to(os.path.dirname(own))
    os.chown(directory, 1234, 1234, follow_symlinks=False)
    assert not ask_runtime.may_be_asked(Host(), str(directory / os.path.basename(own)))
