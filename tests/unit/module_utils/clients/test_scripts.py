"""Scripts in Perl, PHP, Ruby and JavaScript that something starts: their connections, their pins, and what their text does not tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import node_script, perl_script, php_script, ruby_script
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts import node, perl, php, ruby
from ansible_collections.mailtls.fleet.plugins.module_utils.scripts.connection import ScriptError

LANGUAGES = {"perl": perl, "php": php, "ruby": ruby, "node": node}
READERS = {"perl": perl_script, "php": php_script, "ruby": ruby_script, "node": node_script}
SECRET = "hunter2"


def found(language: str, text: str):
    """The connections without what is undecided, and what is."""
    connections = LANGUAGES[language].connections(text)
    known = [
        (item.protocol, item.security, item.server, item.port, [(pin.key, pin.value) for pin in item.settings]) for item in connections
    ]
    return known, [(what, line) for item in connections for what, _why, line in item.undecided]


# text: [(protocol, security, server, port, [(key, value)])]
PERL = {
    "Mail::IMAPClient->new(Server => 'h', Port => 993, Ssl => 1, Password => 'p');": [("imap", "implicit", "h", 993, [])],
    "Mail::IMAPClient->new(Server => 'h', Ssl => [ SSL_version => 'TLSv1' ]);": [
        ("imap", "implicit", "h", 993, [("SSL_version", "TLSv1")])
    ],
    "Mail::IMAPClient->new(Server => 'h', Starttls => 1);": [("imap", "starttls", "h", 143, [])],
    "my $h = 'h'; # it's\nNet::POP3->new($h, SSL => 1);": [("pop3", "implicit", "h", 995, [])],
    "my $p = Net::POP3->new('h');\n$p->starttls(SSL_version => 'x') if 0;": None,
    "my $p = Net::POP3->new('h');\n$p->starttls();": [("pop3", "starttls", "h", 110, [])],
    "Net::IMAP::Simple->new('h:993', use_ssl => 1);": [("imap", "implicit", "h", 993, [])],
    "IO::Socket::SSL->new(PeerAddr => 'h', PeerPort => 993, SSL_version => 'SSLv23:!TLSv1_2');": [
        ("imap", "implicit", "h", 993, [("SSL_version", "SSLv23"), ("SSL_version", "!TLSv1_2")])
    ],
    "IO::Socket::SSL->new('h:995');": [("pop3", "implicit", "h", 995, [])],
    "IO::Socket::SSL->new(PeerAddr => 'h', PeerPort => 443);": [],
    "use IO::Socket::SSL; my $s = new IO::Socket::SSL('h:993');": [("imap", "implicit", "h", 993, [])],
    "my %o = (Server => 'h', Ssl => 1);\nMail::IMAPClient->new(%o);": None,
    "# Net::POP3->new('h')\n=pod\n\nNet::POP3->new('h')\n\n=cut\nprint <<'E';\nNet::POP3->new('h')\nE\n": [],
    "$x =~ s/it's//; m{'}; q(it's); $h{s}; $x / 2; qw(a' b);\nNet::POP3->new('h', SSL => 1);": [("pop3", "implicit", "h", 995, [])],
    "Net::POP3->new('h', SSL => 1);\n__END__\nit's": [("pop3", "implicit", "h", 995, [])],
}
PHP = {
    "it's <?php imap_open('{h:993/imap/ssl/novalidate-cert}INBOX', $u, 'p');": [("imap", "implicit", "h", 993, [("imap_open", "/ssl")])],
    "<?php imap_open('{h/pop3}', $u, 'p');": [("pop3", "starttls", "h", 110, [("imap_open", "STARTTLS")])],
    "<?php imap_open('{h/notls}', $u, 'p');": [("imap", "none", "h", 143, [])],
    "<?php imap_open('{h/tls-sslv23}', $u, 'p');": [("imap", "starttls", "h", 143, [("imap_open", "/tls-sslv23")])],
    "<?php $s = fsockopen('ssl://h', 993); ?> it's": [("imap", "implicit", "h", 993, [("transport", "ssl")])],
    "<?php stream_socket_client('tlsv1.0://h:995', $e);": [("pop3", "implicit", "h", 995, [("transport", "tlsv1.0")])],
    "<?php stream_socket_client('ssl://h:443');": [],
    "<?php $c = stream_context_create(['ssl' => ['crypto_method' => STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT]]);\n"
    "stream_socket_client('ssl://h:993', $e, $t, 9, 0, $c);": [
        ("imap", "implicit", "h", 993, [("transport", "ssl"), ("crypto_method", "STREAM_CRYPTO_METHOD_TLSv1_0_CLIENT")])
    ],
    "<?php $s = stream_socket_client('tcp://h:143');\nstream_socket_enable_crypto($s, true, STREAM_CRYPTO_METHOD_TLSv1_1_CLIENT);": [
        ("imap", "starttls", "h", 143, [("crypto_method", "STREAM_CRYPTO_METHOD_TLSv1_1_CLIENT")])
    ],
    "<?php /* imap_open('{h}') */ // it's\n# it's\n$x = <<<E\nimap_open('{h}')\nE;\n": [],
}
RUBY = {
    "Net::IMAP.new('h', port: 993, ssl: true)": [("imap", "implicit", "h", 993, [])],
    "Net::IMAP.new('h', 993, true)": [("imap", "implicit", "h", 993, [])],
    'Net::IMAP.new "h", ssl: true': [("imap", "implicit", "h", 993, [])],
    "Net::IMAP.new('h', ssl: { max_version: OpenSSL::SSL::TLS1_1_VERSION })": [
        ("imap", "implicit", "h", 993, [("max_version", "TLS1_1_VERSION")])
    ],
    "Net::IMAP.new('h', :port => 993, :ssl => { :ssl_version => :TLSv1 })": [("imap", "implicit", "h", 993, [("ssl_version", "TLSv1")])],
    "m = Net::IMAP.new('h')\nm.starttls": [("imap", "starttls", "h", 143, [])],
    "Net::POP3.enable_ssl\nNet::POP3.start('h', 995, 'u', 'p') { |p| puts \"#{p['it']}'\" }": [("pop3", "implicit", "h", 995, [])],
    "H = 'h' # it's\nNet::IMAP.new(H, ssl: true)": [("imap", "implicit", "h", 993, [])],
    "=begin\nNet::IMAP.new('h')\n=end\nputs <<~E\n  Net::IMAP.new('h')\nE\nputs %q(it's) if x =~ /'/": [],
}
NODE = {
    "tls.connect({ host: 'h', port: 993 }, () => { it('s'); });": [("imap", "implicit", "h", 993, [])],
    "tls.connect(995, 'h', { maxVersion: 'TLSv1.1' });": [("pop3", "implicit", "h", 995, [("maxVersion", "TLSv1.1")])],
    "const o = { host: 'h', port: 993, secureProtocol: 'TLSv1_method' }; // it's\ntls.connect(o);": [
        ("imap", "implicit", "h", 993, [("secureProtocol", "TLSv1_method")])
    ],
    "new Imap({ user: 'u', password: 'p', host: 'h', port: 993, tls: true, tlsOptions: { minVersion: 'TLSv1.2' } });": [
        ("imap", "implicit", "h", 993, [("minVersion", "TLSv1.2")])
    ],
    "tls.connect({ host: 'h', port: 443 });": [],
    "/* tls.connect(993, 'h') */ x = /'/.test(`${a + `'`}`);": [],
}
TABLES = {"perl": PERL, "php": PHP, "ruby": RUBY, "node": NODE}
KNOWN = [(language, text) for language, table in TABLES.items() for text, expected in table.items() if expected is not None]


@pytest.mark.parametrize(("language", "text"), KNOWN)
def test_connections(language, text):
    assert found(language, text) == (TABLES[language][text], [])


# (language, text): what is undecided, with its line
UNDECIDED = {
    ("perl", "my $h = shift;\nNet::POP3->new($h, SSL => 1);"): [("server", 2)],
    ("perl", "sub f { my ($h) = @_; Net::POP3->new($h, SSL => 1); }\nmy $h = 'h';"): [("server", 1)],
    ("perl", "my $h = 'a';\n$h = 'b' if $x;\nNet::POP3->new($h, SSL => 1);"): [("server", 3)],
    ("perl", 'Net::POP3->new("$h", SSL => 1);'): [("server", 1)],
    ("perl", "Net::POP3->new('h', SSL => 1, SSL_version => $v);"): [("SSL_version", 1)],
    ("perl", "IO::Socket::SSL::set_defaults(x => 1);\nNet::POP3->new('h', SSL => 1);"): [("set_defaults", 1)],
    ("perl", "$o{SSL_version} = 'TLSv1';\nNet::POP3->new('h', SSL => 1, %o);"): [("options", 2), ("SSL_version", 1)],
    ("perl", "$ENV{OPENSSL_CONF} = 'x';\nNet::POP3->new('h', SSL => 1);"): [("OPENSSL_CONF", 1)],
    ("perl", "Net::POP3->new('h', SSL => 1);\nour @ISA = ('Mail::IMAPClient');"): [("server", 2)],
    ("perl", "Net::POP3->new('h', SSL => 1);\nmy $c = Net::POP3;"): [("server", 2)],
    ("ruby", "Net::IMAP.new('h', ssl: true)\nmake(Net::IMAP)"): [("server", 2)],
    ("ruby", "Net::IMAP.new('h', ssl: true)\nclass A < Net::IMAP\nend"): [("server", 2)],
    ("node", "tls.connect(993, 'h');\nrequire('tls').connect(993, 'g');"): [("server", 2)],
    ("node", "tls.connect(993, 'h');\nconst { connect } = require('tls');\nconnect(993, 'g');"): [("server", 3)],
    ("php", "<?php imap_open($mailbox, $u, $p);"): [("server", 1)],
    ("php", "<?php imap_open('{' . $h . ':993/ssl}', $u, $p);"): [("server", 1)],
    ("php", "<?php fsockopen('ssl://h', 993);\n$c['crypto_method'] = $x;"): [("crypto_method", 2)],
    ("ruby", "Net::IMAP.new(ARGV[0], ssl: true)"): [("server", 1)],
    ("ruby", "def f(h)\n  Net::IMAP.new(h, ssl: true)\nend\nh = 'x'"): [("server", 2)],
    ("ruby", "Net::IMAP.new('h', ssl: o)"): [("security", 1), ("options", 1)],
    ("ruby", "c.max_version = x\nNet::IMAP.new('h', ssl: true)"): [("max_version", 1)],
    ("node", "function f(host) { tls.connect({ host: host, port: 993 }); }\nconst host = 'h';"): [("server", 1)],
    ("node", "tls.connect({ ...o, host: 'h', port: 993 });"): [("options", 1)],
    ("node", "const o = { host: 'h', port: 993 };\no.maxVersion = 'TLSv1';\ntls.connect(o);"): [
        ("server", 3),
        ("port", 3),
        ("maxVersion", 2),
    ],
    ("node", "tls.DEFAULT_MAX_VERSION = 'TLSv1.1';\ntls.connect(993, 'h');"): [("DEFAULT_MAX_VERSION", 1)],
    ("node", "process.env.NODE_OPTIONS = x;\ntls.connect(993, 'h');"): [("NODE_OPTIONS", 1)],
}


@pytest.mark.parametrize(("language", "text"), UNDECIDED)
def test_what_the_text_does_not_tell_is_undecided(language, text):
    assert set(found(language, text)[1]) == set(UNDECIDED[language, text])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("perl", f"Mail::IMAPClient->new(Server => 'h {SECRET}', User => '{SECRET}', Password => '{SECRET}', Ssl => 1);"),
        ("perl", f"Net::POP3->new('h', Port => '{SECRET}', SSL => 1, '{SECRET}');"),
        ("perl", f"Net::POP3->new('{SECRET}"),
        ("php", f"<?php imap_open('{{h:993/ssl/user={SECRET}}}', '{SECRET}', '{SECRET}');"),
        ("php", f"<?php fsockopen('ssl://{SECRET}@h', 993);"),
        ("ruby", f"Net::IMAP.new('h', ssl: {{ password: '{SECRET}' }}).login('{SECRET}', '{SECRET}')"),
        ("node", f"new Imap({{ user: '{SECRET}', password: '{SECRET}', host: 'h', port: '{SECRET}', tls: true }});"),
    ],
)
def test_a_secret_is_in_no_account_and_no_gap(language, text, tree):
    program = {"perl": "perl", "php": "php8.2", "ruby": "ruby3.1", "node": "node"}[language]
    tree.write(f"/usr/bin/{program}", "")
    tree.write("/home/alice/poll", text + "\n# imap_open Net::IMAP")
    tree.write("/var/spool/cron/crontabs/alice", f"* * * * * {program} /home/alice/poll\n")
    host = tree.host()
    evidence = READERS[language].read(host)
    assert evidence["accounts"]
    assert {(entry["user"], entry["config"]) for entry in evidence["accounts"]} == {("alice", "/home/alice/poll")}
    assert SECRET not in repr((evidence, host.gaps))


_LINES = st.sampled_from([*PERL, *PHP, *RUBY, *NODE, "'", "{", "(", "<<E"])


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(list(LANGUAGES)),
    st.one_of(st.text(), st.lists(_LINES).map("\n".join)),
)
def test_any_text_gives_connections_or_says_why_not(language, text):
    try:
        LANGUAGES[language].connections(text)
    except ScriptError as error:
        assert error.line >= 1
        assert str(error)


# Each takes all that follow it for its arguments.
CALLS = {"perl": "Mail::IMAPClient->new a, ", "php": "imap_open a, ", "ruby": "Net::IMAP.new a, ", "node": "new ImapFlow a, "}


@pytest.mark.parametrize("language", CALLS)
def test_calls_inside_of_calls_are_given_up_when_they_are_very_many(language):
    with pytest.raises(ScriptError, match="too many for the audit"):
        LANGUAGES[language].connections("<?php " * (language == "php") + CALLS[language] * 4000)


# Thirty times itself, and again inside of each.
ITSELF = {
    "perl": "my $v = [$v{}];\nMail::IMAPClient->new(Server => $v, Ssl => $v);",
    "php": "<?php\n$v = array($v{});\nstream_context_create($v);\nfsockopen('ssl://h', 993);",
    "ruby": "v = {{ a: v{} }}\nNet::IMAP.new('h', ssl: v)",
    "node": "const v = [v{}];\ntls.connect(v);",
}


@pytest.mark.parametrize("language", ITSELF)
def test_lists_of_themselves_come_to_an_end(language):
    with pytest.raises(ScriptError, match="lists inside of lists, are too many"):
        LANGUAGES[language].connections(
            ITSELF[language].format((", a: v" if language == "ruby" else ", $v" if language in ("perl", "php") else ", v") * 29)
        )


def test_connections_to_something_else_do_not_crowd_out_those_to_mail():
    text = "tls.connect({ host: 'h', port: 443 });\n" * 1100 + "tls.connect({ host: 'h', port: 993 });\n"
    assert [(item.port, item.line) for item in node.connections(text)] == [(993, 1101)]


@pytest.mark.parametrize(
    ("symbols", "value"),
    [
        (b"\0TLSv1_client_method\0TLS_client_method\0", "STARTTLS"),
        (b"\0TLS_client_method\0", "STARTTLS of any version"),
        (b"\0neither\0", "STARTTLS"),
    ],
)
def test_starttls_of_php_is_pinned_unless_its_c_client_is_seen_to_be_unable_to(symbols, value, tree, write_elf):
    directory = tree.root / "usr/lib64"
    write_elf(tree.root / "usr/bin/php8.2")
    write_elf(directory / "php/modules/imap.so", needed=["libc-client.so.2007e"])
    write_elf(directory / "libc-client.so.2007e", soname="libc-client.so.2007e", extra=symbols)
    tree.write("/home/alice/poll", "<?php imap_open('{h/imap}', $u, 'p');")
    tree.write("/var/spool/cron/crontabs/alice", "* * * * * php8.2 /home/alice/poll\n")
    [account] = php_script.read(tree.host())["accounts"]
    assert [setting["value"] for setting in account["settings"]] == [value]
