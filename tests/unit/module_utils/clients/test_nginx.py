"""nginx before mail servers."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import angie, nginx, openresty

FILE = "/etc/nginx/nginx.conf"
SECRET = "hunter2"
TLS = "stream {{ server {{ listen 1143; proxy_pass h:993; proxy_ssl on; {} }} }}"

# name: (text, accounts, relays), each [(server, port, protocol, security, leads)]
SERVERS = {
    "TLS": (TLS.format(""), [("h", 993, "imap", "implicit", "on")], []),
    "no TLS": ("stream { server { listen 993; proxy_pass h:993; } }", [("h", 993, "imap", None, "through")], []),
    "TLS ends here": ("stream { server { listen 993 ssl; proxy_pass h:143; } }", [("h", 143, "imap", "none", "on")], []),
    "TLS for every server": ("stream { proxy_ssl on; server { listen 7; proxy_pass h:995; } }", [("h", 995, "pop3", "implicit", "on")], []),
    "TLS for every server but this": (
        "stream { proxy_ssl on; server { listen 7; proxy_pass h:995; proxy_ssl off; } }",
        [("h", 995, "pop3", None, "through")],
        [],
    ),
    "servers by their common name": (
        "stream { upstream u { server h:993; server i:993 backup; } server { listen 7; proxy_pass u; proxy_ssl on; } }",
        [("h", 993, "imap", "implicit", "on"), ("i", 993, "imap", "implicit", "on")],
        [],
    ),
    "another kind of service": ("stream { server { listen 7; proxy_pass h:8; proxy_ssl on; } }", [], [("h", 8, None, "implicit", "on")]),
    "the web": ("http { server { listen 443 ssl; proxy_pass https://h; } }", [], []),
    "the mail proxy": ("mail { server { listen 143; protocol imap; } }", [(None, None, "imap", "none", "on")], []),
    "the mail proxy by its port": ("mail { server { listen 995 ssl; } }", [(None, None, "pop3", "none", "on")], []),
    "mail that is sent": ("mail { server { listen 587; protocol smtp; } }", [], []),
}


@pytest.fixture
def read(tree):
    """Return read(text), the evidence and gaps."""

    def read_file(text: str):
        tree.write(FILE, text)
        host = tree.host()
        return nginx.read(host) or {"accounts": []}, host.gaps

    return read_file


def plain(accounts):
    return [(*(account[key] for key in ("server", "port", "protocol", "security")), account["listens"][0]["leads"]) for account in accounts]


@pytest.mark.parametrize("name", SERVERS)
def test_servers(name, read):
    text, accounts, relays = SERVERS[name]
    evidence, gaps = read(text)
    assert (plain(evidence["accounts"]), plain(evidence.get("relays", ())), gaps) == (accounts, relays, [])


def test_settings_come_from_the_server_or_from_around_it(tree, read):
    tree.write("/etc/nginx/stream.d/a.conf", "proxy_ssl_protocols TLSv1 TLSv1.1;\nproxy_ssl_ciphers HIGH;\n")
    evidence, _gaps = read(
        "stream { include stream.d/*.conf;\n server { listen 1; proxy_pass h:993; proxy_ssl on; proxy_ssl_ciphers ALL; } }"
    )
    [account] = evidence["accounts"]
    assert [(entry["key"], entry["value"], entry["file"]) for entry in account["settings"]] == [
        ("proxy_pass", "h", FILE),
        ("proxy_ssl_protocols", "TLSv1 TLSv1.1", "/etc/nginx/stream.d/a.conf"),
        ("proxy_ssl_ciphers", "ALL", FILE),
    ]


def test_a_server_by_a_variable_is_undecided(read):
    evidence, _gaps = read("stream { server { listen 993; proxy_pass $up:993; proxy_ssl on; } }")
    [account] = evidence["accounts"]
    assert (account["server"], [entry["what"] for entry in account["undecided"]]) == (None, ["server"])


def test_a_file_that_nginx_refuses_is_a_gap(read):
    _evidence, gaps = read(f"stream {{ {SECRET} }}")
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(FILE, "client:nginx")]
    assert SECRET not in repr(gaps)


def test_a_secret_is_in_no_account_and_no_gap(read):
    evidence, gaps = read(TLS.format(f"proxy_ssl_password_file /{SECRET}; proxy_ssl_certificate_key /{SECRET}; # {SECRET}\n"))
    assert len(evidence["accounts"]) == 1
    assert SECRET not in repr((evidence, gaps))


def test_nothing_of_it_is_no_evidence(tree):
    host = tree.host()
    assert (nginx.read(host), host.gaps) == (None, [])


UNIT = "/etc/systemd/system/nginx.service"
STREAM = "stream {{ server {{ listen 993; proxy_pass {}:993; proxy_ssl on; }} }}"


def test_the_environment_of_its_unit_acts_on_it_and_its_file_may_be_another(tree, read, write_elf):
    library = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
    write_elf(tree.root / "usr/sbin/nginx", needed=["libssl.so.3"])
    write_elf(tree.root / library[1:], soname="libssl.so.3")
    tree.write(UNIT, "[Service]\nEnvironment=OPENSSL_CONF=/srv/x\nExecStart=/usr/sbin/nginx -c /srv/nginx.conf\n[Install]\n")
    tree.write("/etc/systemd/system/multi-user.target.wants/nginx.service", "")
    tree.write("/srv/nginx.conf", STREAM.format("g"))
    evidence, _gaps = read(STREAM.format("h"))
    found = [(account["server"], account.get("stacks")) for account in evidence["accounts"]]
    assert found == [("h", None), ("g", [library + " (OPENSSL_CONF=/srv/x)"])]


@pytest.mark.parametrize(
    ("around", "own", "settings"),
    [
        ("MaxProtocol TLSv1.1", "", [("proxy_ssl_ciphers", "ALL"), ("proxy_ssl_conf_command", "MaxProtocol TLSv1.1")]),
        ("MaxProtocol TLSv1.1", "Options A", [("proxy_ssl_ciphers", "ALL"), ("proxy_ssl_conf_command", "Options A")]),
        ("cipherstring HIGH", "", [("CipherString", "HIGH")]),
    ],
)
def test_commands_of_openssl_are_settings(around, own, settings, read):
    own = f"proxy_ssl_conf_command {own};" if own else ""
    around = f"stream {{ proxy_ssl_ciphers ALL; proxy_ssl_conf_command {around};"
    evidence, _gaps = read(TLS.format(own).replace("stream {", around))
    [account] = evidence["accounts"]
    assert [(entry["key"], entry["value"]) for entry in account["settings"]][1:] == settings


def test_a_pattern_may_stand_for_directories(tree, read):
    for path in ("a/mail.conf", "b/mail.conf", ".hidden/mail.conf", "a/web.conf"):
        tree.write("/etc/nginx/sites/" + path, f"server {{ listen 7; proxy_pass {path[0]}:993; proxy_ssl on; }}")
    evidence, gaps = read("stream { include sites/[ab*]*/m?il.conf; }")
    assert [(account["server"], account["config"]) for account in evidence["accounts"]] == [
        ("a", "/etc/nginx/sites/a/mail.conf"),
        ("b", "/etc/nginx/sites/b/mail.conf"),
    ]
    assert gaps == []


@pytest.mark.parametrize(
    "named", ["-c /opt/conf/nginx.conf", "-c/opt/conf/nginx.conf", "-p /opt", "-p /opt/ -c conf/nginx.conf", "-t -p/opt"]
)
def test_the_file_that_a_command_line_names_is_read(named, tree):
    tree.write("/opt/conf/nginx.conf", TLS.format(""))
    tree.write("/etc/cron.d/a", f"@reboot root nginx -g 'daemon on;' {named}\n")
    host = tree.host()
    assert [account["config"] for account in nginx.read(host)["accounts"]] == ["/opt/conf/nginx.conf"]
    assert host.gaps == []


@pytest.mark.parametrize("named", ["-c nginx.conf", "-c $(cat x)", "-p $(cat x)"])
def test_a_file_that_only_the_running_command_knows_is_a_gap(named, tree):
    tree.write("/etc/cron.d/a", f"@reboot root nginx {named}\n")
    host = tree.host()
    nginx.read(host)
    assert [(gap["what"], gap["affects"]) for gap in host.gaps] == [("/etc/cron.d/a, line 1", "client:nginx")]


PRODUCTS = [
    (openresty, "/usr/local/openresty/nginx/sbin/nginx", "/usr/local/openresty/nginx/conf/nginx.conf", "openresty/1.21.4.3\0", "1.21.4"),
    (openresty, "/usr/bin/openresty", "/etc/openresty/nginx.conf", "nginx/1.27.1\0", "1.27.1"),
    (angie, "/usr/sbin/angie", "/etc/angie/angie.conf", "Angie/1.10.3\0nginx/1.27.5\0", "1.27.5"),
    (angie, "/usr/local/angie/sbin/angie", "/usr/local/angie/conf/angie.conf", "Angie/1.10.3\0nginx/1.27.5\0", "1.27.5"),
]


@pytest.mark.parametrize(("reader", "program", "file", "content", "version"), PRODUCTS)
def test_kin_of_nginx(reader, program, file, content, version, tree):
    tree.write(program, content)
    tree.write("/usr/sbin/nginx", "nginx/1.18.0\0")
    tree.write(file, TLS.format("proxy_ssl_protocols TLSv1;"))
    evidence = reader.read(tree.host())
    assert plain(evidence["accounts"]) == [("h", 993, "imap", "implicit", "on")]
    assert [(found["program"], found["version"]) for found in evidence["installs"]] == [(program, version)]
    assert [other.read(tree.host()) for other in (nginx, openresty, angie) if other is not reader] == [None, None]


@pytest.mark.parametrize(("reader", "program"), [(product[0], product[1]) for product in PRODUCTS])
def test_a_file_that_is_named_to_kin_of_nginx(reader, program, tree):
    tree.write(program, "")
    tree.write("/srv/relay.conf", TLS.format(""))
    tree.write("/etc/systemd/system/x.service", f"[Service]\nExecStart={program} -c /srv/relay.conf\n")
    tree.link("/etc/systemd/system/multi-user.target.wants/x.service", "/etc/systemd/system/x.service")
    assert [found and len(found["accounts"]) for found in (other.read(tree.host()) for other in (nginx, openresty, angie))] == [
        1 if other is reader else None for other in (nginx, openresty, angie)
    ]


def test_a_directory_with_two_names_is_read_once(tree):
    tree.write("/usr/local/openresty/nginx/conf/nginx.conf", TLS.format(""))
    tree.link("/etc/openresty", "/usr/local/openresty/nginx/conf")
    tree.link("/usr/bin/openresty", "/usr/local/openresty/nginx/sbin/nginx")
    tree.write("/usr/local/openresty/nginx/sbin/nginx", "openresty/1.21.4.3\0")
    tree.write("/etc/cron.d/x", "@reboot root openresty\n")
    evidence = openresty.read(tree.host())
    assert (len(evidence["accounts"]), len(evidence["installs"])) == (1, 1)
