"""Clients in Python: what its ssl module and the libssl below it come to."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import PolicyError, load

PYTHON = "/usr/bin/python3.11"
MODERN = ["TLSv1.2", "TLSv1.3"]
CAP = make.system_setting("MaxProtocol", "TLSv1.1")


def python(*hellos: dict[str, Any]) -> dict[str, Any]:
    return make.stack("python", "3.11.2", PYTHON, config=None, hellos=list(hellos) or [make.hello("system"), make.hello("bare")])


def judge(*stacks: dict[str, Any], version: str | None = None, system: Any = (), key: str = "ssl_version") -> dict[str, Any]:
    """The finding of a getmail account over *stacks*, the nearest first, with that ssl_version and these system settings."""
    settings = [] if version is None else [make.setting(key, version)]
    install = make.install("6.18.11", [stack["path"] for stack in stacks], "/usr/bin/getmail")
    client = make.client(make.account(settings=settings), name="getmail", installs=[install])
    given = evidence.load(make.evidence(stacks=list(stacks), clients=[client], settings=list(system)))
    [found] = [item for item in assess(given, load(), datetime.date(2026, 11, 24))["findings"] if item["check"] == "account"]
    return found


def test_what_python_says_counts_and_not_what_its_libssl_could_do():
    found = judge(python(make.hello("system", MODERN), make.hello("bare")), make.stack())
    assert (found["verdict"], found["confidence"], found["offered"], found["stack"]["kind"]) == ("PASS", "observed", MODERN, "python")


@pytest.mark.parametrize(
    ("version", "verdict", "offered"),
    [
        ("sslv23", "PASS", make.ALL_VERSIONS),
        ("sslv3", "FAIL", []),
        ("tlsv1", "FAIL", ["TLSv1"]),
        ("TLSv1_1", "FAIL", ["TLSv1.1"]),
        ("tlsv1_2", "PASS", ["TLSv1.2"]),
        ("tlsv1_3", "FAIL", []),
    ],
)
def test_ssl_version(version: str, verdict: str, offered: list[str]):
    found = judge(python(), version=version)
    assert (found["verdict"], found["offered"]) == (verdict, offered)


def test_a_version_that_its_libssl_no_longer_takes_leaves_nothing():
    hellos = [make.hello(case, MODERN) for case in ("system", "bare")]
    assert judge(python(*hellos), version="tlsv1")["offered"] == []


def test_the_settings_of_openssl_are_those_of_python():
    capped = python(make.hello("system", ["TLSv1", "TLSv1.1"]), make.hello("bare"))
    found = judge(capped, make.stack(), system=[CAP])
    assert (found["verdict"], found["cause"], found["fix"]["change"]["key"]) == ("FAIL", "system_settings", "MaxProtocol")


def test_a_python_whose_own_floor_lies_above_the_systems_cap_fails_for_the_cap():
    dead_end = python(make.no_hello("system"), make.hello("bare"))
    found = judge(dead_end, make.stack(), system=[CAP])
    assert (found["verdict"], found["cause"]) == ("FAIL", "system_settings")


@pytest.mark.parametrize("setting", [CAP, make.system_setting("Protocol", "ALL, -TLSv1.2, -TLSv1.3")])
def test_nothing_that_the_system_sets_acts_on_a_pinned_version(setting: dict[str, Any]):
    capped = python(make.hello("system", ["TLSv1.1"]), make.hello("bare"))
    found = judge(capped, make.stack(), version="tlsv1_2", system=[setting])
    assert (found["verdict"], found["offered"]) == ("PASS", ["TLSv1.2"])


def test_a_python_that_could_not_be_asked_is_judged_by_its_libssl():
    old = make.stack(version="1.0.0", hellos=[])
    assert judge(old)["verdict"] == "FAIL"
    assert judge(make.stack())["verdict"] == "PASS"


def test_a_python_that_says_nothing_is_unknown():
    silent = python(make.no_hello("system", "timed out"), make.no_hello("bare", "timed out"))
    assert judge(silent, make.stack())["verdict"] == "UNKNOWN"
    assert judge(silent, make.stack(), version="tlsv1_2")["verdict"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("level", "version", "verdict", "offered"),
    [
        ("tls_compat", None, "PASS", make.ALL_VERSIONS),
        ("tls_compat", "ssl23", "PASS", make.ALL_VERSIONS),
        ("tls_compat", "tls1", "FAIL", ["TLSv1"]),
        ("tls_no_ssl", "tls1", "FAIL", ["TLSv1"]),
        ("tls_no_ssl", "tls1_2", "PASS", ["TLSv1.2"]),
        ("tls_no_ssl", "ssl23", "FAIL", []),
        ("tls_secure", "tls1_2", "PASS", ["TLSv1.2"]),
        ("tls_secure", "tls1", "FAIL", []),
        ("tls_secure", None, "FAIL", []),
        ("tls_best", "tls1_2", "FAIL", []),
        (None, "TLS1_2", "FAIL", []),
    ],
)
def test_the_levels_of_offlineimap(level: str | None, version: str | None, verdict: str, offered: list[str]):
    pairs = [("tls_level", level), ("ssl_version", version)]
    settings = [make.setting(key, value) for key, value in pairs if value]
    install = make.install("8.0.0", [PYTHON], "/usr/bin/offlineimap")
    client = make.client(make.account(settings=settings), name="offlineimap", installs=[install])
    given = evidence.load(make.evidence(stacks=[python(), make.stack()], clients=[client]))
    [found] = [item for item in assess(given, load(), datetime.date(2026, 11, 24))["findings"] if item["check"] == "account"]
    assert (found["verdict"], found["offered"]) == (verdict, offered)


def test_settings_of_a_library_that_is_not_in_the_policy_are_refused_with_their_line(tmp_path):
    file = tmp_path / "policy.yml"
    file.write_text(
        "schema: mailtls.policy/1\nsources: {X: here}\nlibraries:\n  perl:\n    title: Perl\n    offers: []\n    bounds: replace\n"
        "    holes: cut\n    fixed_in: '1'\n    source: X\n    settings_of: opensl\n"
    )
    with pytest.raises(PolicyError, match=r"policy\.yml, line 11: there is no library 'opensl'"):
        load(str(file))
