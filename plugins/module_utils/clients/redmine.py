# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redmine where cron or systemd has its rake tasks fetch mail: the mailbox stands in the arguments (lib/tasks/email.rake)."""

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, endpoints

NAME = "redmine"

_AFFECTS = "client:" + NAME
_TASKS = {"redmine:email:receive_imap": "imap", "redmine:email:receive_pop3": "pop3"}
_PROGRAMS = ("rake", "bundle", "rails", "ruby", "redmine")
_RUBY = ("ruby", "ruby3.3", "ruby3.1", "ruby2.7", "ruby2.5", "ruby2.3")
# Every other argument, a password among them, is passed over.
_KEPT = ("host", "port", "ssl", "starttls")


def read(host):
    """Return the evidence of Redmine's mailboxes, or None where it fetches none."""
    accounts = []
    for launch in host.launches.all():
        accounts.extend(_accounts(host, launch))
    if not accounts:
        return None
    package = host.package(NAME)
    version = base.upstream_version(package.version) if package else None
    named = {"name": package.name, "version": package.version} if package else None
    interpreters = host.programs(*_RUBY)
    installs = [
        {"program": path, "version": version, "package": named, "stacks": host.stacks.of_interpreter(path)} for path in interpreters[:1]
    ]
    return base.evidence(NAME, installs, base.bounded(host, accounts, "launches", _AFFECTS))


def _accounts(host, launch):
    words = launch.interpreter + launch.argv
    protocol = next((_TASKS[word.text.partition("[")[0]] for word in words if word.text.partition("[")[0] in _TASKS), None)
    if protocol is None:
        return
    given = {}
    for word in words:
        key, equals, value = word.text.partition("=")
        if equals and key in _KEPT:
            given[key] = value if word.is_decided else None
    undecided = [
        base.undecided("server" if key == "host" else key, "only the shell that runs the command knows it", launch.file, launch.line)
        for key, value in given.items()
        if value is None
    ]
    if not given.get("host"):
        # The task's own default is this host.
        given["host"] = given.get("host", "127.0.0.1")
    # The words themselves do not matter: ssl=0 is TLS as well.
    security = "implicit" if "ssl" in given else "starttls" if "starttls" in given else "none"
    ports = endpoints.Ports(host)
    yield base.account(
        launch.user or "",
        launch.file,
        launch.line,
        server=given["host"],
        # The port does not follow ssl (lib/redmine/imap.rb, pop3.rb).
        port=ports.number(given["port"]) if given.get("port") else endpoints.PORTS[protocol, False],
        protocol=protocol,
        security=security,
        enabled=launch.is_active,
        settings=[base.setting(key, given[key], launch.file, launch.line) for key in _KEPT if given.get(key)],
        undecided=undecided,
    )
