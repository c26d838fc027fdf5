"""What cron and systemd start: the words, the user, the environment, and where it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import crontab, systemd_unit

CRON = "/etc/cron.d/mail"
UNIT = "/etc/systemd/system/mail.service"
PERL = "#!/usr/bin/perl\nuse Net::IMAP::Simple;\n"

# name: (a shell's command line, user, words of fetchmail or None)
COMMANDS = {
    "plain": ("fetchmail -s", "alice", ["-s"]),
    "by its path": ("/usr/bin/fetchmail -s", "alice", ["-s"]),
    "output thrown away": ("fetchmail -s >/dev/null 2>&1", "alice", ["-s"]),
    "in a chain": ("cd /tmp && test -x /usr/bin/fetchmail && fetchmail -s", "alice", ["-s"]),
    "a shell's text": ("sh -c 'fetchmail -s'", "alice", ["-s"]),
    "a login shell's text": ('/bin/bash -lc "fetchmail -s"', "alice", ["-s"]),
    "nice": ("nice -n 19 ionice -c3 fetchmail -s", "alice", ["-s"]),
    "timeout": ("timeout -k 5 60 fetchmail -s", "alice", ["-s"]),
    "flock": ("flock -n /tmp/lock fetchmail -s", "alice", ["-s"]),
    "xargs": ("echo --ssl | xargs -n 1 fetchmail -s", "alice", ["-s", ""]),
    "flock with a text": ("flock -w 5 /tmp/lock -c 'fetchmail -s'", "alice", ["-s"]),
    "env": ("env -i A=b fetchmail -s", "alice", ["-s"]),
    "sudo": ("sudo -n -u bob fetchmail -s", "bob", ["-s"]),
    "sudo as root": ("sudo fetchmail -s", "root", ["-s"]),
    "su": ("su - bob -c 'fetchmail -s'", "bob", ["-s"]),
    "su with another order": ("su -s /bin/sh -c 'exec fetchmail -s' bob", "bob", ["-s"]),
    "runuser": ("runuser -u bob -- fetchmail -s", "bob", ["-s"]),
    "runuser with a text": ("runuser -l bob -c 'fetchmail -s'", "bob", ["-s"]),
    "start-stop-daemon": ("start-stop-daemon --start --chuid bob:mail --exec /usr/bin/fetchmail -- -s", "bob", ["-s"]),
    "setpriv": ("setpriv --reuid bob --clear-groups fetchmail -s", "bob", ["-s"]),
    "exec": ("exec fetchmail -s", "alice", ["-s"]),
    "percent": ("fetchmail -s%input", "alice", ["-s"]),
    "a percent that is one": ("fetchmail -s 'a\\%b'", "alice", ["-s", "a%b"]),
    "a comment of the shell": ("fetchmail -s # -v", "alice", ["-s"]),
    "a name in pieces": ("fetch''ma\\il -s", "alice", ["-s"]),
    "braces": ("{fetchmail,-s}", "alice", ["-s"]),
    "another program's word": ("echo fetchmail -s", "alice", None),
    "behind command": ("command -p fetchmail -s", "alice", ["-s"]),
    **{
        f"by {looks}": (f"{looks} fetchmail -s", "alice", None)
        for looks in ("command -v", "command -V", "command -pv", "sudo which", "type -p", "hash", "apt-get install")
    },
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_cron(name, tree):
    command, user, expected = COMMANDS[name]
    tree.write(CRON, f"# mail\nMAILTO=root\n\n*/5 * * * *  alice  {command}\n")
    found = tree.host().launches.of("fetchmail")
    if expected is None:
        assert found == []
        return
    (launch,) = found
    assert ([word.text for word in launch.argv[1:]], launch.user, launch.file, launch.line) == (expected, user, CRON, 4)
    assert launch.is_active


# name: (path, text, user)
TABLES = {
    "the system's table": ("/etc/crontab", "17 * * * * alice fetchmail\n", "alice"),
    "a user's table on Debian": ("/var/spool/cron/crontabs/alice", "17 * * * * fetchmail\n", "alice"),
    "a user's table on RHEL": ("/var/spool/cron/alice", "@hourly fetchmail\n", "alice"),
    "anacron": ("/etc/anacrontab", "1 5 mail fetchmail\n", "root"),
    "anacron by a name": ("/etc/anacrontab", "SHELL=/bin/sh\n@weekly 5 mail nice fetchmail\n", "root"),
    "a step of SUSE": ("/etc/crontab", "-*/15 * * * * alice fetchmail\n", "alice"),
    "the table of a user with a class": ("/etc/crontab", "1 1 * * * alice:staff fetchmail\n", "alice"),
    "names of days": ("/etc/crontab", "0 4 * jan mon-fri alice fetchmail\n", "alice"),
    "flags of BSD": ("/var/cron/tabs/alice", "0 4 * * * -q fetchmail\n", "alice"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_cron(name, tree):
    path, text, user = TABLES[name]
    tree.write(path, text)
    assert [(launch.user, launch.file) for launch in tree.host().launches.of("fetchmail")] == [(user, path)]


@pytest.mark.parametrize("name", ["mail.dpkg-old", ".placeholder", "mail~", "mail.sh"])
def test_cron_takes_no_file_of_such_a_name(name, tree):
    tree.write("/etc/debian_version", "12.1\n")
    tree.write("/etc/cron.d/" + name, "* * * * * alice fetchmail\n")
    assert tree.host().launches.of("fetchmail") == []


def test_variables_of_a_table_hold_for_the_lines_below(tree):
    tree.write("/var/spool/cron/crontabs/alice", '* * * * * fetchmail\nOPENSSL_CONF = "/x y"\nHOME=/mail\n* * * * * fetchmail\n')
    first, second = tree.host().launches.of("fetchmail")
    assert (first.tls_environment, first.variable("HOME").text) == ({}, "/home/alice")
    assert (second.tls_environment, second.variable("HOME").text) == ({"OPENSSL_CONF": "/x y"}, "/mail")
    assert second.path("rc") == "/mail/rc"


def test_a_script_of_a_directory(tree):
    tree.write(
        "/etc/cron.hourly/mail", "#!/bin/sh -e\nexport OPENSSL_CONF=/x\nRC=/etc/rc\n[ -x /usr/bin/fetchmail ] || exit 0\nfetchmail -f $RC\n"
    )
    (tree.root / "etc/cron.hourly/mail").chmod(0o755)
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.file, launch.line, launch.user) == ("/etc/cron.hourly/mail", 5, "root")
    assert [word.text for word in launch.argv] == ["fetchmail", "-f", "/etc/rc"]
    assert launch.tls_environment == {"OPENSSL_CONF": "/x"}


def test_a_script_that_may_not_run_does_not(tree):
    tree.write("/etc/cron.hourly/mail", "#!/bin/sh\nfetchmail\n")
    assert tree.host().launches.of("fetchmail") == []


def test_a_script_that_a_table_names_and_that_names_another(tree):
    tree.write(CRON, "* * * * * alice /opt/mail/run.sh work\n")
    tree.write("/opt/mail/run.sh", '#!/bin/bash\ncd /opt/mail\n. ./conf\nsh ./one.sh "$1" $RC\n')
    tree.write("/opt/mail/conf", "RC=/etc/rc\n")
    tree.write("/opt/mail/one.sh", 'fetchmail -f "$2" "$1"\n')
    (launch,) = tree.host().launches.of("fetchmail")
    assert [word.text for word in launch.argv] == ["fetchmail", "-f", "/etc/rc", "work"]
    assert (launch.file, launch.line, launch.user) == ("/opt/mail/one.sh", 1, "alice")


@pytest.mark.parametrize("command", ["m''bs\"yn\"c -a", "$'\\x6dbsync' -a"])
def test_a_script_that_names_its_client_in_pieces(command, tree):
    tree.write(CRON, "0 4 * * * alice /opt/run.sh\n")
    tree.write("/opt/run.sh", f"#!/bin/bash\n{command}\n")
    assert [launch.file for launch in tree.host().launches.of("mbsync")] == ["/opt/run.sh"]


def test_a_script_that_calls_itself_ends(tree):
    tree.write(CRON, "* * * * * alice /opt/run.sh\n")
    tree.write("/opt/run.sh", "#!/bin/sh\n/opt/run.sh\nfetchmail\n")
    assert len(tree.host().launches.of("fetchmail")) == 1


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python3 /opt/run.py", "import subprocess\nsubprocess.call(['fetchmail', '--sslproto', 'TLS1'])\n"),
        ("python3 /opt/run.py", "os.system('cd /; /usr/bin/mbsync -a')\n"),
        ("/opt/run.py", '#!/usr/bin/perl\nsystem("getmail -r old");\n'),
        ("python3 -c \"import os; os.system('fetchmail -s')\"", ""),
        ("perl /opt/run.pl", "system(<<X);\n  cd /srv && fetchmail -f old.rc\nX\n"),
        ("perl /opt/run.pl", "print qx{/usr/bin/getmail};\nexec qw(x);\n"),
        ("php /opt/run.php", "<?php\nshell_exec(<<<X\n/usr/bin/mbsync\nX);\n"),
        ("ruby /opt/run.rb", "%x(sudo -u bob fetchmail)\n"),
        ("node /opt/run.js", "exec(`cd /srv;\n  mpop -a |\n cat`);\n"),
    ],
)
def test_a_client_that_a_script_of_another_language_names_is_a_gap(command, script, tree):
    tree.write(CRON, f"* * * * * alice {command}\n")
    for ending in ("py", "pl", "php", "rb", "js"):
        tree.write("/opt/run." + ending, script)
    host = tree.host()
    host.launches.all()
    assert [gap["affects"] for gap in host.gaps] == ["accounts"]


# A shell's script: the words of fetchmail's launches, and whether something was left unread.
COMPUTED = {
    'fetch() { fetchmail "$@"; }\nfetch --sslproto TLS1\n': ([["--sslproto", "TLS1"]], False),
    "for program in fetchmail getmail; do $program -s; done\n": ([], True),
    '$NEVER fetchmail -s\n"$EDITOR" x\n': ([["-s"]], False),
    "X=$(id)\n$X fetchmail -s\n": ([], True),
    'X=$(id)\n"$X"\nfetchmail -s\n': ([["-s"]], False),
    'X=$(id)\n"$X" # not fetchmail\n': ([], False),
    'su bob -c "fetchmail -s $(id)"\n': ([["-s", ""]], False),
    'su bob -c "cd $(id); fetchmail -s"\n': ([], True),
    'eval "$(id)" fetchmail\n': ([], True),
    "$NEVER/fetchmail -s\n": ([], True),
    "N=\n$N/fetchmail -s\n": ([["-s"]], False),
    "${NEVER:-/usr/bin}/fetchmail -s\n": ([["-s"]], False),
    "$XDG_CONFIG_HOME/fetchmail -s\n": ([["-s"]], False),
    "$NEVER -s # of fetchmail\n": ([], False),
    "F=fetchmail\n$NEVER -s\n": ([], True),
    "F=fetchmail\n$NEVER\n": ([], True),
    "F=$(command -v fetchmail)\n$F -s\n": ([], True),
    "X=$(id)\n$X\napt-get install -y \\\n fetchmail\nif sudo systemctl stop fetchmail; then :; fi\n": ([], False),
    "X=$(id)\n$X\n(apt-get update) && echo fetchmail\n": ([], True),
}


@pytest.mark.parametrize("script", COMPUTED)
def test_a_command_that_only_the_running_shell_knows_is_a_gap_where_it_could_be_a_client(script, tree):
    tree.write(CRON, "* * * * * alice sh /opt/run.sh\n")
    tree.write("/opt/run.sh", script)
    host = tree.host()
    found = [[word.text for word in launch.argv[1:]] for launch in host.launches.of("fetchmail")]
    assert (found, [gap["affects"] for gap in host.gaps]) == (
        COMPUTED[script][0],
        ["accounts"] * (1 + ("getmail" in script)) * COMPUTED[script][1],
    )


@pytest.mark.parametrize(
    ("read", "is_open"),
    [
        ('. "$NEVER/env"', True),
        ("D=$NEVER/mail; . $D/env", True),
        (". $NEVER", True),
        (". $NEVER/opt/env", True),
        ('. "${NEVER:-/opt}/env"', False),
        ("D=; . $D/opt/env", False),
        (". $XDG_CONFIG_HOME/env", False),
        (". ${1}/env", False),
        ('. "$HOME/env"', False),
    ],
)
def test_a_file_below_a_directory_that_only_the_environment_may_name(read, is_open, tree):
    tree.write(CRON, "* * * * * alice sh /opt/run.sh\n")
    tree.write("/opt/run.sh", f"{read}\nfetchmail -s\n")
    tree.write("/opt/env", "A=b\n")
    host = tree.host()
    [launch] = host.launches.of("fetchmail")
    assert (launch.tls_environment.get("OPENSSL_CONF", "unset") is None) == is_open
    assert [(gap["what"], "$NEVER" in gap["why"], gap["affects"]) for gap in host.gaps] == [("/opt/run.sh, line 1", True, None)] * (
        "NEVER" in read and is_open and "D=" not in read
    )


def test_a_gap_names_the_variable(tree):
    tree.write(CRON, '* * * * * alice "$NEVER/fetchmail" -s\n')
    host = tree.host()
    host.launches.all()
    [gap] = host.gaps
    assert "$NEVER" in gap["why"]


def test_a_file_of_a_command_below_a_directory_that_only_the_environment_may_name(tree):
    tree.write(CRON, "* * * * * alice fetchmail -f $NEVER/rc $NEVER:x/y $HOME/z\n")
    [launch] = tree.host().launches.of("fetchmail")
    assert [word.is_decided for word in launch.argv[1:]] == [True, False, True, True]


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/opt/run.py", "# in place of fetchmail, which is gone\nprint('fetchmailer')\n"),
        ("/opt/run.py", "# fetchmail -s\nx = a.fetchmail - b\nmutt = 1\nprint(mutt)\n"),
        ("/opt/getmail6", "#!/usr/bin/python3\nprint('getmail 6')\n"),
    ],
)
def test_what_starts_no_client_and_a_client_that_is_a_script_itself_are_none(path, script, tree):
    tree.write(CRON, f"* * * * * alice python3 {path}\n")
    tree.write(path, script)
    host = tree.host()
    host.launches.all()
    assert host.gaps == []


def test_a_script_of_another_language(tree):
    tree.write(
        CRON,
        "* * * * * alice python3 -W ignore /opt/poll.py --host x\n* * * * * alice /opt/poll.pl\n"
        "* * * * * alice node --tls-cipher-list A:B $OPTIONS a.js\n",
    )
    tree.write("/opt/poll.pl", PERL)
    host = tree.host()
    (python,) = host.launches.of("python3")
    assert ([word.text for word in python.argv], [word.text for word in python.interpreter]) == (
        ["/opt/poll.py", "--host", "x"],
        ["python3", "-W", "ignore"],
    )
    assert host.launches.of("poll.py") == [python]
    assert [word.text for word in host.launches.of("poll.pl")[0].argv] == ["/opt/poll.pl"]
    assert [word.text for word in host.launches.of("a.js")[0].interpreter] == ["node", "--tls-cipher-list", "A:B"]


# name: (files, [(words of fetchmail, user, is_active)])
SERVICE = "[Service]\nExecStart=/usr/bin/fetchmail -s\n"
UNITS = {
    "a service that is not enabled": ({UNIT: SERVICE}, [(["-s"], "root", False)]),
    "a comment": (
        {UNIT: "[Service]\n# ExecStart=/usr/bin/fetchmail -a\n;ExecStart=fetchmail\nExecStart=fetchmail -s\n"},
        [(["-s"], "root", False)],
    ),
    "a line that goes on": (
        {UNIT: "[Service]\nExecStart=/usr/bin/fetchmail \\\n# not this\n  -s \\\n  -v\n"},
        [(["-s", "-v"], "root", False)],
    ),
    "a user": ({UNIT: SERVICE + "User=bob\n"}, [(["-s"], "bob", False)]),
    "prefixes": ({UNIT: "[Service]\nUser=bob\nExecStart=-+/usr/bin/fetchmail -s\n"}, [(["-s"], "root", False)]),
    "another name of its own": ({UNIT: "[Service]\nExecStart=@/usr/bin/fetchmail mail -s\n"}, [(["-s"], "root", False)]),
    "quotes": (
        {UNIT: "[Service]\nExecStart=/usr/bin/fetchmail -f '/a b' \"c\\x20d\" e\\sf\n"},
        [(["-f", "/a b", "c d", "e f"], "root", False)],
    ),
    "specifiers": ({UNIT: "[Service]\nExecStart=/usr/bin/fetchmail -f %h/%N%%\n"}, [(["-f", "/root/mail%"], "root", False)]),
    "two commands": ({UNIT: "[Service]\nExecStart=/bin/true ; /usr/bin/fetchmail -s ; /bin/true \\;\n"}, [(["-s"], "root", False)]),
    "variables": (
        {UNIT: "[Service]\nEnvironment=A=1 'B=2 3'\nExecStart=/usr/bin/fetchmail ${A} $B ${B} x$A $$A $NEVER\n"},
        [(["1", "2", "3", "2 3", "x$A", "$A"], "root", False)],
    ),
    "an environment file": (
        {
            UNIT: "[Service]\nEnvironmentFile=-/etc/default/mail\nExecStart=/usr/bin/fetchmail $OPTIONS\n",
            "/etc/default/mail": 'OPTIONS="-s -v"\n',
        },
        [(["-s", "-v"], "root", False)],
    ),
    "a shell": ({UNIT: "[Service]\nExecStart=/bin/sh -c 'exec fetchmail -s'\n"}, [(["-s"], "root", False)]),
    "a drop-in that adds": ({UNIT: SERVICE, UNIT + ".d/a.conf": "[Service]\nUser=bob\n"}, [(["-s"], "bob", False)]),
    "a drop-in that replaces": (
        {UNIT: SERVICE, UNIT + ".d/a.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/fetchmail -v\n"},
        [(["-v"], "root", False)],
    ),
    "a drop-in of no matter": ({UNIT: SERVICE, UNIT + ".d/a": "[Service]\nUser=bob\n"}, [(["-s"], "root", False)]),
    "the administrator's before the package's": (
        {UNIT: SERVICE, "/usr/lib/systemd/system/mail.service": "[Service]\nExecStart=fetchmail -v\n"},
        [(["-s"], "root", False)],
    ),
    "a package's unit": ({"/usr/lib/systemd/system/mail.service": SERVICE}, [(["-s"], "root", False)]),
    "an enabled one": ({UNIT: SERVICE, "/etc/systemd/system/multi-user.target.wants/mail.service": SERVICE}, [(["-s"], "root", True)]),
    "one with a timer": (
        {UNIT: SERVICE, "/etc/systemd/system/timers.target.wants/mail.timer": "", "/etc/systemd/system/mail.timer": "[Timer]\n"},
        [(["-s"], "root", True)],
    ),
    "a timer of another name": (
        {
            UNIT: SERVICE,
            "/etc/systemd/system/timers.target.wants/poll.timer": "",
            "/etc/systemd/system/poll.timer": "[Timer]\nUnit=mail.service\n",
        },
        [(["-s"], "root", True)],
    ),
    "instances": (
        {
            "/etc/systemd/system/mail@.service": "[Service]\nUser=%i\nExecStart=/usr/bin/fetchmail -f /etc/%i.rc %I\n",
            "/etc/systemd/system/multi-user.target.wants/mail@bob.service": "",
            "/etc/systemd/system/timers.target.wants/mail@a-b.timer": "",
        },
        [(["-f", "/etc/a-b.rc", "a/b"], "a-b", True), (["-f", "/etc/bob.rc", "bob"], "bob", True)],
    ),
    "a user's unit": ({"/home/alice/.config/systemd/user/mail.service": SERVICE}, [(["-s"], "alice", False)]),
    "a user's timer": (
        {
            "/home/alice/.config/systemd/user/mail.service": "[Service]\nExecStart=fetchmail -f %h/rc\n",
            "/home/alice/.config/systemd/user/timers.target.wants/mail.timer": "",
        },
        [(["-f", "/home/alice/rc"], "alice", True)],
    ),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_of_systemd(name, tree):
    files, expected = UNITS[name]
    for path, text in files.items():
        tree.write(path, text)
    found = tree.host().launches.of("fetchmail")
    assert [([word.text for word in launch.argv[1:]], launch.user, launch.is_active) for launch in found] == expected
    assert all(word.is_decided for launch in found for word in launch.argv)


def test_a_masked_unit_starts_nothing(tree):
    tree.write("/usr/lib/systemd/system/mail.service", SERVICE)
    tree.write("/dev/null", "")
    (tree.root / "dev/null").unlink()
    tree.link(UNIT, "/dev/null")
    assert tree.host().launches.of("fetchmail") == []


def test_the_environment_of_a_unit(tree):
    tree.write("/etc/environment", "OPENSSL_CONF=/session\nNSS_IGNORE_SYSTEM_POLICY=1\n")
    tree.write(UNIT, "[Service]\nEnvironment=OPENSSL_CONF=/x%%y SECRET=hunter2\nExecStart=/usr/bin/fetchmail\n")
    tree.write(CRON, "* * * * * alice fetchmail\n")
    cron, unit = tree.host().launches.of("fetchmail")
    assert cron.tls_environment == {"OPENSSL_CONF": "/session", "NSS_IGNORE_SYSTEM_POLICY": "1"}
    assert unit.tls_environment == {"OPENSSL_CONF": "/x%y"}
    assert unit.variable("SECRET") is None


SESSIONS = {
    "a daemon of the profile": ("/home/alice/.profile", "umask 22\n[ -f x ] || fetchmail -d 300\n", 2, ["-d", "300"]),
    "an alias": ("/home/alice/.bashrc", "alias ll='ls -l' mail='OPENSSL_CONF=/x fetchmail -v'\n", 1, ["-v"]),
    "a function": ("/home/alice/.bashrc", 'get() {\n  fetchmail -k "$@"\n}\n', 2, ["-k", ""]),
    "everybody's": ("/etc/profile.d/mail.sh", "fetchmail &\n", 1, []),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_what_a_session_starts_or_names(name, tree):
    path, text, line, words = SESSIONS[name]
    tree.write(path, text)
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.file, launch.line, launch.user, launch.is_active) == (path, line, "alice", True)
    assert [word.text for word in launch.argv[1:]] == words
    assert launch.tls_environment == ({"OPENSSL_CONF": "/x"} if name == "an alias" else {})


AUTOSTART = "/home/alice/.config/autostart/mail.desktop"
COMMON = "/etc/xdg/autostart/mail.desktop"
EXEC = "[Desktop Entry]\nName=Mail\nExec="
ENTRIES = {
    "a user's own": ({AUTOSTART: EXEC + '/usr/bin/fetchmail -f "/a b/rc" %U\n'}, (AUTOSTART, ["-f", "/a b/rc"])),
    "one of all": ({COMMON: EXEC + "fetchmail\n", "/home/alice/.config/x": ""}, (COMMON, [])),
    "the user's in its place": ({COMMON: EXEC + "fetchmail\n", AUTOSTART: EXEC + "fetchmail -v\n"}, (AUTOSTART, ["-v"])),
    "hidden by the user": ({COMMON: EXEC + "fetchmail\n", AUTOSTART: "[Desktop Entry]\nHidden=true\nExec=fetchmail\n"}, None),
    "for nobody with a desktop": ({COMMON: EXEC + "fetchmail\n"}, None),
    "the menu's": (
        {"/home/alice/.local/share/applications/m.desktop": EXEC + 'sh -c "fetchmail -k"\n'},
        ("/home/alice/.local/share/applications/m.desktop", ["-k"]),
    ),
    "another group's": ({AUTOSTART: EXEC + "true\n[Desktop Action new]\nExec=fetchmail\n"}, None),
    "no entry": ({AUTOSTART + "~": EXEC + "fetchmail\n"}, None),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_what_a_desktop_starts(name, tree):
    files, expected = ENTRIES[name]
    for path, text in files.items():
        tree.write(path, text)
    found = [(launch.file, [word.text for word in launch.argv[1:]]) for launch in tree.host().launches.of("fetchmail")]
    assert found == ([expected] if expected else [])


def test_a_desktop_starts_it_under_the_variables_of_the_session(tree):
    tree.write("/home/alice/.profile", "export OPENSSL_CONF=/x\n")
    tree.write("/home/alice/.bashrc", "export OPENSSL_CONF=/y\n")
    tree.write(AUTOSTART, EXEC + "env LD_PRELOAD=/z fetchmail --a%%b %x\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert launch.tls_environment == {"OPENSSL_CONF": "/x", "LD_PRELOAD": "/z"}
    assert [(word.text, word.is_decided) for word in launch.argv[1:]] == [("--a%b", True), ("%x", False)]
    assert (launch.user, launch.line) == ("alice", 3)


MANAGERS = {
    "the system's default": (
        {"/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=OPENSSL_CONF=/x A=b\n"},
        {"OPENSSL_CONF": "/x"},
        {},
    ),
    "a drop-in after it": (
        {
            "/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=OPENSSL_CONF=/x\n",
            "/usr/lib/systemd/system.conf.d/a.conf": "[Manager]\nDefaultEnvironment=\nDefaultEnvironment=OPENSSL_CONF=/y\n",
        },
        {"OPENSSL_CONF": "/y"},
        {},
    ),
    "a specifier": ({"/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=OPENSSL_CONF=%x\n"}, {"OPENSSL_CONF": None}, {}),
    "the users'": ({"/etc/systemd/user.conf": "[Manager]\nDefaultEnvironment=OPENSSL_CONF=/x\n"}, {}, {"OPENSSL_CONF": "/x"}),
    "environment.d": ({"/etc/environment.d/a.conf": "OPENSSL_CONF=/x\n"}, {}, {"OPENSSL_CONF": "/x"}),
    "a user's own of the same name": (
        {"/etc/environment.d/a.conf": "OPENSSL_CONF=/x\n", "/home/alice/.config/environment.d/a.conf": "LD_PRELOAD=$HOME/x\n"},
        {},
        {"LD_PRELOAD": None},
    ),
}


@pytest.mark.parametrize("name", MANAGERS)
def test_what_a_manager_gives_every_service(name, tree):
    files, of_system, of_user = MANAGERS[name]
    own = "/home/alice/.config/systemd/user/mail.service"
    for path, text in {**files, UNIT: SERVICE, own: SERVICE}.items():
        tree.write(path, text)
    system, user = tree.host().launches.of("fetchmail")
    assert (system.tls_environment, user.tls_environment) == (of_system, of_user)


def test_a_service_s_own_variable_beats_its_manager_s(tree):
    tree.write("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=OPENSSL_CONF=/x\n")
    tree.write(UNIT, "[Service]\nEnvironment=OPENSSL_CONF=/y\nExecStart=fetchmail\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert launch.tls_environment == {"OPENSSL_CONF": "/y"}


def test_where_a_command_of_a_unit_stands(tree):
    tree.write(UNIT, SERVICE)
    tree.write(UNIT + ".d/a.conf", "[Service]\nExecStart=\n\nExecStart=fetchmail\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert (launch.file, launch.line) == (UNIT + ".d/a.conf", 4)


def test_what_only_a_running_systemd_knows_is_undecided(tree):
    tree.write(UNIT, "[Service]\nExecStart=/usr/bin/fetchmail --ssl%H -s\n")
    (launch,) = tree.host().launches.of("fetchmail")
    assert [(word.text, word.is_decided) for word in launch.argv[1:]] == [("--ssl", False), ("-s", True)]


def test_a_table_that_no_shell_would_read_is_a_gap(tree):
    tree.write(CRON, "* * * * * alice fetchmail 'hunter2\n")
    host = tree.host()
    assert host.launches.all() == []
    assert [gap["what"] for gap in host.gaps] == [f"{CRON}, line 1"]
    assert "hunter2" not in str(host.gaps)


TEXTS = st.text("ab =\n#*/0123456789@%\\\"'[]${};-:+!", max_size=80)


@given(TEXTS)
def test_no_crontab_breaks_it(text):
    assert all(job.command for has_user in (False, True) for job in crontab.parse(text, has_user) if job.command)
    crontab.parse_anacron(text)


@given(TEXTS)
def test_no_unit_breaks_it(text):
    for entry in systemd_unit.parse("[Service]\n" + text):
        try:
            words = systemd_unit.words(entry.value)
        except systemd_unit.QuoteError:
            continue
        for word, _is_quoted in words:
            systemd_unit.substituted(systemd_unit.specified(word, {"i": "x"})[0], {"a": None, "b": "c d"})
    systemd_unit.environment_file(text)


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20), max_size=6))
def test_quoted_words_of_a_unit_stay(words):
    line = " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    assert [word for word, _is_quoted in systemd_unit.words(line)] == words
