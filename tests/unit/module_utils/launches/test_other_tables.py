"""Tables in languages of their own: the clients that a line of theirs starts, with the words behind."""

from __future__ import annotations

import pytest

# name: (path, text, words of fetchmail's launches, the user, its line)
TABLES = {
    "incron": ("/etc/incron.d/mail", "/var/x IN_CREATE fetchmail --sslproto TLS1\n", ["--sslproto", "TLS1"], None, 1),
    "Upstart": ("/etc/init/mail.conf", "start on runlevel 2\nexec /usr/bin/fetchmail -d 300 -N\n", ["-d", "300", "-N"], None, 2),
    "a script of Upstart": ("/etc/init/mail.conf", "script\n  exec fetchmail -N >/dev/null\nend script\n", ["-N"], None, 2),
    "logrotate": ("/etc/logrotate.d/mail", "/var/log/x {\n postrotate\n  fetchmail --quit && fetchmail -s\n}\n", ["--quit"], None, 3),
    "monit": (
        "/etc/monit/conf.d/mail",
        '# fetchmail -x\ncheck process x\n  start program "/usr/bin/fetchmail -s" as uid a\n',
        ["-s"],
        None,
        3,
    ),
    "a network": ("/etc/network/interfaces", "iface eth0 inet dhcp\n  up fetchmail -v || true\n", ["-v"], None, 2),
    "i3": ("/home/alice/.config/i3/config", "exec --no-startup-id sh -c 'sleep 5; fetchmail -d 60'\n", ["-d", "60"], "alice", 1),
    "tmux": ("/home/alice/.tmux.conf", 'new-session -d "fetchmail -k"\n', ["-k"], "alice", 1),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_client_of_a_table(name, tree):
    path, text, words, user, line = TABLES[name]
    tree.write(path, text)
    host = tree.host()
    launch, *_others = host.launches.of("fetchmail")
    assert [word.text for word in launch.argv[1:]] == words
    assert (launch.file, launch.line, launch.user) == (path, line, user)
    assert host.gaps == []


def test_its_variables_are_not_known_where_the_table_sets_some(tree):
    tree.write("/etc/init/mail.conf", "env OPENSSL_CONF=/x\nexec fetchmail\n")
    [launch] = tree.host().launches.of("fetchmail")
    assert launch.tls_environment == {"OPENSSL_CONF": None}


def test_another_client_that_reads_a_mailbox(tree):
    tree.write("/etc/incron.d/mail", "/var/x IN_CREATE /usr/bin/curl --tls-max 1.1 imaps://mail.example/\n")
    [launch] = tree.host().launches.of("curl")
    assert [word.text for word in launch.argv[1:]] == ["--tls-max", "1.1", "imaps://mail.example/"]


@pytest.mark.parametrize("text", ["exec fetchmail\n", "# exec fetchmail -v\n", "stop on stopped fetchmail\n", "bindsym m exec mutt\n"])
def test_a_name_alone_gives_no_settings(text, tree):
    tree.write("/etc/init/mail.conf", text)
    host = tree.host()
    assert host.launches.all() == []
    assert host.gaps == []


def test_a_script_that_a_table_names(tree):
    tree.write("/home/alice/.config/sway/config", "exec ~/bin/mail\n")
    tree.write("/home/alice/bin/mail", "#!/bin/sh\nfetchmail --sslproto TLS1\n")
    (tree.root / "home/alice/bin/mail").chmod(0o755)
    host = tree.host()
    host.launches.all()
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [("/home/alice/bin/mail", "accounts")]


SESSION_FILES = {
    "/etc/X11/Xsession.d/50mail": "export OPENSSL_CONF=/x\n",
    "/etc/X11/xinit/xinitrc.d/50-mail.sh": "export OPENSSL_CONF=/x\n",
    "/etc/xprofile": "export OPENSSL_CONF=/x\n",
    "/home/alice/.config/plasma-workspace/env/mail.sh": "export OPENSSL_CONF=/x\n",
    "/etc/profile.d/mail.csh": "setenv OPENSSL_CONF /x\n",
    "/etc/fish/conf.d/mail.fish": "set -gx OPENSSL_CONF /x\n",
    "/home/alice/.config/fish/conf.d/mail.fish": "set -gx OPENSSL_CONF /x\n",
    "/home/alice/.config/fish/fish_variables": "SETUVAR --export OPENSSL_CONF:/x\n",
}


@pytest.mark.parametrize("path", SESSION_FILES)
def test_a_file_of_sessions(path, tree):
    tree.write(path, SESSION_FILES[path])
    host = tree.host()
    [user] = host.users
    variable = host.launches.session(user).login["OPENSSL_CONF"]
    assert (variable.file, variable.line) == (path, 1)
    assert variable.value == (None if "csh" in path or "fish" in path else "/x")
