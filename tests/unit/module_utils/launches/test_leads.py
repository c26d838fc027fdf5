"""Scripts on the way from what the host starts to a mail client: followed where that can be told, and told of where it can't."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import launch, leads

TABLE = "/var/spool/cron/crontabs/alice"
SH = "#!/bin/sh\n"
FETCH = SH + "fetchmail --sslproto TLS1\n"
HOME = "/home/alice"

# name: (the command of alice's crontab, files)
FOLLOWED = {
    "a script of a script, by paths relative to directories": (
        "cd bin && sh a",
        {HOME + "/bin/a": "cd ..\nsh bin/b\n", HOME + "/bin/b": FETCH},
    ),
    "a script beside it": ("bin/a", {HOME + "/bin/a": SH + '"$(dirname "$0")"/b\n', HOME + "/bin/b": FETCH}),
    "a script beside it, from there": ("bin/a", {HOME + "/bin/a": SH + 'cd "$(dirname "$0")"\nsh ./b\n', HOME + "/bin/b": FETCH}),
    "a script beside it, by the real path": (
        "bin/a",
        {HOME + "/bin/a": SH + 'D=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)\n"$D/b"\n', HOME + "/bin/b": FETCH},
    ),
    "a script beside it, by bash's name": (
        "bin/a",
        {HOME + "/bin/a": '#!/bin/bash\nD=${BASH_SOURCE[0]%/*}\n"$D/b"\n', HOME + "/bin/b": FETCH},
    ),
    "a text beside it that is read": ("bin/a", {HOME + "/bin/a": SH + '. "${0%/*}/b"\n', HOME + "/bin/b": FETCH}),
    "a script without a mark": ("bin/a", {HOME + "/bin/a": "\nfetchmail --sslproto TLS1\n"}),
    "a script of a script in which nothing tells of mail": ("a", {HOME + "/bin/a": SH + "b\n", "/usr/local/bin/b": FETCH}),
    "a script of a script among a package's programs": ("a", {"/usr/bin/a": SH + "b\n", HOME + "/bin/b": FETCH}),
    "a script of a script that starts itself": ("a", {HOME + "/bin/a": SH + "a; b\n", HOME + "/bin/b": FETCH}),
    "a program of the home": ("a", {HOME + "/.local/bin/a": FETCH}),
    "a program in a directory of the table's own": ("a", {"/opt/x/a": FETCH}),
    "a script of the home behind a login": ("su - alice -c bin/a", {HOME + "/bin/a": FETCH}),
    "a mark that splits its words": ("bin/a", {HOME + "/bin/a": "#!/usr/bin/env -S sh -e\nfetchmail --sslproto TLS1\n"}),
}
# Commands that start the client themselves.
STARTED = {
    "in a network of its own": "ip netns exec vpn fetchmail --sslproto TLS1",
    "in namespaces": "unshare -n fetchmail --sslproto TLS1",
    "in those of another process": "nsenter -t 1 --net fetchmail --sslproto TLS1",
    "through a proxy": "proxychains4 -q -f /etc/x fetchmail --sslproto TLS1",
    "in a jail": "firejail --quiet fetchmail --sslproto TLS1",
    "with bounds": "cpulimit -l 50 -- fetchmail --sslproto TLS1",
    "as a daemon": "daemonize -u alice /usr/bin/fetchmail --sslproto TLS1",
    "on a terminal": "script -qec 'fetchmail --sslproto TLS1' /dev/null",
    "as another user": "s6-setuidgid alice fetchmail --sslproto TLS1",
    "by a text that a shell reads": 'bash <<<"fetchmail --sslproto TLS1"',
    "by a text that a login shell reads": 'su - alice <<<"fetchmail --sslproto TLS1"',
    "by a process that is read": "cat < <(fetchmail --sslproto TLS1)",
    "by a process of its own": "coproc fetchmail --sslproto TLS1",
    "by a link": "/opt/fm --sslproto TLS1",
    "by the input of cron's command": "sh%fetchmail --sslproto TLS1%",
    "by the input of cron's command, with another percent sign": "cd / && sh -s a%X=\\\\%%fetchmail --sslproto TLS1",
    "by a shell with options": "bash -euo pipefail -c 'fetchmail --sslproto TLS1'",
    "by a shell with options behind": "sh -c -e 'fetchmail --sslproto TLS1'",
    "by a shell with words": "sh -c 'fetchmail \"$@\"' mail --sslproto TLS1",
}
# Commands of which nobody can tell whether they start it.
MAY_BE_STARTED = {
    "by a program that nobody knows": "retry -n 3 fetchmail --sslproto TLS1",
    "by a program that takes a text": "retry 'cd /; /usr/bin/fetchmail -s --sslproto TLS1'",
    "with words that only the shell knows": "retry fetchmail $(cat bin/options)",
    "below another root": "chroot /srv/x fetchmail",
    "in a container": "docker exec mail fetchmail --sslproto TLS1",
    "another client": "retry curl --tls-max 1.1 imaps://mail.example/",
    "yet another": "retry openssl s_client -tls1 -connect mail.example:993",
    "by a shell that reads what is printed": "echo fetchmail --sslproto TLS1 | sh",
    "by a shell that reads what was computed": 'sh <<<"$(cat bin/x) fetchmail"',
}
STARTS_NOTHING = (
    "apt-get install fetchmail -y",
    "pgrep -u fetchmail -x fetchmail -l",
    "systemctl restart fetchmail --no-block",
    "echo fetchmail -s",
    "retry fetchmail",
    "chown -R fetchmail /var/lib/fetchmail --verbose",
    "ssh mail fetchmail --sslproto TLS1",
    "[ -x /usr/bin/fetchmail ] || exit 0",
    "exec >/dev/null; pgrep fetchmail",
)
# The same; nobody can tell from these how the script is started.
LED_TO = {
    "by a path that the script changes": ("bin/a", {HOME + "/bin/a": SH + "PATH=$(cat p):/opt/y\nb\n", "/opt/y/b": FETCH}, "/opt/y/b"),
    "by a loop": ("bin/a", {HOME + "/bin/a": SH + 'for f in ~/jobs/*; do sh "$f"; done\n', HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by a loop over a directory beside": ("for f in jobs/*; do sh $f; done", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by a loop over the directory": ("cd ~/jobs; for f in *; do sh $f; done", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by a loop over a variable": ("D=~/jobs; for f in $D/*; do sh $f; done", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by find": ("find ~/jobs -type f -exec sh {} \\;", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by find from the home": ("find jobs -type f -exec sh {} \\;", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by a list": ("ls ~/jobs | xargs -n1 sh", {HOME + "/jobs/b": FETCH}, HOME + "/jobs/b"),
    "by a pipe": ("cat bin/b | sh", {HOME + "/bin/b": FETCH}, HOME + "/bin/b"),
    "by standard input": ("sh <bin/b", {HOME + "/bin/b": FETCH}, HOME + "/bin/b"),
    "by another language": (
        "bin/a",
        {HOME + "/bin/a": "#!/usr/bin/python3\nsubprocess.run(['/opt/b'])\n", "/opt/b": FETCH},
        "/opt/b",
    ),
    "by a terminal of its own": ("screen -dm bin/b", {HOME + "/bin/b": FETCH}, HOME + "/bin/b"),
    "by a variable with a path in two": (
        "bin/a",
        {HOME + "/bin/a": SH + 'D=$(cat d)\n"$D"/bin/b\n', HOME + "/bin/b": FETCH},
        HOME + "/bin/b",
    ),
    "by a script that a script leads to": (
        "screen -dm bin/a",
        {HOME + "/bin/a": SH + "exec ../opt/b\n", HOME + "/opt/b": FETCH},
        HOME + "/opt/b",
    ),
    "a script that reads mail itself": (
        "screen -dm bin/b",
        {HOME + "/bin/b": "#!/usr/bin/python3\nimport imaplib\n"},
        HOME + "/bin/b",
    ),
}
# The same, and no gap: nothing says that these are scripts, or that they start a client.
OF_NO_MATTER = {
    "a text that is no script": ("cat ~/notes >~/log", {HOME + "/notes": "fetchmail --sslproto TLS1\n"}),
    "a script that nothing names": ("bin/a", {HOME + "/bin/a": SH + "true\n", HOME + "/bin/b": FETCH}),
    "a remark": ("screen -dm bin/b", {HOME + "/bin/b": SH + "# fetchmail -s\n"}),
    "a program of a machine": ("screen -dm bin/b", {HOME + "/bin/b": "\x7fELF\0 fetchmail -s"}),
    "a script that was followed": ("bin/b; cat bin/b", {HOME + "/bin/b": SH + "fetchmail\n"}),
    "a text with a mark that nobody may execute": ("cat jobs-b", {HOME + "/jobs-b": FETCH}),
    "data of a package": ("ls /var/lib/x", {"/var/lib/x/a": FETCH}),
    "the client itself": ("screen -dm fetchmail", {"/usr/local/bin/fetchmail": FETCH}),
}


def lay(tree, command, files):
    tree.write(TABLE, f"PATH=/opt/x:/usr/bin\n* * * * * {command}\n")
    for path, text in files.items():
        tree.write(path, text)
        (tree.root / path.lstrip("/")).chmod(0o755 if "bin" in path or "opt" in path else 0o644)


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_script_is_followed(name, tree):
    lay(tree, *FOLLOWED[name])
    host = tree.host()
    assert [[word.text for word in launch.argv] for launch in host.launches.of("fetchmail")] == [["fetchmail", "--sslproto", "TLS1"]]
    assert host.gaps == []


@pytest.mark.parametrize("name", STARTED)
def test_a_command_that_starts_another(name, tree):
    lay(tree, STARTED[name], {"/usr/bin/fetchmail": "\x7fELF"})
    tree.link("/opt/fm", "/usr/bin/fetchmail")
    host = tree.host()
    assert [[word.text for word in launch.argv[1:]] for launch in host.launches.of("fetchmail")] == [["--sslproto", "TLS1"]]
    assert host.gaps == []


@pytest.mark.parametrize("name", MAY_BE_STARTED)
def test_a_command_that_may_start_another_is_a_gap(name, tree):
    lay(tree, MAY_BE_STARTED[name], {})
    host = tree.host()
    assert host.launches.of("fetchmail", "curl", "openssl") == []
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [(TABLE + ", line 2", "accounts")]


@pytest.mark.parametrize("command", STARTS_NOTHING)
def test_a_command_that_names_a_client_and_starts_none(command, tree):
    lay(tree, command, {})
    host = tree.host()
    assert host.launches.of("fetchmail") == []
    assert host.gaps == []


@pytest.mark.parametrize("name", LED_TO)
def test_a_script_that_could_not_be_followed_is_a_gap(name, tree):
    command, files, path = LED_TO[name]
    lay(tree, command, files)
    host = tree.host()
    assert host.launches.of("fetchmail") == []
    affects = "clients" if name == "a script that reads mail itself" else "accounts"
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [(path, affects)]


@pytest.mark.parametrize("name", OF_NO_MATTER)
def test_what_starts_no_client_is_none(name, tree):
    lay(tree, *OF_NO_MATTER[name])
    host = tree.host()
    host.launches.all()
    assert host.gaps == []


# A text that a script has its shell read, or a shell that reads one by itself; OPENSSL_CONF of the client that comes then.
ENVIRONMENTS = {
    "a file beside it": ("bin/a", {HOME + "/bin/a": SH + '. "$(dirname "$0")/b"\nfetchmail\n'}, "/x"),
    "a file of the path": ("bin/a", {HOME + "/bin/a": SH + ". b\nfetchmail\n"}, "/x"),
    "a file of a path that the script changes": ("bin/a", {HOME + "/bin/a": SH + "PATH=/opt/y:$PATH\n. c\nfetchmail\n"}, "/y"),
    "a file of a path that only the shell knows": ("bin/a", {HOME + "/bin/a": SH + "PATH=$(cat p)\n. c\nfetchmail\n"}, None),
    "a file that is read by more than its name": ("bin/a", {HOME + "/bin/a": SH + "command . bin/b\nfetchmail\n"}, "/x"),
    "a file behind a test": (
        "bin/a",
        {HOME + "/bin/a": SH + 'D=$([ -z "${MAILRC-}" ] && printf %s ~/bin || echo "$MAILRC")\n. "$D/b"\nfetchmail\n'},
        "/x",
    ),
    "what each zsh reads": ("zsh -c fetchmail", {HOME + "/.zshenv": ". ~/bin/b\n"}, "/x"),
    "what each zsh reads of the system's": ("zsh -c fetchmail", {"/etc/zsh/zshenv": "export OPENSSL_CONF=/z\n"}, "/z"),
    "what each zsh reads before a script": ("bin/a", {HOME + "/bin/a": "#!/bin/zsh\nfetchmail\n", HOME + "/.zshenv": ". ~/bin/b\n"}, "/x"),
    "what a profile declares": ("bash -lc fetchmail", {HOME + "/.bash_profile": "declare -x OPENSSL_CONF=/x\n"}, "/x"),
    "what a profile gives a variable without a value": (
        "bash -lc fetchmail",
        {HOME + "/.profile": ": ${OPENSSL_CONF:=/x}\nexport OPENSSL_CONF\n"},
        "/x",
    ),
    "what a file has for env": ("env $(grep -v '^#' bin/b | xargs) fetchmail", {}, None),
    "a profile's file": ("bash -lc fetchmail", {HOME + "/.profile": ". bin/b\n"}, "/x"),
    "a profile's file of the path": ("bash -lc fetchmail", {HOME + "/.profile": "\\. b\n", "/usr/bin/b": "export OPENSSL_CONF=/z\n"}, "/z"),
    "a profile's file by a computed name": ("bash -lc fetchmail", {HOME + "/.profile": '\\. "$(cat d)/b"\n'}, None),
    "a file that only the shell knows": ("bin/a", {HOME + "/bin/a": SH + '. "$(cat where)"\nfetchmail\n'}, None),
    "a text of a file": ("bin/a", {HOME + "/bin/a": SH + 'eval "$(cat bin/b)"\nfetchmail\n'}, None),
    "what bash reads before a script": ("BASH_ENV=/home/alice/bin/b bash -c fetchmail", {}, None),
    "a login shell": ("bash -lc fetchmail", {HOME + "/.profile": ". ~/bin/b\n"}, "/x"),
    "a login shell by a mark": ("bin/a", {HOME + "/bin/a": "#!/bin/bash -l\nfetchmail\n", HOME + "/.profile": ". ~/bin/b\n"}, "/x"),
    "a login shell of su": ("su - alice -c fetchmail", {HOME + "/.profile": ". ~/bin/b\n"}, "/x"),
    "a login shell of sudo": ("sudo -iu alice fetchmail", {HOME + "/.profile": ". ~/bin/b\n"}, "/x"),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_that_a_shell_reads(name, tree):
    command, files, value = ENVIRONMENTS[name]
    lay(tree, command, {HOME + "/bin/b": "export OPENSSL_CONF=/x\n", "/opt/y/c": "export OPENSSL_CONF=/y\n", **files})
    [launch] = tree.host().launches.of("fetchmail")
    assert launch.tls_environment["OPENSSL_CONF"] == value


@pytest.mark.parametrize(
    "path",
    [
        '"$(basename -s .x /opt/b.x)"',
        '"$(realpath --relative-to=/opt /opt/b)"',
        '"$(readlink /opt/link)"',
        '"$(cd /opt || cd /srv; pwd)/b"',
        '"$(dirname /opt/x | tr a b)/b"',
        '"$([ -z "" ] && cd /opt && pwd || echo /srv)/b"',
        '"$([ -n "" ] && echo /opt; echo /srv)/b"',
        '"$(if [ -n "" ]; then echo /opt; else echo /srv; fi)/b"',
        '"$([ -e /opt ] && echo /opt || echo /srv)/b"',
        '"$([ -n "$DISPLAY" ] && echo /opt || echo /srv)/b"',
        '"$(echo /opt >&2)/b"',
        '"$(echo -e /opt)/b"',
        '"$(printf "%s%s" /op t)/b"',
    ],
)
def test_a_command_is_not_taken_for_one_that_prints_something_else(path, tree):
    lay(tree, "bin/a", {HOME + "/bin/a": SH + f". {path}\nfetchmail\n", "/opt/b": "export OPENSSL_CONF=/x\n", HOME + "/b": "true\n"})
    [launch] = tree.host().launches.of("fetchmail")
    assert launch.tls_environment["OPENSSL_CONF"] is None


@pytest.mark.parametrize("command", ["bash -c fetchmail", "zsh -fc fetchmail", "sh -c fetchmail"])
def test_a_shell_that_reads_no_profile(command, tree):
    text = "export OPENSSL_CONF=/x\n"
    lay(tree, command, {HOME + "/.profile": text, HOME + "/.zshenv": text})
    [launch] = tree.host().launches.of("fetchmail")
    assert launch.tls_environment == {}


@pytest.mark.parametrize(
    ("shell", "variables"),
    [("/bin/bash", {}), ("/usr/bin/zsh", {"OPENSSL_CONF": "/x"}), ("/usr/local/bin/logged", dict.fromkeys(launch.LIBRARY_VARIABLES))],
)
def test_the_shell_of_a_table(shell, variables, tree):
    tree.write(TABLE, f"SHELL={shell}\n* * * * * fetchmail\n")
    tree.write(HOME + "/.zshenv", "export OPENSSL_CONF=/x\n")
    [found] = tree.host().launches.of("fetchmail")
    assert found.tls_environment == variables


def test_a_directory_of_programs_that_is_none_of_cron_s_own(tree):
    tree.write("/etc/crontab", "* * * * * root run-parts /etc/cron.quarterly\n0 * * * * root run-parts /etc/cron.hourly\n")
    for period in ("quarterly", "hourly"):
        tree.write(f"/etc/cron.{period}/mail", SH + f"fetchmail -f /etc/{period}\n")
        (tree.root / f"etc/cron.{period}/mail").chmod(0o755)
    found = [[word.text for word in launch.argv] for launch in tree.host().launches.of("fetchmail")]
    assert sorted(found) == [["fetchmail", "-f", "/etc/hourly"], ["fetchmail", "-f", "/etc/quarterly"]]


def test_a_script_of_a_session(tree):
    """It is started by hand or at login, and only the file that names it is read."""
    lay(tree, "true", {HOME + "/.profile": "~/bin/b &\n", HOME + "/bin/b": FETCH})
    host = tree.host()
    host.launches.all()
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [(HOME + "/bin/b", "accounts")]


@pytest.mark.parametrize(
    ("path", "text"),
    [("/etc/local.d/mail.start", FETCH), ("/etc/supervisor.d/mail.ini", "[program:mail]\ncommand=fetchmail --sslproto TLS1\n")],
)
def test_what_alpine_starts(path, text, tree):
    tree.write(path, text)
    [launch] = tree.host().launches.of("fetchmail")
    assert [word.text for word in launch.argv] == ["fetchmail", "--sslproto", "TLS1"]


@pytest.mark.parametrize("program", ["/opt/job", "/usr/local/bin/job"])
def test_a_package_s_unit_that_starts_a_script_of_the_site(program, tree):
    tree.write("/usr/lib/systemd/system/nightly.service", f"[Service]\nExecStart={program}\n")
    tree.write(program, FETCH)
    [launch] = tree.host().launches.of("fetchmail")
    assert launch.file == program


def test_many_files_are_bounded(tree, monkeypatch):
    monkeypatch.setattr(leads, "MAX_FILES", 20)
    names = [f"job{number}" for number in range(30)]
    lay(tree, "screen -dm " + " ".join(f"bin/{name}" for name in names), {f"{HOME}/bin/{name}": SH for name in names})
    host = tree.host()
    host.launches.all()
    assert [gap["affects"] for gap in host.gaps] == ["accounts"]


def test_a_script_that_tells_nothing_of_mail_is_followed_for_each_who_starts_it(tree):
    tree.write("/etc/cron.d/mail", "* * * * * alice /opt/a\n* * * * * root /opt/a 1\n* * * * * root /opt/c\n")
    for name, text in {"a": SH + "/opt/b $1\n", "c": SH + "/opt/b 2\n", "b": SH + 'fetchmail "$1"\n'}.items():
        tree.write(f"/opt/{name}", text)
        (tree.root / "opt" / name).chmod(0o755)
    found = [(launch.user, [word.text for word in launch.argv[1:]]) for launch in tree.host().launches.of("fetchmail")]
    assert sorted(found) == [("alice", [""]), ("root", ["1"]), ("root", ["2"])]


def test_a_job_of_at_whose_commands_another_shell_reads(tree):
    """As at of Fedora and RHEL writes them (at.c there): the environment, the directory, and the commands as a here-document."""
    tree.write(
        "/var/spool/at/a0000101a2b3c4",
        "#!/bin/sh\n# atrun uid=0 gid=0\numask 22\nSHELL=/bin/bash; export SHELL\nOPENSSL_CONF=/x; export OPENSSL_CONF\n"
        "cd /home/alice || {\n\techo 'Execution directory inaccessible' >&2\n\texit 1\n}\n"
        "${SHELL:-/bin/sh} << 'marcinDELIMITER4f5a6b7c'\nfetchmail -f rc\nmarcinDELIMITER4f5a6b7c\n",
    )
    [found] = tree.host().launches.of("fetchmail")
    assert [word.text for word in found.argv] == ["fetchmail", "-f", "rc"]
    assert found.tls_environment == {"OPENSSL_CONF": "/x"}
    assert found.context.directory == "/home/alice"
