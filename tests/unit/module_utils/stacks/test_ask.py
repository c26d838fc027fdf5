"""What libraries answer, held against what programs that use the same library really send."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Put = Callable[..., dict[str, Any]]
SentBy = Callable[..., dict[str, Any]]

S_CLIENT = ["openssl", "s_client", "-connect", "127.0.0.1:{port}", "-servername", "outlook.office365.com"]
GNUTLS_CLI = ["gnutls-cli", "--insecure", "--sni-hostname=outlook.office365.com", "--port={port}", "127.0.0.1"]
ALL = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]


@pytest.fixture
def openssl_settings(tmp_path: Path) -> Callable[..., str]:
    """The path of an openssl.cnf with those commands for every connection."""

    def write(**commands: str) -> str:
        lines = ["openssl_conf = start", "[start]", "ssl_conf = libraries", "[libraries]", "system_default = every", "[every]"]
        path = tmp_path / "openssl.cnf"
        path.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in commands.items()), ""]))
        return str(path)

    return write


def agree(answer: dict[str, Any], sent: dict[str, Any]) -> bool:
    """Whether the answer is what was sent; both are shown when not."""
    assert answer["error"] is None
    assert {key: answer[key] for key in ("legacy_version", "versions", "ciphers")} == {
        key: sent[key] for key in ("legacy_version", "versions", "ciphers")
    }
    return sent["server_name"]


@pytest.mark.requires_program("openssl")
class TestOpenssl:
    def test_it_tells_about_itself(self, put: Put, libssl: Path) -> None:
        told = subprocess.run(["openssl", "version", "-a"], stdout=subprocess.PIPE, text=True, check=True).stdout
        answer = put("openssl", libssl)
        assert f"library: {answer['library_version']})" in told.replace("Library", "library")
        assert f'OPENSSLDIR: "{answer["directory"]}"' in told
        assert answer["build"] in told

    def test_without_settings(self, put: Put, sent_by: SentBy, libssl: Path) -> None:
        answer = put("openssl", libssl, env={"OPENSSL_CONF": ""})
        assert agree(answer, sent_by(S_CLIENT, OPENSSL_CONF=""))
        assert answer["versions"] == ALL

    def test_under_this_machines_settings(self, put: Put, sent_by: SentBy, libssl: Path) -> None:
        assert agree(put("openssl", libssl), sent_by(S_CLIENT))

    def test_capped_by_the_system(self, put: Put, sent_by: SentBy, libssl: Path, openssl_settings: Callable[..., str]) -> None:
        settings = openssl_settings(MaxProtocol="TLSv1.1", CipherString="AES256-SHA:ECDHE-RSA-AES128-SHA")
        answer = put("openssl", libssl, env={"OPENSSL_CONF": settings})
        assert agree(answer, sent_by(S_CLIENT, OPENSSL_CONF=settings))
        assert (answer["versions"], answer["ciphers"]) == (["TLSv1.1"], ["0035", "C013"])

    def test_the_system_leaves_no_version(self, put: Put, libssl: Path, openssl_settings: Callable[..., str]) -> None:
        settings = openssl_settings(MinProtocol="TLSv1.3", MaxProtocol="TLSv1.2")
        answer = put("openssl", libssl, env={"OPENSSL_CONF": settings})
        assert "no protocols available" in answer["error"]
        assert (answer["hello"], answer["versions"], answer["ciphers"]) == (None, [], [])

    def test_bare_leaves_the_settings_unread(self, put: Put, libssl: Path, openssl_settings: Callable[..., str]) -> None:
        """Here they are given by a variable, to stand for a file whose path is compiled in."""
        settings = openssl_settings(MaxProtocol="TLSv1.1")
        assert put("openssl", libssl, case="bare", env={"OPENSSL_CONF": settings})["versions"] == ALL

    def test_a_variable_of_ours_is_not_the_librarys(
        self, put: Put, libssl: Path, openssl_settings: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENSSL_CONF", openssl_settings(MaxProtocol="TLSv1.1"))
        assert put("openssl", libssl)["versions"] == ALL

    @pytest.mark.parametrize(
        ("asked", "options"),
        [
            ({"max": "TLSv1.1"}, ["-tls1_1", "-min_protocol", "None"]),
            ({"min": "TLSv1.2"}, ["-min_protocol", "TLSv1.2"]),
            ({"min": "TLSv1.1", "max": "TLSv1.2"}, ["-min_protocol", "TLSv1.1", "-max_protocol", "TLSv1.2"]),
            ({"cipher_list": "AES256-SHA"}, ["-cipher", "AES256-SHA"]),
        ],
        ids=str,
    )
    def test_set_by_the_program(self, put: Put, sent_by: SentBy, libssl: Path, asked: dict[str, str], options: list[str]) -> None:
        no_settings = {"OPENSSL_CONF": ""}
        assert agree(put("openssl", libssl, env=no_settings, **asked), sent_by([*S_CLIENT, *options], **no_settings))

    def test_the_program_overrides_the_system(self, put: Put, sent_by: SentBy, libssl: Path, openssl_settings: Callable[..., str]) -> None:
        settings = openssl_settings(MaxProtocol="TLSv1.1")
        answer = put("openssl", libssl, env={"OPENSSL_CONF": settings}, max="TLSv1.3")
        assert agree(answer, sent_by([*S_CLIENT, "-max_protocol", "TLSv1.3"], OPENSSL_CONF=settings))
        assert answer["versions"] == ALL

    def test_without_a_server_name(self, put: Put, sent_by: SentBy, libssl: Path) -> None:
        sent = sent_by([*S_CLIENT[:-2], "-noservername"])
        assert not agree(put("openssl", libssl, server_name=None), sent)

    def test_a_cipher_list_that_it_refuses(self, put: Put, libssl: Path) -> None:
        assert "no cipher match" in put("openssl", libssl, cipher_list="NONSENSE")["error"]


class TestOldOpenssl:
    """Generations that the system no longer has. There is no program for them here: the figures are their manual's."""

    @pytest.mark.parametrize(("version", "newest"), [("1.0.2n", "TLSv1.2"), ("1.1.0f", "TLSv1.2"), ("1.1.1g", "TLSv1.3")])
    def test_it_answers(self, put: Put, old_openssl: Callable[[str], Path], version: str, newest: str) -> None:
        answer = put("openssl", old_openssl(version))
        assert answer["library_version"].split()[:2] == ["OpenSSL", version]
        assert (answer["error"], answer["versions"][-1]) == (None, newest)
        assert "C030" in answer["ciphers"]
        assert answer["build"].startswith("compiler: ")
        assert answer["directory"].startswith("/")

    @pytest.mark.parametrize("version", ["1.0.2n", "1.1.0f", "1.1.1g"])
    def test_capped_by_the_program(self, put: Put, old_openssl: Callable[[str], Path], version: str) -> None:
        answer = put("openssl", old_openssl(version), max="TLSv1.1")
        assert (answer["versions"][-1], answer["legacy_version"]) == ("TLSv1.1", "TLSv1.1")
        assert not {"C030", "C02F"} & set(answer["ciphers"])

    @pytest.mark.parametrize("version", ["1.0.2n", "1.1.0f"])
    def test_a_version_that_it_does_not_know(self, put: Put, old_openssl: Callable[[str], Path], version: str) -> None:
        answer = put("openssl", old_openssl(version), min="TLSv1.3")
        assert answer["hello"] is None
        assert "TLSv1.3" in answer["error"]

    @pytest.mark.parametrize("version", ["1.0.2n", "1.1.1g"])
    def test_a_range_without_a_version(self, put: Put, old_openssl: Callable[[str], Path], version: str) -> None:
        answer = put("openssl", old_openssl(version), min="TLSv1.2", max="TLSv1.1")
        assert answer["hello"] is None
        assert answer["error"]

    @pytest.mark.parametrize(("version", "obeys"), [("1.0.2n", False), ("1.1.0f", False), ("1.1.1g", True)])
    def test_libssl_reads_settings_by_itself_since_1_1_1(
        self, put: Put, old_openssl: Callable[[str], Path], openssl_settings: Callable[..., str], version: str, obeys: bool
    ) -> None:
        """OPENSSL_init_ssl(3) and OPENSSL_config(3) of each version."""
        answer = put("openssl", old_openssl(version), env={"OPENSSL_CONF": openssl_settings(MaxProtocol="TLSv1.1")})
        assert (answer["versions"][-1] == "TLSv1.1") == obeys


@pytest.mark.requires_program("gnutls-cli", package="gnutls-bin")
class TestGnutls:
    def test_it_tells_its_version(self, put: Put, libgnutls: Path) -> None:
        told = subprocess.run(["gnutls-cli", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert put("gnutls", libgnutls)["library_version"] in told.splitlines()[0]

    def test_by_default(self, put: Put, sent_by: SentBy, libgnutls: Path) -> None:
        answer = put("gnutls", libgnutls)
        assert agree(answer, sent_by(GNUTLS_CLI))
        assert answer["versions"][-1] == "TLSv1.3"

    @pytest.mark.parametrize("priority", ["NORMAL:-VERS-ALL:+VERS-TLS1.0", "SECURE256", "NORMAL:-VERS-TLS1.3:-AES-256-GCM"])
    def test_with_a_priority_string(self, put: Put, sent_by: SentBy, libgnutls: Path, priority: str) -> None:
        answer = put("gnutls", libgnutls, case="priority", priority=priority)
        assert agree(answer, sent_by([*GNUTLS_CLI, f"--priority={priority}"]))
        assert answer["priority"] == priority

    def test_versions_that_the_system_disables_stay_so_whatever_the_program_says(
        self, put: Put, sent_by: SentBy, libgnutls: Path, tmp_path: Path
    ) -> None:
        settings = tmp_path / "config"
        settings.write_text("[overrides]\ndisabled-version = tls1.2\ndisabled-version = tls1.3\n")
        environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(settings)}
        answer = put("gnutls", libgnutls, env=environment)
        assert agree(answer, sent_by(GNUTLS_CLI, **environment))
        assert answer["versions"] == ["TLSv1.1"]  # a hello without supported_versions tells the highest alone
        insisting = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.0"
        answer = put("gnutls", libgnutls, env=environment, case="priority", priority=insisting)
        assert agree(answer, sent_by([*GNUTLS_CLI, f"--priority={insisting}"], **environment))
        assert answer["versions"] == ["TLSv1"]

    def test_default_string_of_the_system(self, put: Put, sent_by: SentBy, libgnutls: Path, tmp_path: Path) -> None:
        settings = tmp_path / "config"
        settings.write_text("[overrides]\ndefault-priority-string = NORMAL:-VERS-ALL:+VERS-TLS1.1\n")
        environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(settings)}
        assert put("gnutls", libgnutls, env=environment)["versions"] == ["TLSv1.1"]
        ignored = put("gnutls", libgnutls, env=environment, case="priority", priority="NORMAL")
        assert agree(ignored, sent_by([*GNUTLS_CLI, "--priority=NORMAL"], **environment))
        assert ignored["versions"] == ALL
        raised = put("gnutls", libgnutls, env=environment, min="TLSv1.2")
        assert raised["versions"] == ["TLSv1.2", "TLSv1.3"]

    def test_versions_set_by_the_program_leave_the_rest_of_that_string(
        self, put: Put, sent_by: SentBy, libgnutls: Path, tmp_path: Path
    ) -> None:
        """gnutls_set_default_priority_append; not in GnuTLS before 3.6.3, which is not to be had here."""
        settings = tmp_path / "config"
        settings.write_text("[overrides]\ndefault-priority-string = NORMAL:-AES-128-GCM\n")
        environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": str(settings)}
        answer = put("gnutls", libgnutls, env=environment, max="TLSv1.2")
        assert agree(answer, sent_by([*GNUTLS_CLI, "--priority=NORMAL:-AES-128-GCM:-VERS-TLS1.3"], **environment))
        assert "C02F" not in answer["ciphers"]

    def test_bare(self, put: Put, sent_by: SentBy, libgnutls: Path) -> None:
        environment = {"GNUTLS_SYSTEM_PRIORITY_FILE": "/dev/null"}
        assert agree(put("gnutls", libgnutls, case="bare", env=environment), sent_by(GNUTLS_CLI, **environment))

    @pytest.mark.parametrize(
        ("asked", "priority"),
        [
            ({"max": "TLSv1.1"}, "NORMAL:-VERS-TLS1.3:-VERS-TLS1.2"),
            ({"min": "TLSv1.2"}, "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"),
            ({"min": "TLSv1.1", "max": "TLSv1.2"}, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1"),
        ],
        ids=str,
    )
    def test_set_by_the_program(self, put: Put, sent_by: SentBy, libgnutls: Path, asked: dict[str, str], priority: str) -> None:
        assert agree(put("gnutls", libgnutls, **asked), sent_by([*GNUTLS_CLI, f"--priority={priority}"]))

    def test_no_version_is_left(self, put: Put, libgnutls: Path) -> None:
        answer = put("gnutls", libgnutls, case="priority", priority="NORMAL:-VERS-ALL")
        assert answer["hello"] is None
        assert answer["error"]

    def test_a_priority_string_that_it_refuses(self, put: Put, libgnutls: Path) -> None:
        assert put("gnutls", libgnutls, case="priority", priority="NONSENSE")["error"] == "The request is invalid."


NSS_RANGES: list[dict[str, str]] = [
    {},
    {"min": "TLSv1"},
    {"min": "TLSv1", "max": "TLSv1.1"},
    {"max": "TLSv1.2"},
    {"min": "TLSv1.3"},
]


class TestNss:
    @pytest.fixture
    def client(self, tmp_path: Path) -> list[str]:
        """A program that connects to a port with NSS over an ordinary socket: nss_client PORT LOWEST HIGHEST."""
        if shutil.which("gcc") is None or shutil.which("pkg-config") is None:
            pytest.skip("needs gcc and pkg-config (Debian packages of those names)")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "nss"], stdout=subprocess.PIPE, text=True, check=False)
        if flags.returncode:
            pytest.skip("needs NSS's headers (Debian package libnss3-dev)")
        program = tmp_path / "nss_client"
        source = Path(__file__).with_name("nss_client.c")
        subprocess.run(["gcc", "-o", program, source, *flags.stdout.split()], check=True)
        return [str(program), "{port}"]

    @pytest.mark.parametrize("asked", NSS_RANGES, ids=str)
    def test_as_sent_by_a_program(self, put: Put, sent_by: SentBy, libnss: Path, client: list[str], asked: dict[str, str]) -> None:
        answer = put("nss", libnss, **asked)
        assert agree(answer, sent_by([*client, asked.get("min", ""), asked.get("max", "")]))
        assert answer["library_version"].startswith("3.")
        assert answer["supported_range"][1] == "TLSv1.3"

    def test_default_range_is_what_it_offers(self, put: Put, libnss: Path) -> None:
        answer = put("nss", libnss)
        assert [answer["versions"][0], answer["versions"][-1]] == answer["default_range"]

    def test_bare(self, put: Put, libnss: Path) -> None:
        assert put("nss", libnss, case="bare", env={"NSS_IGNORE_SYSTEM_POLICY": "1"})["error"] is None

    def test_a_range_without_a_version(self, put: Put, libnss: Path) -> None:
        assert put("nss", libnss, min="TLSv1.3", max="TLSv1.2")["error"] == ("SSL_VersionRangeSetDefault: SSL_ERROR_INVALID_VERSION_RANGE")

    def test_thunderbirds_own_copy(self, put: Put, thunderbird_nss: Path, system_library: Callable[..., Path]) -> None:
        nspr = [str(system_library(f"lib{name}4.so", "libnspr4")) for name in ("nspr", "plc", "plds")]
        own = [str(thunderbird_nss.with_name(name)) for name in ("libnssutil3.so", "libnss3.so")]
        answer = put("nss", thunderbird_nss, preload=nspr + own)
        assert (answer["error"], answer["versions"]) == (None, ["TLSv1.2", "TLSv1.3"])
        assert {"1301", "C02F"} <= set(answer["ciphers"])
        assert put("nss", thunderbird_nss, min="TLSv1", max="TLSv1.1", preload=nspr + own)["versions"] == ["TLSv1.1"]
