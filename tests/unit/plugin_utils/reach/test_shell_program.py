"""The program of the reach `shell`, under each shell that it has to run in: what its filters let through, and how records are framed."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from posix_shells import SHELLS, functions

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import accountrc
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import (
    fetchmailrc,
    ini,
    mailfilterrc,
    mbsyncrc,
    mpoprc,
    openssl_cnf,
    openssl_ssl_conf,
    stunnel_conf,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.openssl_cnf_lines import ConfigError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach import frame, program, shell, wanted
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError

SECRET = "s3cretW0rd"


def filters(client: str) -> wanted.Filter:
    return wanted.CLIENTS[client].files[0][1]


def filtered(sh: list[str], chosen: wanted.Filter, text: str) -> str:
    ended = "1" if text.endswith("\n") else "0"
    done = subprocess.run(
        [*sh, "-c", f"{functions()}\n{chosen.function}"],
        input=text.encode(),
        env={"PATH": os.environ["PATH"], "ended": ended, **chosen.lists},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def fetchmail_accounts(text: str) -> object:
    return [
        (box.entry.line, box.line, box.skip, {key: (option.value, option.line) for key, option in box.options.items()})
        for box in fetchmailrc.mailboxes(fetchmailrc.parse(text))
    ]


def openssl_commands(text: str) -> object:
    return openssl_ssl_conf.commands(openssl_cnf.parse(text, "/x", lambda path: None))


def accountrc_entries(text: str) -> object:
    sections, errors = ini.parse(text, comments="#")
    assert not errors
    return [(item.name, item.line, [entry for entry in item.entries if entry.key.lower() in accountrc.PLAIN]) for item in sections]


READ = {
    "fetchmail": (filters("fetchmail"), fetchmail_accounts),
    "mbsync": (filters("mbsync"), lambda text: [(a.line, a.settings) for a in mbsyncrc.parse(text) if a.line]),
    "mpop": (filters("mpop"), lambda text: [(a.line, sorted(a.options.items())) for a in mpoprc.parse(text)]),
    "stunnel": (filters("stunnel"), lambda text: stunnel_conf.parse(text, "/x")),
    "mailfilter": (filters("mailfilter"), lambda text: mailfilterrc.parse(text, "/x", lambda value: ("/y", ""))),
    "sylpheed": (filters("sylpheed"), accountrc_entries),
    "openssl": (wanted.OPENSSL, openssl_commands),
}
S = SECRET
TOP = "openssl_conf = top\n[top]\nssl_conf = m\n"
SYSTEM = "[m]\nsystem_default = d\n"
TEXTS = {
    "fetchmail": [
        f'poll a.example proto imap port 993 user "{S}" password "{S}" is {S} here ssl sslproto TLS1\n',
        f"# {S}\ndefaults proto pop3\nskip 'b.example' via c.example user={S} pass={S} nokeep with options no rewrite\n",
        f'poll "x y" proto IMAP user {S} with pass "{S}\n{S}\n" and wants ssl sslproto "" limit 12 antispam 571 550\n',
        f"poll a proto auto auth password user {S} pass '{S}' plugin \"nc {S}\" sslproto TLS1.2+\n",
        f'set logfile={S}\nset postmaster "{S}"\nserver a.example:protocol;pop3,service pop3s username "{S}" pass "{S}" ssl\n',
        f"poll a interval 3 user 1234 there is {S} here password 5678 ssl \\\n sslproto 'TLS1.1'",
        f'poll a user "{S}" preconnect "echo {S} | x" postconnect {S} mda "{S}" folder {S} {S} ssl\n',
    ],
    "mbsync": [
        f'IMAPAccount a\nHost h.example # {S}\nUser {S}\nPassCmd "echo {S} {S}"\nSSLType IMAPS\nSSLVersions TLSv1 TLSv1.2\nTimeout 20\n',
        f"# {S}\nimapstore b\nHost h\nUser {S}\nPass {S}\nUseIMAPS yes\nRequireSSL no\n\nMaildirStore {S}\nPath ~/{S}\n\nChannel {S}\n",
        f'IMAPAccount a\nTunnel "ssh {S}"\nPort 993\nCertificateFile {S}\nClientKey {S}\nAuthMechs LOGIN {S}\n',
        f"Create Both\nFieldDelimiter {S}\n\nIMAPAccount a\nHost h\nPass\n",
    ],
    "mpop": [
        f"defaults\ntls on\ntls_priorities NORMAL:-VERS-ALL:+VERS-TLS1.0\naccount a\nhost h.example\nport 0x3e3\nuser {S}\npassword {S}\n",
        f"account a\nhost h\npasswordeval echo {S}\naccount b : a\n# {S}\ntls_starttls off\ndelivery mbox {S}\nproxy_host {S}\n",
        f"account a\nhost h\n  tls\t\n\nsource_ip {S}\nnonsense {S}\n",
    ],
    "stunnel": [
        f"; {S}\noptions = NO_TLSv1_2\nkey = {S}\nsslVersion = TLSv1\n[m]\nclient = yes\naccept = 1\nconnect = h:995\nPSKsecrets = {S}\n",
        f"[a]\nclient=no\nprotocolPassword = {S}\nprotocolUsername={S}\n[b]\nCLIENT = yes\nconfig = MaxProtocol:TLSv1.1\nconnect = x\n",
    ],
    "mailfilter": [
        f'# {S}\nDENY = "^From: {S}"\nSERVER = "h.example"\nUSER = "{S}"\nPASS = "{S}=x"\nPROTOCOL = "pop3/ssl"\nPORT = 995\n',
        f'deny_case <> "{S}"\nserver="h"\nuser="{S}"\npass = {S}\nprotocol="apop"\nport=110\nINCLUDE = "/srv/a"\n',
        f'SERVER = "h"\nPASS = "{S}"\nUSER = "{S}"\nPROTOCOL = "pop3"\nPORT = 110\n',
        f'SERVER "h"\nUSER {S}\n',
        f'{S} = "x"\n',
    ],
    "sylpheed": [
        f"[Account: 1]\naccount_name={S}\nprotocol=3\nreceive_server=h.example\npassword={S}\nuser_id={S}\nssl_imap=1\nimap_port=0x3e3\n",
        f"[Account: 2]\nProtocol = 0\nSSL_POP=2\nsignature_text={S}=ssl_pop=1\nset_popport=1\npop_port=995\n[Other]\nx={S}\n",
    ],
    "openssl": [
        f"{TOP}[req]\ninput_password = {S} \\\n{S}\noutput_password={S}\n{SYSTEM}[d]\nMaxProtocol = TLSv1.1\n",
        f"# {S}\nopenssl_conf=t # {S}\n[t]\nssl_conf=m\n[m]\nx=y\nsystem_default = d\n[d]\nCipherString = ALL\nTLS.MinProtocol = TLSv1\n",
        f"{TOP}{SYSTEM}other = not_there\n[d]\nMinProtocol = TLSv1.2\n[e]\nsecret = {S}\n",
    ],
}
CASES = [pytest.param(name, text, id=f"{name} {number}") for name, texts in TEXTS.items() for number, text in enumerate(texts)]


@pytest.mark.requires_program("shellcheck")
def test_shellcheck_finds_no_mistake() -> None:
    for files in (["-"], map(str, program.PARTS), map(str, program.FINDER)):
        done = subprocess.run(["shellcheck", "-s", "sh", *files], input=functions(), capture_output=True, text=True, check=False)
        assert done.stdout == ""


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(("name", "text"), CASES)
def test_no_secret_passes_and_the_grammar_reads_the_same(sh: list[str], name: str, text: str) -> None:
    chosen, read = READ[name]
    passed = filtered(sh, chosen, text)
    assert SECRET not in passed
    assert not any(word in passed for word in ("1234", "5678"))
    try:
        expected = read(text)
    except (GrammarError, ConfigError):
        with pytest.raises((GrammarError, ConfigError)):
            read(passed)
    else:
        assert read(passed) == expected


@pytest.mark.parametrize("sh", SHELLS)
def test_what_the_filter_can_t_tell_apart_leaves_the_grammar_no_value(sh: list[str]) -> None:
    """A variable that is not known to be harmless stays on the host, and then OpenSSL's settings are not known."""
    text = "openssl_conf = top\nx = TLSv1.1\n[top]\nssl_conf = m\n[m]\nsystem_default = d\n[d]\nMaxProtocol = $x\n"
    with pytest.raises(ConfigError):
        openssl_commands(filtered(sh, wanted.OPENSSL, text))


@pytest.mark.parametrize("sh", SHELLS)
def test_the_password_field_of_passwd_stays(sh: list[str]) -> None:
    text = f"a:{SECRET}:1000:1000:A,{SECRET}:/home/a:/bin/sh\n"
    assert filtered(sh, wanted.Filter("passwd"), text) == "a::1000:1000::/home/a:/bin/sh\n"


@pytest.mark.parametrize("sh", SHELLS)
def test_no_text_can_be_taken_for_a_record(sh: list[str]) -> None:
    texts = ["", "\n", "\n\n", "2 3 3\nend\n", "1 3\nend\n", f"{program.START} n0\n", "ä\t\\n %s $(x)\n\n\n"]
    # Each as the program gets it: from a command, with a dot behind what it has to keep.
    call = "content=$(printf '%b' '{}'; echo .); content=${{content%.}}; record file \"$content\"\n"
    calls = "".join(call.format(_octal(text)) for text in texts)
    output = _run(sh, f"{functions()}\nprintf '%s\\n' '{program.START} n0'\n{calls}record end\n")
    assert [record[1] for record in frame.split(b"motd\n" + output, "n0")[0]] == texts


def _octal(text: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in text.encode())


def _run(sh: list[str], script: str) -> bytes:
    return subprocess.run(sh, input=script.encode(), env={"PATH": os.environ["PATH"]}, capture_output=True, check=False).stdout


@pytest.fixture(scope="module", params=SHELLS)
def output(request: pytest.FixtureRequest) -> bytes:
    """What the whole program says of this machine."""
    text = program.build(wanted.SYSTEM, wanted.CLIENTS.values(), [], "n0")
    return _run(request.param, text)


def test_this_machine_is_seen(output: bytes) -> None:
    evidence = shell.evidence(frame.split(output, "n0")[0])
    assert evidence["platform"]["kernel"] == os.uname().release
    assert {stack["kind"] for stack in evidence["stacks"]} >= {"openssl"}
    assert all(stack["version"] for stack in evidence["stacks"])


def test_a_terminal_on_the_way_changes_nothing(output: bytes) -> None:
    assert frame.split(output.replace(b"\n", b"\r\n"), "n0")[0] == frame.split(output, "n0")[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda output: output[: len(output) // 2], "cut off"),
        (lambda output: output.replace(b"tab\t", b"tab "), "changes what passes"),
        (lambda output: output.replace(b"n0", b"n1"), "no answer"),
        (lambda output: b"", "no answer"),
        (lambda output: f"{program.START} n0\nnonsense\n".encode(), "agreed form"),
        (lambda output: f"{program.START} n0\n2 -1 4\nx\n".encode(), "agreed form"),
        (lambda output: f"{program.START} n0\n2 4 2\npathxy\n1 3\nend\n".encode(), "agreed form"),
    ],
)
def test_a_broken_answer_is_an_error(output: bytes, change: object, said: str) -> None:
    with pytest.raises(ReachError, match=said):
        shell.evidence(frame.split(change(output), "n0")[0])  # type: ignore[operator]


@pytest.mark.parametrize("sh", SHELLS)
def test_of_a_comment_nothing_goes_out(sh: list[str]) -> None:
    text = f"# {SECRET}\n[overrides]\n  ; {SECRET}\ndisabled-version = tls1.3\n"
    assert filtered(sh, wanted.UNCOMMENTED, text) == "#\n[overrides]\n  ;\ndisabled-version = tls1.3\n"


def test_a_path_that_was_not_asked_for_is_not_taken_for_absent() -> None:
    from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.saved_host import SavedHost

    host = SavedHost([("home", "/home/a", "1")], ["~/.fetchmailrc", "/etc/passwd"])
    assert host.text("/home/a/.fetchmailrc", "client:fetchmail") is None
    assert host.gaps == []
    assert host.text("/home/a/.other", "client:other") is None
    assert [gap["what"] for gap in host.gaps] == ["/home/a/.other"]


def test_a_command_that_names_a_mailbox_leaves_every_clients_answer_open_where_no_curl_is() -> None:
    evidence = shell.evidence([("uname", "Linux"), ("url", "/etc/cron.d/mail")])
    assert evidence["clients"] == []
    assert ("/etc/cron.d/mail", "accounts") in [(gap["what"], gap["affects"]) for gap in evidence["gaps"]]


def test_what_reads_mail_without_a_client_leaves_the_answer_open() -> None:
    evidence = shell.evidence([("uname", "Linux"), ("mailbox", "/opt/m.py")])
    assert ("/opt/m.py", "clients") in [(gap["what"], gap["affects"]) for gap in evidence["gaps"]]


SESSION_TEXTS = {
    "export OPENSSL_CONF=/x": "export OPENSSL_CONF=/x",
    f"  OPENSSL_CONF='/x' PASSWORD={S}": "export OPENSSL_CONF='/x'",
    f"LD_LIBRARY_PATH=/a:/b;export LD_LIBRARY_PATH; TOKEN={S}": "export LD_LIBRARY_PATH=/a:/b",
    f"export OPENSSL_CONF=/x&&echo {S}": "export OPENSSL_CONF=/x",
    f"export TOKEN={S}": "",
    f"umask 22; export OPENSSL_CONF={S}": 'export OPENSSL_CONF="$(:)"',
    f"if [ -d /x ]; then OPENSSL_CONF={S}; fi": 'export OPENSSL_CONF="$(:)"',
    f"[ -d /x ]&&XDG_CONFIG_HOME={S}": 'export XDG_CONFIG_HOME="$(:)"',
    f"export TOKEN={S} OPENSSL_CONF={S}": 'export OPENSSL_CONF="$(:)"',
    f"typeset -x OPENSSL_CONF={S}": 'export OPENSSL_CONF="$(:)"',
    f": ${{OPENSSL_CONF:={S}}}": 'export OPENSSL_CONF="$(:)"',
    f"export XOPENSSL_CONF={S} TOKEN={S}": "",
    f"export TOKEN={S} # OPENSSL_CONF={S}": "",
    f"JAVA_TOOL_OPTIONS=-Djavax.net.ssl.keyStorePassword={S}": "",
    f"# OPENSSL_CONF=/x {S}": "",
    f"echo {S} OPENSSL_CONF=/x": "",
    f"XOPENSSL_CONF={S}": "",
}


@pytest.mark.parametrize("sh", SHELLS)
def test_of_what_sessions_read_the_variables_for_tls_go_out(sh: list[str]) -> None:
    [profile] = [chosen for path, chosen in wanted.SYSTEM.files if path == "~/.profile"]
    passed = filtered(sh, profile, "\n".join(SESSION_TEXTS) + "\n")
    assert passed.splitlines() == list(SESSION_TEXTS.values())


def of_alice(profile: str) -> list[frame.Record]:
    """The records of a host whose only user has that profile and an account of fetchmail."""
    home = "/home/alice"
    records: list[frame.Record] = [("host", "Linux", "6", "x86_64", "0"), ("home", home, "1")]
    records += [("path", home, home, "drwx------ 2 1000 100 9 Nov")]
    files = {
        "/etc/passwd": f"alice:x:1000:100::{home}:/bin/sh\n",
        f"{home}/.profile": profile,
        f"{home}/.fetchmailrc": "poll h.example proto imap user u ssl\n",
    }
    for path, text in files.items():
        records += [("path", path, path, "-rw------- 1 1000 100 9 Nov"), ("file", path, text)]
    return records


def test_where_a_session_has_clients_look_for_their_files_is_told() -> None:
    evidence = shell.evidence(of_alice("export XDG_CONFIG_HOME=/srv/x\n"))
    assert ("/srv/x", "accounts") in [(gap["what"], gap["affects"]) for gap in evidence["gaps"]]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_variable_that_a_profile_sets_behind_other_words_leaves_the_answer_open(sh: list[str]) -> None:
    [profile] = [chosen for path, chosen in wanted.SYSTEM.files if path == "~/.profile"]
    passed = filtered(sh, profile, "if true; then export OPENSSL_CONF=/x; fi\n")
    [client] = shell.evidence(of_alice(passed))["clients"]
    assert "OPENSSL_CONF" in [item["what"] for account in client["accounts"] for item in account["undecided"]]


@pytest.mark.parametrize("sh", SHELLS)
def test_of_a_program_come_the_words_by_which_its_tls_is_known(sh: list[str], tmp_path: Path) -> None:
    (tmp_path / "fetchmail").write_bytes(b"\x7fELF\0\x016.3.26\0tls1\0tls1.2+\0secret\0")
    lines = program.build(wanted.SYSTEM, [wanted.CLIENTS["fetchmail"]], [], "n0").splitlines()
    [call] = [line for line in lines if line.startswith("want_program ") and line.endswith("fetchmail")]
    text = functions().replace("/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin", str(tmp_path))
    output = _run(sh, f"{text}\nprintf '%s\\n' '{program.START} n0'\nIFS=$NEWLINE\nLOADERS=\n{call}\nrecord end\n")
    assert ("strings", str(tmp_path / "fetchmail"), "6.3.26\ntls1.2+") in frame.split(output, "n0")[0]


@pytest.mark.parametrize("sh", SHELLS)
def test_a_home_of_the_last_line_of_passwd_is_seen_though_the_line_has_no_end(sh: list[str], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "passwd").write_text(f"a:x:1:1::/nowhere:/bin/sh\nb:x:2:2::{tmp_path}/home:/bin/sh")
    text = functions().replace("/etc/passwd", str(tmp_path / "passwd"))
    output = _run(sh, f"{text}\nprintf '%s\\n' '{program.START} n0'\nIFS=$NEWLINE\nwant_homes\nrecord end\n")
    assert ("home", f"{tmp_path}/home", "1") in frame.split(output, "n0")[0]


@pytest.mark.requires_root
@pytest.mark.parametrize("sh", SHELLS)
def test_homes_below_the_name_of_a_domain_are_seen(sh: list[str], tmp_path: Path) -> None:
    for name, uid in {"DOMAIN": 0, "DOMAIN/alice": 1234, "DOMAIN/shared": 0, "bob": 1235, "bob/Mail": 1236}.items():
        (tmp_path / "home" / name).mkdir(parents=True)
        os.chown(tmp_path / "home" / name, uid, uid)
    (tmp_path / "passwd").write_text("")
    text = functions().replace("/etc/passwd", str(tmp_path / "passwd")).replace(" /home/*", f" {tmp_path}/home/*")
    output = _run(sh, f"{text}\nprintf '%s\\n' '{program.START} n0'\nIFS=$NEWLINE\nwant_homes\nrecord end\n")
    homes = [fields[1] for fields in frame.split(output, "n0")[0] if fields[0] == "home" and fields[1].startswith(str(tmp_path))]
    assert sorted(homes) == [f"{tmp_path}/home/{name}" for name in ("DOMAIN", "DOMAIN/alice", "bob")]


OTHER_TEXTS = {
    f"setenv OPENSSL_CONF {S}": "setenv OPENSSL_CONF",
    f"  if ( 1 ) setenv LD_PRELOAD {S}": "setenv LD_PRELOAD",
    f"set -gx OPENSSL_CONF {S}": "setenv OPENSSL_CONF",
    f"SETUVAR --export OPENSSL_CONF:{S}": "setenv OPENSSL_CONF",
    f"setenv TOKEN {S}": "",
    f"setenv OPENSSL_CONFIG {S}": "",
    f"# setenv {S} OPENSSL_CONF": "",
}


@pytest.mark.parametrize("sh", SHELLS)
def test_of_the_files_of_other_shells_the_names_for_tls_go_out(sh: list[str]) -> None:
    [others] = [chosen for path, chosen in wanted.SYSTEM.files if path == "~/.cshrc"]
    assert filtered(sh, others, "\n".join(OTHER_TEXTS) + "\n").splitlines() == list(OTHER_TEXTS.values())


RULE_TEXTS = {
    "OPENSSL_CONF DEFAULT=/x OVERRIDE=@{HOME}/y": "OPENSSL_CONF DEFAULT=/x OVERRIDE=@{HOME}/y",
    "\tLD_PRELOAD=/x": "\tLD_PRELOAD=/x",
    f"TOKEN DEFAULT={S}": "",
    f"OPENSSL_CONFIG DEFAULT={S}": "",
    f"# OPENSSL_CONF DEFAULT={S}": "",
}


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize("path", ["/etc/security/pam_env.conf", "~/.pam_environment"])
def test_of_the_rules_of_pam_those_for_tls_go_out(path: str, sh: list[str]) -> None:
    [rules] = [chosen for wanted_path, chosen in wanted.SYSTEM.files if wanted_path == path]
    assert filtered(sh, rules, "\n".join(RULE_TEXTS) + "\n").splitlines() == list(RULE_TEXTS.values())


@pytest.mark.parametrize("sh", SHELLS)
def test_no_process_claims_the_connection_of_another_by_the_name_of_a_file(sh: list[str], tmp_path: Path) -> None:
    """It would be taken for a client that passes, in the place of the one that fails."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        inode = os.fstat(ours.fileno()).st_ino
        listed = f"lrwx------ 1 root root 64 Nov 30 00:00 5 -> socket:[{inode}]"
        names = [f"x\n{listed}", f"7 -> socket:[{inode}]"]
        for name in names:
            (tmp_path / name).touch()
        opened = [f"exec {number}<'{tmp_path}/{name}'" for number, name in enumerate(names, 5)]
        forger = subprocess.Popen(
            ["sh", "-c", "; ".join([*opened, "echo ready; read -r end"])], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert forger.stdout
        assert forger.stdout.readline() == b"ready\n"
        try:
            text = functions().replace("006E", f"{server.getsockname()[1]:04X}")
            done = subprocess.run(
                [*sh, "-c", f"mailtls() {{\n{text}\necho {program.START} n\nwant_host\nwant_live\nrecord end\n}}\nmailtls"],
                capture_output=True,
                check=True,
            )
        finally:
            forger.communicate(b"\n")
    records, _rest = frame.split(done.stdout, "n")
    holders = [listed for name, *fields in records if name == "process" for listed in fields[1:2]]
    assert [int(listed.rpartition("/")[2]) for listed in holders] == [os.getpid()]
