# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the readers of all mail clients share: installed copies, accounts, settings."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf

MAX_ACCOUNTS = 1000
# Each costs a question; those beyond are judged by their words.
MAX_PRIORITIES = 20

# Debian: [epoch:]upstream[-revision] (deb-version(7)); rpm and apk append -release.
# The upstream part may carry a repacking tag.
_UPSTREAM = re.compile(r"^(?:\d+:)?(?P<upstream>[^-]+(?:-[^-]+)*?)(?:-[^-]+)?$")
_VERSION = re.compile(r"^\d+(?:\.\d+)*")


def installs(host, programs, packages=(), version_pattern=None):
    """Return the installed copies of a client.

    Args:
        host: the Host.
        programs: names of its program, looked for in the standard directories.
        packages: package names that tell its version where no package owns the program itself.
        version_pattern: bytes regular expression with one group, the version as it stands inside the program,
            for copies that no package owns.

    Returns:
        A list of dictionaries {program, version, package, stacks}; version and package may be None. See also `note_backport`.
    """
    return [install(host, path, packages, version_pattern) for path in host.programs(*programs)]


def install(host, program, packages=(), version_pattern=None):
    """Return one installed copy, the *program* at that path, as `installs` does."""
    package = host.package_of(program)
    if package is not None and packages and package.name not in packages:
        package = next((found for found in map(host.package, packages) if found), package)
    version = upstream_version(package.version) if package else embedded(host, program, version_pattern)
    return {
        "program": program,
        "version": version,
        "package": {"name": package.name, "version": package.version} if package else None,
        "stacks": host.stacks.of_binary(program),
    }


def note_backport(host, found_installs, sign, release):
    """Note that the TLS of installed copies is that of a later *release*, "6.4.0", where its distribution brought it to an older one.

    Args:
        host: the Host.
        found_installs: of the client; those that are so get the key `tls_as_of`.
        sign: bytes regular expression of what in the program only that release's TLS has.
        release: in which it came.
    """
    for found in found_installs:
        if found["version"] and _numbers(found["version"]) < _numbers(release) and embedded(host, found["program"], sign):
            found["tls_as_of"] = release


def embedded(host, program, pattern):
    """Return what the group of the bytes regular expression *pattern* matches inside the *program*, or None."""
    if pattern is None:
        return None
    found = elf.find_bytes(host, program, (pattern,), 32 * 1024 * 1024)
    return found[0].decode("ascii", "replace") if found and found[0] else None


def upstream_version(package_version):
    """Return the upstream part of a package's version: "2:6.4.37-1" gives "6.4.37"; None when it has no digits."""
    match = _UPSTREAM.match(package_version or "")
    upstream = match.group("upstream") if match else ""
    digits = _VERSION.match(upstream)
    return digits.group() if digits else None


def release(found_installs):
    """Return the version of the installed copies' TLS as numbers, (6, 4, 37), or None when it is unknown or not the same."""
    versions = {found.get("tls_as_of") or found["version"] for found in found_installs}
    version = versions.pop() if len(versions) == 1 else None
    return _numbers(version) if version else None


def _numbers(version):
    return tuple(int(number) for number in version.split("."))


def bounded(host, found, config, affects):
    """Return the first MAX_ACCOUNTS of what was *found* in the file *config*; the rest is a gap, so that no file drowns the evidence."""
    if len(found) > MAX_ACCOUNTS:
        host.gap(config, f"holds more than {MAX_ACCOUNTS} accounts: only the first of them were looked at", affects)
    return found[:MAX_ACCOUNTS]


def want_priorities(host, found_installs, accounts, *keys):
    """Have the libraries of the installed copies asked with the GnuTLS priority strings that settings of the *accounts* give them.

    Args:
        host: the Host.
        found_installs, accounts: of the client.
        keys: of the settings that hold such a string.
    """
    _want(host.stacks.want_priority, found_installs, accounts, keys)


def want_ciphers(host, found_installs, accounts, *keys):
    """Have the libraries of the installed copies asked with the lists of cipher suites that settings of the *accounts* give OpenSSL."""
    _want(host.stacks.want_ciphers, found_installs, accounts, keys)


def _want(want, found_installs, accounts, keys):
    strings = [setting["value"] for account in accounts for setting in account["settings"] if setting["key"] in keys]
    for string in list(dict.fromkeys(strings))[:MAX_PRIORITIES]:
        for stack in {stack for user in found_installs + accounts for stack in user.get("stacks", ())}:
            want(stack, string)


def account(user, config, line, **known):
    """Return an account with every key of the evidence; what *known* does not give is None, enabled or empty.

    Args:
        user: the system user who owns the configuration, "" for the system's own.
        config: path of the configuration file.
        line: line in it where the account begins.
        known: name, server, port, protocol, security, enabled, settings, undecided; `listens`, where the account is a
            service that other clients connect to, as `listener` returns it; `stacks`, where they are not its client's.
    """
    entry = {
        "user": user,
        "config": config,
        "line": line,
        "name": None,
        "server": None,
        "port": None,
        "protocol": None,
        "security": None,
        "enabled": True,
        "settings": [],
        "undecided": [],
    }
    unexpected = set(known) - set(entry) - {"listens", "stacks"}
    if unexpected:
        raise TypeError("not a key of an account: " + ", ".join(sorted(unexpected)))
    entry.update(known)
    return entry


def setting(key, value, file, line):
    """Return one setting as it stands in *file* at *line*."""
    return {"key": key, "value": value, "file": file, "line": line}


def undecided(what, why, file, line):
    """Return one thing of an account that only its running program would know."""
    return {"what": what, "why": why, "file": file, "line": line}


def listener(address, port, leads="on"):
    """Return where a service listens.

    Args:
        address: "" for all of them.
        port: its number.
        leads: "on" by a connection of the service's own; "through", where it hands on what it gets as it is, TLS included;
            "nowhere", where no POP3 or IMAP connection leaves the host.
    """
    return {"address": address, "port": port, "leads": leads}


def evidence(name, found_installs, accounts, relays=()):
    """Return the evidence of one client, or None when nothing of it is on the host.

    Args:
        name: of the client.
        found_installs: of `installs`.
        accounts: of `account`.
        relays: services of the same form that nothing but a mail client in front of them makes mail accounts.
    """
    if not found_installs and not accounts and not relays:
        return None
    found = {"name": name, "installs": found_installs, "accounts": list(map(_without_login, accounts))}
    return dict(found, relays=list(map(_without_login, relays))) if relays else found


def _without_login(account):
    """No name of a server has an at sign: what stands before it, by mistake, is a login with its password."""
    server = account["server"]
    if not server or "@" not in server:
        return account
    shown = "***@" + server.rpartition("@")[2]
    settings = [dict(setting, value=shown) if setting["value"] == server else setting for setting in account["settings"]]
    return dict(account, server=shown, settings=settings)


def relay_evidence(host, name, found_installs, accounts, relays=()):
    """Return the evidence of a program that is mostly something else than a mail client, or None when it is none here.

    Installed alone it says nothing; a gap that affects it does.
    """
    if accounts or relays or any(gap["affects"] == "client:" + name for gap in host.gaps):
        return evidence(name, found_installs, accounts, relays)
    return None
