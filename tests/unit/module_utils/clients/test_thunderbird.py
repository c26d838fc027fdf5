"""Thunderbird: its profiles' accounts, and which of all preferences is in force; held against what Thunderbird itself did."""

from __future__ import annotations

import json
import pathlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import base, betterbird, icedove, seamonkey, thunderbird
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host

PROGRAM = "/usr/lib/thunderbird"
HOME = "/home/alice/.thunderbird"
PROFILE = HOME + "/lab"
PROFILES_INI = "[Profile0]\nName=lab\nIsRelative=1\nPath=lab\nDefault=1\n"
ACCOUNT = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "mx.example");
user_pref("mail.server.server1.socketType", 3);
"""
SERVER = "mail.server.server1."
MAXIMUM = "security.tls.version.max"
RECORDED = pathlib.Path(__file__).parent / "recorded"
CASES = json.loads((RECORDED / "thunderbird_153.json").read_text())


def application_ini(version: str) -> str:
    return f"[App]\nVendor=Mozilla\nName=Thunderbird\nVersion={version}\n"


def written(preferences: dict) -> str:
    return "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items() if value is not None)


@pytest.fixture
def desktop(tree):
    """A tree with Thunderbird 153 and a profile that holds one account; `tree.write` adds to it or replaces."""
    tree.write(PROGRAM + "/application.ini", application_ini("153.7.0"))
    tree.write(PROGRAM + "/thunderbird", "a program")
    tree.write(HOME + "/profiles.ini", PROFILES_INI)
    tree.write(PROFILE + "/prefs.js", ACCOUNT)
    return tree


def accounts_of(tree, reader=thunderbird):
    host = tree.host()
    evidence = reader.read(host)
    return (evidence["accounts"] if evidence else []), host.gaps


def only_account(tree):
    (account,), gaps = accounts_of(tree)
    assert gaps == []
    return account


def values(account) -> dict[str, str]:
    return {setting["key"]: setting["value"] for setting in account["settings"]}


# What Thunderbird 153 did


def range_of(settings: dict[str, str]) -> list[str]:
    """The versions that Thunderbird since 78 offers (nsNSSComponent.cpp): a pair that makes no sense counts for nothing."""
    words = {"tls1": 1, "tls1.1": 2, "tls1.2": 3, "tls1.3": 4}
    maximum = words.get(settings.get("SSLVersionMax", "")) or int(settings.get(MAXIMUM, 4))
    minimum = words.get(settings.get("SSLVersionMin", "")) or int(settings.get("security.tls.version.min", 3))
    if not 1 <= minimum <= maximum <= 4:
        minimum, maximum = 3, 4
    return ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"][minimum - 1 : maximum]


@pytest.mark.parametrize("case", CASES["cases"], ids=[case["name"] for case in CASES["cases"]])
def test_what_is_read_is_what_thunderbird_itself_did(case, desktop):
    desktop.write(PROFILE + "/prefs.js", written({**CASES["account"], **case.get("preferences", {})}) + case.get("prefs.js", ""))
    desktop.write(PROFILE + "/user.js", case.get("user.js", ""))
    for name, content in case.get("program", {}).items():
        desktop.write(f"{PROGRAM}/{name}", content.encode("latin-1"))
    (account,), _gaps = accounts_of(desktop)
    found, observed = values(account), case["observed"]
    assert account["enabled"] == (observed is not None)
    if observed is None:
        return
    assert account["undecided"] == []
    assert (account["server"].replace("localhost", "127.0.0.1"), account["port"]) == (observed["address"], observed["port"])
    assert account["security"] == ("starttls" if observed["port"] in (110, 143) else "implicit")
    offered, versions = range_of(found), observed["versions"].split()
    # A hello without supported_versions tells its highest version alone.
    assert versions in (offered, offered[-1:])
    aes_128 = [value for key, value in found.items() if key.endswith(("ecdhe_rsa_aes_128_gcm_sha256", "ECDHE_RSA_WITH_AES_128_GCM_SHA256"))]
    if "TLSv1.2" in offered:
        switched_off = aes_128 == [("true" if "DisabledCiphers" in str(list(found)) else "false")]
        assert ("C02F" not in observed["ciphers"]) == switched_off


def test_the_profile_that_thunderbird_wrote(tree):
    profile = RECORDED / "thunderbird_profile"
    tree.write(PROGRAM + "/application.ini", (profile / "application.ini").read_bytes())
    tree.write(HOME + "/profiles.ini", (profile / "profiles.ini").read_bytes())
    for name in ("prefs.js", "compatibility.ini"):
        tree.write(f"{HOME}/lab.default/{name}", (profile / name).read_bytes())
    file = HOME + "/lab.default/prefs.js"
    assert only_account(tree) == {
        "user": "alice",
        "config": file,
        "line": 63,
        "name": "account1",
        "server": "localhost",
        "port": 993,
        "protocol": "imap",
        "security": "implicit",
        "enabled": True,
        "settings": [
            {"key": SERVER + "hostname", "value": "localhost", "file": file, "line": 63},
            {"key": SERVER + "socketType", "value": "3", "file": file, "line": 69},
            {"key": SERVER + "port", "value": "993", "file": file, "line": 68},
        ],
        "undecided": [],
    }


# Accounts

# name: (preferences of the server, (server, port, protocol, security))
SERVERS = {
    "the default security is none": ({"socketType": None}, ("mx.example", 143, "imap", "none")),
    "none": ({"socketType": 0}, ("mx.example", 143, "imap", "none")),
    "STARTTLS if offered": ({"socketType": 1}, ("mx.example", 143, "imap", "starttls")),
    "STARTTLS": ({"socketType": 2}, ("mx.example", 143, "imap", "starttls")),
    "implicit TLS": ({"socketType": 3}, ("mx.example", 993, "imap", "implicit")),
    "isSecure of old": ({"socketType": None, "isSecure": True}, ("mx.example", 993, "imap", "implicit")),
    "socketType over isSecure": ({"socketType": 2, "isSecure": True}, ("mx.example", 143, "imap", "starttls")),
    "POP3": ({"type": "pop3"}, ("mx.example", 995, "pop3", "implicit")),
    "POP3 with STARTTLS": ({"type": "pop3", "socketType": 2}, ("mx.example", 110, "pop3", "starttls")),
    "a port": ({"port": 1993}, ("mx.example", 1993, "imap", "implicit")),
    "no port": ({"port": -1}, ("mx.example", 993, "imap", "implicit")),
    "no such port": ({"port": 70000}, ("mx.example", 993, "imap", "implicit")),
    "a port behind the name": ({"hostname": "mx.example:1993"}, ("mx.example", 1993, "imap", "implicit")),
    "something else behind the name": ({"hostname": "mx.example:²"}, ("mx.example", 993, "imap", "implicit")),
    "an IPv6 address": ({"hostname": "2001:db8::1"}, ("2001:db8::1", 993, "imap", "implicit")),
}


@pytest.mark.parametrize(("preferences", "expected"), SERVERS.values(), ids=SERVERS)
def test_servers(preferences, expected, desktop):
    known = {"type": "imap", "hostname": "mx.example", "socketType": 3, **preferences}
    listed = {"mail.accountmanager.accounts": "account1", "mail.account.account1.server": "server1"}
    desktop.write(PROFILE + "/prefs.js", written({**listed, **{SERVER + key: value for key, value in known.items()}}))
    account = only_account(desktop)
    assert (account["server"], account["port"], account["protocol"], account["security"]) == expected


def test_starttls_if_offered_means_none_in_a_profile_that_was_moved_on(desktop):
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written({SERVER + "socketType": 1, "mail.ui-rdf.version": 61}))
    assert only_account(desktop)["security"] == "none"


def test_only_listed_accounts_are_enabled(desktop):
    more = {
        "mail.accountmanager.accounts": "account1, account3",
        "mail.account.account2.server": "server2",
        "mail.server.server2.type": "pop3",
        "mail.server.server2.hostname": "old.example",
        "mail.account.account3.server": "server3",
        "mail.server.server3.type": "imap",
        "mail.server.server3.hostname": "new.example",
    }
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written(more))
    accounts, _gaps = accounts_of(desktop)
    assert [(account["name"], account["server"], account["enabled"]) for account in accounts] == [
        ("account1", "mx.example", True),
        ("server2", "old.example", False),
        ("account3", "new.example", True),
    ]


@pytest.mark.parametrize("kind", ["none", "nntp", "rss", "im", "movemail", "ews", "IMAP", ""])
def test_other_kinds_of_account_are_none_of_ours(kind, desktop):
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written({SERVER + "type": kind}))
    assert accounts_of(desktop) == ([], [])


def test_an_account_without_a_server_is_not_enabled(desktop):
    desktop.write(PROFILE + "/prefs.js", ACCOUNT.replace("mx.example", ""))
    account = only_account(desktop)
    assert (account["server"], account["enabled"]) == (None, False)


@pytest.mark.parametrize(
    ("version", "server"),
    [("60.9.1", "new.example"), ("115.18.0", "new.example"), ("140.1.0", None), (None, None), ("153.7.0", "old.example")],
)
def test_which_name_of_a_renamed_server_counts_depends_on_the_version(version, server, desktop):
    desktop.write(PROGRAM + "/application.ini", application_ini(version) if version else "")
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written({SERVER + "hostname": "old.example", SERVER + "realhostname": "new.example"}))
    (account,), _gaps = accounts_of(desktop)
    assert account["server"] == server
    assert [item["what"] for item in account["undecided"]] == ([] if server else ["server"])


# Preferences


def test_the_one_that_wins_is_the_only_one_listed_and_where_it_stands(desktop):
    desktop.write(PROGRAM + "/defaults/pref/a.js", f'\npref("{MAXIMUM}", 1);\n')
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written({MAXIMUM: 2}))
    desktop.write(PROFILE + "/user.js", "\n\n" + written({MAXIMUM: 3}))
    found = [setting for setting in only_account(desktop)["settings"] if setting["key"] == MAXIMUM]
    assert found == [{"key": MAXIMUM, "value": "3", "file": PROFILE + "/user.js", "line": 3}]
    desktop.write("/etc/thunderbird/policies/policies.json", '{"policies": {\n\n"SSLVersionMax":\n"tls1.1"}}')
    found = [setting for setting in only_account(desktop)["settings"] if "ersion" in setting["key"]]
    assert found == [{"key": "SSLVersionMax", "value": "tls1.1", "file": "/etc/thunderbird/policies/policies.json", "line": 3}]


def test_the_systems_policies_replace_those_beside_the_program(desktop):
    desktop.write(PROGRAM + "/distribution/policies.json", '{"policies": {"SSLVersionMax": "tls1.1"}}')
    desktop.write("/etc/thunderbird/policies/policies.json", '{"policies": {"SSLVersionMin": "tls1.2"}}')
    assert {"SSLVersionMin"} == {key for key in values(only_account(desktop)) if key.startswith("SSL")}


def test_debians_directory_of_preferences_is_named_by_its_own_path(desktop):
    desktop.write("/etc/thunderbird/pref/thunderbird.js", f'pref("{MAXIMUM}", 3);')
    desktop.link(PROGRAM + "/defaults", "../../share/thunderbird/defaults")
    desktop.link("/usr/share/thunderbird/defaults/syspref", "/etc/thunderbird/pref")
    assert [setting["file"] for setting in only_account(desktop)["settings"] if setting["key"] == MAXIMUM] == [
        "/etc/thunderbird/pref/thunderbird.js"
    ]


def test_all_that_acts_on_tls_is_listed(desktop):
    preferences = {
        "security.tls.version.min": 3,
        MAXIMUM: 4,
        "security.tls.version.fallback-limit": 4,
        "security.tls.version.enable-deprecated": False,
        "security.ssl3.rsa_aes_128_sha": False,
        "security.ssl3.deprecated.rsa_des_ede3_sha": True,
        "security.ssl.require_safe_negotiation": True,
    }
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written(preferences))
    found = values(only_account(desktop))
    assert {key: found[key] for key in found if key.startswith("security.")} == {
        "security.tls.version.min": "3",
        MAXIMUM: "4",
        "security.tls.version.fallback-limit": "4",
        "security.tls.version.enable-deprecated": "false",
        "security.ssl3.rsa_aes_128_sha": "false",
        "security.ssl3.deprecated.rsa_des_ede3_sha": "true",
    }


# name: (policies, the port in force when the user's value is 1143)
PORT = SERVER + "port"
POLICIES = {
    "a default is under the user's value": ({"Preferences": {PORT: {"Value": 995, "Status": "default"}}}, "1143"),
    "so is one without a status": ({"Preferences": {PORT: {"Value": 995}}}, "1143"),
    "the user's value": ({"Preferences": {PORT: {"Value": 995, "Status": "user"}}}, "995"),
    "locked": ({"Preferences": {PORT: {"Value": 995, "Status": "locked"}}}, "995"),
    "cleared": ({"Preferences": {PORT: {"Status": "clear"}}}, None),
    "the older form locks": ({"Preferences": {PORT: 995}}, "995"),
    "a value of another type locks what is built in": ({"Preferences": {PORT: {"Value": "995", "Status": "locked"}}}, None),
    "values of other types are no policies": ({"Preferences": [1], "DisabledCiphers": "x", "SSLVersionMax": 3}, "1143"),
    "suites that are none": ({"DisabledCiphers": {"x": True, "TLS_RSA_WITH_AES_128_CBC_SHA": "yes"}}, "1143"),
}


@pytest.mark.parametrize(("policies", "port"), POLICIES.values(), ids=POLICIES)
def test_policies(policies, port, desktop):
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + written({PORT: 1143}))
    desktop.write(PROGRAM + "/distribution/policies.json", json.dumps({"policies": policies}))
    found = values(only_account(desktop))
    assert found.pop(PORT, None) == port
    assert set(found) == {SERVER + "hostname", SERVER + "socketType"}


def test_a_switch_in_policies_may_be_a_number(desktop):
    desktop.write(PROFILE + "/prefs.js", ACCOUNT.replace(f'user_pref("{SERVER}socketType", 3);', ""))
    desktop.write(PROGRAM + "/distribution/policies.json", json.dumps({"policies": {"Preferences": {SERVER + "isSecure": {"Value": 1}}}}))
    assert only_account(desktop)["security"] == "implicit"


# What can't be told


def autoconfig(tree, text: str) -> None:
    tree.write(PROGRAM + "/defaults/pref/z.js", 'pref("general.config.filename", "lab.cfg");\n')
    tree.write(PROGRAM + "/lab.cfg", "//\n" + text)


def undecided(account) -> list[tuple[str, str, int]]:
    return [(item["what"], item["file"], item["line"]) for item in account["undecided"]]


def test_a_computed_version_is_undecided(desktop):
    autoconfig(desktop, f'\nlockPref("{MAXIMUM}", getenv("TLS"));\n')
    assert undecided(only_account(desktop)) == [(MAXIMUM, PROGRAM + "/lab.cfg", 3)]


def test_a_computed_server_is_undecided_and_not_named(desktop):
    autoconfig(desktop, f'if (x) lockPref("{SERVER}hostname", "a.example");\nlockPref("{SERVER}socketType", 1 + 1);')
    account = only_account(desktop)
    assert undecided(account) == [("server", PROGRAM + "/lab.cfg", 2), ("security", PROGRAM + "/lab.cfg", 3)]
    assert (account["server"], account["port"], account["protocol"], account["security"]) == (None, None, "imap", None)


def test_a_computed_name_may_be_any(desktop):
    autoconfig(desktop, "for (const name of names) { lockPref(name, 1); }")
    (account,), gaps = accounts_of(desktop)
    assert {what for what, _file, _line in undecided(account)} == {"server", "port", "security", "protocol", MAXIMUM}
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(PROGRAM + "/lab.cfg", "client:thunderbird")]


def test_a_computed_name_of_something_else_does_not_matter(desktop):
    autoconfig(desktop, 'lockPref("mail.identity.id" + n + ".fullName", getenv("NAME"));\nlockPref("browser." + x, 1);')
    assert undecided(only_account(desktop)) == []


def test_settings_from_a_server_are_undecided(desktop):
    autoconfig(desktop, 'lockPref("autoadmin.global_config_url", "https://config.example/x.cfg");')
    (account,), gaps = accounts_of(desktop)
    assert MAXIMUM in [item["what"] for item in account["undecided"]]
    assert "config.example" not in json.dumps([account, gaps])


def test_two_copies_with_different_settings_leave_it_undecided_until_one_opened_the_profile(desktop):
    desktop.write("/opt/thunderbird/application.ini", application_ini("153.7.0"))
    desktop.write("/opt/thunderbird/distribution/policies.json", '{"policies": {"SSLVersionMax": "tls1.1", "SSLVersionMin": "tls1"}}')
    (account,), _gaps = accounts_of(desktop)
    assert MAXIMUM in [item["what"] for item in account["undecided"]]
    desktop.write(PROFILE + "/compatibility.ini", "[Compatibility]\nLastVersion=153.7.0_1/1\nLastPlatformDir=/opt/thunderbird\n")
    account = only_account(desktop)
    assert account["undecided"] == []
    assert values(account)["SSLVersionMax"] == "tls1.1"


# name: (file, content, whether the accounts may be others)
UNREADABLE = {
    "broken profiles": (HOME + "/profiles.ini", "[Profile0]\nName=x\n", True),
    "a broken header of a profile": (HOME + "/profiles.ini", PROFILES_INI + "[Profile1\nIsRelative=1\nPath=other\n", True),
    "binary preferences": (PROFILE + "/prefs.js", b"user_pref\0", True),
    "an open text in AutoConfig": (PROGRAM + "/lab.cfg", '//\nlockPref("x', True),
    "nothing but broken statements": (PROFILE + "/user.js", ";" * 1000, True),
    "policies that are no JSON": (PROGRAM + "/distribution/policies.json", "{", True),
    "a broken statement, which Thunderbird passes over": (PROFILE + "/user.js", "user_pref(;", False),
}


@pytest.mark.parametrize(("path", "content", "matters"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_a_gap(path, content, matters, desktop):
    autoconfig(desktop, "")
    desktop.write(path, content)
    _accounts, gaps = accounts_of(desktop)
    assert [(gap["what"], gap["affects"]) for gap in gaps] == [(path, "client:thunderbird" if matters else None)]


def test_a_release_that_stops_at_a_broken_statement_may_have_other_accounts(desktop):
    desktop.write(PROGRAM + "/application.ini", application_ini("52.9.1"))
    desktop.write(PROFILE + "/prefs.js", ACCOUNT + "user_pref(;")
    _accounts, gaps = accounts_of(desktop)
    assert [gap["affects"] for gap in gaps] == ["client:thunderbird"]


def test_one_broken_file_costs_no_other(desktop):
    desktop.write(HOME + "/profiles.ini", PROFILES_INI + "[Profile1]\nIsRelative=1\nPath=other\n")
    desktop.write(HOME + "/other/prefs.js", ACCOUNT.replace("mx.example", "other.example"))
    (desktop.root / PROFILE[1:] / "prefs.js").unlink()
    (desktop.root / PROFILE[1:] / "prefs.js").mkdir()
    accounts, gaps = accounts_of(desktop)
    assert [account["server"] for account in accounts] == ["other.example"]
    assert [gap["what"] for gap in gaps] == [PROFILE + "/prefs.js"]


# Profiles and copies


def test_every_profile_of_every_user(desktop):
    desktop.write("/etc/passwd", "alice:x:0:0::/home/alice:/bin/sh\nbob:x:0:0::/home/bob:/bin/sh\n")
    desktop.write(HOME + "/profiles.ini", PROFILES_INI + "\n[Profile1]\nName=far\nIsRelative=0\nPath=/srv/mail/alice\n")
    desktop.write("/srv/mail/alice/prefs.js", ACCOUNT.replace("mx", "far"))
    desktop.write(HOME + "/unlisted/prefs.js", ACCOUNT)
    desktop.write("/home/bob/.thunderbird/profiles.ini", PROFILES_INI)
    desktop.write("/home/bob/.thunderbird/lab/prefs.js", ACCOUNT.replace("mx", "bob"))
    accounts, gaps = accounts_of(desktop)
    assert sorted((account["user"], account["server"]) for account in accounts) == [
        ("alice", "far.example"),
        ("alice", "mx.example"),
        ("bob", "bob.example"),
    ]
    assert gaps == []


def test_a_profile_that_no_installed_copy_opens_is_not_judged_by_another(desktop):
    snap = "/home/alice/snap/thunderbird/common/.thunderbird"
    desktop.write(snap + "/profiles.ini", PROFILES_INI)
    desktop.write(snap + "/lab/prefs.js", ACCOUNT)
    undecided = {account["config"]: [entry["what"] for entry in account["undecided"]] for account in accounts_of(desktop)[0]}
    assert undecided == {PROFILE + "/prefs.js": [], snap + "/lab/prefs.js": ["TLS library"]}


def test_a_directory_without_profiles_ini_is_not_used(desktop):
    (desktop.root / HOME[1:] / "profiles.ini").unlink()
    assert accounts_of(desktop) == ([], [])


@pytest.mark.parametrize(
    ("home", "program"),
    [
        ("snap/thunderbird/common/.thunderbird", "/snap/thunderbird/current/usr/lib/thunderbird"),
        (
            ".var/app/org.mozilla.Thunderbird/.thunderbird",
            "/var/lib/flatpak/app/org.mozilla.Thunderbird/current/active/files/lib/thunderbird",
        ),
    ],
    ids=["snap", "flatpak"],
)
def test_a_sandboxed_program_has_profiles_and_policies_of_its_own(home, program, desktop):
    desktop.write(f"/home/alice/{home}/profiles.ini", PROFILES_INI)
    desktop.write(f"/home/alice/{home}/lab/prefs.js", ACCOUNT.replace("mx", "box"))
    desktop.write(f"/home/alice/{home}/lab/compatibility.ini", "[Compatibility]\nLastPlatformDir=/app/lib/thunderbird\n")
    desktop.write(program + "/application.ini", application_ini("140.0"))
    desktop.write(program + "/distribution/policies.json", '{"policies": {"SSLVersionMax": "tls1.1"}}')
    host = desktop.host()
    evidence = thunderbird.read(host)
    assert sorted(install["version"] for install in evidence["installs"]) == ["140.0", "153.7.0"]
    assert {account["server"]: "SSLVersionMax" in values(account) for account in evidence["accounts"]} == {
        "mx.example": False,
        "box.example": True,
    }
    assert host.gaps == []


@pytest.mark.parametrize(
    "directory",
    ["/usr/lib64/thunderbird", "/usr/lib/thunderbird-24.8.1", "/opt/thunderbird", "/usr/local/lib/thunderbird", "/srv/apps/tb"],
)
def test_where_copies_are_found(directory, tree):
    tree.write(directory + "/application.ini", application_ini("24.8.1"))
    tree.write(directory + "/thunderbird", "a program")
    tree.link("/usr/bin/thunderbird", directory + "/thunderbird")
    (install,) = thunderbird.read(tree.host())["installs"]
    assert install == {"program": directory + "/thunderbird", "version": "24.8.1", "package": None, "stacks": []}


def test_a_copy_in_a_home_is_found_through_the_profile_that_it_opened(desktop):
    desktop.write("/home/alice/apps/thunderbird/application.ini", application_ini("38.0"))
    desktop.write(PROFILE + "/compatibility.ini", "[Compatibility]\nLastPlatformDir=/home/alice/apps/thunderbird\n")
    assert sorted(install["version"] for install in thunderbird.read(desktop.host())["installs"]) == ["153.7.0", "38.0"]


def test_nss_beside_the_program_comes_first(desktop):
    desktop.write(PROGRAM + "/libssl3.so", "a program")
    (install,) = thunderbird.read(desktop.host())["installs"]
    assert install["stacks"] == [PROGRAM + "/libssl3.so"]


def test_nothing_there_is_nothing_found(tree):
    assert [reader.read(tree.host()) for reader in (thunderbird, icedove, betterbird, seamonkey)] == [None] * 4


@pytest.mark.parametrize(
    ("reader", "home"),
    [(icedove, ".icedove"), (seamonkey, ".mozilla/seamonkey"), (betterbird, ".betterbird")],
    ids=["icedove", "seamonkey", "betterbird"],
)
def test_the_relatives_have_profiles_of_their_own(reader, home, tree):
    tree.write(f"/home/alice/{home}/profiles.ini", PROFILES_INI)
    tree.write(f"/home/alice/{home}/lab/prefs.js", ACCOUNT)
    (account,), _gaps = accounts_of(tree, reader)
    assert account["server"] == "mx.example"
    assert accounts_of(tree) == ([], [])


def test_a_profile_belongs_to_the_program_that_opened_it_last(desktop):
    desktop.write("/opt/betterbird/application.ini", application_ini("140.2.0"))
    assert (len(accounts_of(desktop)[0]), len(accounts_of(desktop, betterbird)[0])) == (1, 0)
    desktop.write(PROFILE + "/compatibility.ini", "[Compatibility]\nLastPlatformDir=/opt/betterbird\n")
    assert (len(accounts_of(desktop)[0]), len(accounts_of(desktop, betterbird)[0])) == (0, 1)


def test_icedoves_profiles_that_thunderbird_took_over_are_read_once(desktop):
    (desktop.root / HOME[1:]).rename(desktop.root / "home/alice/.icedove")
    desktop.link(HOME, ".icedove")
    desktop.write(PROFILE + "/compatibility.ini", "[Compatibility]\nLastPlatformDir=/usr/lib/thunderbird\n")
    assert (len(accounts_of(desktop)[0]), len(accounts_of(desktop, icedove)[0])) == (1, 0)


# Secrets and hostile files


class WatchedHost(Host):
    """A Host that notes which files are opened."""

    def __init__(self, root):
        super().__init__(root)
        self.paths = []

    def read(self, path, *arguments, **options):
        self.paths.append(path)
        return super().read(path, *arguments, **options)


def test_secrets_are_neither_opened_nor_kept(desktop):
    secret = "hunter2"
    for name in ("logins.json", "logins.db", "key4.db", "signons.sqlite", "encrypted-openpgp-passphrase.txt"):
        desktop.write(f"{PROFILE}/{name}", secret)
    names = ("userName", "password", "clientid", "oauth2.refreshToken", "name", "directory")
    desktop.write(
        PROFILE + "/prefs.js", ACCOUNT + written({SERVER + name: secret for name in names}) + f'user_pref("{SERVER}password" "{secret}");'
    )
    autoconfig(desktop, f'lockPref("{SERVER}password", "{secret}");\nif (x) lockPref("{MAXIMUM}", "{secret}");')
    desktop.write(PROGRAM + "/distribution/policies.json", json.dumps({"policies": {"Proxy": {"Password": secret}}}))
    host = WatchedHost(str(desktop.root))
    evidence = thunderbird.read(host)
    assert len(evidence["accounts"]) == 1
    assert secret not in json.dumps([evidence, host.gaps])
    assert {path.rpartition("/")[2] for path in host.paths if path.startswith(PROFILE)} == {"prefs.js", "user.js", "compatibility.ini"}


def test_what_a_hostile_user_writes_is_bounded(desktop):
    servers = {f"mail.server.s{number}.type": "imap" for number in range(2000)}
    ciphers = {f"security.ssl3.c{number}": False for number in range(2000)}
    desktop.write(PROFILE + "/prefs.js", written({**servers, **ciphers}))
    desktop.write(HOME + "/profiles.ini", PROFILES_INI + "".join(f"[Profile{number}]\nIsRelative=1\nPath=p\n" for number in range(2000)))
    accounts, gaps = accounts_of(desktop)
    assert len(accounts) <= base.MAX_ACCOUNTS
    assert all(len(account["settings"]) <= 200 for account in accounts)
    assert {gap["affects"] for gap in gaps} == {"client:thunderbird"}


PIECES = [
    ACCOUNT,
    PROFILES_INI,
    application_ini("153"),
    f'user_pref("{PORT}", 99999);',
    f'user_pref("{SERVER}hostname", ":::");',
    f'pref("general.config.filename", "lab.cfg");lockPref("{SERVER}type", x);',
    '{"policies": {"Preferences": {"mail.server.default.port": ',
    "}}}",
    "[Compatibility]\nLastPlatformDir=",
    "\n",
]
FILES = [
    PROGRAM + "/application.ini",
    PROGRAM + "/defaults/pref/a.js",
    PROGRAM + "/lab.cfg",
    PROGRAM + "/distribution/policies.json",
    HOME + "/profiles.ini",
    PROFILE + "/compatibility.ini",
    PROFILE + "/prefs.js",
    PROFILE + "/user.js",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(FILES), st.lists(st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"]))).map("".join)
    )
)
def test_any_content_is_read(desktop, contents):
    for path, content in contents.items():
        desktop.write(path, content)
    accounts, gaps = accounts_of(desktop)
    assert all(account["protocol"] in ("imap", "pop3", None) for account in accounts)
    assert all(gap["what"] and gap["why"] for gap in gaps)


@pytest.mark.parametrize(
    "option", ["-profile /srv/mail", "--profile /srv/mail", "--headless -profile=/srv/mail", "-profile ../../srv/mail"]
)
def test_a_profile_that_a_command_names(option, desktop):
    desktop.write("/srv/mail/prefs.js", ACCOUNT.replace("mx", "far"))
    desktop.write("/var/spool/cron/crontabs/alice", f"@reboot thunderbird {option} -P work\n")
    assert sorted(account["server"] for account in accounts_of(desktop)[0]) == ["far.example", "mx.example"]


def test_a_profile_that_only_a_running_command_knows_is_a_gap(desktop):
    desktop.write("/var/spool/cron/crontabs/alice", '@reboot thunderbird -profile "$(cat x)"\n')
    assert [gap["affects"] for gap in accounts_of(desktop)[1]] == ["client:thunderbird"]
