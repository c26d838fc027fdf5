"""Builders of valid host records and runs, as the report takes them; each test changes what its story is about."""

from __future__ import annotations

from typing import Any

RUN = {
    "id": "20261124T100000Z-0123", "started": "2026-11-24T10:00:00Z", "finished": "2026-11-24T10:01:00Z", "policy": "exchange-online",
    "requirement": "TLSv1.2", "deadline": "2026-12-31", "collection": "0.1.0", "slice": None,
}  # fmt: skip


def finding(verdict: str = "FAIL", **changes: Any) -> dict[str, Any]:
    """A finding about an account of fetchmail."""
    return {
        "id": "account-0123456789ab", "check": "account", "cause": "pinned", "verdict": verdict, "confidence": "configured",
        "why": "fetchmail 6.4.37 offers TLS 1.0.", "fix": {"text": "Change sslproto to TLS1.2+."}, "source": "FM1: the manual",
        "client": {"name": "fetchmail", "version": "6.4.37"},
        "account": {
            "server": "outlook.office365.com", "port": 993, "protocol": "imap", "security": "implicit",
            "config": "/home/alice/.fetchmailrc", "line": 2, "user": "alice",
        },
        "offered": ["TLSv1"], "stack": {"kind": "openssl", "version": "3.0.20", "path": "/usr/lib/libssl.so.3"},
        "settings": [{"file": "/home/alice/.fetchmailrc", "line": 3, "key": "sslproto", "value": "TLS1"}], **changes,
    }  # fmt: skip


def record(host: str = "mail1", verdict: str = "FAIL", **changes: Any) -> dict[str, Any]:
    """The record of an audited host with one finding."""
    return {
        "host": host, "verdict": verdict, "reach": "python", "platform": {"os": "debian", "release": "12", "arch": "x86_64"},
        "why": "fetchmail 6.4.37 offers TLS 1.0.", "findings": [finding(verdict)],
        "clients": [{"name": "fetchmail", "version": "6.4.37", "accounts": 1}],
        "stacks": [{"kind": "openssl", "version": "3.0.20", "path": "/usr/lib/libssl.so.3", "offered": ["TLSv1.2"]}],
        "gaps": [], **changes,
    }  # fmt: skip
