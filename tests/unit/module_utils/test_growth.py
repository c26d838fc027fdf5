"""Short files that a host's users could have, and that name themselves, or each other, many times over: each comes to an end.

What is right about them is in the tests of their readers. Here the audit runs in a process that ends where one of them doubles what it is
with each of its lines: the limits are hundreds of times what any of them takes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins import module_utils

PASSWD = "root:x:0:0::/root:/bin/sh\nalice:x:1000:100::/home/alice:/bin/bash\n"
HOME = "/home/alice"
SECONDS, BYTES = 120, 1024**3
PROGRAMS = (
    "dovecot",
    "fdm",
    "fetchmail",
    "git",
    "haproxy",
    "imapfilter",
    "mailfilter",
    "mpop",
    "mutt",
    "nginx",
    "openssl",
    "s-nail",
    "stunnel",
)


def each_other(first: str, line: str, place: str = HOME + "/.m{}") -> dict[str, str]:
    """Twelve files, each of which includes the next one twelve times."""
    files = {place.format(number): (line.format(place.format(number + 1)) + "\n") * 12 for number in range(1, 12)}
    return {first: (line.format(place.format(1)) + "\n") * 12, **files}


def of_cron(command: str, name: str, text: str) -> dict[str, str]:
    return {
        "/var/spool/cron/crontabs/alice": f"* * * * * {command} {HOME}/{name}\n",
        f"{HOME}/{name}": text,
        f"{HOME}/.fetchmailrc": "poll h\n",
    }


def interpolated(section: str) -> str:
    values = "".join(f"v{number} = {f'%(v{number + 1})s' * 30}\n" for number in range(12))
    return f"{section}\n{values}v12 = x\nremotehost = %(v0)s\nserver = %(v0)s\n"


FILES = {
    "muttrc that sources": each_other(f"{HOME}/.muttrc", "source {}"),
    "muttrc with a value of itself": {f"{HOME}/.muttrc": 'set my_a="a"\n' + 'set my_a="$my_a$my_a"\n' * 60 + "set folder=$my_a\n"},
    "mailrc": each_other(f"{HOME}/.mailrc", "source {}"),
    "mailfilterrc": each_other(f"{HOME}/.mailfilterrc", 'INCLUDE="{}"'),
    "fdm.conf": each_other(f"{HOME}/.fdm.conf", 'include "{}"'),
    "gitconfig": each_other(f"{HOME}/.gitconfig", "[include]\npath = {}"),
    "stunnel": each_other("/etc/stunnel/a.conf", "include = {}", "/etc/m{}"),
    "nginx": each_other("/etc/nginx/nginx.conf", "include {};", "/etc/m{}"),
    "dovecot": each_other("/etc/dovecot/dovecot.conf", "!include {}", "/etc/m{}"),
    "openssl.cnf that includes": each_other("/etc/ssl/openssl.cnf", ".include {}", "/etc/m{}"),
    "openssl.cnf with a value of itself": {"/etc/ssl/openssl.cnf": "a=b\n" + "a=$a$a\n" * 60 + "openssl_conf=$a\n"},
    "aliases": each_other("/etc/aliases", ":include:{}", "/etc/m{}"),
    "offlineimaprc": {f"{HOME}/.offlineimaprc": interpolated("[general]\naccounts = a\n[Account a]\nremoterepository = r\n[Repository r]")},
    "getmailrc": {f"{HOME}/.getmail/getmailrc": interpolated("[retriever]\ntype = SimpleIMAPSSLRetriever")},
    "a session's variable": {
        f"{HOME}/.profile": "A=a\n" + "A=$A$A\n" * 60 + "export OPENSSL_CONF=$A\n",
        f"{HOME}/.fetchmailrc": "poll h\n",
    },
    "a script's variable": of_cron("sh", "x", "A=fetchmail\n" + 'A="$A$A"\n' * 60 + "$A\nfetchmail\n"),
    "what a script prints": of_cron("sh", "x", "A=fetchmail\n" + "A=$(echo $A$A)\n" * 60 + "$A\nfetchmail\n"),
    "a script's parameters": of_cron("sh", "x", "set -- a b\n" + 'set -- "$@" "$@"\n' * 60 + "$1\nfetchmail\n"),
    "functions": of_cron("sh", "x", "".join(f"f{n}() {{ {f'f{n + 1}; ' * 30} }}\n" for n in range(12)) + "f12() { fetchmail; }\nf0\n"),
    "braces": of_cron("bash", "x", "fetchmail " + "{a,b,c}" * 19 + "\nfetchmail " + "{" * 20 + "a" + ",b}" * 20 + "\n"),
    "scripts that read each other": {
        **of_cron("sh", ".m0", ""),
        **each_other(f"{HOME}/.m0", ". {}"),
    },
    "Lua": {f"{HOME}/.imapfilter/config.lua": 'IMAP { server = "h", ' * 15_000},
    "a Python class": of_cron("python3", "x.py", f"import imaplib\nclass v({'v, ' * 30} imaplib.X): pass\nv('h')\n"),
    "many connections of a Python script": of_cron(
        "python3",
        "x.py",
        "import imaplib, ssl\n" + "c = ssl.SSLContext()\nimaplib.IMAP4_SSL('h', ssl_context=c)\nssl.PROTOCOL_TLSv1\n" * 3000,
    ),
    "many contexts of a Python script": of_cron(
        "python3",
        "x.py",
        "import imaplib, ssl\n"
        + "".join(
            f"c{n} = ssl.SSLContext(ssl.PROTOCOL_TLS)\nimaplib.IMAP4_SSL('h', ssl_context=c{n})\nssl.PROTOCOL_TLSv1\n" for n in range(3000)
        ),
    ),
    "many streams of a PHP script": of_cron(
        "php8.2", "x.php", "<?php\n" + "fsockopen('ssl://h', 993);\nstream_context_create($x);\nf('ciphers');\n" * 3000
    ),
}
COLLECT = f"""
import json, sys
from {module_utils.__name__}.collect import collect
print(json.dumps(collect(sys.argv[1], with_bundled=False)["gaps"]))
"""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


@pytest.mark.parametrize("name", FILES)
def test_what_names_itself_comes_to_an_end(name, tree):
    programs = {f"/usr/bin/{program}": "#!/bin/sh\n" for program in (*PROGRAMS, "getmail", "offlineimap", "php8.2", "python3")}
    for path, text in {"/etc/passwd": PASSWD, **programs, **FILES[name]}.items():
        tree.write(path, text)
    command = [sys.executable, "-c", COLLECT, str(tree.root)]
    done = subprocess.run(command, env={"PYTHONPATH": ":".join(sys.path)}, preexec_fn=limited, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    assert [gap for gap in json.loads(done.stdout) if "the collector failed" in gap["why"]] == []
