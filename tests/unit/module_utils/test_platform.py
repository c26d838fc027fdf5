"""Which operating system a tree holds, from the files of today's and of old distributions."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import platform
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host


def read(tree: pathlib.Path, files: dict[str, str]) -> dict[str, str | None]:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return platform.read(Host(str(tree)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'},
            ("debian", "12", "Debian GNU/Linux 12 (bookworm)"),
        ),
        ({"usr/lib/os-release": "ID='opensuse-leap'\nVERSION_ID='15.6'\n"}, ("opensuse-leap", "15.6", None)),
        (
            {"etc/os-release": 'ID=ol\nPRETTY_NAME="Fifty \\"per cent\\" \\$5"\n', "etc/redhat-release": "CentOS release 5.11 (Final)"},
            ("ol", None, 'Fifty "per cent" $5'),
        ),
        ({"etc/os-release": "# no identity\n\nnonsense\n"}, ("linux", None, None)),
        ({"etc/redhat-release": "CentOS release 5.11 (Final)\n"}, ("centos", "5.11", "CentOS release 5.11 (Final)")),
        (
            {"etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"},
            ("rhel", "6.10", "Red Hat Enterprise Linux Server release 6.10 (Santiago)"),
        ),
        (
            {"etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"},
            ("sles", "11.4", "SUSE Linux Enterprise Server 11 (x86_64)"),
        ),
        ({"etc/debian_version": "6.0.10\n"}, ("debian", "6.0.10", "debian 6.0.10")),
        ({"etc/alpine-release": "3.2.3\n"}, ("alpine", "3.2.3", "alpine 3.2.3")),
        (
            {"System/Library/CoreServices/SystemVersion.plist": "<key>ProductVersion</key>\n\t<string>10.11.6</string>"},
            ("macos", "10.11.6", "macOS 10.11.6"),
        ),
        ({}, ("unknown", None, None)),
    ],
)
def test_the_system_is_known_by_its_own_files(tmp_path, files, expected):
    found = read(tmp_path, files)
    assert (found["os"], found["release"], found["name"]) == expected


def test_a_tree_has_no_kernel_and_its_processor_is_that_of_its_programs(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(os.path.realpath(sys.executable), tmp_path / "bin/sh")
    found = read(tmp_path, {})
    assert found["kernel"] is None
    assert found["python"] is None
    assert found["arch"] == os.uname().machine


def test_a_tree_without_programs_does_not_borrow_the_auditors_processor(tmp_path):
    assert read(tmp_path, {})["arch"] is None


def test_the_running_system_tells_kernel_and_python():
    found = platform.read(Host())
    assert found["kernel"] == os.uname().release
    assert found["python"] == sys.version.split()[0].rstrip("+")
