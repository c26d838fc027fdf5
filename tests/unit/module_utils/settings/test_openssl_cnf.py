"""openssl.cnf means to us what it means to OpenSSL: each case is also put to this machine's own library, by the hello that it writes."""

from __future__ import annotations

import contextlib
import pathlib
import re

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import openssl_cnf, openssl_ssl_conf
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.openssl_cnf_lines import ConfigError
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask
from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS

CHAIN = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
CAP = "MaxProtocol = TLSv1.1\n"
FLOOR = "MinProtocol = TLSv1.1\n"

# What is in the main file, and in files beside it; DIR stands for their directory.
CASES = {
    "nothing": ("", {}),
    "cap": (CHAIN + CAP, {}),
    "floor": (CHAIN + FLOOR, {}),
    "the chain need not begin first": ("[c]\n" + CAP + "[b]\nsystem_default=c\n[a]\nssl_conf=b\n[default]\nopenssl_conf=a\n", {}),
    "a chain that ends": ("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = nowhere\n[c]\n" + CAP, {}),
    "a chain under usual names that nothing leads to": ("[system_default_sect]\n" + CAP, {}),
    "names of commands in any case": (CHAIN + "maxPROTOCOL = TLSv1.1\n", {}),
    "values in their own case alone": (CHAIN + "MaxProtocol = tlsv1.1\n", {}),
    "no names of the command line": (CHAIN + "max_protocol = TLSv1.1\n-no_tls1_2 =\nno_tls1_3 =\n", {}),
    "TLS, then DTLS under one name": (CHAIN + "MinProtocol = TLSv1.1\nMinProtocol = DTLSv1.2\n", {}),
    "DTLS, then TLS under one name": (CHAIN + "MinProtocol = DTLSv1.2\nMinProtocol = TLSv1.1\n", {}),
    "TLS and DTLS under two names": (CHAIN + "TLS.MinProtocol = TLSv1.1\nDTLS.MinProtocol = DTLSv1.2\n", {}),
    "one prefix": (CHAIN + ".MaxProtocol = TLSv1.1\n", {}),
    "two prefixes": (CHAIN + "a.b.MaxProtocol = TLSv1.1\n", {}),
    "a repeated name stands last": (CHAIN + "A.MaxProtocol = TLSv1.1\nB.MaxProtocol = TLSv1.2\nA.MaxProtocol = TLSv1\n", {}),
    "a section continued": (CHAIN + CAP + "[x]\ny = 1\n[c]\n" + FLOOR, {}),
    "a link of the chain replaced": (CHAIN + CAP + "[b]\nsystem_default = d\n[d]\n" + FLOOR, {}),
    "a value for another section": (CHAIN + FLOOR + "[z]\nc::MaxProtocol = TLSv1.2\n", {}),
    "None takes a bound back": (CHAIN + CAP + "X.MaxProtocol = None\n", {}),
    "a bad value is passed over": (CHAIN + CAP + "X.MaxProtocol = TLSv9\nY.MaxProtocol =\nNonsense = 1\n", {}),
    "protocols off": (CHAIN + "Protocol = ALL, -TLSv1.3 , -TLSv1\n", {}),
    "protocols off, in any case": (CHAIN + "Protocol = -tlsv1.3\n", {}),
    "one protocol alone": (CHAIN + "Protocol = -ALL,TLSv1.2\n", {}),
    "a protocol named stays one of all": (CHAIN + "Protocol = TLSv1\n", {}),
    "a hole": (CHAIN + "Protocol = -TLSv1.1\n", {}),
    "protocols add up": (CHAIN + "Protocol = -TLSv1\nX.Protocol = -TLSv1.3\n", {}),
    "a bad protocol ends its list": (CHAIN + "Protocol = -TLSv1,-nonsense,-TLSv1.3\n", {}),
    "no protocol is left": (CHAIN + "MinProtocol = TLSv1.3\nMaxProtocol = TLSv1.1\n", {}),
    "a module with a suffix": (CHAIN.replace("\nssl_conf", "\nssl_conf.1") + CAP, {}),
    "a module with two suffixes": (CHAIN.replace("\nssl_conf", "\nssl_conf.1.2") + CAP, {}),
    "a module by its beginning": (CHAIN.replace("\nssl_conf", "\nss") + CAP, {}),
    "a beginning that another module has": (CHAIN.replace("\nssl_conf", "\ns") + CAP, {}),
    "an unknown module before": (CHAIN.replace("\nssl_conf", "\nnonsense = 1\nssl_conf") + CAP, {}),
    "an unknown module behind": (CHAIN.replace("\n[b]", "\nnonsense = 1\n[b]") + CAP, {}),
    "the last of two modules": (
        CHAIN.replace("\n[b]", "\nssl_conf.2 = b2\n[b]") + CAP + "[b2]\nsystem_default = d\n[d]\nMinProtocol = TLSv1.1\n",
        {},
    ),
    "a second module that leads nowhere": (CHAIN.replace("\n[b]", "\nssl_conf.2 = nowhere\n[b]") + CAP, {}),
    "another name that leads nowhere": (CHAIN.replace("\n[c]", "\nserver = nowhere\n[c]") + CAP, {}),
    "another name that leads to an empty section": (CHAIN.replace("\n[c]", "\nserver = empty\n[empty]\n[c]") + CAP, {}),
    "a line without sign": (CHAIN + CAP + "nonsense\n", {}),
    "a comment behind a value": (CHAIN + "MaxProtocol = TLSv1.1   # no more\n", {}),
    "no semicolon begins a comment": (CHAIN + "; old\n" + CAP, {}),
    "a comment that is continued": (CHAIN + "# old \\\n" + CAP, {}),
    "a sign of comment in quotes": (CHAIN + "x = 'a # b'\n" + CAP, {}),
    "quotes": (CHAIN + "MaxProtocol = TLS\"v1\"'.1'``\n", {}),
    "a quote without end": (CHAIN + "x = 'a # b\n" + CAP, {}),
    "an escape": (CHAIN + "MaxProtocol = TLSv1\\.1\n", {}),
    "a continued line": (CHAIN + "MaxProtocol = TLS\\\nv1.1\n", {}),
    "a backslash at the end that is one": (CHAIN + "x = a\\\\\n" + CAP, {}),
    "carriage returns": ((CHAIN + CAP).replace("\n", "\r\n"), {}),
    "a byte order mark": ("\ufeff" + CHAIN + CAP, {}),
    "tabulators": (CHAIN + "\tMaxProtocol\t=\tTLSv1.1\t\n", {}),
    "no line feed at the end": ((CHAIN + CAP).strip(), {}),
    "spaces in the name of a section": ("openssl_conf = a\n[ a ]\nssl_conf = b c\n[  b c ] text\nsystem_default = d\n[d]\n" + CAP, {}),
    "a section without end": (CHAIN + CAP + "[x\n", {}),
    "variables": ("v = TLSv1\n[z]\nw = .1\n[default]\n" + CHAIN + "MaxProtocol = ${v}$(z::w)\n", {}),
    "a variable ends at a point": ("v = TLSv1\n" + CHAIN + "MaxProtocol = $v.1\n", {}),
    "a variable of the section": (CHAIN + "v = TLSv1.1\nMaxProtocol = $v\n", {}),
    "a variable of no section is of the default one": ("v = TLSv1.1\n" + CHAIN + "MaxProtocol = $z::v\n", {}),
    "no variable in quotes": ("v = TLSv1.1\n" + CHAIN + "MaxProtocol = '$v'\n", {}),
    "an unknown variable": (CHAIN + CAP + "x = $v\n", {}),
    "a variable without end": ("v = 1\n" + CHAIN + CAP + "x = ${v\n", {}),
    "an endless value": ("v = " + "a" * 40000 + "\n" + CHAIN + CAP + "x = $v$v\n", {}),
    "a section of variables called ENV": ("[ENV]\nv = TLSv1.1\n[default]\n" + CHAIN + "MaxProtocol = $ENV::v\n", {}),
    "dollars in names": (".pragma dollarid:on\n" + CHAIN + "a$b = TLSv1.1\nx = $nothing\nMaxProtocol = ${a$b}\n", {}),
    "dollars in names without the pragma": (CHAIN + CAP + "a$b = 1\n", {}),
    "an unknown pragma": (".pragma = what:ever\n" + CHAIN + CAP, {}),
    "a pragma without value": (".pragma abspath\n" + CHAIN + CAP, {}),
    "a pragma neither on nor off": (".pragma abspath:maybe\n" + CHAIN + CAP, {}),
    "only absolute paths": (".pragma abspath:true\n" + CHAIN + CAP + ".include x\n", {}),
    "an included file": (CHAIN + ".include DIR/x\n", {"x": CAP}),
    "an included file with sign": (CHAIN + ".include = DIR/x\n", {"x": CAP}),
    "a directive that only begins so": (CHAIN + ".includes = DIR/x\n", {"x": CAP}),
    "an included file by variable": ("d = DIR\n" + CHAIN + ".include ${d}/x\n", {"x": CAP}),
    "an included file that is absent": (CHAIN + ".include = DIR/x\n" + CAP, {}),
    "a file relative to a pragma's directory": (".pragma = includedir:DIR\n" + CHAIN + ".include = x\n", {"x": CAP}),
    "a section begun in an included file": (CHAIN.replace("[b]", ".include DIR/x") + CAP, {"x": "[b]\n"}),
    "included three deep": (CHAIN + ".include DIR/x\n" + FLOOR, {"x": ".include DIR/y\n", "y": ".include DIR/z\n", "z": CAP}),
    "a directory": (CHAIN + ".include DIR/d\n", {"d/x.cnf": CAP, "d/y.txt": FLOOR, "d/.conf": FLOOR, "d/.z.CONF": "Protocol = -TLSv1\n"}),
    "two directories": (CHAIN + ".include DIR/d\n.include DIR/e\n", {"d/x.cnf": CAP, "e/x.conf": FLOOR}),
    "a directory in a directory": (CHAIN + ".include DIR/d\n", {"d/x.cnf": ".include DIR/e\n" + FLOOR, "e/x.cnf": CAP}),
    "a directory in a file": (CHAIN + ".include DIR/d/x.cnf\n", {"d/x.cnf": ".include DIR/e\n" + FLOOR, "e/x.cnf": CAP}),
    "a file in a directory": (CHAIN + ".include DIR/d\n", {"d/x.cnf": ".include DIR/e/x.cnf\n" + FLOOR, "e/x.cnf": CAP}),
}


def write(directory: pathlib.Path, text: str, files: dict[str, str]) -> pathlib.Path:
    for name, content in {"openssl.cnf": text, **files}.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content.replace("DIR", str(directory)).encode())
    return directory / "openssl.cnf"


def parse(path: pathlib.Path, **arguments) -> openssl_cnf.Document:
    def include(name: str):
        found = pathlib.Path(name)
        if found.is_dir():
            return sorted(entry.name for entry in found.iterdir())
        return found.read_bytes().decode() if found.is_file() else None

    return openssl_cnf.parse(path.read_bytes().decode(), str(path), include, **arguments)


def commands(path: pathlib.Path) -> list[tuple[str, str]]:
    """Like OpenSSL, which runs without a configuration when it can't read it."""
    try:
        return [(command.key, command.value) for command in openssl_ssl_conf.commands(parse(path))]
    except ConfigError:
        return []


def expected(found: list[tuple[str, str]], library: list[str]) -> list[str]:
    """SSL_CONF_cmd(3), then only what follows the lowest without a hole."""
    low, high, off = PROTOCOLS[0], PROTOCOLS[-1], set()
    for key, value in found:
        if key == "MinProtocol" and value in (*PROTOCOLS, "None"):
            low = PROTOCOLS[0] if value == "None" else value
        elif key == "MaxProtocol" and value in (*PROTOCOLS, "None"):
            high = PROTOCOLS[-1] if value == "None" else value
        elif key == "Protocol":
            for word in value.split(","):
                sign, name = re.fullmatch(r"\s*([+-]?)(\S*)\s*", word.lower()).groups()
                names = {protocol for protocol in PROTOCOLS if name in ("all", protocol.lower())}
                if not names:
                    break
                off = off | names if sign == "-" else off - names
    between = PROTOCOLS[PROTOCOLS.index(low) : PROTOCOLS.index(high) + 1]
    left = [protocol for protocol in library if protocol in between and protocol not in off]
    unbroken = PROTOCOLS[PROTOCOLS.index(left[0]) :] if left else []
    return [protocol for protocol, following in zip(left, unbroken, strict=False) if protocol == following]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What this machine's OpenSSL offers under each case's configuration: one process asks for all of them."""
    libraries = list(Loader(Host()).libraries(r"libssl\.so\.[\d.]+"))
    if not libraries:
        pytest.skip("needs a libssl")
    paths = {name: write(tmp_path_factory.mktemp("case"), *case) for name, case in CASES.items()}
    questions = [
        {"id": name, "kind": "openssl", "path": libraries[0], "env": {"OPENSSL_CONF": str(path)}, "case": "system"}
        for name, path in paths.items()
    ]
    answers = {name: ask.hello_of(answer) for name, answer in ask.ask(questions, timeout=60).items()}
    return paths, answers


@pytest.mark.parametrize("name", list(CASES))
def test_the_library_offers_what_we_read(told, name):
    paths, answers = told
    library, hello = answers["nothing"]["versions"], answers[name]
    wanted = expected(commands(paths[name]), library)
    if wanted:
        # Only a hello with TLS 1.3 lists its versions; any other names the highest alone (RFC 8446, 4.2.1).
        assert (hello["error"], hello["versions"]) == (None, wanted if "TLSv1.3" in wanted else wanted[-1:])
    else:
        assert hello["error"]


def test_the_cases_tell_one_from_another(told):
    offers = {tuple(hello["versions"]) for hello in told[1].values()}
    assert len(offers) == 6


def test_a_command_tells_where_it_stands(tmp_path):
    path = write(tmp_path, "# first\n" + CHAIN + ".include DIR/x\nCipherString = \\\n  DEFAULT\\\n  @SECLEVEL=2\n", {"x": "\n\n" + CAP})
    found = [(command.key, command.file, command.line, command.section) for command in openssl_ssl_conf.commands(parse(path))]
    assert found == [("MaxProtocol", str(tmp_path / "x"), 3, "c"), ("CipherString", str(path), 11, "c")]


def test_a_mistake_tells_its_file_and_line_and_quotes_nothing(tmp_path):
    path = write(tmp_path, CHAIN + ".include DIR/x\n", {"x": "\nsecret\n"})
    with pytest.raises(ConfigError) as caught:
        parse(path)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "x"), 2)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        CHAIN + "MaxProtocol = $ENV::CAP\n",
        "v = $ENV::CAP\n" + CHAIN + "MaxProtocol = ${v}\n",
        CHAIN.replace("= c", "= $ENV::SECTION") + CAP,
        "openssl_conf = $ENV::WHICH\n[default]\nWHICH = a\n" + CHAIN.replace("openssl_conf = a\n", "") + CAP,
    ],
)
def test_what_the_environment_of_a_program_decides_is_a_doubt(tmp_path, text):
    document = parse(write(tmp_path, text, {}))
    assert openssl_ssl_conf.doubts(document)


def test_an_environment_variable_elsewhere_is_no_doubt(tmp_path):
    document = parse(write(tmp_path, "HOME = .\nRANDFILE = $ENV::HOME/.rnd\n" + CHAIN + CAP, {}))
    assert openssl_ssl_conf.doubts(document) == []
    assert [command.value for command in openssl_ssl_conf.commands(document)] == ["TLSv1.1"]


def test_a_relative_include_is_a_doubt_unless_a_directory_is_given(tmp_path):
    path = write(tmp_path, CHAIN + ".include x\n", {"x": CAP})
    assert [(file, line) for file, line, _why in openssl_ssl_conf.doubts(parse(path))] == [(str(path), 7)]
    document = parse(path, include_directory=str(tmp_path))
    assert openssl_ssl_conf.doubts(document) == []
    assert len(openssl_ssl_conf.commands(document)) == 1


def test_two_files_of_a_directory_that_set_the_same_are_a_doubt(tmp_path):
    path = write(tmp_path, CHAIN + ".include DIR/d\n", {"d/a.cnf": "[c]\n" + CAP, "d/b.cnf": "[c]\n" + FLOOR + "MaxProtocol = TLSv1.2\n"})
    document = parse(path)
    assert [line for _file, line, _why in openssl_ssl_conf.doubts(document)] == [3]


def test_files_that_include_each_other_end_in_an_error(tmp_path):
    with pytest.raises(ConfigError, match="deep"):
        parse(write(tmp_path, CHAIN + ".include DIR/openssl.cnf\n", {}))


def test_hostile_lines_take_no_longer_than_their_length():
    for text in ("[" + "a " * 50000, "x = " + "'\\" * 50000, "\\" * 100000, "x = " + '"' * 100001, ("a" * 100 + "\\\n") * 5000):
        with contextlib.suppress(ConfigError):
            openssl_cnf.parse(text, "/openssl.cnf", lambda path: None)
