"""Upgrades of packages by a real apt from real repositories: what is shown, what is installed, what comes back, and what is left to people.

The packages hold Debian's own fetchmail under other version numbers, which is what the audit goes by for a client's age; from the old
ones the word is taken away that only a later release's TLS knows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet import PLACE, fetchmailrc
from lab.host import Host, User
from lab.session import Lab

ROOT = Path(__file__).parents[2]
OLD, NEW = "6.3.26-1", "6.4.39-1"
BUILD = r"""
package() {  # NAME VERSION FIELD: TEXT...
    name=$1 version=$2 place=/srv/build/$1_$2; shift 2
    mkdir -p $place/DEBIAN $place/usr/bin $place/usr/share/$name
    echo $version >$place/usr/share/$name/version
    [ $name != fetchmail ] || cp /root/fetchmail $place/usr/bin/fetchmail
    case $name$version in fetchmail6.3.*) sed -i 's/tls1\.2+/tls1.2-/' $place/usr/bin/fetchmail ;; esac
    printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n' $name $version >$place/DEBIAN/control
    printf 'Maintainer: lab <lab@example.org>\nDescription: of the lab\n' >>$place/DEBIAN/control
    for field in "$@"; do echo "$field" >>$place/DEBIAN/control; done
    [ -z "$postinst" ] || { printf '#!/bin/sh\n%s\n' "$postinst" >$place/DEBIAN/postinst; chmod 755 $place/DEBIAN/postinst; }
    dpkg-deb --build $place /srv/repository/${name}_$version.deb >/dev/null
}
index() {  # what apt-ftparchive(1) would write
    cd /srv/repository
    for file in *.deb; do
        dpkg-deb --field $file
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $file $(stat -c %s $file) $(sha256sum $file | cut -d' ' -f1)
    done >Packages
    apt-get -qq update
}
mkdir -p /srv/repository
"""
START = r"""
cp /usr/bin/fetchmail /root/fetchmail
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list
package fetchmail 6.3.26-1
package bystander 1.0-1
index
apt-get -qq -y --allow-downgrades install fetchmail=6.3.26-1 bystander=1.0-1 >/dev/null
"""
# What each host's repository holds besides.
REPOSITORIES = {
    "supported": "package companion 1.0-1; package fetchmail 6.4.39-1 'Depends: companion'; package bystander 2.0-1",
    "orphaned": "package fetchmail 6.4.39-1",
    "ended": "",
    "behind": "package fetchmail 6.3.27-1",
    "removing": "package fetchmail 6.4.39-1 'Conflicts: bystander'",
    "failing": "postinst='exit 1'; package fetchmail 6.4.39-1",
}
REFUSED = {
    "ended": f"its distribution has no newer one than {OLD}",
    "behind": "its distribution has 6.3.27-1, and 6.4.0 or later is needed",
    "removing": "remove",
}


class Fleet:
    """The hosts, and what plays over them came to."""

    def __init__(self, lab: Lab, reports: Path) -> None:
        self._lab, self._reports = lab, reports
        self.hosts: dict[str, Host] = {}
        for name, repository in REPOSITORIES.items():
            host = lab.host(name, users=[User("alice")], files={PLACE: fetchmailrc("")})
            self.hosts[name] = host
            host.do(BUILD + START + repository + "\nindex\n")

    def play(self, playbook: str, *arguments: str) -> tuple[str, Path]:
        """Run it; return what it printed, in one line, and its run folder."""
        settings = {"mailtls_serial": ["100%"], "mailtls_max_fail_percentage": 100}
        inventory = self._lab.inventory("packages", self.hosts.values())
        done = self._lab.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), f"playbooks/{playbook}"]
            + ["-e", json.dumps(settings), *arguments],
            cwd=ROOT,
            env={"MAILTLS_REPORTS": str(self._reports), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"},
            timeout=300,
        )
        return " ".join(done.stdout.split()), (self._reports / "latest").resolve()

    def installed(self) -> dict[str, dict[str, str]]:
        """The versions of the lab's packages by host and name."""
        answers = {name: host.do("dpkg-query -W fetchmail bystander companion 2>/dev/null || :") for name, host in self.hosts.items()}
        return {name: dict(line.split("\t") for line in answer.splitlines() if not line.endswith("\t")) for name, answer in answers.items()}


def lines(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The lines of remedies.jsonl by host."""
    found: dict[str, list[dict[str, Any]]] = {}
    for text in (folder / "remedies.jsonl").read_text().splitlines():
        line = json.loads(text)
        found.setdefault(line["host"], []).append(line)
    return found


def verdicts(folder: Path) -> dict[str, str]:
    return {host["host"]: host["verdict"] for host in json.loads((folder / "results.json").read_text())["hosts"]}


def moves(line: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    """What became of which package, from which version to which."""
    return [(item["state"], change["file"], change["from"], change["to"]) for item in line["items"] for change in item["changes"]]


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    started = Fleet(lab, tmp_path_factory.mktemp("packages") / "reports")
    yield started
    for host in started.hosts.values():
        host.stop()


@pytest.fixture(scope="module")
def before(fleet: Fleet) -> dict[str, dict[str, str]]:
    return fleet.installed()


@pytest.fixture(scope="module")
def checked(fleet: Fleet, before: dict[str, dict[str, str]]) -> tuple[str, Path, dict[str, dict[str, str]]]:
    """A run that only looks."""
    output, folder = fleet.play("remediate.yml", "--check", "--diff", "-e", "mailtls_packages=true")
    return output, folder, fleet.installed()


@pytest.fixture(scope="module")
def upgraded(fleet: Fleet, checked: tuple[Any, ...]) -> tuple[str, Path, dict[str, dict[str, str]]]:
    output, folder = fleet.play("remediate.yml", "-e", "mailtls_packages=true", "-e", f"mailtls_plan={checked[1]}/remedies.jsonl")
    return output, folder, fleet.installed()


@pytest.fixture(scope="module")
def rolled_back(fleet: Fleet, upgraded: tuple[Any, ...]) -> tuple[str, Path, dict[str, dict[str, str]]]:
    """One of the hosts can't have the old version any more."""
    fleet.hosts["orphaned"].do(BUILD + "rm /srv/repository/fetchmail_6.3.26-1.deb\nindex\n")
    output, folder = fleet.play("rollback.yml", "-e", f"mailtls_rollback_run={upgraded[1].name}")
    return output, folder, fleet.installed()


def test_a_check_shows_what_would_be_installed_and_installs_nothing(before: Any, checked: Any) -> None:
    output, folder, after = checked
    assert before == after
    assert before["supported"] == {"fetchmail": OLD, "bystander": "1.0-1"}
    assert f"package fetchmail from {OLD} to {NEW}: 3 places" in output
    assert f"-fetchmail {OLD} +fetchmail {NEW}" in output
    [line] = lines(folder)["supported"]
    assert moves(line) == [
        ("would_change", "package fetchmail", OLD, NEW),
        ("would_change", "package companion", None, "1.0-1"),
    ]


def test_what_the_distribution_does_not_have_is_left_to_people_with_the_reason(checked: Any) -> None:
    found = lines(checked[1])
    assert {host: moves(found[host][0]) for host in REFUSED} == {host: [] for host in REFUSED}
    for host, reason in REFUSED.items():
        assert reason in found[host][0]["refused"][0]["why"]


def test_the_saved_plan_upgrades_that_package_and_what_it_needs(upgraded: Any) -> None:
    _output, folder, after = upgraded
    assert after["supported"] == {"fetchmail": NEW, "bystander": "1.0-1", "companion": "1.0-1"}
    assert verdicts(folder) == {"supported": "PASS", "orphaned": "PASS", **dict.fromkeys([*REFUSED, "failing"], "FAIL")}
    assert lines(folder)["supported"][0]["by"]


def test_an_upgrade_that_does_not_help_is_taken_back_by_itself(upgraded: Any) -> None:
    _output, folder, after = upgraded
    assert after["failing"] == {"fetchmail": OLD, "bystander": "1.0-1"}
    assert [moves(line) for line in lines(folder)["failing"]] == [
        [("applied", "package fetchmail", OLD, NEW)],
        [("restored", "package fetchmail", NEW, OLD)],
    ]


def test_a_rollback_brings_the_version_back_and_names_what_stays(before: Any, rolled_back: Any) -> None:
    output, folder, after = rolled_back
    assert after["supported"] == {**before["supported"], "companion": "1.0-1"}
    assert "it came with the upgrade and stays" in output
    assert verdicts(folder)["supported"] == "FAIL"


def test_an_old_version_that_is_gone_is_named_and_the_new_one_stays(rolled_back: Any) -> None:
    output, folder, after = rolled_back
    assert f"fetchmail {OLD} can't be had any more" in output
    assert after["orphaned"]["fetchmail"] == NEW
    assert verdicts(folder)["orphaned"] == "PASS"
