"""What libraries, Pythons and systems can do wrong while they are asked: each costs its own answer and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.stacks import ask as ask_module
from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.ask import ask, hello_of

Make = Callable[[str], Path]
Put = Callable[..., dict[str, Any]]

needs_gcc = pytest.mark.requires_program("gcc")
PLUGINS = Path(ask_module.__file__).parents[2]
STRANGER = 54321  # a user that no one is

# Ends at the first function that OpenSSL has and this has not, after it has told a "version".
TELLS = "#include <stdio.h>\n#include <unistd.h>\nconst char *SSLeay_version(int what) {{ static char text[200]; {} return text; }}"


def question(path: Path | str, **more: Any) -> dict[str, Any]:
    return {"id": str(path), "kind": "openssl", "path": str(path), **more}


@needs_gcc
class TestLibraries:
    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("__attribute__((constructor)) void begin(void) { *(volatile int *)0 = 1; }", "it crashed with signal 11"),
            ("void abort(void); const char *SSLeay_version(int what) { abort(); }", "it crashed with signal 6"),
            ("int nothing;", "has no function SSLeay_version"),
            ("void missing(void); void call(void) { missing(); } ", "undefined symbol: missing"),
            ("void _exit(int); const char *SSLeay_version(int what) { _exit(0); }", "it ended without an answer"),
        ],
        ids=["crash", "abort", "no TLS library", "undefined symbol", "exit"],
    )
    def test_broken_one_costs_only_its_own_answer(self, libssl: Path, make_library: Make, source: str, told: str) -> None:
        broken = make_library(source)
        answers = ask([question(libssl), question(broken), question(libssl, id="again")])
        assert told in answers[str(broken)]["error"]
        assert answers[str(broken)]["hello"] is None
        assert [answers[name]["error"] for name in (str(libssl), "again")] == [None, None]

    def test_missing_dependency_is_named(self, put: Put, make_library: Make, tmp_path: Path) -> None:
        needed = make_library("int needed;")
        path = tmp_path / "libneedy.so"
        command = ["gcc", "-shared", "-o", path, "-Wl,--no-as-needed", f"-L{tmp_path}", f"-l:{needed.name}"]
        subprocess.run(command, check=True)
        beside = put("openssl", path)["error"]
        assert "has no function" in beside  # it was found beside the library
        needed.unlink()
        assert f"{needed.name}: cannot open shared object file" in put("openssl", path)["error"]

    @pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\necho\n" * 100, b"\x7fELF\x02\x01\x01" + b"\xff" * 4000])
    def test_no_library_at_all(self, put: Put, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "libssl.so.3"
        path.write_bytes(content)
        assert put("openssl", path)["error"].startswith(str(path))

    def test_hang_ends_although_signals_are_ignored(self, libssl: Path, make_library: Make) -> None:
        hanging = make_library(
            "#include <signal.h>\n#include <unistd.h>\n"
            "__attribute__((constructor)) void begin(void) { signal(SIGALRM, SIG_IGN); for (;;) pause(); }"
        )
        answers = ask([question(hanging), question(libssl)])
        assert answers[str(hanging)]["error"] == "no answer within 2 seconds"
        assert answers[str(libssl)]["error"] is None

    def test_when_the_whole_time_is_over_what_was_answered_stays(self, libssl: Path, make_library: Make) -> None:
        hanging = make_library("#include <unistd.h>\n__attribute__((constructor)) void begin(void) { for (;;) pause(); }")
        questions = [question(libssl), *(question(hanging, id=number) for number in range(9))]
        answers = ask(questions, timeout=3.0)
        assert answers[str(libssl)]["error"] is None
        assert answers[0]["error"] == "no answer within 2 seconds"
        assert {answers[number]["error"] for number in range(2, 9)} == {"the time for all libraries together was over"}

    def test_nothing_that_it_starts_outlives_the_question(self, put: Put, make_library: Make) -> None:
        starter = make_library(TELLS.format('int child = fork(); if (!child) for (;;) pause(); sprintf(text, "%d", child);'))
        process = int(put("openssl", starter)["library_version"])
        try:
            wait_until(lambda: not runs(process))
        finally:
            if runs(process):
                os.kill(process, signal.SIGKILL)

    def test_it_can_write_neither_to_the_disk_nor_among_the_answers(self, put: Put, make_library: Make, tmp_path: Path) -> None:
        path = tmp_path / "written"
        forger = make_library(
            TELLS.format(
                f'FILE *file = fopen("{path}", "w"); int wrote = fputs("x", file) >= 0 && !fflush(file);'
                'write(1, "0\\0error\\0forged\\0\\n", 16); write(2, "forged\\n", 7); sprintf(text, "%d", wrote);'
            )
        )
        answer = put("openssl", forger)
        assert answer["library_version"] == "0"
        assert path.read_bytes() == b""
        assert "forged" not in answer["error"]

    def test_what_it_tells_is_bounded_and_printable(self, put: Put, make_library: Make) -> None:
        flood = make_library(
            "#include <unistd.h>\nstatic char junk[100000];\n"
            "__attribute__((constructor)) void begin(void) { for (int i = 3; i < 30; i++) write(i, junk, sizeof junk); }"
        )
        assert put("openssl", flood)["error"] == "an answer of more than 65536 bytes"
        colourful = make_library(TELLS.format('sprintf(text, "\\033[31m1.0\\n9\\tline two");'))
        assert put("openssl", colourful)["library_version"] == "[31m1.0 9 line two"

    def test_it_sees_the_variables_of_its_question_alone(self, put: Put, make_library: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        shower = make_library(
            "#include <stdlib.h>\n#include <stdio.h>\n"
            'static const char *of(const char *name) { const char *value = getenv(name); return value ? value : "-"; }\n'
            "const char *SSLeay_version(int what)"
            ' { static char text[200]; sprintf(text, "%s %s %s", of("OURS"), of("ITS"), of("LC_ALL")); return text; }'
        )
        monkeypatch.setenv("OURS", "x")
        monkeypatch.setenv("LC_ALL", "C")
        assert put("openssl", shower, env={"ITS": "y", "LC_ALL": None})["library_version"] == "- y -"

    def test_it_runs_nicely(self, put: Put, make_library: Make) -> None:
        tells = make_library(TELLS.format('sprintf(text, "%d", nice(0));'))
        assert int(put("openssl", tells)["library_version"]) == min(19, os.nice(0) + 10)

    def test_a_python_that_holds_such_a_library_itself_is_not_believed(
        self, put: Put, make_library: Make, libssl: Path, tmp_path: Path
    ) -> None:
        """LD_PRELOAD stands for a Python that is linked with one."""
        inside = make_library("unsigned long ERR_get_error(void) { return 0; }")
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nLD_PRELOAD={inside} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        assert "itself holds a library of kind openssl" in put("openssl", libssl, python=str(python))["error"]


@pytest.mark.requires_root
@needs_gcc
class TestWhoseLibrary:
    """Root runs a library as the user who could change it."""

    @pytest.fixture
    def tmp_path(self, open_directory: Path) -> Path:
        return open_directory

    @pytest.fixture
    def identity(self, make_library: Make) -> Path:
        return make_library(TELLS.format('sprintf(text, "%d %d %d", getuid(), getgid(), getgroups(0, 0));'))

    def test_of_root_as_root(self, put: Put, identity: Path) -> None:
        assert put("openssl", identity)["library_version"] == f"0 {os.getgid()} {len(os.getgroups())}"

    def test_of_a_user_as_that_user_without_a_group_of_ours(self, put: Put, identity: Path) -> None:
        os.chown(identity, STRANGER, 0)
        ours = os.getgroups()
        os.setgroups([*ours, 12])
        try:
            assert put("openssl", identity)["library_version"] == f"{STRANGER} 65534 0"
        finally:
            os.setgroups(ours)

    @pytest.mark.parametrize("of", ["directory", "preload", "settings"])
    def test_so_too_when_the_user_can_change_what_it_loads_or_reads(self, put: Put, tmp_path: Path, identity: Path, of: str) -> None:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        copy = Path(shutil.copy(identity, theirs))
        os.chown(theirs if of == "directory" else copy, STRANGER, 0)
        more = {"preload": {"preload": [str(copy)]}, "settings": {"env": {"OPENSSL_CONF": str(copy)}}}.get(of, {})
        answer = put("openssl", copy if of == "directory" else identity, **more)
        assert answer["library_version"] == f"{STRANGER} 65534 0"

    @pytest.mark.parametrize("of", ["library", "settings"])
    def test_so_too_when_the_users_own_link_leads_to_what_root_alone_can_change(
        self, put: Put, tmp_path: Path, identity: Path, of: str
    ) -> None:
        """It could lead elsewhere by the time that it is followed."""
        link = tmp_path / "link.so"
        link.symlink_to(identity)
        os.chown(link, STRANGER, 0, follow_symlinks=False)
        answer = put("openssl", link) if of == "library" else put("openssl", identity, env={"OPENSSL_CONF": str(link)})
        assert answer["library_version"] == f"{STRANGER} 65534 0"

    @pytest.mark.parametrize("name", ["absent.cnf", "absent/openssl.cnf", "../theirs/absent.cnf"])
    def test_so_too_when_the_user_could_make_a_file_of_settings_that_is_not_there_yet(
        self, put: Put, tmp_path: Path, identity: Path, name: str
    ) -> None:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, STRANGER, 0)
        assert put("openssl", identity, env={"OPENSSL_CONF": str(theirs / name)})["library_version"] == f"{STRANGER} 65534 0"

    @pytest.mark.parametrize("is_there", [True, False])
    def test_so_too_where_the_user_could_put_what_the_library_looks_for(
        self, put: Put, tmp_path: Path, identity: Path, is_there: bool
    ) -> None:
        """A directory of the one who built it, say, that stands in its RPATH."""
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, STRANGER, 0)
        searched = theirs if is_there else theirs / "lib"
        assert put("openssl", identity, searched=[str(searched)])["library_version"] == f"{STRANGER} 65534 0"

    def test_as_nobody_where_anybody_could_put_something_beside_it(self, put: Put, tmp_path: Path, identity: Path) -> None:
        """What a library needs is looked for there, too."""
        tmp_path.chmod(0o1777)
        assert put("openssl", identity)["library_version"] == "65534 65534 0"

    def test_as_the_owner_of_settings_that_lie_where_anybody_could_put_something_beside_them(
        self, put: Put, tmp_path: Path, identity: Path
    ) -> None:
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        file = shared / "openssl.cnf"
        file.touch(0o600)
        os.chown(file, STRANGER, 0)
        assert put("openssl", identity, env={"OPENSSL_CONF": str(file)})["library_version"] == f"{STRANGER} 65534 0"

    def test_not_where_whoever_could_change_them_can_not_read_the_settings(self, put: Put, tmp_path: Path, identity: Path) -> None:
        """The library would pass over them without a word."""
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, STRANGER, 0)
        file = theirs / "openssl.cnf"
        file.touch(0o600)
        answer = put("openssl", identity, env={"OPENSSL_CONF": str(file)})
        assert (answer["library_version"], answer["error"]) == (None, f"not asked: whoever could change what it reads can't read {file}")

    @pytest.mark.parametrize("mode", [0o666, 0o664])
    def test_of_several_as_nobody(self, put: Put, identity: Path, mode: int) -> None:
        os.chown(identity, 0, STRANGER)
        identity.chmod(mode)
        assert put("openssl", identity)["library_version"] == "65534 65534 0"

    def test_a_users_copy_answers_as_well(self, put: Put, tmp_path: Path, libssl: Path) -> None:
        copies = [Path(shutil.copy(libssl.with_name(name), tmp_path)) for name in ("libcrypto.so.3", "libssl.so.3")]
        for copy in copies:
            os.chown(copy, STRANGER, STRANGER)
        answer = put("openssl", copies[1], preload=[str(copies[0])])
        assert (answer["error"], answer["versions"][-1]) == (None, "TLSv1.3")

    def test_without_root_a_strangers_library_is_not_asked(self, tmp_path: Path, identity: Path) -> None:
        os.chown(identity, STRANGER, STRANGER)
        script = (
            "from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.ask import ask\n"
            "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            f"print(ask([dict(id=0, kind='openssl', path={str(identity)!r})])[0]['error'])\n"
        )
        told = run_python(sys.executable, str(importable(tmp_path, as_zip=True)), script)
        assert told.strip() == f"not asked: another user than root can change {identity} or what it reads"


class TestPythons:
    @pytest.mark.parametrize(
        ("python", "told"),
        [
            ("", "does not know its own program"),
            ("/nonexistent/python", "could not be started"),
            ("/bin/true", "ended without an answer"),
            ("/bin/ls", "the Python that was to ask says: "),
        ],
    )
    def test_what_is_no_python_gives_the_reason_as_the_answer(self, put: Put, libssl: Path, python: str, told: str) -> None:
        answer = put("openssl", libssl, python=python)
        assert told in answer["error"]
        assert (answer["hello"], answer["versions"]) == (None, [])

    def test_endless_output_is_cut(self, put: Put, libssl: Path, tmp_path: Path) -> None:
        babbler = tmp_path / "python"
        babbler.write_text("#!/bin/sh\nexec yes\n")
        babbler.chmod(0o755)
        assert put("openssl", libssl, python=str(babbler))["error"] == "the Python that was to ask says: y"

    @pytest.mark.parametrize("as_zip", [False, True], ids=["directory", "zip"])
    @pytest.mark.parametrize("name", [sys.executable, "python3.6", "python3.8", "python3.13"])
    def test_versions_of_python_and_ways_to_import(
        self, libssl: Path, libgnutls: Path, libnss: Path, tmp_path: Path, name: str, as_zip: bool
    ) -> None:
        """Ansible runs a module out of a zip file."""
        python = shutil.which(name)
        if python is None or subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode:
            pytest.skip(f"needs {name}")
        libraries = {"openssl": str(libssl), "gnutls": str(libgnutls), "nss": str(libnss)}
        script = (
            "import hashlib, ssl\n"  # with a libssl in it, as a module has
            "from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.ask import ask, hello_of\n"
            f"answers = ask([dict(id=kind, kind=kind, path=path) for kind, path in {libraries!r}.items()])\n"
            "for kind in sorted(answers): print(kind, answers[kind]['error'], hello_of(answers[kind])['versions'][-1])\n"
        )
        told = run_python(python, str(importable(tmp_path, as_zip)), script)
        assert told.splitlines() == ["gnutls None TLSv1.3", "nss None TLSv1.3", "openssl None TLSv1.3"]

    def test_more_questions_than_fit_into_one_argument(self, libssl: Path) -> None:
        questions = [question("/etc/passwd", id=number, env={"LONG": "x" * 3000}) for number in range(1, 80)]
        answers = ask([question(libssl, id=0), *questions, question(libssl, id=80)])
        assert sorted(answers) == list(range(81))
        assert [number for number in answers if answers[number]["error"] is None] == [0, 80]
        assert {answers[number]["error"] for number in range(1, 80)} == {"/etc/passwd: invalid ELF header"}


def importable(directory: Path, as_zip: bool) -> Path:
    """The collection's part for hosts, in a place that can be imported from."""
    place = directory / ("module.zip" if as_zip else "module")
    files = {path: f"ansible_collections/mailtls/fleet/plugins/{path.relative_to(PLUGINS)}" for path in PLUGINS.rglob("*.py")}
    if as_zip:
        with zipfile.ZipFile(place, "w") as archive:
            # As Ansible does: within a zip file nothing is a package without it.
            for package in {str(parent) for name in files.values() for parent in Path(name).parents[:-1]}:
                archive.writestr(f"{package}/__init__.py", "")
            for path, name in files.items():
                archive.write(path, name)
    else:
        for path, name in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / name)
    return place


def run_python(python: str, path: str, script: str) -> str:
    command = [python, "-c", f"import sys; sys.path.insert(0, {path!r})\n{script}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_gcc
@pytest.mark.parametrize(
    ("told", "seconds", "survivors"),
    [('hasattr(system, "prctl")', 600, 2), ("False", 2, 1)],
    ids=["it is told of its parent's end", "its time ends, where it is told nothing"],
)
def test_no_process_is_left_when_those_above_it_are_killed(
    make_library: Make, tmp_path: Path, told: str, seconds: int, survivors: int
) -> None:
    hanging = make_library("#include <unistd.h>\n__attribute__((constructor)) void begin(void) { for (;;) pause(); }")
    asker = importable(tmp_path, as_zip=False) / "ansible_collections/mailtls/fleet/plugins/module_utils/stacks/asker/main.py"
    text = asker.read_text()
    telling = 'hasattr(system, "prctl")'
    assert telling in text
    asker.write_text(text.replace(telling, told))
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'module')!r})\n"
        "from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.ask import ask\n"
        f"ask([dict(id=0, kind='openssl', path={str(hanging)!r}, seconds={seconds})], timeout=600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd="/")
    try:
        wait_until(lambda: len(processes_naming(str(hanging))) == 3)
        # This program's child, the asker, and the process that it forked.
        for process in in_order(processes_naming(str(hanging)))[1 : 3 - survivors]:
            os.kill(process, signal.SIGKILL)
        parent.kill()
        parent.wait()
        wait_until(lambda: not processes_naming(str(hanging)))
    finally:
        parent.kill()
        parent.wait()
        # Where the test fails, what it was about must not outlive it.
        for process in processes_naming(str(hanging)):
            os.kill(process, signal.SIGKILL)


def test_an_asker_whose_parent_has_gone_already_asks_nothing(libssl: Path) -> None:
    asker = Path(ask_module.__file__).parent / "asker"
    source = "\n".join((asker / f"{name}.py").read_text() for name in ("library", "openssl", "main"))
    questions = [{**ask_module.DEFAULTS, "uid": None, **question(libssl)}]
    answers = {}
    for parent in (os.getpid(), 1):
        done = subprocess.run([sys.executable, "-c", f"{source}\nmain({questions!r}, {parent})"], capture_output=True, check=True)
        answers[parent] = done.stdout
    assert b"hello" in answers[os.getpid()]
    assert answers[1] == b""


def in_order(processes: list[int]) -> list[int]:
    """Processes in the order in which they were started; their numbers may have begun anew in between."""
    stats = {process: Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes}
    return sorted(processes, key=lambda process: (int(stats[process][19]), process))


def processes_naming(text: str) -> list[int]:
    """Processes that have the text among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def runs(process: int) -> bool:
    """Whether there is such a process that is more than an exit code, which nobody may have asked for yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_hello_of_an_answer_that_is_an_alert() -> None:
    answer = {"case": "system", "priority": None, "error": None, "hello": "15030100020246"}
    assert hello_of(answer)["error"] == "the alert protocol_version in place of a ClientHello"
