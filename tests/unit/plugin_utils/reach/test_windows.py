"""The reach `windows` at its boundary: what each connection is given, as Ansible's own plugins wrap it. The action is a stand-in that runs
what it gets on a host of the tests; over SSH the lab has real ones. No WinRM server takes part anywhere."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.loader import shell_loader
from windows_host import IMAP, OUTLOOK, PROFILE, WINDOWS, WindowsHost, text, windows

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import choose
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import windows as reach
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError


def action(host: WindowsHost, transport: str, family: str, sent: list[str]) -> Any:
    def execute(command: str, sudoable: bool = True, encoding_errors: str = "") -> dict[str, Any]:
        sent.append(command)
        assert not sudoable
        output = host.execute(command)
        return {"rc": 0, "stdout": output.stdout, "stderr": output.stderr}

    connection = SimpleNamespace(transport=transport, _shell=SimpleNamespace(SHELL_FAMILY=family))
    return SimpleNamespace(_connection=connection, _low_level_execute_command=execute)


@pytest.mark.parametrize(
    ("transport", "family", "encoding"),
    [
        ("ssh", "cmd", "cp850"),
        ("ssh", "powershell", "cp850"),
        ("ansible.builtin.paramiko_ssh", "cmd", "cp850"),
        ("winrm", "powershell", "utf-8"),
        ("psrp", "powershell", "utf-8"),
        ("ansible.builtin.winrm", "powershell", "utf-8"),
    ],
)
def test_every_connection_comes_to_the_same_evidence(transport: str, family: str, encoding: str) -> None:
    sent: list[str] = []
    named = {**IMAP, "Account Name": text("Grüße")}
    host = WindowsHost(windows("19045", **OUTLOOK, **{PROFILE: named}), encoding=encoding)
    document = choose.obtain(action(host, transport, family, sent), {}, {})
    account = document["clients"][0]["accounts"][0]
    assert (account["server"], account["name"], [gap for gap in document["gaps"] if gap["affects"]]) == (
        "outlook.office365.com",
        "Grüße",
        [],
    )
    assert len(sent) <= 3
    assert all(command.startswith("cmd /d /c ('") == (family == "powershell") for command in sent)


def test_what_ansible_makes_of_it_for_winrm_fits_into_a_command_line() -> None:
    """Ansible's own encoding, undone: base64 of UTF-16, behind PowerShell's options."""
    sent: list[str] = []
    users = {
        WINDOWS + rf"\ProfileList\S-1-5-21-1-2-3-{number}": {"ProfileImagePath": text(rf"C:\Users\user {number}")}
        for number in range(2000, 2040)
    }
    choose.obtain(action(WindowsHost(windows("19045", **users)), "winrm", "powershell", sent), {}, {})
    shell = shell_loader.get("powershell")
    for command in sent:
        wrapped = " ".join(shell._encode_script(command, as_list=True, strict_mode=False, preserve_rc=False))
        assert len(wrapped) < 8191
        encoded = re.search(r"-EncodedCommand (\S+)$", wrapped)
        assert encoded
        assert base64.b64decode(encoded[1]).decode("utf-16-le") == command


@pytest.mark.parametrize(
    ("transport", "core", "wraps"),
    [
        ("ssh", "2.16.19", True),
        ("ssh", "2.17.0", True),
        ("ssh", "2.18.0rc1", False),
        ("ssh", "2.19.14", False),
        ("paramiko_ssh", "2.16.0", False),
        ("winrm", "2.19.1", True),
    ],
)
def test_which_ansible_runs_everything_in_powershell(transport: str, core: str, wraps: bool) -> None:
    assert reach._wraps(transport, core) is wraps


def test_a_host_that_does_not_answer_is_an_error_in_its_words() -> None:
    with pytest.raises(ReachError, match="Registrierungsschl"):
        choose.obtain(action(WindowsHost({}), "ssh", "cmd", []), {}, {})


def test_a_host_that_is_lost_in_between_is_unreachable() -> None:
    host = WindowsHost(windows())

    def lost(command: str, **_: Any) -> dict[str, Any]:
        if host.asked:
            raise AnsibleConnectionFailure("timed out")
        return vars(host.execute(command))

    lost_action = action(host, "ssh", "cmd", [])
    lost_action._low_level_execute_command = lost
    with pytest.raises(AnsibleConnectionFailure):
        choose.obtain(lost_action, {}, {})


@pytest.mark.parametrize(("given", "loads"), [(True, True), ("True", True), ("no", False), ("False", False), (False, False)])
def test_hives_are_loaded_only_when_asked_for(given: Any, loads: bool) -> None:
    sent: list[str] = []
    other = {WINDOWS + r"\ProfileList\S-1-5-21-1-2-3-1002": {"ProfileImagePath": text(r"C:\Users\bob")}}
    choose.obtain(action(WindowsHost(windows(**other)), "ssh", "cmd", sent), {"windows_load_hives": given}, {})
    assert any("reg load" in command for command in sent) is loads


def test_another_root_is_refused() -> None:
    with pytest.raises(ReachError, match="has to be /"):
        choose.obtain(action(WindowsHost(windows()), "ssh", "cmd", []), {"root": "/mnt"}, {})
