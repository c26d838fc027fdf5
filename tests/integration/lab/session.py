"""The lab of one test run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, TypeVar

from . import inventory, servers
from .bootstrap import KEYRING
from .certificates import CertificateAuthority
from .container import Container, File
from .host import Host, User
from .namespaces import checked
from .network import Network

# Program: the Debian package that brings it.
PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "arch-test": "arch-test",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "openssl": "openssl",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
Running = TypeVar("Running", bound=Container)


def missing() -> list[str]:
    """What this machine lacks for a lab, as short reasons; empty when it can have one."""
    if os.geteuid() != 0:
        return ["it needs root"]
    reasons = [f"{program} is missing (Debian package {package})" for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not KEYRING.exists():
        reasons.append("Debian's archive keys are missing (Debian package debian-archive-keyring)")
    if not reasons:
        tried = subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "ip", "link", "add", "type", "bridge"],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode:
            reasons.append(f"the kernel gives no namespaces or bridges: {tried.stderr.strip()}")
    return reasons


class Lab:
    """A network, a certificate authority, a key to log in with, and what runs on the network.

    The mail servers start when they are first asked for.
    """

    def __init__(self, directory: Path) -> None:
        """directory: an empty one of this run, for keys, logs and inventories."""
        self.directory = directory
        self.network = Network(directory)
        self._containers: list[Container] = []
        self.key = directory / "login_key"
        try:
            self.authority = CertificateAuthority(directory)
            checked(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)])
        except BaseException:
            self.stop()
            raise

    @cached_property
    def modern(self) -> servers.MailServer:
        """The service as it will be."""
        return self._keep(servers.modern(self.network, self.directory, self.authority))

    @cached_property
    def legacy(self) -> servers.MailServer:
        """The service as it was."""
        return self._keep(servers.legacy(self.network, self.directory, self.authority))

    def names_before(self) -> dict[str, IPv4Address]:
        """What the service's names lead to before the change: old TLS on all of them."""
        names = (*servers.SERVICE_NAMES, *servers.LEGACY_NAMES, *servers.OTHER_NAMES)
        return dict.fromkeys(names, self.legacy.address)

    def names_after(self) -> dict[str, IPv4Address]:
        """What they lead to after it: TLS 1.2 and later, and the legacy names are gone."""
        return dict.fromkeys((*servers.SERVICE_NAMES, *servers.OTHER_NAMES), self.modern.address)

    def host(
        self,
        name: str,
        image: str = "bookworm",
        *,
        users: Sequence[User | str] = (),
        files: Mapping[str, File | str] | None = None,
        layers: Sequence[Path] = (),
        names: Mapping[str, IPv4Address] | None = None,
    ) -> Host:
        """Start a host; see Host. names: None for those before the change."""
        public = self.key.with_suffix(".pub").read_text()
        return self._keep(
            Host(
                self.network,
                self.directory,
                name,
                image,
                authority=self.authority,
                login_key=public,
                names=self.names_before() if names is None else names,
                users=users,
                files=files,
                layers=layers,
            )
        )

    def inventory(
        self,
        name: str,
        hosts: Iterable[Host],
        *,
        unreachable: Mapping[str, IPv4Address] | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write an inventory in a directory of that name; see inventory.write."""
        return inventory.write(self.directory / name, self.key, hosts, unreachable=unreachable, variables=variables)

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of this machine where it reaches the hosts; see Network.run."""
        return self.network.run(argv, cwd=cwd, env=env, timeout=timeout)

    def stop(self) -> None:
        """End all that runs in the lab."""
        for container in self._containers:
            container.stop()
        self.network.stop()

    def _keep(self, container: Running) -> Running:
        self._containers.append(container)
        return container
