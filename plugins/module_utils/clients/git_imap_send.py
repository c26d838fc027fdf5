# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git imap-send, which puts patches into a folder of drafts: the server of its users' configurations (git-imap-send(1))."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints, launched
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import git_config, services
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

NAME = "git imap-send"

_AFFECTS = "client:" + NAME
_PROGRAMS = ("/usr/lib/git-core/git-imap-send", "/usr/libexec/git-core/git-imap-send", "/usr/local/libexec/git-core/git-imap-send")
_SYSTEM_FILE = "/etc/gitconfig"
_USER_FILES = ("/.config/git/config", "/.gitconfig")
_WANTED = ("imap.host", "imap.port", "imap.tunnel", "include.path", "includeif.path")
_MAX_FILES = 50
# What libcurl hands to GnuTLS leaves its versions alone.
_PRIORITY = "NORMAL"


def read(host):
    """Return the evidence of git imap-send on *host*, or None where no configuration names a server for it."""
    common = _values(host, _SYSTEM_FILE, [])
    found, personal = [_account("", common)], {}
    for user in host.users:
        personal[user.name] = [value for name in _USER_FILES for value in _values(host, user.home + name, [])]
        found.append(_account(user.name, common + personal[user.name]) if personal[user.name] else None)
    for launch in host.launches.of("git"):
        given = _of_command(launch)
        if given:
            started = _account(launch.user or "", common + personal.get(launch.user, []) + given)
            found.append(started and dict(started, enabled=launch.is_active))
    accounts = launched.each_once([account for account in found if account])
    installs = [base.install(host, path, ("git",)) for path in _PROGRAMS if accounts and host.is_file(path)]
    for stack in {stack for found in installs for stack in found["stacks"]}:
        host.stacks.want_priority(stack, _PRIORITY)
    return base.relay_evidence(host, NAME, installs, accounts)


def _values(host, path, read_before):
    """Return [(path, Value)] of a file with those that it includes; one under a condition is kept as such."""
    read_before.append(path)
    try:
        values = git_config.parse(host.text(path) or "", _WANTED)
    except GrammarError as error:
        host.gap(path, f"{error}; git refuses the whole file", _AFFECTS)
        return []
    found = []
    for value in values:
        if value.key != "include.path":
            found.append((path, value))
        elif len(read_before) < _MAX_FILES:
            found += _values(host, _located(path, value.text), read_before)
    return found


def _of_command(launch):
    """Return [(file, Value)] that a command of git imap-send gives by -c."""
    words = [word.text for word in launch.argv[1:] if word.is_decided]
    if "imap-send" not in words:
        return []
    given = (text.partition("=") for option, text in zip(words, words[1:]) if option == "-c")
    return [(launch.file, git_config.Value(key.lower(), text, launch.line)) for key, _equals, text in given if key.lower() in _WANTED]


def _located(path, name):
    directory = path.rpartition("/")[0]
    if name.startswith("~/"):
        return directory.replace("/.config/git", "") + name[1:]
    return name if name.startswith("/") else directory + "/" + name


def _account(user, values):
    last = {value.key: (path, value) for path, value in values}
    if "imap.host" not in last and "imap.tunnel" not in last:
        return None
    path, named = last.get("imap.host") or last["imap.tunnel"]
    server, is_implicit, undecided = named.text, False, []
    for scheme in ("imaps:", "imap:"):
        if server.startswith(scheme):
            server, is_implicit = server[len(scheme) :], scheme == "imaps:"
            break
    server = server[2:] if server.startswith("//") else server
    security = "implicit" if is_implicit else "starttls"
    if "imap.tunnel" in last:
        server = None
        undecided.append(("server", "the connection goes through the command of imap.tunnel", last["imap.tunnel"]))
    if "includeif.path" in last:
        undecided.append(("options", "a file that counts in some directories only may set another server", last["includeif.path"]))
    port = last["imap.port"][1].text if "imap.port" in last else ""
    server = server.partition("/")[0] if server else None
    return base.account(
        user,
        path,
        named.line,
        server=server,
        port=services.port(port) or endpoints.default_port("imap", security),
        protocol="imap",
        security=security,
        settings=[base.setting("imap.host", server, path, named.line)] if server else [],
        undecided=[base.undecided(what, why, file, value.line) for what, why, (file, value) in undecided],
    )
