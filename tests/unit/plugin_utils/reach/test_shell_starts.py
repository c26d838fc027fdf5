"""What the program of the reach `shell` sees of how a host starts its mail clients, under each shell that it has to run in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from posix_shells import SHELLS, functions

from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, program, shell, wanted

OPTIONS = "#!/bin/sh\nfetchmail -f /srv/other\n"
PLAIN = "#!/bin/sh\nfetchmail --silent\n"
CHANGES = "OPENSSL_CONF=/srv/openssl.cnf\nexport OPENSSL_CONF\n"
TABLE = "etc/crontab"


def lay(root: Path, files: Mapping[str, str]) -> None:
    """Write each file below *root*; of a name with a "*" in front, one that may be executed. "ROOT" stands for *root*."""
    for name, text in files.items():
        path = root / name.lstrip("*")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("ROOT", str(root)))
        path.chmod(0o755 if name.startswith("*") else 0o644)


def told(sh: list[str], root: Path, calls: str, sessions: tuple[str, ...] = ()) -> list[frame.Record]:
    """The records of *calls*, on a host whose only table is TABLE and whose only homes are home/a and home/b; paths without *root*."""
    operands = "" if "mbsync" in calls else "1"
    chosen = {**wanted.IN_TABLES.lists, "harmless": " --silent --daemon -a -d -s -v ", "operands": operands}
    lists = "".join(f"export {name}='{words}'\n" for name, words in chosen.items())
    homes = "".join(f"$ROOT/home/{name}$NEWLINE" for name in "ab")
    script = f"{functions()}\nROOT='{root}'\nHOMES={homes}\n{lists}IFS=$NEWLINE\nSESSION_FILES=\nIS_TOLD=\nTABLES=$NEWLINE\n"
    script += f"printf '%s\\n' '{program.START} n0'\ntable $ROOT/{TABLE}\n"
    script += "".join(f'session_file "$ROOT/{name}"\n' for name in sessions)
    script += f"follow_tables\n{calls}\nrecord end\n"
    done = subprocess.run([*sh, "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    records = frame.split(done.stdout, "n0")[0]
    return [tuple(field.replace(f"{root}/", "") for field in record) for record in records]


# What the table holds, the other files, and the place from which fetchmail is started in a way that is not told.
STARTED = {
    "by the table itself": ("* * * * * fetchmail -f /srv/other\n", {}, TABLE),
    "by a program of the shell in a list": ('* * * * * a cd /srv; nice -n 5 "/usr/bin/fetchmail" -f x; true\n', {}, TABLE),
    "a script by its path": ("* * * * * a ROOT/opt/fetch\n", {"opt/fetch": OPTIONS}, "opt/fetch"),
    "a script by a path in quotes": ("* * * * * a 'ROOT/opt/fetch'\n", {"opt/fetch": OPTIONS}, "opt/fetch"),
    "a script within a home": ("* * * * * a ~/scripts/fetch\n", {"home/a/scripts/fetch": OPTIONS}, "home/a/scripts/fetch"),
    "a script by a variable": ('* * * * * a "$HOME"/scripts/fetch\n', {"home/a/scripts/fetch": OPTIONS}, "home/a/scripts/fetch"),
    "a script from the home": ("* * * * * scripts/fetch\n", {"home/b/scripts/fetch": OPTIONS}, "home/b/scripts/fetch"),
    "a script without a directory": ("* * * * * a fetch-it\n", {"home/a/bin/fetch-it": OPTIONS}, "home/a/bin/fetch-it"),
    "a script in a directory of the path": ("PATH=/bin:ROOT/opt\n* * * * * a fetch-it\n", {"opt/fetch-it": OPTIONS}, "opt/fetch-it"),
    "a script behind cd": ("* * * * * a cd ROOT/opt/mail && ./fetch\n", {"opt/mail/fetch": OPTIONS}, "opt/mail/fetch"),
    "a script behind cd within the home": ("* * * * * cd mail; ./fetch\n", {"home/a/mail/fetch": OPTIONS}, "home/a/mail/fetch"),
    "a script below a variable": ("D=ROOT/opt\n* * * * * a ${D}/mail/fetch\n", {"opt/mail/fetch": OPTIONS}, "opt/mail/fetch"),
    "a script without a mark that may be executed": ("* * * * * a ROOT/opt/fetch\n", {"*opt/fetch": OPTIONS[10:]}, "opt/fetch"),
    "a script without a mark that a shell reads": ("* * * * * a sh -e ROOT/opt/fetch\n", {"opt/fetch": OPTIONS[10:]}, "opt/fetch"),
    "by another script beside it": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\n"$(dirname "$0")"/second\n', "opt/second": OPTIONS},
        "opt/second",
    ),
    "by a script of a script of a script": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/sh\n. ROOT/opt/second\n", "opt/second": "third\n", "*opt/third": OPTIONS},
        "opt/third",
    ),
    "by the name that a variable holds": ("* * * * * a ROOT/opt/f\n", {"opt/f": "#!/bin/sh\nC=/bin/fetchmail\n$C -f x\n"}, "opt/f"),
    "by what a command found": ("* * * * * a ROOT/opt/f\n", {"opt/f": '#!/bin/sh\nC=$(which fetchmail)\n"$C" -f x\n'}, "opt/f"),
    "by another language": ("* * * * * a ROOT/opt/f\n", {"opt/f": '#!/usr/bin/python3\nrun(["fetchmail", "-f", x])\n'}, "opt/f"),
    "of supervisord": ("[program:f]\ncommand=fetchmail -f /srv/other\n", {}, TABLE),
    "of a unit": ("[Service]\nExecStart=-/usr/bin/fetchmail -f /srv/other\n", {}, TABLE),
    "in an environment": ("OPENSSL_CONF=/srv/x\n* * * * * a fetchmail\n", {}, TABLE),
    "in the environment of a unit": ('[Service]\nEnvironment="OPENSSL_CONF=/srv/x"\nExecStart=/usr/bin/fetchmail\n', {}, TABLE),
    "in the environment of a file of a unit": (
        "[Service]\nEnvironmentFile=-ROOT/etc/default/mail\nExecStart=/usr/bin/fetchmail\n",
        {"etc/default/mail": CHANGES},
        TABLE,
    ),
    "in the environment of the script that leads to it": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": f"#!/bin/sh\n{CHANGES}ROOT/opt/second\n", "opt/second": PLAIN},
        "opt/second",
    ),
    "in the environment of a file that it reads": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": "#!/bin/sh\n. ROOT/opt/env\nfetchmail\n", "opt/env": CHANGES},
        "opt/f",
    ),
    "in the environment of one of many files": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": '#!/bin/sh\nfor e in ROOT/opt/env.d/*; do . "$e"; done\nfetchmail\n', "opt/env.d/mail": CHANGES},
        "opt/f",
    ),
    "on a second line": ("[Service]\nExecStart=/usr/bin/mbsync \\\n  --config /srv/x -a\n", {}, TABLE),
    "on lines of a list": ("* * * * * a ROOT/opt/f\n", {"opt/f": '#!/usr/bin/python3\nrun(["mbsync",\n  "-c",\n  x])\n'}, "opt/f"),
    "behind a separator without a blank": ("* * * * * a cd /srv;mbsync -c /srv/x\n", {}, TABLE),
    "with options of a variable": ("* * * * * a ROOT/opt/f\n", {"opt/f": '#!/bin/sh\nmbsync "$@" -a\n'}, "opt/f"),
    "by a quoted name that a variable holds": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": '#!/bin/sh\nM="/usr/bin/mbsync"\ntimeout 9 "$M" -c x\n'},
        "opt/f",
    ),
    "by a name in pieces": ("* * * * * a fetch''m\\ail -f x\n", {}, TABLE),
    "by a name half in quotes": ('* * * * * a "fetch"mail -f x\n', {}, TABLE),
    "by a name in C's way of quoting": ("* * * * * a $'fetchmail' -f x\n", {}, TABLE),
    "in braces": ("* * * * * a {mbsync,-c,/srv/x}\n", {}, TABLE),
    "by a script in braces": ("* * * * * a for f in ~/jobs/{x,y}.sh; do sh $f; done\n", {"home/a/jobs/y.sh": OPTIONS}, "home/a/jobs/y.sh"),
    "in the environment of a file in braces": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": "#!/bin/bash\n. ROOT/opt/{e,f}nv\nfetchmail\n", "opt/env": CHANGES},
        "opt/f",
    ),
    "in the environment of a file below a variable": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": '#!/bin/sh\n. "$DIR/env"\nfetchmail\n'},
        "opt/f",
    ),
    "by another user than a program": ("* * * * * mail fetchmail -f /srv/other\n", {}, TABLE),
    "behind a command of packages": ("* * * * * root apt-get update; fetchmail -f /srv/other\n", {}, TABLE),
    "in parentheses behind a command of packages": ("* * * * * root (apt-get update) && fetchmail -f /srv/other\n", {}, TABLE),
    "with an environment that a command of packages prints": ("* * * * * root env $(dpkg -s x) fetchmail -f /srv/other\n", {}, TABLE),
    "by a word of a package's name": ("* * * * * root flock /var/lock/apt fetchmail -f /srv/other\n", {}, TABLE),
    "by what finds it": ("* * * * * a $(which mbsync) -c /srv/x\n", {}, TABLE),
    "in another root": ("* * * * * root chroot /srv/m mbsync -a\n", {}, TABLE),
    "by a script of a user's unit": ("[Service]\nExecStart=%h/bin/fetch\n", {"home/a/bin/fetch": OPTIONS}, "home/a/bin/fetch"),
    "by an interpreter": ("* * * * * a /usr/bin/python3 -u ROOT/opt/f\n", {"opt/f": 'run(["mbsync", "-c", x])\n'}, "opt/f"),
    "by standard input": ("* * * * * a sh < ROOT/opt/f\n", {"opt/f": OPTIONS[10:]}, "opt/f"),
    "by a pattern": ("* * * * * a for f in ROOT/opt/m.d/*; do sh $f; done\n", {"opt/m.d/one": OPTIONS}, "opt/m.d/one"),
    "by its directory": ("* * * * * a run-parts ~/jobs\n", {"home/a/jobs/one": OPTIONS}, "home/a/jobs/one"),
    "by its mark": ("* * * * * a ROOT/opt/f\n", {"opt/f": "#!/usr/bin/env -S mbsync -c /srv/x\n"}, "opt/f"),
    "in an environment that a command prints": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": "#!/bin/sh\nexport $(cat ROOT/opt/env | xargs)\nfetchmail\n", "opt/env": "OPENSSL_CONF=/x\n"},
        "opt/f",
    ),
    "in an environment that bash reads": ("BASH_ENV=ROOT/opt/env\n* * * * * a fetchmail\n", {"opt/env": CHANGES}, TABLE),
    "in an environment that is read behind a separator": (
        "* * * * * a cd ROOT/opt;. env&&fetchmail\n",
        {"opt/env": CHANGES},
        TABLE,
    ),
    "by a text that a shell reads": ('* * * * * a bash <<<"fetchmail -f x"\n', {}, TABLE),
    "by what a crontab has for input": ("* * * * * a sh%fetchmail -f x\n", {}, TABLE),
    "by a name behind a backslash": ("* * * * * a \\fetchmail -f x\n", {}, TABLE),
    "with options from its input": ("* * * * * a echo -f x | xargs fetchmail\n", {}, TABLE),
    "by a pattern behind a cd": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\ncd ROOT/opt/jobs\nfor f in *; do sh "$f"; done\n', "opt/jobs/one": OPTIONS[10:]},
        "opt/jobs/one",
    ),
    "by a pattern behind a variable": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\nD=ROOT/opt/jobs\nfor f in "$D"/*; do sh "$f"; done\n', "opt/jobs/one": OPTIONS[10:]},
        "opt/jobs/one",
    ),
    "by a pattern within the home": ("* * * * * for f in jobs/*; do sh $f; done\n", {"home/a/jobs/one": OPTIONS[10:]}, "home/a/jobs/one"),
    "by find within the home": ("* * * * * find jobs -type f -exec sh {} ;\n", {"home/a/jobs/one": OPTIONS}, "home/a/jobs/one"),
    "a script with a blank in its path": ("* * * * * a 'ROOT/opt/my jobs/one'\n", {"opt/my jobs/one": OPTIONS}, "opt/my jobs/one"),
    "a script with an escaped blank in its name": ("* * * * * a ROOT/opt/one\\ job\n", {"opt/one job": OPTIONS}, "opt/one job"),
    "a script with a letter that is not of ASCII in its name": (
        "* * * * * a ~/bin/täglich\n",
        {"home/a/bin/täglich": OPTIONS},
        "home/a/bin/täglich",
    ),
    "a script with a comma in its name": ("* * * * * a sh ROOT/opt/a,b\n", {"opt/a,b": OPTIONS[10:]}, "opt/a,b"),
    "by the path that a variable holds": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/sh\nS=ROOT/opt/second\nsh $S\n", "opt/second": OPTIONS[10:]},
        "opt/second",
    ),
    "in the environment of a file that a variable names": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/sh\nE=ROOT/opt/env\n. $E\nfetchmail\n", "opt/env": CHANGES},
        "opt/first",
    ),
    "in the environment of a file beside it": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\n. "$(dirname "$0")/env"\nfetchmail\n', "opt/env": CHANGES},
        "opt/first",
    ),
    "in the environment of a file that only the shell knows": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\n. "$(cat where)"\nfetchmail\n'},
        "opt/first",
    ),
    "in the environment of a file that a computed variable names": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\nE=$(cat where)\n. "$E"\nfetchmail\n'},
        "opt/first",
    ),
    "in the environment of a file of a path that only the shell knows": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/sh\nPATH=$(cat p)\n. env\nfetchmail\n"},
        "opt/first",
    ),
    "in the environment that a process prints": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/bash\n. <(print-environment)\nfetchmail\n"},
        "opt/first",
    ),
}
NOT_STARTED = {
    "plainly with a file below a variable of the table": (
        "DIR=ROOT/opt\n* * * * * a ROOT/opt/f\n",
        {"opt/f": '#!/bin/sh\n. "$DIR"/env\n. $HOME/env\nfetchmail\n', "opt/env": "A=b\n"},
    ),
    "by one whose name begins alike": ("* * * * * a ROOT/opt/one\n", {"opt/one-job": OPTIONS, "opt/ones": OPTIONS, "opt/one": PLAIN}),
    "plainly with a file that a variable names": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": "#!/bin/sh\nE=ROOT/opt/env\n. $E\nfetchmail\n", "opt/env": "A=b\n"},
    ),
    "plainly with a file beside it": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\n. "$(dirname "$0")/env"\nfetchmail\n', "opt/env": "A=b\n"},
    ),
    "plainly with a file of a default name": (
        "* * * * * a ROOT/opt/first\n",
        {"opt/first": '#!/bin/sh\n. "${E:-ROOT/opt/env}"\nfetchmail\n', "opt/env": "A=b\n"},
    ),
    "plainly before another command": ("* * * * * a mbsync -a; notmuch new\n", {}),
    "plainly under a condition": ("* * * * * a ROOT/opt/f\n", {"opt/f": "#!/bin/sh\nif mbsync -a; then\n  true\nfi\n"}),
    "plainly with output thrown away": ("* * * * * a fetchmail --silent > /dev/null 2>&1\n", {}),
    "plainly with options in one word": ("* * * * * a fetchmail -sv -d300 --daemon=300\n", {}),
    "where something finds it": ("* * * * * a command -v mbsync >/dev/null 2>&1 && mbsync -a\n", {}),
    "where it does not run yet": ("* * * * * a pgrep -x fetchmail > /dev/null || fetchmail -s\n", {}),
    "by a setting of its name": ("[Service]\nUser=fetchmail\nSyslogIdentifier=fetchmail\nExecStart=/usr/bin/fetchmail -s\n", {}),
    "as a service that another names": ("* * * * * root systemctl restart fetchmail nginx\n", {}),
    "plainly": ("* * * * * a fetchmail --silent\n", {}),
    "plainly by a script": ("* * * * * a ROOT/opt/f\n", {"opt/f": f"{PLAIN}echo done -f\n"}),
    "in a remark": ("# fetchmail -f /srv/other\n", {}),
    "where it is there": ("* * * * * a ROOT/opt/f\n", {"opt/f": "#!/bin/sh\n[ -x /usr/bin/fetchmail ] || exit 0\nfetchmail --silent\n"}),
    "as a package": (
        "* * * * * root apt-get update && apt-get -qq install fetchmail -y\n",
        {},
    ),
    "as a package of a script": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": "#!/bin/sh\nif ! command -v fetchmail; then\n  A=x sudo -E /bin/apt-get install \\\n  fetchmail -y\nfi\n"},
    ),
    "as a package in a user's table": ("@daily dnf upgrade fetchmail -y\n", {}),
    "as a package in another language": (
        "* * * * * a ROOT/opt/f\n",
        {"opt/f": '#!/usr/bin/python3\nrun(["apt", "install", "fetchmail", "-y"])\n'},
    ),
    "as a unit": ("* * * * * root journalctl -u fetchmail -n 50; systemctl status fetchmail -l\n", {}),
    "where something looks for it with options": (
        "* * * * * a command -pv fetchmail && type -p fetchmail && hash -r fetchmail && which -a fetchmail\n",
        {},
    ),
    "as a service": ("* * * * * root service fetchmail restart; /etc/init.d/fetchmail restart\n", {}),
    "by what nothing reads": ("* * * * * a cat ROOT/opt/notes >ROOT/opt/log\n", {"opt/notes": OPTIONS[10:], "opt/log": OPTIONS[10:]}),
    "by what nothing names": ("* * * * * a ROOT/opt/g\n", {"opt/f": OPTIONS, "opt/g": PLAIN}),
    "by code of a machine": ("* * * * * a ROOT/opt/f\n", {"*opt/f": "\x7fELF\nfetchmail -f /srv/other\n"}),
    "beside another that has an environment": (
        "* * * * * a ROOT/opt/get-mail\n* * * * * a ROOT/opt/synchronize\n",
        {"opt/get-mail": PLAIN, "opt/synchronize": f"#!/bin/sh\n{CHANGES}mbsync -a\n"},
    ),
    "in an environment of no matter": ("* * * * * a ROOT/opt/f\n", {"opt/f": f'{PLAIN}TOKEN=1 echo "$OPENSSL_CONF $HOME"\n'}),
}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(("text", "files", "place"), STARTED.values(), ids=STARTED)
def test_a_start_that_is_not_told_is_seen(sh: list[str], tmp_path: Path, text: str, files: Mapping[str, str], place: str) -> None:
    lay(tmp_path, {TABLE: text, **files})
    client = "mbsync" if "mbsync" in f"{text} {files}" else "fetchmail"
    assert told(sh, tmp_path, f"want_starts {client}") == [("started", client, place)]


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(("text", "files"), NOT_STARTED.values(), ids=NOT_STARTED)
def test_what_starts_it_plainly_or_not_at_all_is_none(sh: list[str], tmp_path: Path, text: str, files: Mapping[str, str]) -> None:
    lay(tmp_path, {TABLE: text, **files})
    client = "fetchmail" if "fetchmail" in f"{text} {files}" else "mbsync"
    assert told(sh, tmp_path, f"want_starts {client}") == []


SESSIONS = {
    "a file by its path": (". ROOT/opt/env\n", {"opt/env": CHANGES}, "opt/env"),
    "a file of the home": ("[ -f ~/.env ] && source ~/.env\n", {"home/a/.env": CHANGES}, "home/a/.env"),
    "a file that another reads": (". ~/.env\n", {"home/a/.env": ". ~/.more\n", "home/a/.more": CHANGES}, "home/a/.more"),
    "one of many": ('for e in ~/.env.d/*.sh; do\n. "$e"\ndone\n', {"home/a/.env.d/mail.sh": CHANGES}, "home/a/.env.d/mail.sh"),
    "one of a list": ('for e in $(ls ~/.env.d); do . "$e"; done\n', {"home/a/.env.d/mail.sh": CHANGES}, "home/a/.env.d/mail.sh"),
    "one without such a variable": (". ~/.env\n", {"home/a/.env": "# OPENSSL_CONF=/x\nexport EDITOR=vi\n"}, None),
    "one that it does not read": ("cat ~/.env\n", {"home/a/.env": CHANGES}, None),
    "one of a default name": ('. "${E:-~/.env}"\n', {"home/a/.env": "A=b\n"}, None),
}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(("text", "files", "other"), SESSIONS.values(), ids=SESSIONS)
def test_what_sessions_read_by_way_of_another_file(
    sh: list[str], tmp_path: Path, text: str, files: Mapping[str, str], other: str | None
) -> None:
    lay(tmp_path, {"home/a/.bashrc": text, **files})
    found = told(sh, tmp_path, "want_sessions", ("home/a/.bashrc",))
    assert found == ([("session", "home/a/.bashrc", other)] if other else [])


MAILBOXES = {
    "a URL": ("* * * * * a get IMAPS://h.example/\n", {}, ("url", TABLE)),
    "a URL of a file that curl reads": ("* * * * * a curl -sK ROOT/opt/c\n", {"opt/c": 'url = "imaps://h.example/"\n'}, ("url", "opt/c")),
    "a library of Python": ("* * * * * a python3 ROOT/opt/m.py\n", {"opt/m.py": "import imaplib\n"}, ("mailbox", "opt/m.py")),
    "a library of Perl": ("* * * * * a ROOT/opt/m\n", {"opt/m": "#!/usr/bin/perl\nuse Mail::IMAPClient;\n"}, ("mailbox", "opt/m")),
    "a mail server's port": ("* * * * * a openssl s_client -tls1 -connect h.example:993\n", {}, ("mailbox", TABLE)),
    "a URL of a scheme that a variable holds": ('* * * * * a curl "$SCHEME://h.example/"\n', {}, ("url", TABLE)),
    "a URL of the web by a variable": ("* * * * * a S=https; curl $S://h.example/ http$S://h.example/\n", {}, None),
    "another server's port": ("* * * * * a openssl s_client -connect h.example:443\n", {}, None),
    "a remark": ("* * * * * a python3 ROOT/opt/m.py\n", {"opt/m.py": "# import imaplib\n"}, None),
}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(("text", "files", "record"), MAILBOXES.values(), ids=MAILBOXES)
def test_what_reads_mail_without_a_client_is_seen(
    sh: list[str], tmp_path: Path, text: str, files: Mapping[str, str], record: tuple[str, str] | None
) -> None:
    lay(tmp_path, {TABLE: text, **files})
    assert told(sh, tmp_path, "want_mailboxes") == ([record] if record else [])


@pytest.mark.parametrize("sh", SHELLS)
def test_a_profile_that_has_what_only_the_shell_knows_read(sh: list[str], tmp_path: Path) -> None:
    lay(tmp_path, {"home/a/.profile": '. "$(cat where)/env"\n', "home/a/.bashrc": ". <(tool completion bash)\n"})
    found = told(sh, tmp_path, "want_sessions", ("home/a/.profile", "home/a/.bashrc"))
    assert found == [("session_unseen", "home/a/.profile", "home/a/.profile")]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_profile_that_reads_what_a_directory_has_is_no_secret(sh: list[str], tmp_path: Path) -> None:
    """As Debian's own has those of /etc/profile.d read."""
    text = "for i in $(run-parts --list --regex '^[a-z]*\\.sh$' ~/.env.d); do\n  . $i\ndone\n"
    lay(tmp_path, {"home/a/.profile": text, "home/a/.env.d/a.sh": "export EDITOR=vi\n"})
    assert told(sh, tmp_path, "want_sessions", ("home/a/.profile",)) == []


@pytest.mark.parametrize("sh", SHELLS)
def test_a_link_to_a_directory_is_not_searched(sh: list[str], tmp_path: Path) -> None:
    """find would go through all that lies below."""
    lay(tmp_path, {TABLE: "* * * * * a for f in ROOT/jobs/*; do sh $f; done\n", "far/away/one": OPTIONS})
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/link").symlink_to(tmp_path / "far")
    assert told(sh, tmp_path, "want_starts fetchmail") == []


def test_without_the_utilities_it_is_told_that_nothing_was_seen(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    records = told(["sh"], tmp_path, f"PATH={tmp_path}/empty\nwant_tables")
    assert [record[:2] for record in records] == [("unread", "cron, systemd and the like")]


@pytest.mark.parametrize("sh", SHELLS)
def test_what_has_no_end_is_not_read(sh: list[str], tmp_path: Path) -> None:
    """A file of /proc says that it is empty; some of them block whoever reads on."""
    lay(tmp_path, {TABLE: "* * * * * a ROOT/opt/f\n"})
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/f").symlink_to("/proc/version")
    records = told(sh, tmp_path, f'record tables "$TABLES"; take uncommented {tmp_path}/opt/f')
    assert ("tables", f"\n{TABLE}\n") in records
    assert ("file", "opt/f", "") in records


@pytest.mark.parametrize("sh", SHELLS)
def test_no_name_of_a_file_becomes_words_of_a_command(sh: list[str], tmp_path: Path) -> None:
    """Lists have a path on each line, so none with a line feed may come into them: find would run what its second line says."""
    name = f"\n-exec\ntouch\n{tmp_path}/done\n;"
    lay(
        tmp_path,
        {TABLE: "* * * * * a for e in ROOT/d/*; do . $e; done; fetchmail\n", "home/a/.bashrc": "for e in ROOT/d/*; do . $e; done\n"},
    )
    (tmp_path / "d" / os.path.dirname(name)).mkdir(parents=True)
    for directory in ("d", "home/a"):
        (tmp_path / directory / "x\n-delete").write_text("#!/bin/sh\n")
    (tmp_path / "home/a/bin").symlink_to(tmp_path / "d")
    told(sh, tmp_path, f"table '{tmp_path}/d/x\n-delete'\nfollow_tables\nwant_starts fetchmail\nwant_sessions", ("home/a/.bashrc",))
    assert not (tmp_path / "done").exists()
    assert (tmp_path / "d" / "x\n-delete").exists()


@pytest.mark.parametrize("sh", SHELLS)
def test_a_file_of_sessions_with_a_line_feed_in_its_name_is_told_and_left(sh: list[str], tmp_path: Path) -> None:
    """awk would take its second line for an option, and its third for a program."""
    lay(tmp_path, {TABLE: "", "home/a/.xsession\n-f\nx": "export A=b\n"})
    unread, sessions = told(sh, tmp_path, 'record sessions "$SESSION_FILES$TABLES"', ("home/a/.xsession\n-f\nx",))
    assert unread == ("unread", "home/a/.xsession", "has a line feed in its name")
    assert sessions[1].split() == []


@pytest.mark.parametrize("sh", SHELLS)
def test_a_directory_without_files_leads_nowhere(sh: list[str], tmp_path: Path) -> None:
    lay(tmp_path, {TABLE: "* * * * * a for e in ROOT/d/*; do . $e; done; fetchmail\n", "opt/env": CHANGES})
    (tmp_path / "d").mkdir()
    assert told(sh, tmp_path, f"cd {tmp_path}\nwant_starts fetchmail") == []


@pytest.mark.parametrize("sh", SHELLS)
def test_a_drop_in_of_a_package_s_unit(sh: list[str], tmp_path: Path) -> None:
    drop_in = "etc/systemd/system/fetchmail.service.d/tls.conf"
    lay(tmp_path, {TABLE: "", drop_in: "[Service]\nEnvironment=OPENSSL_CONF=/x\n"})
    assert told(sh, tmp_path, f"table {tmp_path}/{drop_in}\nwant_starts fetchmail") == [("started", "fetchmail", drop_in)]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_drop_in_of_a_unit(sh: list[str], tmp_path: Path) -> None:
    unit = "etc/systemd/system/nightly.service"
    lay(
        tmp_path,
        {TABLE: "", unit: "[Service]\nExecStart=/usr/bin/fetchmail\n", f"{unit}.d/tls.conf": "[Service]\nEnvironment=OPENSSL_CONF=/x\n"},
    )
    calls = f"table {tmp_path}/{unit}\ntable {tmp_path}/{unit}.d/tls.conf\nwant_starts fetchmail"
    assert told(sh, tmp_path, calls) == [("started", "fetchmail", unit)]


@pytest.mark.parametrize("sh", SHELLS)
def test_many_tables_are_bounded(sh: list[str], tmp_path: Path) -> None:
    lay(tmp_path, {TABLE: "", "etc/many": "x"})
    calls = f"TABLES=$(printf '%0400001d' 1)\ntable {tmp_path}/etc/many\ntable {tmp_path}/etc/many"
    assert told(sh, tmp_path, calls) == [("unread", "cron, systemd and the like", "they lead to more files than are looked for")]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_text_that_is_too_large_is_told(sh: list[str], tmp_path: Path) -> None:
    lay(tmp_path, {TABLE: "#" * (1024 * 1024 + 1)})
    assert told(sh, tmp_path, "want_starts fetchmail") == [("unread", TABLE, "is larger than a MiB")]


@pytest.mark.parametrize("kind", ["session", "session_unseen"])
@pytest.mark.parametrize(("file", "open_for"), [("/etc/profile", {"a", "b"}), ("/home/a/.bashrc", {"a"})])
def test_a_variable_of_another_file_leaves_the_answer_open_for_whom_it_concerns(file: str, open_for: set[str], kind: str) -> None:
    records: list[frame.Record] = [("host", "Linux", "6", "x86_64", "0"), ("path", "/etc/passwd", "/etc/passwd", "-rw-r--r-- 1 0 0 9 Nov")]
    records += [("file", "/etc/passwd", "".join(f"{name}:x:100{number}:100::/home/{name}:/bin/sh\n" for number, name in enumerate("ab")))]
    for home in ("/home/a", "/home/b"):
        records += [("home", home, "1"), ("path", home, home, "drwx------ 2 1000 100 9 Nov")]
        records += [("path", f"{home}/.fetchmailrc", f"{home}/.fetchmailrc", "-rw------- 1 1000 100 9 Nov")]
        records += [("file", f"{home}/.fetchmailrc", "poll h.example proto imap user u ssl\n")]
    records += [(kind, file, "/opt/env")]
    [client] = shell.evidence(records)["clients"]
    found = {account["user"] for account in client["accounts"] if any(item["file"] == file for item in account["undecided"])}
    assert (len(client["accounts"]), found) == (2, open_for)
