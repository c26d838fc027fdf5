"""Builders of valid evidence, as the collector sends it; each test changes what its story is about."""

from __future__ import annotations

from typing import Any

CIPHERS = ["1302", "1301", "C030", "C02F", "009D"]
LIBSSL = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
ALL_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


def hello(case: str = "system", versions: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """A ClientHello as a library wrote it."""
    offered = ALL_VERSIONS if versions is None else versions
    legacy = offered[-1] if offered else None
    return {
        "case": case, "priority": None, "versions": offered, "legacy_version": legacy, "ciphers": CIPHERS, "error": None, **changes,
    }  # fmt: skip


def no_hello(case: str = "system", error: str = "no protocols available") -> dict[str, Any]:
    """A library that wrote none."""
    return hello(case, [], ciphers=[], legacy_version=None, error=error)


def stack(kind: str = "openssl", version: str | None = "3.0.20", path: str = LIBSSL, **changes: Any) -> dict[str, Any]:
    """A TLS library; asked, with nothing in its way, unless `hellos` says otherwise."""
    return {
        "kind": kind, "path": path, "version": version, "package": {"name": "libssl3", "version": "3.0.20-1"}, "origin": "system",
        "owner": None, "build": [], "config": "/usr/lib/ssl/openssl.cnf", "hellos": [hello("system"), hello("bare")], **changes,
    }  # fmt: skip


def system_setting(key: str, value: str, kind: str = "openssl", line: int = 7) -> dict[str, Any]:
    """One line of a library's system file."""
    return {
        "stack": kind,
        "file": "/etc/ssl/openssl.cnf",
        "line": line,
        "section": "system_default",
        "key": key,
        "value": value,
    }


def setting(key: str, value: str, file: str = "/home/alice/.fetchmailrc", line: int = 3) -> dict[str, Any]:
    """One setting of an account."""
    return {"key": key, "value": value, "file": file, "line": line}


def account(**changes: Any) -> dict[str, Any]:
    """An account on the service's normal name, over implicit TLS, with nothing pinned."""
    return {
        "user": "alice", "config": "/home/alice/.fetchmailrc", "line": 2, "name": None, "server": "outlook.office365.com",
        "port": 993, "protocol": "imap", "security": "implicit", "enabled": True, "settings": [], "undecided": [], **changes,
    }  # fmt: skip


def install(version: str | None = "6.4.37", stacks: list[str] | None = None, program: str = "/usr/bin/fetchmail") -> dict[str, Any]:
    """An installed copy of a client."""
    return {"program": program, "version": version, "package": None, "stacks": [LIBSSL] if stacks is None else stacks}


def client(*accounts: dict[str, Any], name: str = "fetchmail", installs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A mail client with *accounts*, installed once."""
    return {"name": name, "installs": [install()] if installs is None else installs, "accounts": list(accounts)}


def evidence(**changes: Any) -> dict[str, Any]:
    """A host with one current OpenSSL and no mail client."""
    return {
        "schema": "mailtls.evidence/1", "collection": "0.1.0", "reach": "python", "root": "/", "privileged": True,
        "platform": {"os": "debian", "release": "12", "name": "Debian 12", "kernel": "6.1", "arch": "x86_64", "python": "3.11.2"},
        "stacks": [stack()], "settings": [], "clients": [], "gaps": [], **changes,
    }  # fmt: skip
