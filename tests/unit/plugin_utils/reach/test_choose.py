"""Which reach a host gets. The action is a stand-in that holds what `choose` looks at; the lab has the real one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import choose, interpreter
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError

EVIDENCE = {"schema": "mailtls.evidence/1"}


def action(answer: dict[str, Any], transport: str = "ssh", family: str = "sh") -> Any:
    connection = SimpleNamespace(transport=transport, _shell=SimpleNamespace(SHELL_FAMILY=family))
    silence = {"rc": 0, "stdout": "", "stderr": ""}
    return SimpleNamespace(
        _connection=connection,
        _execute_module=lambda **_: answer,
        _low_level_execute_command=lambda *_, **__: silence,
        _is_pipelining_enabled=lambda _style, _asynchronous: False,
    )


def test_the_module_s_evidence_is_handed_on() -> None:
    assert choose.obtain(action({"evidence": EVIDENCE}), {"reach": "python"}, {}) == EVIDENCE


@pytest.mark.parametrize(
    ("transport", "family"), [("winrm", "powershell"), ("psrp", "powershell"), ("ssh", "cmd"), ("ssh", "powershell"), ("winrm", "sh")]
)
def test_windows_is_told_by_its_connection_or_shell(transport: str, family: str) -> None:
    with pytest.raises(ReachError, match="reg.exe answered no query"):
        choose.obtain(action({"evidence": EVIDENCE}, transport, family), {}, {})


def test_a_module_that_fails_is_an_error_in_its_own_words() -> None:
    with pytest.raises(ReachError, match="no space left"):
        choose.obtain(action({"failed": True, "msg": "no space left"}), {"reach": "python"}, {})


def test_a_host_that_is_lost_is_unreachable() -> None:
    with pytest.raises(AnsibleConnectionFailure, match="timed out"):
        choose.obtain(action({"unreachable": True, "msg": "timed out"}), {"reach": "python"}, {})


def test_an_unknown_reach_is_refused() -> None:
    with pytest.raises(ReachError, match="expected auto, python, shell or windows"):
        choose.obtain(action({}), {"reach": "perl"}, {})


@pytest.mark.parametrize(("is_pipelined", "lowest"), [(True, 306), (False, 308)])
def test_a_program_of_our_own_runs_on_pythons_that_are_too_old_for_modules(
    is_pipelined: bool, lowest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "_MODULES", (3, 8))
    way = SimpleNamespace(_is_pipelining_enabled=lambda _style, _asynchronous: is_pipelined)
    assert interpreter.lowest(way) == lowest
    told = interpreter.unfit([("unfit", "/usr/bin/python3", "305"), ("unfit", "/opt/python3", "incomplete")], lowest)
    assert f"no Python of 3.{lowest % 100} or later: /usr/bin/python3 is Python 3.5; /opt/python3 lacks parts" in told
