# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Outlook: its copies from the machine's registry, its POP3 and IMAP accounts from the hives of the users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import places
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.machine import Machine
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.registry import Value
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.seen import Seen

NAME = "outlook"
_PROTOCOLS = {"IMAP": ("imap", 143, 993), "POP3": ("pop3", 110, 995)}
_OFFICE_OF = re.compile(r"\\Office\\(\d+\.\d+)\\Outlook\Z", re.IGNORECASE)
_BITNESS = {"x64": "64", "x86": "32"}


def read(machine: Machine, hives: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the evidence of Outlook, or None when nothing of it was seen; *hives*: the users' names by their hives' keys."""
    accounts = [account for hive, user in hives.items() for account in _accounts(machine.seen, hive, user)]
    return base.evidence(NAME, _installs(machine), accounts)


def _installs(machine: Machine) -> list[dict[str, Any]]:
    seen = machine.seen
    copies = dict(_registered(seen))
    program = _program(seen)
    if program is None and not copies:
        return []
    click_to_run = seen.value(places.CLICK_TO_RUN, "VersionToReport", "64")
    platform = seen.value(places.CLICK_TO_RUN, "Platform", "64")
    newest = max(copies, key=lambda version: [int(part) for part in version.split(".")], default=None)
    view = copies.get(newest or "") or _BITNESS.get((platform.text or "") if platform else "", "64")
    version = click_to_run.text if click_to_run and click_to_run.text else newest
    stacks = [machine.schannel, machine.winhttp(view if machine.arch != "i686" else "64")]
    return [{"program": program or "OUTLOOK.EXE", "version": version, "package": None, "stacks": stacks}]


def _registered(seen: Seen) -> Iterator[tuple[str, str]]:
    """Yield Office's number and the bitness of each Outlook that registered itself."""
    for view in ("64", "32"):
        for key in seen.below(places.OFFICE, view):
            number, bitness = _OFFICE_OF.search(key), seen.value(key, "Bitness", view)
            if number and bitness is not None:
                yield number[1], _BITNESS.get((bitness.text or "").lower(), view)


def _program(seen: Seen) -> str | None:
    """The default value's name is in the host's language, so its value tells it."""
    paths = (value.text.strip('"') for value in seen.values(places.OUTLOOK_PROGRAM, "64").values() if value.text)
    return next((path for path in paths if path.lower().endswith("outlook.exe")), None)


def _accounts(seen: Seen, hive: str, user: str) -> Iterator[dict[str, Any]]:
    for profiles in places.OUTLOOK_PROFILES:
        for key in seen.below(rf"{hive}\{profiles}"):
            values = {name.lower(): (name, value) for name, value in seen.values(key).items()}
            for family in _PROTOCOLS:
                if f"{family} server".lower() in values:
                    yield _account(key, user, family, values)


def _account(key: str, user: str, family: str, values: Mapping[str, tuple[str, Value]]) -> dict[str, Any]:
    def get(name: str) -> Value | None:
        return values.get(name.lower(), ("", None))[1]

    protocol, plain_port, tls_port = _PROTOCOLS[family]
    server, port = get(f"{family} Server"), get(f"{family} Port")
    implicit = _number(get(f"{family} Use SSL")) == 1
    number = _number(port) if port is not None else (tls_port if implicit else plain_port)
    security = "implicit" if implicit else _by_secure_connection(get(f"{family} Secure Connection"), number, plain_port, tls_port)
    label = get("Account Name")
    settings = [_setting(key, name, value) for name, value in values.values() if name.startswith(family)]
    undecided = []
    if security is None:
        undecided.append(base.undecided("security", "how its values say whether it uses TLS is not known for this Outlook", key, 0))
    text = server.text if server else None
    if not text:
        undecided.append(base.undecided("server", "its value is no text", key, 0))
    return base.account(
        user, key, 0, name=label.text if label else None, server=text or None, port=number if number in range(65536) else None,
        protocol=protocol, security=security, settings=settings, undecided=undecided,
    )  # fmt: skip


def _by_secure_connection(value: Value | None, port: int | None, plain_port: int, tls_port: int) -> str | None:
    """One source alone tells what the value means, so that it counts only where the port agrees."""
    meaning = {(0, plain_port): "none", (1, plain_port): "starttls", (2, tls_port): "implicit"}
    return meaning.get((_number(value), port)) if value is not None else None  # type: ignore[arg-type]


def _number(value: Value | None) -> int | None:
    return value.number if value is not None else None


def _setting(key: str, name: str, value: Value) -> dict[str, Any]:
    text = value.text if value.text is not None else value.data
    return {**base.setting(name, text, key, 0), "registry": {"view": "", "type": value.type}}
