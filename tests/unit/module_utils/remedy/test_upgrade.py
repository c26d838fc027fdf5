"""Upgrades of packages: what is planned and refused, and how far a run came that was killed. A stand-in has the package manager's part;
tests/integration/test_remediate_packages.py has a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.remedy import backup, upgrade
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers import apt, dnf, registry
from ansible_collections.mailtls.fleet.plugins.module_utils.remedy.package_managers.base import PackageError, Step, words_of

RUN = "20261124T040500Z-1f3a"
OLD, NEW = "6.3.26-1", "6.4.39-1"


class Manager:
    """A distribution: what is installed, and which versions it has."""

    NAME = "apt"

    def __init__(self, **versions: list[str]) -> None:
        self.here = {name: found[0] for name, found in versions.items()}
        self.versions = versions
        self.companions: list[Step] = []

    def newest(self, name: str) -> str:
        return self.versions[name][-1]

    def installed(self, name: str) -> str | None:
        return self.here.get(name)

    def upgrade(self, name: str, version: str, simulate: bool) -> list[Step]:
        steps = [Step(name, self.here[name], version), *self.companions]
        if not simulate:
            self.here.update({step.name: step.after for step in steps})
        return steps

    def downgrade(self, versions: dict[str, str], simulate: bool) -> list[Step]:
        if any(version not in self.versions[name] for name, version in versions.items()):
            raise PackageError("apt-get ended with 100")
        if not simulate:
            self.here.update(versions)
        return []


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    found = Manager(fetchmail=[OLD, NEW])
    monkeypatch.setattr(registry, "of_host", lambda: found)
    return found


@pytest.fixture
def backups(tmp_path: Path) -> str:
    return str(tmp_path / "backups")


def asked(version: str = OLD, at_least: str | None = "6.4.0", to: str | None = None, finding: str = "account-1") -> dict[str, Any]:
    package = {"name": "fetchmail", "at_least": at_least}
    place = {"file": "package fetchmail", "line": 0, "key": "version", "from": version, "to": to}
    return {"client": "fetchmail", **place, "package": package, "findings": [finding], "accounts": []}


def refusals(outcome: dict[str, Any]) -> list[str]:
    assert outcome["items"] == []
    return [refusal["why"] for refusal in outcome["refused"]]


def states(outcome: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(item["state"], item["why"]) for item in outcome["items"]]


def test_a_check_names_the_version_and_writes_nothing(manager: Manager, backups: str) -> None:
    outcome = upgrade.apply([asked()], backups, RUN, check=True)
    assert [(item["state"], item["changes"][0]["to"]) for item in outcome["items"]] == [("would_change", NEW)]
    assert manager.here == {"fetchmail": OLD}
    assert not Path(backups).exists()


def test_two_findings_with_one_cause_are_one_upgrade_by_the_higher_need(manager: Manager, backups: str) -> None:
    outcome = upgrade.apply([asked(finding="a"), asked(finding="b", at_least="6.5")], backups, RUN)
    assert refusals(outcome) == [upgrade.TOO_OLD.format(NEW, "6.5")]
    assert outcome["refused"][0]["change"]["findings"] == ["a", "b"]
    outcome = upgrade.apply([asked(finding="a"), asked(finding="b")], backups, RUN)
    assert [item["changes"][0]["findings"] for item in outcome["items"]] == [["a", "b"]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (asked("6.3.20-1"), upgrade.MOVED),
        (asked(at_least="7"), upgrade.TOO_OLD.format(NEW, "7")),
        (asked(to="6.4.38-1"), upgrade.OTHER_THAN_PLANNED.format(NEW)),
    ],
)
def test_what_is_not_as_it_has_to_be_is_refused(manager: Manager, backups: str, change: dict[str, Any], why: str) -> None:
    assert refusals(upgrade.apply([change], backups, RUN)) == [why]
    assert manager.here == {"fetchmail": OLD}


def test_without_a_newer_version_or_a_package_manager_words_are_left(
    manager: Manager, backups: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.versions["fetchmail"] = [OLD]
    assert refusals(upgrade.apply([asked()], backups, RUN)) == [upgrade.NONE_NEWER.format(OLD)]
    monkeypatch.setattr(registry, "of_host", lambda: None)
    assert refusals(upgrade.apply([asked()], backups, RUN)) == [upgrade.NO_MANAGER]


def test_nothing_is_upgraded_that_costs_another_package(manager: Manager, backups: str) -> None:
    manager.companions = [Step("needed-thing", "1", None)]
    assert refusals(upgrade.apply([asked()], backups, RUN)) == [upgrade.REMOVES.format("needed-thing")]


def test_companions_come_back_with_it_as_far_as_they_were_there(manager: Manager, backups: str) -> None:
    manager.here["library"], manager.versions["library"] = "1", ["1", "2"]
    manager.companions = [Step("library", "1", "2"), Step("new", None, "1")]
    upgrade.apply([asked()], backups, RUN)
    assert manager.here == {"fetchmail": NEW, "library": "2", "new": "1"}
    outcome = upgrade.roll_back(backups, RUN)
    assert states(outcome) == [("restored", None), ("refused", upgrade.STAYS)]
    assert manager.here == {"fetchmail": OLD, "library": "1", "new": "1"}


def test_a_rollback_again_changes_nothing_and_an_unknown_run_is_told(manager: Manager, backups: str) -> None:
    upgrade.apply([asked()], backups, RUN)
    upgrade.roll_back(backups, RUN)
    again = upgrade.roll_back(backups, RUN)
    assert (states(again), again["changed"], again["found"]) == ([("present", None)], False, True)
    assert upgrade.roll_back(backups, "other")["found"] is False


def test_what_somebody_upgraded_since_stays(manager: Manager, backups: str) -> None:
    upgrade.apply([asked()], backups, RUN)
    manager.here["fetchmail"] = "6.5-1"
    [(state, why)] = states(upgrade.roll_back(backups, RUN))
    assert state == "refused"
    assert "somebody changed fetchmail since" in (why or "")
    assert manager.here == {"fetchmail": "6.5-1"}


def test_a_run_that_was_killed_before_the_upgrade_is_rolled_back_as_what_it_is(manager: Manager, backups: str) -> None:
    def killed(*_arguments: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    steps, manager.upgrade = manager.upgrade, lambda name, version, simulate: steps(name, version, simulate) if simulate else killed()  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(KeyboardInterrupt):
        upgrade.apply([asked()], backups, RUN)
    assert states(upgrade.roll_back(backups, RUN)) == [("present", None)]


def test_packages_and_settings_share_a_set_and_its_number(manager: Manager, backups: str) -> None:
    upgrade.apply([asked()], backups, RUN)
    assert backup.names(backups) == [RUN]
    manager.here["fetchmail"] = OLD
    with pytest.raises(backup.BackupError, match="changed packages of this host before"):
        upgrade.apply([asked()], backups, RUN)
    with backup.locked(backups), pytest.raises(backup.BackupError, match="changed this host before"):
        backup.create(backups, RUN, [], [])


def test_names_and_versions_that_could_be_options_are_refused(manager: Manager, backups: str) -> None:
    hostile = asked()
    hostile["package"]["name"] = "-o=x"
    assert refusals(upgrade.apply([hostile], backups, RUN)) == ["no package is called so: follow the written fix"]


def test_a_simulation_of_apt_is_read() -> None:
    # apt 2.6.1
    output = (
        "NOTE: This is only a simulation!\nReading package lists...\nThe following packages will be REMOVED:\n  bystander\n"
        "Remv bystander [1.0-1]\nInst companion (1.0-1 localhost [amd64])\nInst fetchmail [6.3.26-1] (6.4.39-1 localhost [amd64])\n"
        "Conf companion (1.0-1 localhost [amd64])\nConf fetchmail (6.4.39-1 localhost [amd64])\n"
    )
    assert apt.steps_of(output) == [
        Step("bystander", "1.0-1", None),
        Step("companion", None, "1.0-1"),
        Step("fetchmail", "6.3.26-1", "6.4.39-1"),
    ]


def test_a_table_of_dnf_is_read() -> None:
    # dnf 4.14, with a name that is too long for its column in yum's manner
    output = """Last metadata expiration check: 0:00:01 ago on Sun Nov 29 12:08:40 2026.
Dependencies resolved.
================================================================================
 Package                                                     Arch    Version Repo
                                                                             Size
================================================================================
Upgrading:
 tiny                                                        noarch  1:2.0-1 lab  5.5 k
     replacing  smaller.noarch 1.0-1
Installing dependencies:
 a-package-with-a-name-that-is-so-long-that-its-line-is-broken
                                                             noarch  1:2.0-1 lab  5.6 k
Removing dependent packages:
 gone                                                        noarch  1:1.0-1 @lab 5.6 k

Transaction Summary
================================================================================
Install  1 Package
"""
    assert dnf.steps_of(output) == [
        Step("tiny", None, "1:2.0-1"),
        Step("a-package-with-a-name-that-is-so-long-that-its-line-is-broken", None, "1:2.0-1"),
        Step("gone", None, None),
    ]


def test_words_of_a_package_manager_are_told_without_addresses() -> None:
    told = words_of("apt-get", 100, ["E: Failed to fetch http://user:secret@mirror/x", "E: Held packages were changed"])
    assert told == "apt-get ended with 100: E: Held packages were changed"
    assert dnf.NAME == "dnf"
