"""Changes of registry values: what is refused, what can't be seen or written, and what a lost connection leaves behind."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from windows_registry import ChangingWindows, Lost

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import commands, remedy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.backup import Backup, BackupError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.session import Interrupted, Session

RUN, BACKUPS = "20261124T040500Z-1f3a", r"C:\backups"
SOFTWARE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft"
DOTNET = SOFTWARE + r"\.NETFramework"
PLACES = [(rf"{DOTNET}\{version}", view) for version in ("v2.0.50727", "v4.0.30319") for view in ("64", "32")]
HIVE = r"HKEY_USERS\S-1-5-21-1-2-3-1001\Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676\00000002"


def change(key: str, view: str, name: str, before: str | None, after: str = "0x1", kind: str = "REG_DWORD") -> dict[str, Any]:
    place = {"file": key, "line": 0, "registry": {"view": view, "type": kind}}
    return {**place, "client": None, "key": name, "from": before, "to": after, "findings": [f"{key}/{view}"], "accounts": []}


def machine(**known: Any) -> ChangingWindows:
    """A host with .NET of both versions in both views, one value switched off in each of the second's."""
    values: dict[tuple[str, str], dict[str, tuple[str, str]]] = {place: {"Other": ("REG_SZ", "x")} for place in PLACES}
    for view in ("64", "32"):
        values[PLACES[2][0], view]["SchUseStrongCrypto"] = ("REG_DWORD", "0x0")
        values[SOFTWARE, view] = {"Bystander": ("REG_SZ", "stays")}
    values[HIVE, ""] = {"IMAP Server": ("REG_SZ", "imap-legacy.office365.com")}
    return ChangingWindows(values, **known)


CHANGES = [
    change(key, view, name, "0x0" if key.endswith("v4.0.30319") and name == "SchUseStrongCrypto" else None)
    for key, view in PLACES
    for name in ("SchUseStrongCrypto", "SystemDefaultTlsVersions")
]


def apply(host: ChangingWindows, *changes: dict[str, Any], run: str = RUN, check: bool = False) -> dict[str, Any]:
    session = Session(host.execute, commands.CMD)
    return remedy.apply(session, Backup(session, BACKUPS, run), changes, check, 0)


def roll_back(host: ChangingWindows, check: bool = False) -> dict[str, Any]:
    session = Session(host.execute, commands.CMD)
    return remedy.roll_back(session, Backup(session, BACKUPS, RUN), check)


def states(outcome: dict[str, Any]) -> list[str]:
    return [item["state"] for item in outcome["items"]]


def refusal(outcome: dict[str, Any]) -> str:
    [refused] = outcome["refused"]
    assert outcome["items"] == []
    return str(refused["why"])


def test_dotnet_is_mended_in_all_four_places_and_taken_back() -> None:
    host = machine()
    before = copy.deepcopy(host.values)
    assert states(apply(host, *CHANGES, check=True)) == ["would_change"] * 8
    assert host.values == before
    assert states(apply(host, *CHANGES)) == ["applied"] * 8
    for place in PLACES:
        assert host.values[place] == {
            "Other": ("REG_SZ", "x"),
            "SchUseStrongCrypto": ("REG_DWORD", "0x1"),
            "SystemDefaultTlsVersions": ("REG_DWORD", "0x1"),
        }
    assert states(apply(host, *CHANGES, run="again")) == []
    assert states(roll_back(host)) == ["restored"] * 8
    assert host.values == before
    assert states(roll_back(host)) == ["present"] * 8


def test_a_value_in_a_user_s_hive_is_mended_and_taken_back() -> None:
    host = machine()
    asked = change(HIVE, "", "IMAP Server", "imap-legacy.office365.com", "outlook.office365.com", "REG_SZ")
    assert states(apply(host, asked)) == ["applied"]
    assert host.values[HIVE, ""] == {"IMAP Server": ("REG_SZ", "outlook.office365.com")}
    assert states(roll_back(host)) == ["restored"]


def test_a_hive_that_only_the_audit_loaded_is_left_for_its_user() -> None:
    asked = change(r"HKU\mailtls-audit-0\Software\Microsoft\x", "", "IMAP Server", "a", "b", "REG_SZ")
    assert "not signed in" in refusal(apply(machine(), asked))


def test_a_value_of_group_policy_is_refused_with_its_key() -> None:
    key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002"
    host = machine()
    host.values[key, "64"] = {"Functions": ("REG_SZ", "A")}
    assert f"Group Policy sets it ({key})" in refusal(apply(host, change(key, "64", "Functions", "A", "B", "REG_SZ")))
    assert host.values[key, "64"] == {"Functions": ("REG_SZ", "A")}


def test_a_value_that_somebody_changed_since_the_audit_is_refused() -> None:
    assert "audit again" in refusal(apply(machine(), change(*PLACES[2], "SchUseStrongCrypto", "0x7")))


def test_what_may_not_be_read_is_not_taken_for_absent() -> None:
    host = machine(unreadable=(DOTNET,))
    outcome = apply(host, *CHANGES)
    assert outcome["items"] == []
    assert {refused["why"] for refused in outcome["refused"]} == {"it can't be read: access may be denied"}


def test_a_key_that_is_absent_is_made_and_removed_again() -> None:
    host = machine()
    for view in ("64", "32"):
        host.values.pop((PLACES[0][0], view))
    before = copy.deepcopy(host.values)
    assert states(apply(host, change(*PLACES[0], "SchUseStrongCrypto", None))) == ["applied"]
    roll_back(host)
    assert host.values == before


def test_what_may_not_be_written_is_told_and_the_rest_is_made() -> None:
    host = machine(unwritable=(PLACES[0][0],))
    outcome = apply(host, *CHANGES)
    assert states(outcome) == ["refused"] * 4 + ["applied"] * 4
    assert outcome["items"][0]["why"] == "reg.exe did not write it: access may be denied"


def test_a_rollback_that_may_not_read_says_so_instead_of_being_done() -> None:
    host = machine()
    apply(host, *CHANGES)
    host.unreadable = (DOTNET,)
    outcome = roll_back(host)
    assert states(outcome) == ["refused"] * 8
    assert outcome["items"][0]["why"] == "it can't be read: access may be denied"


def test_wherever_the_connection_is_lost_a_rollback_brings_everything_back() -> None:
    whole = machine()
    apply(whole, *CHANGES)
    before = machine().values
    for lives in range(whole.done):
        host = machine(lives=lives)
        with pytest.raises(Lost):
            apply(host, *CHANGES)
        host.lives = None
        outcome = roll_back(host)
        assert host.values == before, lives
        assert "refused" not in states(outcome)
        assert host.locks == set()


def test_an_answer_that_is_cut_is_no_success() -> None:
    host = machine()
    session = Session(lambda command: Output(host.execute(command).stdout[:-20], ""), commands.CMD)
    with pytest.raises(Interrupted):
        remedy.apply(session, Backup(session, BACKUPS, RUN), CHANGES, False, 0)


def test_another_run_that_was_interrupted_is_named() -> None:
    host = machine(locks={"other"})
    with pytest.raises(BackupError, match="another remediation"):
        apply(host, *CHANGES)
    assert host.locks == {"other"}


@pytest.mark.parametrize(("view", "kind"), [("64&calc", "REG_DWORD"), ("64", "REG_SZ /f & calc"), ("", "x")])
def test_a_view_and_a_type_stand_in_no_command_line_unless_they_are_such(view: str, kind: str) -> None:
    host = machine()
    asked = change(PLACES[0][0], view, "SchUseStrongCrypto", None, kind=kind)
    assert "command line" in refusal(apply(host, asked))
