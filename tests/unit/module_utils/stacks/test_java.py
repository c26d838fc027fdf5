"""Java: its homes and versions, java.security and what comes on top of it, and that its answer is what a program in it sends."""

from __future__ import annotations

import base64
import pathlib
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import foreign_libraries
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils import java_settings, system_settings
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask_runtime
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import java, java_probe

ALL = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
CLIENT = """
import java.security.cert.X509Certificate; import javax.net.ssl.*;
public class Client {
    public static void main(String[] arguments) throws Exception {
        ((SSLSocket) SSLSocketFactory.getDefault().createSocket("127.0.0.1", Integer.parseInt(arguments[0]))).startHandshake();
    }
}
"""


def asked(interpreter: str, **environment: str) -> list[dict[str, Any]]:
    return ask_runtime.facts(Host(), java, interpreter, environment)["hellos"]


@pytest.fixture(scope="module")
def installed() -> str:
    path = shutil.which("java")
    if path is None:
        pytest.skip("needs java (Debian package openjdk-17-jre-headless)")
    return str(pathlib.Path(path).resolve())


@pytest.fixture(scope="module", params=["11.0.5", "17.0.2", "25.0.2"])
def jdk(request: pytest.FixtureRequest) -> tuple[str, str]:
    try:
        return request.param, str(foreign_libraries.java(request.param))
    except foreign_libraries.Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.requires_program("javac", package="openjdk-17-jdk-headless")
def test_the_class_is_made_of_the_source_beside_this_test(tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(__file__).with_name("Probe.java")
    compiler = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True).stdout
    if int(compiler.split()[1].partition(".")[0]) != 17:
        pytest.skip("needs the javac of Java 17: others lay out the same class in another way")
    subprocess.run(["javac", "--release", "7", "-g:none", "-Xlint:-options", "-d", str(tmp_path), str(source)], check=True)
    assert (tmp_path / "Probe.class").read_bytes() == base64.b64decode(java_probe.CLASS)


@pytest.mark.requires_program("javac", package="openjdk-17-jdk-headless")
def test_its_answer_is_what_a_program_in_it_sends(installed: str, sent_by: Callable[..., dict[str, Any]], tmp_path: pathlib.Path) -> None:
    (tmp_path / "Client.java").write_text(CLIENT)
    system, bare = asked(installed)
    sent = sent_by([installed, str(tmp_path / "Client.java"), "{port}"])
    assert (system["error"], system["versions"], system["ciphers"]) == (None, sent["versions"], sent["ciphers"])
    assert set(bare["versions"]) >= set(system["versions"])


def test_releases_as_they_are_shipped(jdk: tuple[str, str]) -> None:
    version, interpreter = jdk
    system, _bare = asked(interpreter)
    assert java.version(Host(), interpreter) == version
    assert system["error"] is None
    # Java 11.0.5 is from before TLS 1.0 and 1.1 were disabled.
    assert system["versions"] == (ALL if version == "11.0.5" else ALL[2:])
    assert {"C030", "009D"} & set(system["ciphers"])


def test_the_programs_options_act_on_it(installed: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "overlay"
    file.write_text("jdk.tls.disabledAlgorithms=TLSv1.3, TLSv1.1\n")
    assert asked(installed, JAVA_TOOL_OPTIONS="-Djdk.tls.client.protocols=TLSv1.2")[0]["versions"] == ["TLSv1.2"]
    assert asked(installed, JAVA_TOOL_OPTIONS=f"-Djava.security.properties={file}")[0]["versions"][-1] == "TLSv1.2"
    nothing = asked(installed, JAVA_TOOL_OPTIONS="-Djdk.tls.client.protocols=TLSv1")[0]
    assert (nothing["versions"], "No appropriate protocol" in nothing["error"]) == ([], True)


@pytest.mark.parametrize(
    ("interpreter", "release", "version"),
    [
        ("/usr/lib/jvm/java-17/bin/java", "/usr/lib/jvm/java-17/release", "17.0.15"),
        ("/usr/lib/jvm/java-8/jre/bin/java", "/usr/lib/jvm/java-8/release", "1.8.0_292"),
        ("/opt/jre7/bin/java", "/opt/jre7/release", "1.7.0_80"),
        ("/opt/jre/bin/java", "/opt/other/release", None),
    ],
)
def test_versions(tree: Any, interpreter: str, release: str, version: str | None) -> None:
    tree.write(interpreter, "")
    tree.write(release, f'IMPLEMENTOR="X"\nJAVA_VERSION="{version or 9}"\n')
    assert java.version(tree.host(), interpreter) == (java.normal_version(version) if version else None)


def test_old_versions_compare_as_new_ones() -> None:
    assert [java.normal_version(text) for text in ("1.8.0_292", "1.7.0", "11.0.5", "25")] == ["8.0.292", "7.0", "11.0.5", "25"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ("/opt/jre/conf/security/java.security", 2, "TLSv1.3, TLSv1")),
        ("-Djava.security.properties=/etc/over", ("/etc/over", 1, "TLSv1.2")),
        ("-Djava.security.properties=file:/etc/over", ("/etc/over", 1, "TLSv1.2")),
        ("-Djava.security.properties=/etc/empty", ("/opt/jre/conf/security/java.security", 2, "TLSv1.3, TLSv1")),
        ("-Djava.security.properties==/etc/empty", None),
        ("-Djava.security.properties=/etc/including", ("/etc/over", 1, "TLSv1.2")),
    ],
)
def test_what_counts_of_java_security(tree: Any, options: str, expected: tuple[str, int, str] | None) -> None:
    config = "/opt/jre/conf/security/java.security"
    tree.write("/opt/jre/bin/java", "")
    tree.write(config, "security.overridePropertiesFile=true\njdk.tls.disabledAlgorithms=TLSv1.3, \\\n   TLSv1\n")
    tree.write("/etc/over", "jdk.tls.disabledAlgorithms=TLSv1.2\n")
    tree.write("/etc/empty", "ssl.x=1\n")
    tree.write("/etc/including", "include over\ninclude including\n")
    host = tree.host()
    host.stacks.of_interpreter("/opt/jre/bin/java", {"JAVA_TOOL_OPTIONS": options + " -Dsecret=hunter2"})
    host.stacks.ask()
    [stack] = [stack for stack in host.stacks.all() if bool(stack["environment"]) == bool(options)]
    found = [
        (item["file"], item["line"], item["value"])
        for item in system_settings.read(host)
        if item["stack"] == "java" and item["config"] == stack["config"]
    ]
    assert found == ([expected] if expected else [])
    assert "hunter2" not in str(host.stacks.all())


def test_an_overlay_that_java_security_forbids_does_not_count(tree: Any) -> None:
    tree.write("/j", "security.overridePropertiesFile=false\njdk.tls.disabledAlgorithms=TLSv1\n")
    tree.write("/o", "jdk.tls.disabledAlgorithms=TLSv1.2\n")
    assert [found[3] for found in java_settings.read(tree.host(), "/j -Djava.security.properties=/o")] == ["TLSv1"]


def test_a_secret_in_an_option_of_every_session_stays_on_the_host(tree: Any) -> None:
    tree.write("/etc/environment", 'JAVA_TOOL_OPTIONS="-Djavax.net.ssl.keyStorePassword=hunter2 -Djdk.tls.client.protocols=TLSv1.2"\n')
    found = system_settings.read(tree.host())
    assert [item["value"] for item in found if item["stack"] == "environment"] == ["-Djdk.tls.client.protocols=TLSv1.2"]


@given(st.text())
def test_no_option_reaches_java_that_could_run_code(text: str) -> None:
    kept = java.environment({"JAVA_TOOL_OPTIONS": text, "CLASSPATH": text})
    assert all(word.startswith(("-Djdk.tls.client.", "-Djava.security.properties=")) for value in kept.values() for word in value.split())
