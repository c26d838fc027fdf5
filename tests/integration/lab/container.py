"""One root file system, running: an image's layers under a fresh upper layer in memory.

Every look from outside goes through programs that run inside (tar, cat): a symbolic link of the
container must never lead to a file of the machine.
"""

from __future__ import annotations

import io
import posixpath
import shlex
import subprocess
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import bootstrap
from .errors import LabError
from .namespaces import LAST, PATH, Namespaces
from .network import Network

# Run with the machine's programs, from the new mount namespace; ends in the container's root.
_SCRIPT = (
    """
hostname {name}
mkdir -p {work}
mount -t tmpfs -o mode=0755 lab {work}
cd {work}
mkdir upper work root
mount -t overlay lab -o lowerdir={lower},upperdir=upper,workdir=work root
cd root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=0755,nosuid,nodev run run
mount -t tmpfs -o mode=0755 dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/pts
mkdir -m 1777 dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mkdir -m 0755 run/lock run/sshd
pivot_root . .
umount -l .
cd /
"""
    + LAST
)


@dataclass(frozen=True)
class File:
    """A file, directory, symbolic link or FIFO to be placed in a container.

    mode: permission bits; None for 0644 (files), 0755 (directories). owner: a user of the container.
    mtime: seconds since the epoch; None for now.
    """

    content: str | bytes = b""
    owner: str = "root"
    mode: int | None = None
    mtime: float | None = None
    kind: bytes = tarfile.REGTYPE

    @classmethod
    def directory(cls, owner: str = "root", mode: int = 0o755) -> File:
        return cls(owner=owner, mode=mode, kind=tarfile.DIRTYPE)

    @classmethod
    def link(cls, target: str, owner: str = "root") -> File:
        return cls(target, owner=owner, mode=0o777, kind=tarfile.SYMTYPE)

    @classmethod
    def fifo(cls, owner: str = "root", mode: int = 0o600) -> File:
        return cls(owner=owner, mode=mode, kind=tarfile.FIFOTYPE)


class Container:
    """An image running in namespaces of its own, with an address on the lab's network."""

    def __init__(self, network: Network, directory: Path, name: str, image: str, layers: Sequence[Path] = ()) -> None:
        """Start it. Nothing runs inside but its first process.

        directory: of this lab run, for mount points and logs. layers: further lower directories,
        the topmost first, above those of the image.
        """
        self.name = name
        self.image = bootstrap.ensure(image)
        self.log = directory / f"{name}.log"
        lower = ":".join(map(str, [*layers, *self.image.layers]))
        script = _SCRIPT.format(name=shlex.quote(name), lower=shlex.quote(lower), work=shlex.quote(str(directory / f"{name}.mount")))
        self.namespaces = Namespaces(script, log=self.log)
        try:
            self.address = network.new_address()
            network.connect(self.namespaces, self.address)
        except BaseException:
            self.stop()
            raise

    @property
    def homes(self) -> dict[str, str]:
        """Home directory by user, as the container's passwd has it."""
        lines = self.read("/etc/passwd").splitlines()
        return {fields[0]: fields[5] for fields in (line.split(":") for line in lines)}

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        env: Mapping[str, str] | None = None,
        stdin: str | bytes = b"",
        timeout: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as a user, in the user's home, with an environment as of a fresh login.

        env: what to add to it. timeout: seconds; exit code 124 when it is over.
        """
        home = "/root" if user == "root" else self.homes[user]
        variables = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": home, "USER": user, "LOGNAME": user, **(env or {})}
        identity = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        given = stdin.encode() if isinstance(stdin, str) else stdin
        return self.namespaces.run([*identity, "env", f"--chdir={home}", *argv], env=variables, stdin=given, timeout=timeout)

    def start(self, argv: Sequence[str], *, user: str, output: str, env: Mapping[str, str] | None = None) -> int:
        """Start a program that stays, as `run` does; returns the number of its process group.

        output: path inside, for what it writes.
        """
        background = f'setsid "$@" >{shlex.quote(output)} 2>&1 </dev/null & echo $!'
        return int(self.run(["sh", "-c", background, "sh", *argv], user=user, env=env).stdout)

    def end(self, group: int, *, timeout: float = 10.0) -> None:
        """Ask a process group to end, and kill it when it has not after `timeout` seconds."""
        self.do(f"""
            kill -s TERM -- -{group} || exit 0
            for try in $(seq {timeout * 20:.0f}); do sleep 0.05; kill -s 0 -- -{group} 2>/dev/null || exit 0; done
            kill -s KILL -- -{group} || :
        """)

    def do(self, script: str, *, stdin: str | bytes = b"", timeout: float = 60.0) -> str:
        """Run a shell script as root and return what it wrote; LabError when it fails."""
        done = self.run(["sh", "-ec", script], stdin=stdin, timeout=timeout)
        if done.returncode:
            raise LabError(f"{self.name}: {script!r} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def read(self, path: str) -> str:
        """The text of a file inside."""
        return self.do(f"cat {shlex.quote(path)}")

    def write(self, path: str, text: str) -> None:
        """Write an existing file's new content in place, without a change of owner or mode."""
        self.do(f"cat > {shlex.quote(path)}", stdin=text)

    def put(self, files: Mapping[str, File | str]) -> None:
        """Place files; a plain text is a file of root's with mode 0644.

        Directories that are missing above a file in its owner's home become the owner's.
        """
        archive = io.BytesIO()
        homes = self.homes
        made: set[str] = set()
        with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, given in files.items():
                file = given if isinstance(given, File) else File(given)
                for parent in _parents_in_home(path, homes.get(file.owner)):
                    if parent not in made:
                        made.add(parent)
                        _add(tar, parent, File.directory(file.owner))
                _add(tar, path, file)
        self.do("tar --extract --no-overwrite-dir --same-permissions --same-owner --directory=/", stdin=archive.getvalue())

    def stop(self) -> None:
        """End all that runs inside; its files are gone with it."""
        self.namespaces.stop()


def _parents_in_home(path: str, home: str | None) -> list[str]:
    parents: list[str] = []
    if home and path.startswith(home.rstrip("/") + "/"):
        parent = posixpath.dirname(path)
        while parent != home.rstrip("/"):
            parents.insert(0, parent)
            parent = posixpath.dirname(parent)
    return parents


def _add(tar: tarfile.TarFile, path: str, file: File) -> None:
    content = file.content.encode() if isinstance(file.content, str) else file.content
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type = file.kind
    entry.uname = entry.gname = file.owner
    entry.mtime = time.time() if file.mtime is None else file.mtime
    entry.mode = file.mode if file.mode is not None else 0o644
    if file.kind == tarfile.SYMTYPE:
        entry.linkname, content = content.decode(), b""
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
