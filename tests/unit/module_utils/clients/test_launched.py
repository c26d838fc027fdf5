"""Clients as cron and systemd start them; which options mean what is the judge's matter (judge/cases/launched.yml)."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import (
    base,
    claws_mail,
    curl,
    fdm,
    fetchmail,
    getmail,
    haproxy,
    imapfilter,
    kmail,
    launched,
    mailfilter,
    mbsync,
    monitoring_plugins,
    mpop,
    mutt,
    offlineimap,
    socat,
    stunnel,
    sylpheed,
    thunderbird,
)

TABLE = "/var/spool/cron/crontabs/alice"
RC = "/home/alice/.fetchmailrc"
POLL = "poll imap.example protocol imap ssl\n"
UNIT = "[Service]\nExecStart=/usr/bin/fetchmail --sslproto TLS1\n"
SECRET = "hunter2"


@pytest.fixture
def read(tree):
    """Return read(reader, files), the accounts and gaps of a tree."""

    def read_files(reader, files: dict[str, str]):
        for path, text in files.items():
            tree.write(path, text)
        host = tree.host()
        evidence = reader.read(host)
        return (evidence["accounts"] if evidence else []), host.gaps

    return read_files


def sslproto(account):
    return [setting["value"] for setting in account["settings"] if setting["key"] == "sslproto"]


def test_a_command_takes_the_place_of_a_run_without_options(read):
    (account,), _gaps = read(fetchmail, {RC: POLL, TABLE: "\n* * * * * fetchmail --sslproto TLS1\n"})
    assert account["settings"][-1] == {"key": "sslproto", "value": "TLS1", "file": TABLE, "line": 2}
    assert (account["config"], account["line"], account["enabled"]) == (RC, 1, True)


def test_commands_that_come_to_the_same_are_one_account(read):
    accounts, _gaps = read(fetchmail, {RC: POLL, TABLE: "* * * * * fetchmail -s\n@reboot fetchmail -d 300\n"})
    assert [sslproto(account) for account in accounts] == [[]]


def test_commands_that_do_not_are_two(read):
    accounts, _gaps = read(fetchmail, {RC: POLL, TABLE: "* * * * * fetchmail\n@reboot fetchmail --sslproto=TLS1.2\n"})
    assert [sslproto(account) for account in accounts] == [[], ["TLS1.2"]]


def test_variables_of_fetchmail_alone_are_settings(read):
    table = "FETCHMAIL_SSL_CIPHERS=AES128-SHA\n* * * * * fetchmail\n* * * * * FETCHMAIL_SSL_TLS13_CIPHERSUITES=$(id) fetchmail -v x\n"
    first, *others = read(fetchmail, {RC: POLL, TABLE: table})[0]
    assert first["settings"][-1] == {"key": "FETCHMAIL_SSL_CIPHERS", "value": "AES128-SHA", "file": TABLE, "line": 2}
    assert [[item["what"] for item in account["undecided"]] for account in others] == [["FETCHMAIL_SSL_TLS13_CIPHERSUITES"]]


# command: reader
UNREADABLE = {
    "fetchmail -f - <<EOF\npoll imap.example\nEOF": fetchmail,
    "fetchmail --fetchmailrc=/dev/stdin < /srv/rc": fetchmail,
    "fetchmail -f /run/mail/rc": fetchmail,
    "FETCHMAILHOME=/run/mail fetchmail": fetchmail,
    "mbsync -c /dev/stdin work": mbsync,
    "mbsync -c /dev/fd/3 work 3</srv/rc": mbsync,
    "mbsync -c <(cat /srv/rc) work": mbsync,
    "mbsync -c /run/mail/rc work": mbsync,
    "getmail --rcfile -": getmail,
    "getmail --rcfile /run/mail/rc": getmail,
    "mpop -C /dev/stdin": mpop,
    "mpop -C /run/mail/rc": mpop,
    "offlineimap -c /dev/stdin": offlineimap,
    "offlineimap -c /run/mail/rc": offlineimap,
    "imapfilter -c -": imapfilter,
    "imapfilter -c /run/mail/rc": imapfilter,
    "fdm -f /run/mail/rc fetch": fdm,
    "mailfilter -M /dev/stdin": mailfilter,
    "curl -K -": curl,
    "curl -K /run/mail/rc": curl,
    "mutt -F /dev/stdin": mutt,
}


@pytest.mark.parametrize("command", UNREADABLE)
def test_a_configuration_that_comes_while_the_command_runs_is_not_taken_for_none(command, read):
    script = "#!/bin/bash\n" + command + "\n"
    accounts, gaps = read(UNREADABLE[command], {TABLE: "* * * * * bash /srv/run.sh\n", "/srv/run.sh": script, "/srv/rc": ""})
    client = "client:" + UNREADABLE[command].NAME
    assert [item for account in accounts for item in account["undecided"]] or client in [gap["affects"] for gap in gaps]


def test_what_is_no_file_may_be_a_password_and_is_not_named(read):
    _accounts, gaps = read(mpop, {TABLE: f"* * * * * mpop -C {SECRET}\n"})
    assert [gap["affects"] for gap in gaps] == ["client:mpop"]
    assert SECRET not in repr(gaps)


@pytest.mark.parametrize("option", ["--quit", "-V", "--version", "--configdump", "-q"])
def test_a_command_that_fetches_nothing_is_none(option, read):
    accounts, _gaps = read(fetchmail, {TABLE: f"* * * * * fetchmail {option} --ssl imap.example\n"})
    assert accounts == []


def test_a_unit_that_is_not_enabled(read):
    accounts, _gaps = read(fetchmail, {RC: POLL, "/home/alice/.config/systemd/user/mail.service": UNIT})
    assert [(sslproto(account), account["enabled"]) for account in accounts] == [([], True), (["TLS1"], False)]


def test_a_package_s_unit_that_is_not_enabled_changes_nothing(read):
    accounts, _gaps = read(fetchmail, {RC: POLL, "/usr/lib/systemd/user/fetchmail.service": UNIT})
    assert [(sslproto(account), account["enabled"]) for account in accounts] == [([], True)]


def test_another_user_s_file(read):
    (account,), _gaps = read(fetchmail, {"/srv/rc": POLL, "/etc/crontab": "* * * * * bob fetchmail -f /srv/rc\n"})
    assert (account["user"], account["config"]) == ("bob", "/srv/rc")


# reader, command, words of a line that is undecided
COMPUTED = {
    "fetchmail's file": (fetchmail, 'fetchmail -f "$(cat x)"'),
    "fetchmail's options": (fetchmail, "fetchmail $(cat x) imap.example"),
    "fetchmail's server": (fetchmail, 'fetchmail "$(cat x)"'),
    "mbsync's file": (mbsync, 'mbsync -c "$(cat x)" -a'),
    "getmail's file": (getmail, 'getmail -r "$(cat x)"'),
    "OfflineIMAP's file": (offlineimap, "offlineimap -c /etc/`hostname`.conf"),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_computed_is_undecided(name, read):
    reader, command = COMPUTED[name]
    (account,), _gaps = read(reader, {TABLE: f"* * * * * {command}\n"})
    assert account["server"] is None or account["undecided"]
    assert {(entry["file"], entry["line"]) for entry in account["undecided"]} == {(TABLE, 1)}


def test_an_environment_of_its_own_makes_stacks_of_its_own(tree):
    tree.write(RC, POLL)
    tree.write(TABLE, "OPENSSL_CONF=/x\nPASSWORD=hunter2\n* * * * * fetchmail\n")
    host = tree.host()
    libssl = host.stacks.add("openssl", "/usr/lib/libssl.so.3", "system", None)
    (account,) = launched.accounts(
        host,
        [{"program": "/usr/bin/fetchmail", "stacks": [libssl]}],
        ["fetchmail"],
        lambda launch: ([RC], [base.account("alice", RC, 1)]),
        {},
    )
    assert account["stacks"] == ["/usr/lib/libssl.so.3 (OPENSSL_CONF=/x)"]


def test_an_environment_that_is_the_session_s(read):
    (account,), _gaps = read(
        fetchmail, {RC: POLL, "/etc/environment": "OPENSSL_CONF=/x\n", TABLE: "OPENSSL_CONF=/x\n* * * * * fetchmail\n"}
    )
    assert "stacks" not in account
    assert account["undecided"] == []


def test_a_unit_without_the_session_s_variable(read):
    files = {RC: POLL, "/etc/environment": "OPENSSL_CONF=/x\n", "/etc/systemd/system/a.service": "[Service]\nExecStart=fetchmail -f " + RC}
    (account,), _gaps = read(fetchmail, {**files, "/etc/systemd/system/m.target.wants/a.service": ""})
    assert [entry["what"] for entry in account["undecided"]] == ["OPENSSL_CONF"]


@pytest.mark.parametrize("variable", ["LD_PRELOAD=/x.so", "LD_LIBRARY_PATH=/opt/other:/opt/lib", "OPENSSL_CONF=$(cat x)"])
def test_what_an_environment_leaves_open_is_undecided(variable, read):
    (account,), _gaps = read(fetchmail, {RC: POLL, "/opt/lib/libssl.so.3": "", TABLE: f"* * * * * {variable} fetchmail\n"})
    assert [entry["what"] for entry in account["undecided"]] == [variable.partition("=")[0]]


@pytest.mark.parametrize("value", ["/opt/lib", "/opt/lib:/nowhere", "", "/opt/lib:"])
def test_a_search_path_without_a_library_of_the_program_s_decides_nothing(value, read):
    (account,), _gaps = read(fetchmail, {RC: POLL, "/opt/lib/libclntsh.so": "", TABLE: f"* * * * * LD_LIBRARY_PATH={value} fetchmail\n"})
    assert account["undecided"] == []


SESSIONS = {
    "a profile": {"/home/alice/.profile": "umask 22\nexport OPENSSL_CONF=/x\n"},
    "a profile of bash's, before the other": {
        "/home/alice/.bash_profile": "#\nexport OPENSSL_CONF=/x\n",
        "/home/alice/.profile": "export OPENSSL_CONF=/y\n",
    },
    "everybody's": {"/etc/profile.d/tls.sh": "\nOPENSSL_CONF=/x\nexport OPENSSL_CONF\n"},
    "an interactive shell's": {"/home/alice/.bashrc": "case $- in *i*) ;; *) return;; esac\nexport OPENSSL_CONF=/x\n"},
    "the user's manager's": {"/home/alice/.config/environment.d/tls.conf": "A=b\nOPENSSL_CONF=/x\n"},
    "what a profile reads": {"/home/alice/.profile": "\n. ~/.tls\n", "/home/alice/.tls": "export OPENSSL_CONF=/x\n"},
    "the last one's": {"/etc/profile": "export OPENSSL_CONF=/y\n", "/home/alice/.zshrc": "\nexport OPENSSL_CONF=/x\n"},
}


@pytest.mark.parametrize("name", SESSIONS)
def test_what_is_started_by_hand_has_the_variables_of_the_user_s_sessions(name, tree):
    for path, text in {RC: POLL, "/home/bob/.x": "", **SESSIONS[name]}.items():
        tree.write(path, text)
    host = tree.host()
    libssl = host.stacks.add("openssl", "/usr/lib/libssl.so.3", "system", None)
    files = {RC: lambda: [base.account("alice", RC, 1)], "/home/bob/.x": lambda: [base.account("bob", "/home/bob/.x", 1)]}
    installs = [{"program": "/usr/bin/fetchmail", "stacks": [libssl]}]
    alice, bob = launched.accounts(host, installs, ["fetchmail"], lambda launch: None, files)
    assert alice["stacks"] == ["/usr/lib/libssl.so.3 (OPENSSL_CONF=/x)"]
    assert alice["undecided"] == []
    assert ("stacks" in bob) == any(path.startswith("/etc/") for path in SESSIONS[name])


OPEN_SESSIONS = {
    "computed": ("/home/alice/.profile", "export OPENSSL_CONF=$(ls /x)\n"),
    "on a condition": ("/home/alice/.profile", "if [ -f /x ]; then export OPENSSL_CONF=/x; fi\n"),
    "another library": ("/etc/profile.d/tls.sh", "export LD_PRELOAD=/x.so\n"),
    "csh": ("/home/alice/.cshrc", "setenv OPENSSL_CONF /x\n"),
    "everybody's csh": ("/etc/csh.login", "if ( -f /x ) setenv OPENSSL_CONF /x\n"),
    "fish": ("/home/alice/.config/fish/config.fish", "test -f /x; and set -g -x OPENSSL_CONF /x\n"),
    "ksh": ("/home/alice/.kshrc", "export OPENSSL_CONF=$(x)\n"),
    "X's own": ("/home/alice/.xinitrc", "export OPENSSL_CONF=$(x)\n"),
    "zsh on a RHEL": ("/etc/zshenv", "export OPENSSL_CONF=$(x)\n"),
}


@pytest.mark.parametrize("name", OPEN_SESSIONS)
def test_what_sessions_leave_open_is_undecided(name, read):
    path, text = OPEN_SESSIONS[name]
    (account,), _gaps = read(fetchmail, {RC: POLL, path: text})
    assert [(entry["file"], entry["line"]) for entry in account["undecided"]] == [(path, 1)]


ENVIRONMENT, RULES, OWN_RULES = "/etc/environment", "/etc/security/pam_env.conf", "/home/alice/.pam_environment"
SSHD = {"/etc/pam.d/sshd": "session required pam_env.so user_readenv=1 envfile=/etc/default/locale\n"}
# What PAM gives a session: files, whose variable is undecided and where.
OF_PAM = {
    "another library": ({ENVIRONMENT: "A=b\nLD_PRELOAD=/x.so\n"}, ("LD_PRELOAD", ENVIRONMENT, 2)),
    "another library by a rule": ({RULES: "LD_PRELOAD DEFAULT=/x.so\n"}, ("LD_PRELOAD", RULES, 1)),
    "a rule in the directory": (
        {"/etc/security/pam_env.conf.d/a.conf": "\nLD_PRELOAD DEFAULT=/x\n"},
        ("LD_PRELOAD", "/etc/security/pam_env.conf.d/a.conf", 2),
    ),
    "a rule of the session's": ({RULES: "OPENSSL_CONF DEFAULT=/x OVERRIDE=@{PAM_RHOST}\n"}, ("OPENSSL_CONF", RULES, 1)),
    "the user's own rule": ({OWN_RULES: "OPENSSL_CONF DEFAULT=/x\n", **SSHD}, ("OPENSSL_CONF", OWN_RULES, 1)),
    "the user's own rule that no service reads": (
        {OWN_RULES: "OPENSSL_CONF=/x\n", "/etc/pam.d/login": "session required pam_env.so readenv=1\n# pam_env.so user_readenv=1\n"},
        None,
    ),
    "an assignment that a rule would not change": ({RULES: "LD_PRELOAD DEFAULT=/x\n", ENVIRONMENT: "LD_PRELOAD=\n"}, None),
}


@pytest.mark.parametrize("name", OF_PAM)
def test_what_pam_gives_a_session_leaves_open(name, read):
    files, expected = OF_PAM[name]
    (account,), gaps = read(fetchmail, {RC: POLL, **files})
    assert [tuple(entry[key] for key in ("what", "file", "line")) for entry in account["undecided"]] == ([expected] if expected else [])
    assert gaps == []


@pytest.mark.parametrize("table", [{}, {TABLE: "* * * * * fetchmail\n"}])
def test_a_rule_of_pam_gives_each_user_a_file_of_their_own(table, tree):
    for path, text in {RC: POLL, RULES: "OPENSSL_CONF DEFAULT=@{HOME}/x\n", **table}.items():
        tree.write(path, text)
    host = tree.host()
    libssl = host.stacks.add("openssl", "/usr/lib/libssl.so.3", "system", None)
    installs = [{"program": "/usr/bin/fetchmail", "stacks": [libssl]}]
    account = [base.account("alice", RC, 1)]
    (found,) = launched.accounts(host, installs, ["fetchmail"], lambda launch: ([RC], account), {RC: lambda: account})
    assert (found["stacks"], found["undecided"]) == (["/usr/lib/libssl.so.3 (OPENSSL_CONF=/home/alice/x)"], [])


LOOP = "for i in {0}; do\n  [ -r $i ] && . $i\ndone\n"
# What sessions read in a way that only the running shell knows: (file, text), the line, further files.
COMPUTED_READS = {
    "a computed name": ("/home/alice/.profile", '\nX=$(x)\n. "$HOME/$X"\n', 3, {}),
    "a name that a command prints": ("/home/alice/.profile", "test -z x || source $(x)\n", 1, {}),
    "a name of the site's": ("/etc/profile.d/site.sh", ". /opt/site/$(hostname)\n", 1, {}),
    "in a file that is read": ("/home/alice/.aliases", "\n. $(x)\n", 2, {"/home/alice/.bashrc": ". ~/.aliases\n"}),
    "a file of settings": ("/home/alice/.profile", "export $(grep -v '^#' .env | xargs)\n", 1, {}),
    "a file by eval": ("/home/alice/.bashrc", 'eval "$(cat .env)"\n', 1, {}),
    "a file as a command's output": ("/home/alice/.bashrc", "source <(sed s/a/b/ .env)\n", 1, {}),
    "a name by eval": ("/home/alice/.bashrc", 'eval "export OPENSSL_CONF=$(x)"\n', 1, {}),
    "braces that stand for very many files": ("/home/alice/.bashrc", LOOP.format("~/.bashrc.d/" + "{a,b}" * 60), 2, {}),
    "a directory whose name is computed": ("/home/alice/.bashrc", LOOP.format("$(x)/*"), 2, {}),
    "no language of sh's in a file that is read": ("/home/alice/.x", "export OPENSSL_CONF='\n", 1, {"/home/alice/.profile": ". ~/.x\n"}),
}


@pytest.mark.parametrize("name", COMPUTED_READS)
def test_what_sessions_read_by_computed_names_leaves_their_variables_open(name, read):
    path, text, line, files = COMPUTED_READS[name]
    (account,), _gaps = read(fetchmail, {RC: POLL, path: text, **files})
    assert "environment" in [entry["what"] for entry in account["undecided"]]
    assert {(entry["file"], entry["line"]) for entry in account["undecided"]} == {(path, line)}


def test_texts_that_read_one_another_end_and_leave_the_variables_open(read):
    """Each reads all: without a bound that would be thirty to the fourth power."""
    names = [f".bashrc.d/{number}" for number in range(30)]
    text = "export OPENSSL_CONF=/x\n" + "".join(f". ~/{name}\n" for name in names)
    (account,), _gaps = read(fetchmail, {RC: POLL, **{f"/home/alice/{name}": text for name in [".bashrc", *names]}})
    assert "environment" in [entry["what"] for entry in account["undecided"]]


@pytest.mark.parametrize("pattern", ["~/.bashrc.d/*", '"$HOME"/.bashrc.d/*.sh', "~/.bashrc.d/{a,tls}.sh", "~/.x ~/.bashrc.d/t??.sh"])
def test_what_a_loop_reads_is_read(pattern, read):
    files = {"/home/alice/.bashrc": LOOP.format(pattern), "/home/alice/.bashrc.d/tls.sh": "\nexport OPENSSL_CONF=/x\n"}
    (account,), _gaps = read(fetchmail, {RC: POLL, **files})
    # Whether it reads it hangs on a condition.
    assert [entry["what"] for entry in account["undecided"]] == ["OPENSSL_CONF"]


DISTRIBUTIONS = {
    "Debian": {
        "/etc/profile": 'if [ "${PS1-}" ]; then\n  . /etc/bash.bashrc\nfi\n' + LOOP.format("/etc/profile.d/*.sh") + "unset i\n",
        "/home/alice/.profile": 'if [ -n "$BASH_VERSION" ]; then\n  if [ -f "$HOME/.bashrc" ]; then\n\t. "$HOME/.bashrc"\n  fi\nfi\n',
        "/home/alice/.bashrc": '[ -x /usr/bin/lesspipe ] && eval "$(SHELL=/bin/sh lesspipe)"\n'
        'test -r ~/.dircolors && eval "$(dircolors -b ~/.dircolors)" || eval "$(dircolors -b)"\n'
        "debian_chroot=$(cat /etc/debian_chroot)\n"
        "if ! shopt -oq posix; then\n  . /usr/share/bash-completion/bash_completion\nfi\n",
    },
    "RHEL": {
        "/etc/bashrc": "if [ $UID -gt 199 ]; then\n  umask 002\nfi\n" + LOOP.format("/etc/profile.d/*.sh"),
        "/home/alice/.bash_profile": "if [ -f ~/.bashrc ]; then\n\t. ~/.bashrc\nfi\n",
        "/home/alice/.bashrc": "if [ -d ~/.bashrc.d ]; then\n" + LOOP.format("~/.bashrc.d/*") + "fi\nunset i\n",
        "/home/alice/.bashrc.d/more": "alias ll='ls -l'\n",
    },
    "what people add": {
        "/home/alice/.bashrc": 'export NVM_DIR="$HOME/.nvm"\n[ -s "$NVM_DIR/nvm.sh" ] && . "$NVM_DIR/nvm.sh"\n'
        '. "$HOME/.cargo/env"\nsource <(kubectl completion bash)\neval "$(ssh-agent -s)"\n'
        've() {\n  . "$1/bin/activate"\n}\nexport LS_COLORS=$(cat ~/.colors)\n',
    },
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_what_a_distribution_s_profiles_read_leaves_nothing_open(name, read):
    (account,), gaps = read(fetchmail, {RC: POLL, **DISTRIBUTIONS[name]})
    assert (account["undecided"], gaps) == ([], [])


@pytest.mark.parametrize(("value", "expected"), [("AES128-SHA", ("AES128-SHA", [])), ("$(x)", (None, ["FETCHMAIL_SSL_CIPHERS"]))])
def test_a_variable_of_one_client_alone_in_a_profile(value, expected, read):
    (account,), _gaps = read(fetchmail, {RC: POLL, "/home/alice/.profile": f"\nexport FETCHMAIL_SSL_CIPHERS={value}\n"})
    [setting] = [entry for entry in account["settings"] if entry["key"] == "FETCHMAIL_SSL_CIPHERS"] or [None]
    assert (setting and setting["value"], [entry["what"] for entry in account["undecided"]]) == expected
    assert {(entry["file"], entry["line"]) for entry in [setting, *account["undecided"]] if entry} == {("/home/alice/.profile", 2)}


@pytest.mark.parametrize("wrapper", ["envdir ./env", "s6-envdir /x", "chpst -u mail -e ./env"])
def test_variables_of_a_directory_are_undecided(wrapper, read):
    run = "/etc/service/mail/run"
    (account,), _gaps = read(fetchmail, {run: f"#!/bin/sh\nexec {wrapper} fetchmail -f {RC}\n", RC: POLL})
    assert "environment" in [entry["what"] for entry in account["undecided"]]
    assert {(entry["file"], entry["line"]) for entry in account["undecided"]} == {(run, 2)}


def test_what_a_job_starts_has_no_variables_of_sessions(read):
    (account,), _gaps = read(fetchmail, {RC: POLL, "/home/alice/.profile": "export OPENSSL_CONF=$(x)\n", TABLE: "* * * * * fetchmail\n"})
    assert account["undecided"] == []


def test_a_variable_that_is_not_exported_or_taken_back_sets_nothing(read):
    text = "OPENSSL_CONF=$(x)\nexport LD_PRELOAD=/x\nunset LD_PRELOAD\n"
    (account,), _gaps = read(fetchmail, {RC: POLL, "/home/alice/.profile": text})
    assert account["undecided"] == []


PLACES = {
    "another": ("export FETCHMAILHOME=/srv/mail\n", True),
    "computed": ("export FETCHMAILHOME=$(x)\n", True),
    "one that is not there": ("export FETCHMAILHOME=/nowhere\n", False),
    "the default": ("export XDG_CONFIG_HOME=$HOME/.config\n", False),
    "another file": ("export MAILRC=/srv/mail/fetchmailrc\n", True),
    "the default where there is none": ("export XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-$HOME/.config}\n", False),
}


@pytest.mark.parametrize("name", PLACES)
def test_where_sessions_have_a_client_look_for_its_files(name, read):
    text, is_gap = PLACES[name]
    system = "for i in /etc/profile.d/*.sh; do\n  . $i\ndone\n"
    _accounts, gaps = read(
        fetchmail, {"/etc/profile": system, "/srv/mail/fetchmailrc": "", "/home/alice/.config/x": "", "/home/alice/.profile": text}
    )
    assert [gap["what"] for gap in gaps if gap["affects"] == "accounts"] == ["/home/alice/.profile, line 1"] * is_gap


LEAKS = {
    "fetchmail": (fetchmail, f"fetchmail --user {SECRET} --principal {SECRET} --plugin 'ssh {SECRET}' --ssl imap.example"),
    "fetchmail's undecided words": (fetchmail, f"fetchmail --sslkey={SECRET}$(x) --ssl imap.example $(pass {SECRET})"),
    "mpop": (mpop, f"mpop --host=pop.example --tls=on --passwordeval='echo {SECRET}' --user={SECRET}"),
    "mbsync": (mbsync, f"PASS={SECRET} mbsync -c $(pass {SECRET})"),
    "getmail": (getmail, f"getmail -r $(pass {SECRET})"),
    "OfflineIMAP": (offlineimap, f"offlineimap -k Repository_far:remotepass={SECRET} -c /etc/o"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_password_in_a_command_line_stays(name, read):
    reader, command = LEAKS[name]
    offline = "[general]\naccounts=a\n[Account a]\nremoterepository=far\n[Repository far]\ntype=IMAP\nremotehost=h\n"
    accounts, gaps = read(reader, {TABLE: f"* * * * * {command}\n", "/etc/o": offline})
    assert accounts
    assert SECRET not in json.dumps([accounts, gaps])


def test_behind_an_option_that_is_not_known_a_word_may_be_a_password(read):
    accounts, _gaps = read(fetchmail, {RC: POLL, TABLE: f"* * * * * fetchmail --secret {SECRET} mail.example\n"})
    assert SECRET not in json.dumps(accounts)
    assert [item["what"] for account in accounts for item in account["undecided"]] == ["options"]


def test_mpop_without_a_file(read):
    (account,), _gaps = read(mpop, {TABLE: "* * * * * mpop --host=pop.example --tls --tls-starttls=off --port=9995\n"})
    assert (account["server"], account["port"], account["security"], account["config"]) == ("pop.example", 9995, "implicit", TABLE)


def test_mpop_takes_the_accounts_that_are_named(read):
    text = "account a\nhost h\naccount b\nhost i\naccount default\nhost j\n"
    for operands, servers in (("", ["j"]), ("a b", ["h", "i"]), ("-a", ["h", "i", "j"])):
        accounts, _gaps = read(mpop, {"/home/alice/.mpoprc": text, TABLE: f"* * * * * mpop {operands}\n"})
        assert [account["server"] for account in accounts if account["enabled"]] == servers
        # The others are there all the same, and somebody may use them by hand.
        assert sorted(account["server"] for account in accounts) == ["h", "i", "j"]


@pytest.mark.parametrize(
    ("command", "path", "in_use"),
    [("fetchmail", RC, ["h", "i"]), ("fetchmail --ssl i", RC, ["i"]), ("fetchmail -f /srv/rc j", "/srv/rc", ["j"])],
)
def test_what_fetchmail_does_not_poll_is_not_in_use(command, path, in_use, read):
    text = "poll h protocol imap user x\npoll i protocol imap user y ssl\nskip j protocol imap user z\n"
    accounts, _gaps = read(fetchmail, {path: text, TABLE: f"* * * * * {command}\n"})
    assert [account["server"] for account in accounts if account["enabled"]] == in_use
    assert sorted((account["server"], account["config"]) for account in accounts) == [(server, path) for server in "hij"]


MAILFILTERRC = 'SERVER="h"\nUSER="u"\nPASS="p"\nPROTOCOL="pop3/ssl"\nPORT=995\n'
# reader, command, file that it reads
STARTED = {
    "curl": (curl, "curl imaps://h/", None),
    "fdm": (fdm, "fdm fetch", ("/home/alice/.fdm.conf", 'account "a" imaps server "h"\n')),
    "HAProxy": (
        haproxy,
        "haproxy -f /srv/h.cfg",
        ("/srv/h.cfg", "listen m\n bind :143\n server o outlook.office365.com:993 ssl verify none\n"),
    ),
    "imapfilter": (imapfilter, "imapfilter", ("/home/alice/.imapfilter/config.lua", "IMAP{server='h', ssl='auto'}\n")),
    "Mailfilter": (
        mailfilter,
        "mailfilter",
        ("/home/alice/.mailfilterrc", 'SERVER="h"\nUSER="u"\nPASS="p"\nPROTOCOL="pop3/ssl"\nPORT=995\n'),
    ),
    "monitoring plugins": (monitoring_plugins, "/usr/lib/nagios/plugins/check_imap -H h -p 993 -S", None),
    "mpop": (mpop, "mpop", ("/home/alice/.mpoprc", "account default\nhost h\ntls on\n")),
    "mutt": (mutt, "mutt -Z", ("/home/alice/.muttrc", "set folder=imaps://h/\n")),
    "socat": (socat, "socat TCP-LISTEN:143 OPENSSL:h:993", None),
    "stunnel": (stunnel, "stunnel /etc/stunnel/m.conf", ("/etc/stunnel/m.conf", "client=yes\n[m]\naccept=143\nconnect=h:993\n")),
}


@pytest.mark.parametrize("name", STARTED)
def test_the_environment_of_a_command_counts_for_every_client(name, read):
    reader, command, file = STARTED[name]
    accounts, _gaps = read(reader, {TABLE: f"* * * * * LD_PRELOAD=/x.so {command}\n", **dict([file] if file else [])})
    assert [item["what"] for item in accounts[0]["undecided"]] == ["LD_PRELOAD"]


THUNDERBIRD = "/home/alice/.thunderbird"
BY_DESKTOP = {
    "Thunderbird": (
        thunderbird,
        {
            "/usr/lib/thunderbird/application.ini": "[App]\nVersion=140.0\n",
            THUNDERBIRD + "/profiles.ini": "[Profile0]\nIsRelative=1\nPath=lab\n",
            THUNDERBIRD + "/lab/prefs.js": 'user_pref("mail.accountmanager.accounts", "a");\nuser_pref("mail.account.a.server", "s");\n'
            'user_pref("mail.server.s.type", "imap");\nuser_pref("mail.server.s.hostname", "h");\n',
        },
        ("nss", "libssl3.so", "/usr/lib/thunderbird/libssl3.so", "NSS_IGNORE_SYSTEM_POLICY"),
    ),
    "Claws Mail": (
        claws_mail,
        {"/home/alice/.claws-mail/accountrc": "[Account: 1]\nprotocol=0\nreceive_server=h\n", "/usr/bin/claws-mail": ""},
        ("gnutls", "libgnutls.so.30", None, "GNUTLS_SYSTEM_PRIORITY_FILE"),
    ),
    "Sylpheed": (
        sylpheed,
        {"/home/alice/.sylpheed-2.0/accountrc": "[Account: 1]\nprotocol=0\nreceive_server=h\n", "/usr/bin/sylpheed": ""},
        ("openssl", "libssl.so.3", None, "OPENSSL_CONF"),
    ),
    "KMail": (
        kmail,
        {
            "/home/alice/.config/akonadi_pop3_resource_0rc": "[General]\nhost=h\nuseSSL=true\n",
            "/usr/bin/akonadi_pop3_resource": "",
            "/usr/lib64/libQt5Network.so.5": "",
        },
        ("openssl", "libssl.so.3", None, "OPENSSL_CONF"),
    ),
}


@pytest.mark.parametrize("name", BY_DESKTOP)
@pytest.mark.parametrize("value", ["/x", "$(y)"])
def test_what_the_desktop_starts_has_the_variables_of_the_session_but_not_of_a_terminal(name, value, tree, monkeypatch):
    reader, files, (kind, library, bundled, variable) = BY_DESKTOP[name]
    files = {**files, "/home/alice/.profile": f"export {variable}={value}\n", "/home/alice/.bashrc": f"export {variable}=/z\n"}
    for path, text in {**files, **({bundled: ""} if bundled else {})}.items():
        tree.write(path, text)
        (tree.root / path.lstrip("/")).chmod(0o755)
    host = tree.host()
    stack = host.stacks.add(kind, bundled or "/usr/lib/" + library, "system", None)
    # No program of the tree is one that a loader would take.
    monkeypatch.setattr(host.stacks, "of_binary", lambda _path: [stack])
    (account,) = reader.read(host)["accounts"]
    if value == "/x":
        assert (account["stacks"], account["undecided"]) == ([f"{stack} ({variable}=/x)"], [])
    else:
        assert [entry["what"] for entry in account["undecided"]] == [variable]
