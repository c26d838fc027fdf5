"""Programs for Java and .NET that bring a library for mail are there, and nobody knows what they connect to."""

from __future__ import annotations

import zipfile

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.clients import dotnet_program, java_program

TABLE = "/var/spool/cron/crontabs/alice"
SECRET = "hunter2"
# command: the file that shows the use, or None
JAVA = {
    f"java -Dpassword={SECRET} -jar /opt/app/app.jar {SECRET}": "/opt/app/lib/jakarta.mail-2.0.1.jar",
    "java -jar /opt/whole.jar": "/opt/whole.jar",
    "java -cp /opt/a.jar:/opt/whole.jar org.example.Main": "/opt/whole.jar",
    "java -cp '/opt/app/lib/*' Main": "/opt/app/lib/jakarta.mail-2.0.1.jar",
    "CLASSPATH=/opt/whole.jar java Main": "/opt/whole.jar",
    "/usr/bin/java /opt/Fetch.java": "/opt/Fetch.java",
    "java -jar /opt/a.jar": None,
    "java -version": None,
}
DOTNET = {
    f"dotnet /opt/fetch/Fetch.dll --password {SECRET}": "/opt/fetch/MailKit.dll",
    "mono --debug /opt/fetch/Fetch.exe": "/opt/fetch/MailKit.dll",
    "/opt/fetch/Fetch": "/opt/fetch/MailKit.dll",
    "cd /opt/fetch && ./Fetch": "/opt/fetch/MailKit.dll",
    "dotnet /opt/other/Other.dll": None,
    "/opt/fetch/tool": None,
}


@pytest.fixture
def programs(tree):
    """A tree with such programs."""
    for path, name in {"/opt/a.jar": "A.class", "/opt/whole.jar": "javax/mail/Store.class", "/opt/app/app.jar": "A.class"}.items():
        target = tree.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(name, "x")
    with zipfile.ZipFile(tree.root / "opt/mail.jar", "w") as archive:
        archive.writestr("jakarta/mail/Store.class", "x")
    tree.write("/opt/app/lib/jakarta.mail-2.0.1.jar", (tree.root / "opt/mail.jar").read_bytes())
    tree.write("/opt/Fetch.java", "import jakarta.mail.Session;\n")
    for path in ("/opt/fetch/MailKit.dll", "/opt/fetch/Fetch.dll", "/opt/fetch/Fetch", "/opt/fetch/tool", "/opt/other/Other.dll"):
        tree.write(path, "x")
    tree.write("/usr/bin/java", "x")
    return tree


@pytest.mark.parametrize(("reader", "command"), [*((java_program, key) for key in JAVA), *((dotnet_program, key) for key in DOTNET)])
def test_programs(reader, command, programs):
    programs.write(TABLE, f"* * * * * {command}\n")
    evidence = reader.read(programs.host())
    shown = [item["file"] for account in (evidence or {"accounts": []})["accounts"] for item in account["undecided"]]
    expected = {**JAVA, **DOTNET}[command]
    assert shown == ([expected] if expected else [])
    assert SECRET not in repr(evidence)


@pytest.mark.parametrize(
    ("reader", "command"), [(java_program, "/usr/bin/java -jar /opt/whole.jar"), (dotnet_program, "/usr/bin/dotnet /opt/fetch/Fetch.dll")]
)
def test_a_program_of_a_unit(reader, command, programs):
    programs.write("/etc/systemd/system/fetch.service", f"[Service]\nUser=alice\nExecStart={command}\n")
    evidence = reader.read(programs.host())
    assert [(account["user"], account["enabled"]) for account in evidence["accounts"]] == [("alice", False)]
