"""What is fuzzed of plugins/module_utils/settings: each configuration grammar.

A file that may include others includes itself, wherever it says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from fuzz.target import Target

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import (
    autoconfig_js,
    c_client,
    crontab,
    crypto_policies,
    curlrc,
    dovecot_conf,
    environment,
    fdm_conf,
    fetchmailrc,
    git_config,
    gnutls_config,
    haproxy_cfg,
    inetd_conf,
    ini,
    java_properties,
    json_lines,
    lua_calls,
    mail_aliases,
    mailfilterrc,
    mailrc,
    mbsyncrc,
    mpoprc,
    muttrc,
    muttrc_tokens,
    nagios_objects,
    nginx_conf,
    nss_policy,
    openssl_cnf,
    openssl_ssl_conf,
    pam_env_conf,
    perdition_conf,
    pinerc,
    prefs_js,
    python_ini,
    services,
    shell_commands,
    shell_lexer,
    stunnel_conf,
    systemd_unit,
    toml,
)
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

FILE = "/etc/file"
HOME = "/home/alice"
_POLL = 'poll outlook.office365.com protocol imap user "u" password "p" sslproto "TLS1" ssl # c\n'
_ACCOUNT = 'SERVER="h"\nUSER="u"\nPASS="p"\nPROTOCOL="pop3/ssl"\nPORT=995\n'
_AUTOCONFIG = "//\nlockPref('a', 1); if (x) { pref(\"b\", `c`); } /* d */ function e() {}\n"
_DOVECOT = """\
ssl = required
service imap-login {
  inet_listener imaps {
    port = 993
  }
}
ssl_cert = <a \\
 b
"""
_HAPROXY = """\
defaults a
 mode tcp
.if defined(A)
frontend f from a
 bind :993 ssl crt "${B}"
.endif
backend b
 server s h:993 ssl 'c' \\\\
"""
_NGINX = """\
stream {
 server { listen 993; proxy_pass "h:993"; # b
 proxy_ssl on; } }
mail { server { listen 'c'; } }
"""
_PREFS = """\
// a
user_pref("b", 1);
pref('c', "d\\u0041\\x41", locked); /* e */ sticky_pref('f', true);
"""
_XINETD = """\
service imaps
{
 disable = no
 server = /usr/bin/stunnel
 server_args += a b
 env = A=b
}
"""
_OPENSSL = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = ${a::ssl_conf}\n"


def _openssl_cnf(text: str) -> None:
    document = openssl_cnf.parse(text, FILE, lambda path: ["a.cnf"] if path == "/etc" else text)
    openssl_ssl_conf.commands(document)
    openssl_ssl_conf.doubts(document)


def _included(text: str) -> Callable[[], str]:
    """A file that includes itself: some times are as good as the most that a parser takes, and leave time for more inputs."""
    times = iter([text] * 3)
    return lambda: next(times, "")


def _fdm(text: str) -> None:
    included = _included(text)
    fdm_conf.Parser(lambda path: (path, included())).parse(text, FILE)


def _mailrc(text: str) -> None:
    included = _included(text)
    mailrc.parse(text, FILE, lambda _name: (FILE, included()))


def _muttrc(text: str) -> None:
    included = _included(text)
    reader = muttrc.Muttrc(HOME, lambda _path: included(), lambda _command: [FILE])
    reader.source(FILE)
    reader.paths()
    for command in [*(muttrc.Command(hook.command, hook.file, hook.line) for hook in reader.hooks), *reader.typed]:
        reader.maybe(command)


def _python_ini(text: str, python: int = 3) -> None:
    sections = python_ini.parse(text, python)
    for name, section in sections.items():
        for entry in section.entries.values():
            with contextlib.suppress(python_ini.InterpolationError):
                python_ini.interpolated(sections, name, entry.value)


def _lua(text: str) -> None:
    found = lua_calls.tokens(text)
    lua_calls.calls(found, ("IMAP",))
    lua_calls.assignments(found, "options", "starttls")
    lua_calls.arguments(found, "dofile")


def _any(_name: str) -> bool:
    return True


TARGETS = {
    "aliases": Target(lambda text: mail_aliases.parse(text, True), 'a: b, "|/bin/c -d", :include:/e\n f\n# g\n'),
    "autoconfig_js": Target(
        lambda text: autoconfig_js.parse(text, _any), _AUTOCONFIG, (GrammarError,)
    ),
    "c_client": Target(c_client.parse, "{outlook.office365.com:993/imap/ssl/user=u}INBOX"),
    "crontab": Target(crontab.parse, "A=b\n*/5 * * * * fetchmail -s % x\n@reboot getmail\n"),
    "crypto_policies": Target(lambda text: crypto_policies.parse(text, "policy"), "# a\nDEFAULT:NO-SHA1\n"),
    "curlrc": Target(lambda text: curlrc.parse(text, FILE), 'tlsv1.2\n--tls-max = "1.\\t1"\nurl: imaps://h/ # a\n-k\nno-ssl\n'),
    "dovecot": Target(
        lambda text: dovecot_conf.parse(text, FILE, _any, lambda _pattern, file: [(file, text)]),
        _DOVECOT,
        (GrammarError,),
        "!include a\n!include_try b\n",
    ),
    "environment": Target(environment.parse, "OPENSSL_CONF=\"/a\"\nexport SSL_CERT_FILE='b' # c\n"),
    "fdm": Target(_fdm, 'include "a"\nifdef b\naccount "a" imaps server "h" port 993 user "u" pass "p"\nendif\n', (GrammarError,)),
    "fetchmailrc": Target(fetchmailrc.parse, _POLL, (GrammarError,)),
    "git_config": Target(lambda text: git_config.parse(text, ("imap.host",)), '[imap]\n host = "imaps://h" ; a\n', (GrammarError,)),
    "gnutls_config": Target(gnutls_config.parse, "[overrides]\ndisabled-version = tls1.3\n", (GrammarError,)),
    "haproxy": Target(
        lambda text: haproxy_cfg.parse(text, FILE, ("bind", "server", "mode")),
        _HAPROXY,
        (GrammarError,),
    ),
    "inetd": Target(inetd_conf.parse, "imaps stream tcp nowait root /usr/sbin/tcpd stunnel -c /a\n# b\n"),
    "ini": Target(ini.parse, "[a]\nb = c\n; d\n", (GrammarError,)),
    "inittab": Target(inetd_conf.parse_inittab, "f:2345:respawn:/usr/bin/fetchmail -f /etc/fetchmailrc\n"),
    "java_properties": Target(java_properties.parse, "jdk.tls.disabledAlgorithms=SSLv3, \\\n  TLSv1\\u0041\n", (GrammarError,)),
    "json_lines": Target(json_lines.parse, '{"a": [1, -2.5e3, true, null, "\\u00e9"],\n "b": {}}', (GrammarError,)),
    "lua_calls": Target(_lua, "a = IMAP { server = 'x', ssl = [[y]] } -- z\noptions.starttls = f(false) dofile('b')\n", (GrammarError,)),
    "mailfilter": Target(
        lambda text: mailfilterrc.parse(text, FILE, lambda _path: (FILE, text)), f"# a\n{_ACCOUNT}", (GrammarError,), 'INCLUDE="b"\n'
    ),
    "mailrc": Target(
        _mailrc,
        "account a {\n set folder='imaps://u@h' ssl-method=tls1\n}\nif x\nunset b\nendif\n",
        (GrammarError,),
        "source x\nsource x\n",
    ),
    "mbsyncrc": Target(mbsyncrc.parse, 'IMAPAccount a\nHost "h"\nSSLVersions TLSv1\n\n', (GrammarError,)),
    "mpoprc": Target(mpoprc.parse, "defaults\ntls on\naccount a\nhost h\naccount b : a\n", (GrammarError,)),
    "muttrc": Target(_muttrc, "set a=\"b\" folder='imaps://h'; source `e` # f\nfolder-hook . 'set b=$a'\nifdef x 'unset c'\n"),
    "muttrc_tokens": Target(muttrc_tokens.lines, "set a=\"b\" c='d'; source `e` # f\n", (GrammarError,)),
    "nagios": Target(nagios_objects.parse, "define command {\n command_line check_imap -H h\n}\n", (GrammarError,)),
    "nginx": Target(
        lambda text: nginx_conf.parse(text, FILE, ("proxy_pass", "listen"), lambda _pattern: [(FILE, text)]),
        _NGINX,
        (GrammarError,),
        "include a;\ninclude b;\n",
    ),
    "nss_policy": Target(nss_policy.parse, 'library=\nname=Policy\nconfig="disallow=ALL allow=tls-version-min=tls1.2"\n', (GrammarError,)),
    "openssl_cnf": Target(_openssl_cnf, _OPENSSL, (GrammarError,), ".include /etc\n.include /a\nb = $ENV::X\n"),
    "pam_env_conf": Target(
        lambda text: pam_env_conf.parse(text, environment.NAMES, "/home/u"),
        'OPENSSL_CONF DEFAULT="@{HOME}/o" OVERRIDE=${X} # a\nGODEBUG DEFAULT=a\\\n OVERRIDE=\n',
    ),
    "perdition": Target(perdition_conf.parse, "outgoing_server h\nssl_mode ssl_outgoing\n", (GrammarError,)),
    "pinerc": Target(lambda text: pinerc.parse(text, FILE), 'inbox-path={h:993/imap/ssl}INBOX\nincoming-folders="a" {b}c,\n\td\n# e\n'),
    "prefs_js": Target(
        lambda text: prefs_js.parse(text, _any, True), _PREFS
    ),
    "python_ini": Target(_python_ini, "[a]\nb = %(c)s\n d\nc: e\n; f\n[DEFAULT]\ng = %%\n", (GrammarError,)),
    "python_ini_2": Target(lambda text: _python_ini(text, 2), "[a]\nb = %(c)s\n d\nc: e\nrem f\n[DEFAULT]\ng = %%\n", (GrammarError,)),
    "services": Target(services.tcp_ports, "imaps 993/tcp imap4s # a\npop3s 995/udp\n"),
    "shell": Target(shell_commands.parse, "A=b c \"$d\" | e 'f' && { g; } # h\n", (shell_lexer.ShellError,)),
    "stunnel": Target(
        lambda text: stunnel_conf.parse(text, FILE, lambda _directory: [(FILE, text)]),
        "; a\n[b]\nclient = yes\naccept = 143\nconnect = h:993\nsslVersion = TLSv1\n",
        (GrammarError,),
        "include = /a\ninclude = /b\n",
    ),
    "systemd_unit": Target(systemd_unit.parse, "[Service]\nExecStart=/bin/a \\\n  b\n", (systemd_unit.QuoteError,)),
    "systemd_words": Target(systemd_unit.words, "a \"b\" 'c' \\x41", (systemd_unit.QuoteError,)),
    "xinetd": Target(inetd_conf.parse_xinetd, _XINETD),
    "toml": Target(lambda text: toml.parse(text, bool), '[a."b"]\nc.d = { e = "f" } # g\nh = [1, """i"""]\n', (GrammarError,)),
}  # fmt: skip
