"""Plausible fleets of any size, as host records: evidence of a few dozen kinds of host, really assessed, under many names.

The same number of hosts and the same seed always give the same records. Shares are those of an office fleet: most hosts go on working, five
in a hundred fail for one of a few causes, some can't be told or reached.
"""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Iterator
from typing import Any

import evidence_factory as factory

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence as evidence_model
from ansible_collections.mailtls.fleet.plugins.plugin_utils import host_record, waivers
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import load as policy_load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import document

TODAY = datetime.date(2026, 11, 24)
PROFILE = "/home/alice/.thunderbird/x1.default/prefs.js"
USERS = (
    "amara",
    "bela",
    "chen",
    "dmitri",
    "elif",
    "farid",
    "greta",
    "hugo",
    "ines",
    "jonas",
    "kofi",
    "lena",
    "mei",
    "nils",
    "oana",
    "priya",
)
SITES = ("berlin", "graz", "lyon", "oslo", "porto", "turin")
# Shares of a thousand hosts, by kind: the working ones take what is left.
SHARES = {
    "fetchmail_pinned": 18, "thunderbird_pinned": 9, "legacy_name": 11, "old_openssl": 6, "system_capped": 4, "plaintext": 2,
    "at_risk": 12, "unreadable": 15, "undecided": 8, "error": 5, "unreachable": 20,
}  # fmt: skip
WAIVERS = (
    waivers.Waiver("waivers.yml:3", "Replaced in December", "office-it", datetime.date(2026, 12, 15), host="*-kiosk*", check="account"),
    waivers.Waiver("waivers.yml:8", "Was to be replaced", "branch-it", datetime.date(2026, 10, 1), host="oslo-*"),
    waivers.Waiver("waivers.yml:13", "Gone", "branch-it", datetime.date(2026, 12, 1), group="gone"),
)
WORKING = ("working_fetchmail", "working_thunderbird", "no_client", "no_client", "no_client")


def run_facts(**changes: Any) -> dict[str, Any]:
    """The part `run` of a document."""
    return {
        "id": "20261124T040500Z-1f3a", "started": "2026-11-24T04:05:00Z", "finished": "2026-11-24T04:31:12Z", "policy": "exchange-online",
        "requirement": "TLSv1.2", "deadline": "2026-12-31", "collection": "0.1.0", "slice": None, **changes,
    }  # fmt: skip


def fleet(hosts: int, seed: int = 1) -> dict[str, Any]:
    """The document of a run over a fleet of *hosts*."""
    return document.build(records(hosts, seed), run_facts())


def records(hosts: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield the records of a fleet of *hosts*."""
    draw = random.Random(seed)
    texts = {kind: json.dumps(record) for kind, record in _kinds().items()}
    for number in range(hosts):
        text = texts[_kind(draw, number)]
        name = f"{draw.choice(SITES)}-{draw.choice(('ws', 'srv', 'kiosk'))}{number:06}.corp.example.org"
        yield json.loads(text.replace("@host@", name).replace("alice", draw.choice(USERS)))


def with_waivers(records: Any) -> list[dict[str, Any]]:
    """The same records under WAIVERS."""
    return [waivers.apply(record, WAIVERS, {"all"}, TODAY) for record in records]


def _kind(draw: random.Random, number: int) -> str:
    place = draw.randrange(1000)
    for kind, share in SHARES.items():
        place -= share
        if place < 0:
            return kind
    return WORKING[number % len(WORKING)]


def _kinds() -> dict[str, dict[str, Any]]:
    policy = policy_load.load()
    kinds = {kind: {"host": "@host@", **assess_evidence(evidence, policy)} for kind, evidence in evidence_of_kinds().items()}
    kinds["error"] = host_record.of_error("@host@", "the audit failed on the host: /usr/bin/python3: cannot allocate memory")
    kinds["unreachable"] = host_record.of_unreachable("@host@", "Failed to connect to the host via ssh: Connection timed out")
    return kinds


def assess_evidence(evidence: dict[str, Any], policy: Any = None) -> dict[str, Any]:
    """What *evidence* comes to under the shipped policy, on the day that fleets are generated for."""
    return assess(evidence_model.load(evidence), policy or policy_load.load(), TODAY)


def evidence_of_kinds() -> dict[str, dict[str, Any]]:
    """The evidence of each kind of host that answers."""
    pinned = factory.account(settings=[factory.setting("sslproto", "TLS1")])
    legacy_name = "imap-legacy.office365.com"
    legacy = factory.account(server=legacy_name, settings=[factory.setting("poll", legacy_name, line=2)])
    old = [factory.hello(case, ["TLSv1"]) for case in ("system", "bare")]
    capped = [factory.hello("system", ["TLSv1"]), factory.hello("bare")]
    undecided = {"what": "sslproto", "why": "its value is computed when the program runs", "file": "/home/alice/.fetchmailrc", "line": 4}
    return {
        "fetchmail_pinned": factory.evidence(clients=[factory.client(pinned, factory.account(line=9))]),
        "thunderbird_pinned": _thunderbird(factory.setting("security.tls.version.max", "1", PROFILE, 41)),
        "legacy_name": factory.evidence(clients=[factory.client(legacy)]),
        "old_openssl": factory.evidence(
            stacks=[factory.stack(version="1.0.0", hellos=old)], clients=[factory.client(factory.account())],
        ),
        "system_capped": factory.evidence(
            stacks=[factory.stack(hellos=capped)], settings=[factory.system_setting("MaxProtocol", "TLSv1")],
            clients=[factory.client(factory.account())],
        ),
        "plaintext": factory.evidence(clients=[factory.client(factory.account(security="none", port=143))]),
        "at_risk": factory.evidence(clients=[factory.client({**pinned, "enabled": False})]),
        "unreadable": factory.evidence(
            clients=[factory.client(factory.account())],
            gaps=[{"what": "/home/alice/.fetchmailrc", "why": "permission denied", "affects": "client:fetchmail"}],
        ),
        "undecided": factory.evidence(clients=[factory.client(factory.account(undecided=[undecided]))]),
        "working_fetchmail": factory.evidence(clients=[factory.client(factory.account())]),
        "working_thunderbird": _thunderbird(),
        "no_client": factory.evidence(),
    }  # fmt: skip


def _thunderbird(*settings: dict[str, Any]) -> dict[str, Any]:
    nss = "/usr/lib/thunderbird/libnss3.so"
    account = factory.account(config=PROFILE, line=88, settings=list(settings))
    install = factory.install("60.9.1" if settings else "128.5.0", [nss], "/usr/bin/thunderbird")
    return factory.evidence(
        stacks=[factory.stack(), factory.stack("nss", "3.101", nss, origin="bundled", owner="/usr/bin/thunderbird", config=None)],
        clients=[factory.client(account, name="thunderbird", installs=[install])],
    )
