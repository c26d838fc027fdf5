"""Running a mail client once, unattended, with the user's own configuration files.

Each function returns when the attempt is over. What the client really did stands in the records of
the mail servers (MailServer.connections); its exit code and output are its own opinion.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .certificates import AUTHORITY
from .container import File
from .errors import LabError
from .host import Host
from .servers import MailServer

SECONDS = 30.0
_TERMINAL = "/usr/local/bin/lab-terminal"
# Thunderbird opens its connections together; when nothing happened for so long, all have had their try.
QUIET_SECONDS = 3.0
Preference = str | int | bool
Key = str | Mapping[str, str]
_PROFILE = "lab.default"
# Thunderbird takes no profile that was not made by this installation unless the section named after it
# (a digest of /usr/lib/thunderbird) says so; it would make a new one, without accounts, and connect nowhere.
_PROFILES_INI = f"""[Profile0]
Name=default
IsRelative=1
Path={_PROFILE}
Default=1

[InstallFDC34C9F024745EB]
Default={_PROFILE}
Locked=1

[General]
StartWithLastProfile=1
Version=2
"""
# Thunderbird watches the network and, without a way to the internet, may take itself for offline just then.
_ONLINE: dict[str, Preference] = {"network.manage-offline-status": False, "offline.autoDetect": False}
_LOCAL_FOLDERS: dict[str, Preference] = {
    "mail.accountmanager.localfoldersserver": "server99",
    "mail.account.account99.server": "server99",
    "mail.server.server99.type": "none",
    "mail.server.server99.hostname": "Local Folders",
    "mail.server.server99.userName": "nobody",
    "mail.server.server99.directory-rel": "[ProfD]Mail/Local Folders",
}


def run_fetchmail(
    host: Host, user: str, options: Sequence[str] = (), *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Poll every server of the user's .fetchmailrc once, whatever `set daemon` says there."""
    return host.run(["fetchmail", "--daemon", "0", "--nosyslog", "--verbose", *options], user=user, env=env, timeout=SECONDS)


def run_mbsync(
    host: Host, user: str, options: Sequence[str] = ("--all",), *, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Synchronise every channel of the user's .mbsyncrc once."""
    return host.run(["mbsync", "--verbose", *options], user=user, env=env, timeout=SECONDS)


def run_in_terminal(host: Host, user: str, command: Sequence[str], keys: Sequence[Key]) -> subprocess.CompletedProcess[str]:
    """Run a program of the screen, and type those keys into it, one by one; see terminal.py."""
    return host.run(["python3", _TERMINAL, json.dumps(list(keys)), *command], user=user, timeout=SECONDS)


def put_terminal(host: Host) -> None:
    """Give a host what run_in_terminal needs."""
    host.put({_TERMINAL: (Path(__file__).parent / "terminal.py").read_text()})


def thunderbird_account(number: int, protocol: str, server: str, user: str, *, port: int, security: str) -> dict[str, Preference]:
    """The preferences of one account as Thunderbird writes them, set to connect at start-up.

    number: 1 for the first account of the profile. protocol: `imap` or `pop3`.
    security: `implicit`, `starttls` or `none`.
    """
    settings: dict[str, Preference] = {
        "type": protocol,
        "hostname": server,
        "port": port,
        "userName": user,
        "socketType": {"none": 0, "starttls": 2, "implicit": 3}[security],
        "authMethod": 3,
        "check_new_mail": True,
        "login_at_startup": True,
        "download_on_biff": True,
        "directory-rel": f"[ProfD]Mail/server{number}",
    }
    return {
        f"mail.account.account{number}.server": f"server{number}",
        f"mail.account.account{number}.identities": f"id{number}",
        f"mail.identity.id{number}.useremail": user,
        f"mail.identity.id{number}.valid": True,
        **{f"mail.server.server{number}.{key}": value for key, value in settings.items()},
    }


def put_thunderbird_profile(host: Host, user: str, preferences: Mapping[str, Preference]) -> None:
    """Replace the user's Thunderbird profile by a fresh one with these preferences.

    preferences: of one or more thunderbird_account, and others. The profile trusts the lab's authority.
    """
    profile = f"{host.homes[user]}/.thunderbird/{_PROFILE}"
    accounts = [key.split(".")[2] for key in preferences if key.startswith("mail.account.") and key.endswith(".server")]
    complete = {**_ONLINE, **_LOCAL_FOLDERS, "mail.accountmanager.accounts": ",".join([*accounts, "account99"]), **preferences}
    lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in complete.items())
    host.do(f"rm -rf {profile}")
    host.put(
        {
            f"{host.homes[user]}/.thunderbird/profiles.ini": File(_PROFILES_INI, user),
            f"{profile}/prefs.js": File("".join(lines), user, 0o600),
        }
    )
    trust = ["certutil", "-A", "-d", f"sql:{profile}", "-n", "lab", "-t", "C,,", "-i", AUTHORITY]
    done = host.run(trust, user=user, stdin="\n\n")
    if done.returncode:
        raise LabError(f"{host.name}: certutil could not make {profile} trust the lab: {done.stderr}")


def run_thunderbird(host: Host, user: str, server: MailServer, *, env: Mapping[str, str] | None = None) -> str:
    """Start Thunderbird without a display, let it connect to `server`, and end it; return its output.

    It opens its connections by itself about a second after the start. They end, without a stored password,
    at the question for it, so after the TLS handshake. The run is over when something happened on the
    server and then nothing for QUIET_SECONDS, or after SECONDS.
    """
    before = server.last_number()
    output = f"/tmp/thunderbird-{user}.log"
    group = host.start(["thunderbird", "--headless"], user=user, output=output, env=env)
    started = changed = time.monotonic()
    events, pending = 0, False
    try:
        while time.monotonic() - started < SECONDS and (not events or pending or time.monotonic() - changed < QUIET_SECONDS):
            time.sleep(0.1)
            latest, pending = server.activity(host.address, before)
            if latest != events:
                events, changed = latest, time.monotonic()
    finally:
        host.end(group)
    return host.read(output)
