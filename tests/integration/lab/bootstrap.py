"""Root file systems for the lab, built by mmdebstrap and cached outside of the checkout.

An image is a stack of layers. The lowest is a Debian release; each further one is what mmdebstrap
added to an overlay mounted over those below. A host mounts the same directories as its lower layers.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .errors import LabError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Raise it when a layer's content changes for a reason that images.toml does not show.
LAYER_FORMAT = 1
# What the machine needs to reach its package mirror, and nothing else of its apt configuration.
MIRROR_OPTIONS = re.compile(r"Acquire::(?:http|https|ftp|Retries|ForceIPv[46]|Check-)", re.IGNORECASE)
# Left in a fresh root file system, but no part of an image: each host makes its own.
NOT_IN_AN_IMAGE = (
    "dev/*",
    "run/*",
    "tmp/*",
    "etc/ssh/ssh_host_*",
    "etc/resolv.conf",
    "etc/hostname",
    "etc/apt/apt.conf.d/??mmdebstrap",
    "etc/apt/sources.list.d/*mmdebstrap*",
)


@dataclass(frozen=True)
class Image:
    """One table of images.toml, with the image that it is a layer on."""

    name: str
    suite: str
    packages: tuple[str, ...]
    base: Image | None
    run: str = ""

    @property
    def key(self) -> str:
        """Name of the layer's directory: the image and a digest of all that it was made from."""
        content = [LAYER_FORMAT, self.suite, sorted(self.packages), self.base.key if self.base else None]
        content += [self.run] if self.run else []
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        return f"{self.name}-{digest[:12]}"

    @property
    def directory(self) -> Path:
        """Where the layer is, once it is built."""
        return cache_directory() / self.key

    @property
    def layers(self) -> list[Path]:
        """All layers of the image, the topmost first, as overlayfs takes them."""
        return [self.directory, *(self.base.layers if self.base else [])]

    def file(self, path: str) -> Path | None:
        """The image's version of a regular file, or None when it has none."""
        return next((layer / path.lstrip("/") for layer in self.layers if (layer / path.lstrip("/")).is_file()), None)


def cache_directory() -> Path:
    """The directory of all layers: `$XDG_CACHE_HOME/mailtls-fleet/lab`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mailtls-fleet" / "lab"


@cache
def images() -> dict[str, Image]:
    """The images of images.toml by name."""
    tables = tomllib.loads((Path(__file__).parent / "images.toml").read_text())

    def image(name: str) -> Image:
        table = tables[name]
        base = image(table["base"]) if "base" in table else None
        suite = base.suite if base else table["suite"]
        return Image(name, suite, tuple(table["packages"]), base, table.get("run", ""))

    return {name: image(name) for name in tables}


def ensure(name: str) -> Image:
    """Return the image, built if it is not in the cache yet.

    Raises LabError when there is no such image, or mmdebstrap fails.
    """
    try:
        image = images()[name]
    except KeyError:
        raise LabError(f"no image {name!r} in images.toml; there are {', '.join(images())}") from None
    _ensure_layers(image)
    return image


def _ensure_layers(image: Image) -> None:
    if image.base:
        _ensure_layers(image.base)
    if image.directory.exists():
        return
    cache_directory().mkdir(parents=True, exist_ok=True)
    with _locked(cache_directory() / f"{image.key}.lock"):
        if not image.directory.exists():
            _build(image)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(image: Image) -> None:
    """Build one layer beside its place and rename it when it is whole."""
    for remains in cache_directory().glob(f"{image.key}.build-*"):
        shutil.rmtree(remains)
    work = Path(tempfile.mkdtemp(prefix=f"{image.key}.build-", dir=cache_directory()))
    log = cache_directory() / f"{image.key}.log"
    layer = work / "layer"
    layer.mkdir(mode=0o755)
    with log.open("w") as output:
        # A mount namespace of its own: whatever mmdebstrap and the overlay mounted ends with it.
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _build_script(image, work)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LabError(f"mmdebstrap could not build image {image.name}; the end of {log}:\n{tail}")
    for pattern in NOT_IN_AN_IMAGE:
        for path in layer.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    layer.rename(image.directory)
    shutil.rmtree(work)


def _build_script(image: Image, work: Path) -> str:
    target = work / "layer"
    commands = []
    if image.base:
        target = work / "root"
        lower = ":".join(map(str, image.base.layers))
        commands = [
            ["mkdir", str(target), str(work / "work")],
            [
                "mount",
                "-t",
                "overlay",
                "lab",
                "-o",
                f"lowerdir={lower},upperdir={work / 'layer'},workdir={work / 'work'}",
                str(target),
            ],
        ]
    commands.append(_mmdebstrap(image, target))
    commands.append(["chroot", str(target), "dpkg", "--audit"])
    if image.run:
        commands.append(["mount", "-t", "proc", "proc", str(target / "proc")])
        commands.append(["mount", "--bind", "/dev", str(target / "dev")])
        commands.append(["chroot", str(target), "sh", "-ec", image.run])
        commands.extend(["umount", str(target / place)] for place in ("dev", "proc"))
    return "\n".join(map(shlex.join, commands))


def _mmdebstrap(image: Image, target: Path) -> list[str]:
    variant = ["--variant=custom", "--skip=check/empty"] if image.base else ["--variant=minbase"]
    return [
        "mmdebstrap",
        "--mode=root",
        "--format=directory",
        *variant,
        *(f"--aptopt={option}" for option in _mirror_options()),
        f"--include={','.join(image.packages)}",
        image.suite,
        str(target),
        *_sources(image.suite),
    ]


def _mirror_options() -> list[str]:
    """The machine's own settings for reaching its mirror (proxy, certificates, date checks)."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return [line for line in dump.splitlines() if MIRROR_OPTIONS.match(line) and not line.rstrip(";").endswith('""')]


def _sources(suite: str) -> list[str]:
    """Apt lines for a Debian suite from the mirrors that this machine uses for its own.

    A machine that has no Debian suite among its sources gets no line: mmdebstrap then uses its
    default mirror.
    """
    own = _own_suite()
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    mirrors = {}
    for line in targets.splitlines():
        uri, release, component = line.split()
        if component == "main" and re.fullmatch(rf"{own}(-updates|-security)?", release):
            mirrors[release.removeprefix(own)] = uri
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    return [f"deb {signed}{uri} {suite}{pocket} main" for pocket, uri in sorted(mirrors.items())]


def _own_suite() -> str:
    release = Path("/etc/os-release").read_text()
    found = re.search(r'^VERSION_CODENAME="?(\w+)', release, re.MULTILINE)
    return found[1] if found else "-"
