"""TLS libraries that this machine does not have, out of ordinary packages, kept outside of the checkout.

Nothing of these packages is installed; of the wheels only the libraries are unpacked.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
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


class Unavailable(Exception):
    """The package could not be fetched; the text says why."""


def openssl(version: str) -> Path:
    """The libssl of that version, beside its libcrypto. Raises Unavailable."""
    directory = _kept(f"openssl-{version}", lambda directory: _unpack_wheel(*WHEELS[version], directory))
    return next(directory.glob("libssl*"))


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


def _unpack_wheel(requirement: str, digest: str, directory: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        requirements = Path(work, "requirements.txt")
        requirements.write_text(f"{requirement} --hash=sha256:{digest}\n")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *WHEELS_FOR]
        _run([*pip, "--require-hashes", "--requirement", str(requirements), "--dest", work], work)
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as wheel:
            for name in wheel.namelist():
                if "libs/lib" in name:
                    (directory / Path(name).name).write_bytes(wheel.read(name))


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
