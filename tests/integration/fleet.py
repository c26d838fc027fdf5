"""The lab's fleet: a host of each kind, with the verdict that it has to get."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.container import File

SECRET = "a-password-that-must-stay-on-its-host"
PLACE = "/home/alice/.fetchmailrc"
CAPPED = """
openssl_conf = top
[top]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
MaxProtocol = TLSv1.1
"""
# As Red Hat's systems have it; the policy is one of the administrator's.
CRYPTO_POLICY = {
    "/etc/ssl/openssl.cnf": CAPPED.replace("MaxProtocol = TLSv1.1", ".include = /etc/crypto-policies/back-ends/opensslcnf.config"),
    "/etc/crypto-policies/back-ends/opensslcnf.config": "TLS.MinProtocol = TLSv1\nTLS.MaxProtocol = TLSv1.1\n",
    "/etc/crypto-policies/config": "# Ours\nOLD-MAIL\n",
}
GNUTLS_OVERRIDES = "[overrides]\ndisabled-version = tls1.2\ndisabled-version = tls1.3\n"
PROFILES = "[Profile0]\nName=default\nIsRelative=1\nPath=p.default\nDefault=1\n"
PREFERENCES = """
user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "outlook.office365.com");
user_pref("mail.server.server1.port", 993);
user_pref("mail.server.server1.socketType", 3);
user_pref("security.tls.version.min", 1);
user_pref("security.tls.version.max", 1);
"""
MBSYNCRC = f"IMAPAccount work\nHost outlook.office365.com\nUser u\nPass {SECRET}\nSSLType IMAPS\nSSLVersions TLSv1\n"


@dataclass(frozen=True)
class Member:
    """A host of the fleet.

    Attributes:
        verdict: of the host.
        accounts: verdict and cause of the accounts by user.
        unreadable: files that a coverage finding has to name.
        why: what the host's reason has to say.
    """

    verdict: str
    image: str = "bookworm"
    files: Mapping[str, File | str] = field(default_factory=dict)
    accounts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    why: str = ""

    @property
    def users(self) -> list[str]:
        """The users that own something in the files."""
        return sorted({file.owner for file in self.files.values() if isinstance(file, File) and file.owner != "root"})


def fetchmailrc(options: str = "ssl", server: str = "outlook.office365.com", user: str = "alice") -> File:
    """A fetchmail configuration with one account."""
    return File(f'poll {server} protocol imap user "u" password "{SECRET}" is {user} here {options}\n', user, 0o600)


FLEET = {
    "clean": Member("PASS", files={PLACE: fetchmailrc()}, accounts={"alice": ("PASS", "ok")}),
    "clean-trixie": Member("PASS", "trixie", {PLACE: fetchmailrc()}, {"alice": ("PASS", "ok")}),
    "no-client": Member("PASS", "bookworm-minimal", why="no POP/IMAP client found"),
    "fetchmail-pinned": Member("FAIL", files={PLACE: fetchmailrc('ssl sslproto "TLS1"')}, accounts={"alice": ("FAIL", "pinned")}),
    "mbsync-pinned": Member(
        "FAIL", files={"/home/alice/.mbsyncrc": File(MBSYNCRC, "alice", 0o600)}, accounts={"alice": ("FAIL", "pinned")}
    ),
    "thunderbird-pinned": Member(
        "FAIL",
        "bookworm-desktop",
        {
            "/home/alice/.thunderbird/profiles.ini": File(PROFILES, "alice"),
            "/home/alice/.thunderbird/p.default/prefs.js": File(PREFERENCES, "alice"),
        },
        {"alice": ("FAIL", "pinned")},
    ),
    "openssl-capped": Member(
        "FAIL", files={"/etc/ssl/openssl.cnf": CAPPED, PLACE: fetchmailrc()}, accounts={"alice": ("FAIL", "system_settings")}
    ),
    "openssl-capped-alone": Member("FAIL", files={"/etc/ssl/openssl.cnf": CAPPED}, why="MaxProtocol = TLSv1.1"),
    "crypto-policy": Member(
        "FAIL",
        files={**CRYPTO_POLICY, PLACE: fetchmailrc()},
        accounts={"alice": ("FAIL", "system_settings")},
        why="update-crypto-policies wrote for OLD-MAIL (/etc/crypto-policies/config, line 2)",
    ),
    "gnutls-overridden": Member(
        "AT_RISK", files={"/etc/gnutls/config": GNUTLS_OVERRIDES, PLACE: fetchmailrc()}, accounts={"alice": ("PASS", "ok")}
    ),
    "legacy-endpoint": Member(
        "FAIL", files={PLACE: fetchmailrc(server="imap-legacy.office365.com")}, accounts={"alice": ("FAIL", "legacy_endpoint")}
    ),
    "several-users": Member(
        "FAIL",
        files={
            PLACE: fetchmailrc(),
            "/home/bob/.fetchmailrc": fetchmailrc('ssl sslproto "TLS1.1"', user="bob"),
            "/home/carol/.fetchmailrc": fetchmailrc(server="pop-legacy.office365.com", user="carol"),
        },
        accounts={"alice": ("PASS", "ok"), "bob": ("FAIL", "pinned"), "carol": ("FAIL", "legacy_endpoint")},
    ),
    "unreadable": Member(
        "UNKNOWN",
        files={
            "/home/fifo/.fetchmailrc": File.fifo("fifo"),
            "/home/directory/.fetchmailrc": File.directory("directory"),
            "/home/loop/.fetchmailrc": File(".fetchmailrc", "loop", 0o777, kind=tarfile.SYMTYPE),
            "/home/large/.fetchmailrc": File(b"#" * (2 * 1024 * 1024), "large"),
            "/home/binary/.fetchmailrc": File(b"poll\0", "binary"),
            "/home/broken/.fetchmailrc": File("poll example.org with nonsense\n", "broken"),
            "/home/latin/.fetchmailrc": File("# Grüße\npoll outlook.office365.com protocol imap user u ssl\n".encode("latin-1"), "latin"),
        },
        accounts={"latin": ("PASS", "ok")},
        unreadable=tuple(f"/home/{user}/.fetchmailrc" for user in ("fifo", "directory", "loop", "large", "binary", "broken")),
    ),
    "hostile": Member(
        "FAIL",
        files={PLACE: fetchmailrc("ssl sslproto TLS1", server='"\x1b[31m<script>=cmd|calc"')},
        accounts={"alice": ("FAIL", "pinned")},
    ),
}
