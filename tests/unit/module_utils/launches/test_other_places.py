"""What inetd, init, the mail system, other supervisors, at and a network that comes up start."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import inetd_conf, mail_aliases

XINETD = "service imap\n{{\n  # a remark\n  user = alice\n  server = /usr/bin/fetchmail\n  server_args = -s\n  server_args += -v\n{0}}}\n"
# name: (path, text, (user, words, line) of each command that starts fetchmail)
PLACES = {
    "inetd": ("/etc/inetd.conf", "# x\nmail stream tcp nowait alice.mail /usr/bin/fetchmail fetchmail -s\n", ("alice", ["-s"], 2)),
    "inetd behind tcpd": ("/etc/inetd.conf", "mail stream tcp nowait root /usr/sbin/tcpd /usr/bin/fetchmail -s\n", ("root", ["-s"], 1)),
    "inetd, switched off": ("/etc/inetd.conf", "#<off># mail stream tcp nowait root /usr/bin/fetchmail fetchmail -s\n", None),
    "inetd itself": ("/etc/inetd.conf", "echo stream tcp nowait root internal\n", None),
    "xinetd": ("/etc/xinetd.d/mail", XINETD.format(""), ("alice", ["-s", "-v"], 1)),
    "xinetd, switched off": ("/etc/xinetd.d/mail", XINETD.format("  disable = yes\n"), None),
    "xinetd, left over": ("/etc/xinetd.d/mail.rpmsave", XINETD.format(""), None),
    "inittab": ("/etc/inittab", "# m:2:respawn:x\nm:2345:respawn:+su - alice -c 'fetchmail -s'\n", ("alice", ["-s"], 2)),
    "inittab, switched off": ("/etc/inittab", "m:2345:off:fetchmail -s\n", None),
    "aliases": ("/etc/aliases", 'root: alice\nfetch: "|/usr/bin/fetchmail -s", bob\n', (None, ["-s"], 2)),
    "aliases without quotes around the whole": ("/etc/aliases", 'a: |"/usr/bin/fetchmail -s"\n', (None, ["-s"], 1)),
    "aliases that go on": ("/etc/mail/aliases", "fetch: bob,\n  |/usr/bin/fetchmail\n", (None, [], 1)),
    "aliases with a name alike": ("/etc/aliases", "fetchmail: root\n# x: |fetchmail\n", None),
    "supervisord": (
        "/etc/supervisor/conf.d/mail.conf",
        "[program:mail]\ncommand=/usr/bin/fetchmail -s 'a b' ; remark\nuser=alice ; remark\n",
        ("alice", ["-s", "a b"], 2),
    ),
    "supervisord, in no file of its": ("/etc/supervisor/conf.d/mail.conf.bak", "[program:mail]\ncommand=fetchmail\n", None),
    "supervisord, another section": ("/etc/supervisord.conf", "[eventlistener:mail]\ncommand=fetchmail\n", None),
    "runit": ("/etc/service/mail/run", "#!/bin/sh\nexec 2>&1\nexec fetchmail -s\n", ("root", ["-s"], 3)),
    "daemontools with another user": ("/service/mail/run", "#!/bin/sh\nexec setuidgid alice fetchmail -s\n", ("alice", ["-s"], 2)),
    "runit with another user": (
        "/etc/service/mail/run",
        "#!/bin/sh\nexec chpst -u alice:mail -l lock fetchmail -s\n",
        ("alice", ["-s"], 2),
    ),
    "a network": ("/etc/network/if-up.d/mail", "#!/bin/sh\nfetchmail -s\n", ("root", ["-s"], 2)),
    "ppp": ("/etc/ppp/ip-up.local", "#!/bin/sh\nsu alice -c 'fetchmail -s'\n", ("alice", ["-s"], 2)),
    ".forward": ("/home/alice/.forward", "\\alice, \"|IFS=' ' && exec /usr/bin/fetchmail -s || exit 75\"\n", ("alice", ["-s"], 1)),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_where_commands_stand(name, tree):
    path, text, expected = PLACES[name]
    tree.write(path, text)
    (tree.root / path.lstrip("/")).chmod(0o755)
    host = tree.host()
    found = [(launch.user, [word.text for word in launch.argv[1:]], launch.file, launch.line) for launch in host.launches.of("fetchmail")]
    assert found == ([(*expected[:2], path, expected[2])] if expected else [])
    assert host.gaps == []


def test_the_environment_of_a_service(tree):
    tree.write("/etc/xinetd.d/mail", XINETD.format("  env = OPENSSL_CONF=/x A=b\n"))
    assert tree.host().launches.of("fetchmail")[0].tls_environment == {"OPENSSL_CONF": "/x"}


ENVIRONMENTS = {
    "supervisord": (
        "/etc/supervisord.conf",
        "[program:x]\nenvironment=OPENSSL_CONF=/x/y.cnf, TOKEN=\"hunter2 b\",LD_PRELOAD='/x y.so'\ncommand=fetchmail\n",
        {"OPENSSL_CONF": "/x/y.cnf", "LD_PRELOAD": "/x y.so"},
    ),
    "supervisord, computed": (
        "/etc/supervisord.d/a.ini",
        '[program:x]\nenvironment=OPENSSL_CONF="%(here)s/x"\ncommand=fetchmail\n',
        {"OPENSSL_CONF": None},
    ),
    "at": ("/var/spool/at/a0000101c5f6b2", "#!/bin/sh\nOPENSSL_CONF=/x; export OPENSSL_CONF\nfetchmail\n", {"OPENSSL_CONF": "/x"}),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_that_comes_with_a_command(name, tree):
    path, text, expected = ENVIRONMENTS[name]
    tree.write(path, text)
    (launch,) = tree.host().launches.of("fetchmail")
    assert launch.tls_environment == expected


@pytest.mark.parametrize("path", ["/etc/sv/mail/run", "/etc/service/mail/run"])
def test_what_is_not_supervised_now(path, tree):
    tree.write(path, "#!/bin/sh\nexec fetchmail\n")
    if "service" in path:
        tree.write("/etc/service/mail/down", "")
    (launch,) = tree.host().launches.of("fetchmail")
    assert not launch.is_active


def test_a_job_of_at_runs_as_its_owner(tree):
    tree.write("/etc/passwd", f"bob:x:{os.getuid()}:0::/home/alice:/bin/sh\n")
    path = "/var/spool/cron/atjobs/a0000101c5f6b2"
    tree.write(path, "#!/bin/sh\numask 22\ncd /home/alice || exit 1\nfetchmail -s\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.user, [word.text for word in launch.argv], launch.file, launch.line) == ("bob", ["fetchmail", "-s"], path, 4)


def test_what_is_linked_is_supervised_once(tree):
    tree.write("/etc/sv/mail/run", "#!/bin/sh\nexec fetchmail\n")
    tree.write("/etc/service/other/run", "#!/bin/sh\n")
    tree.link("/etc/service/mail", "/etc/sv/mail")
    (launch,) = tree.host().launches.of("fetchmail")
    assert launch.is_active


def test_a_file_of_supervisord_that_is_none_is_a_gap(tree):
    tree.write("/etc/supervisord.conf", "hunter2\n")
    host = tree.host()
    assert host.launches.all() == []
    assert [gap["what"] for gap in host.gaps] == ["/etc/supervisord.conf"]
    assert "hunter2" not in str(host.gaps)


def test_a_list_that_is_included_may_name_commands_as_well(tree):
    tree.write("/etc/aliases", "all: :include:/srv/list\n")
    tree.write("/srv/list", "bob@example.org\n|/usr/bin/fetchmail\n:include:/etc/aliases\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.file, launch.line) == ("/srv/list", 2)


@pytest.mark.parametrize(
    ("path", "link", "is_active"),
    [
        ("/etc/rc.local", None, True),
        ("/etc/init.d/fetch", "/etc/rc3.d/S20fetch", True),
        ("/etc/init.d/fetch", "/etc/rc3.d/K20fetch", False),
        ("/etc/init.d/fetch", "/etc/runlevels/default/fetch", True),
    ],
)
def test_the_site_s_own_scripts_of_init(path, link, is_active, tree):
    command = 'su alice -c "fetchmail -s"'
    tree.write(path, "#!/bin/sh\n" + (f'case "$1" in\nstart)\n  {command} ;;\nesac\n' if link else command + "\n"))
    (tree.root / path.lstrip("/")).chmod(0o755)
    if link:
        tree.write(link, "")
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.user, launch.file, launch.is_active) == ("alice", path, is_active)


def test_a_script_of_init_that_may_not_run_does_not(tree):
    tree.write("/etc/init.d/fetch", "#!/bin/sh\nfetchmail\n")
    assert tree.host().launches.of("fetchmail") == []


@given(st.text())
def test_no_text_is_too_much(text):
    inetd_conf.parse(text)
    inetd_conf.parse_xinetd(text)
    inetd_conf.parse_inittab(text)
    mail_aliases.parse(text, True)
    mail_aliases.parse(text, False)
