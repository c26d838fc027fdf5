"""The configuration of GnuTLS means to us what it means to GnuTLS: each case is also put to this machine's own library."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import gnutls_config
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask

VERSIONS = {"tls1.0": "TLSv1", "tls1.1": "TLSv1.1", "tls1.2": "TLSv1.2", "tls1.3": "TLSv1.3"}
OFF = "disabled-version = tls1.1\n"
OVERRIDES = "[overrides]\n"
ALLOWED = """secure-hash = sha256
secure-sig = rsa-sha256
enabled-curve = secp256r1
enabled-version = tls1.2
tls-enabled-cipher = aes-128-gcm
tls-enabled-mac = aead
tls-enabled-group = secp256r1
tls-enabled-kx = ecdhe-rsa
"""

CASES = {
    "nothing": "",
    "one version off": OVERRIDES + OFF,
    "in any case": "[OverRides]\nDisabled-Version = TLS1.1\n",
    "repeated keys add up": OVERRIDES + OFF + "disabled-version = tls1.0\n",
    "a section continued": OVERRIDES + OFF + "[priorities]\n" + OVERRIDES + "disabled-version = tls1.0\n",
    "no lists of values": OVERRIDES + "disabled-version = tls1.2, tls1.3\n",
    "unknown keys and values are passed over": OVERRIDES + "nonsense = 1\ndisabled-version = nonsense\n" + OFF + "more = 1\n",
    "an unknown section": "[nonsense]\n" + OFF,
    "not without section": OFF,
    "not in another section": "[global]\n" + OFF + "[priorities]\n" + OFF,
    "spaces in the name of a section count": "[ overrides ]\n" + OFF,
    "text behind a section": "[overrides] nonsense\n" + OFF,
    "a line without sign": OVERRIDES + OFF + "nonsense\n",
    "a section without end": OVERRIDES + OFF + "[priorities\n",
    "a colon": OVERRIDES + "disabled-version : tls1.1\n",
    "comments": "# a\n; b\n" + OVERRIDES + "#disabled-version = tls1.2\n;disabled-version = tls1.2\n" + OFF,
    "comments behind a value": OVERRIDES + "disabled-version = tls1.1 ; a\ndisabled-version = tls1.0\t# b\n",
    "no comment without a space before it": OVERRIDES + "disabled-version = tls1.3#a\n",
    "no quotes": OVERRIDES + 'disabled-version = "tls1.3"\n',
    "a space in a value": OVERRIDES + "disabled-version = tls 1.3\n",
    "an empty value": OVERRIDES + "disabled-version =\n",
    "an empty key": OVERRIDES + OFF + "= nonsense\n",
    "indented lines are more values": OVERRIDES + OFF + "# a\n\n  tls1.0\n",
    "an indented line is no key": OVERRIDES + OFF + "  disabled-version = tls1.0\n",
    "a first line that is indented is one": OVERRIDES + "  " + OFF,
    "carriage returns": (OVERRIDES + OFF).replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + OVERRIDES + OFF,
    "the blocking mode by name": "[global]\noverride-mode = blocklist\n" + OVERRIDES + OFF + "enabled-version = tls1.3\n",
    "an unknown mode": "[global]\noverride-mode = nonsense\n" + OVERRIDES + OFF,
    "the allowing mode": "[global]\noverride-mode = AllowList\n" + OVERRIDES + ALLOWED + "disabled-version = tls1.2\n",
    "the allowing mode, said last": OVERRIDES + ALLOWED + "[global]\noverride-mode = allowlist\n",
    "the last mode counts": "[global]\noverride-mode = allowlist\noverride-mode = blocklist\n" + OVERRIDES + OFF,
    "the allowing mode and nothing allowed": "[global]\noverride-mode = allowlist\n" + OVERRIDES + "enabled-version = tls1.2\n",
    "all off": OVERRIDES + "".join(f"disabled-version = {version}\n" for version in VERSIONS),
    "a default string": OVERRIDES + "default-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.2\n",
    "an old version and the newest": OVERRIDES + "disabled-version = tls1.2\n",
    "the newest alone": OVERRIDES + "".join(f"disabled-version = tls1.{minor}\n" for minor in range(3)),
    "the last default string": OVERRIDES
    + "default-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.1\ndefault-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.2\n",
    "a default string by its first name": "A = NORMAL:-VERS-ALL:+VERS-TLS1.2\n[priorities]\nA = NORMAL\n"
    + OVERRIDES
    + "default-priority-string = @A\n",
    "the longest line": OVERRIDES + "default-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.2".ljust(gnutls_config.MAX_LINE) + "\n" + OFF,
    "too long a line": OVERRIDES + "disabled-version = tls1.3 ;" + "-" * 2100 + "\n",
}


def expected(text: str, library: list[str]) -> list[str]:
    """Manual 8.2 to 8.5: what is on, less what is off; without TLS 1.2, no older version goes together with 1.3 (NEWS of 3.6.5)."""
    try:
        settings = gnutls_config.effective(gnutls_config.parse(text))
    except GrammarError:
        return library
    values = {(setting.section, setting.key): [] for setting in settings}
    for setting in settings:
        values[setting.section, setting.key].append(setting.value)
    on, off = (
        [VERSIONS.get(value.lower()) for value in values.get(("overrides", key), ())] for key in ("enabled-version", "disabled-version")
    )
    left = [version for version in library if version not in off]
    if "allowlist" in [mode.lower() for mode in values.get(("global", "override-mode"), ())]:
        left = [version for version in left if version in on] if ("overrides", "tls-enabled-cipher") in values else []
    for priority in values.get(("overrides", "default-priority-string"), ()):
        meant = values["priorities", priority[1:]][-1] if priority.startswith("@") else priority
        left = [version for version in left if meant.endswith(version.replace("v", ""))]
    if "TLSv1.2" not in left and left[:1] != ["TLSv1.3"]:
        left = [version for version in left if version != "TLSv1.3"]
    return left


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What this machine's GnuTLS offers under each case's configuration: one process asks for all of them."""
    libraries = list(Loader(Host()).libraries(r"libgnutls\.so\.\d+"))
    if not libraries:
        pytest.skip("needs libgnutls (Debian package libgnutls30)")
    directory = tmp_path_factory.mktemp("gnutls")
    questions = []
    for number, (name, text) in enumerate(CASES.items()):
        (directory / str(number)).write_bytes(text.encode())
        environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(directory / str(number))}
        questions.append({"id": name, "kind": "gnutls", "path": libraries[0], "env": environment, "case": "system"})
    return {name: ask.hello_of(answer) for name, answer in ask.ask(questions, timeout=60).items()}


@pytest.mark.parametrize("name", list(CASES))
def test_the_library_offers_what_we_read(told, name):
    wanted = expected(CASES[name], told["nothing"]["versions"])
    if name == "too long a line":
        # GnuTLS takes its rest for a line of nonsense.
        with pytest.raises(GrammarError):
            gnutls_config.parse(CASES[name])
    if wanted:
        # Only a hello with TLS 1.3 lists its versions; any other names the highest alone (RFC 8446, 4.2.1).
        assert (told[name]["error"], told[name]["versions"]) == (None, wanted if "TLSv1.3" in wanted else wanted[-1:])
    else:
        assert told[name]["error"]


def test_the_cases_tell_one_from_another(told):
    assert len({tuple(hello["versions"]) for hello in told.values()}) >= 4


def test_a_setting_tells_where_it_stands():
    found = gnutls_config.parse("SYSTEM = NORMAL\n\n[Overrides]\nDisabled-Version = tls1.3 # no\n   TLS1.2\n[other]\nx = 1\n")
    assert found == [
        ("priorities", "SYSTEM", "NORMAL", 1),
        ("overrides", "disabled-version", "tls1.3", 4),
        ("overrides", "disabled-version", "TLS1.2", 5),
    ]


def test_a_mistake_tells_its_line_and_quotes_nothing():
    with pytest.raises(GrammarError) as caught:
        gnutls_config.parse("[overrides]\n# x\nsecret\n")
    assert caught.value.line == 3
    assert "secret" not in str(caught.value)
