"""The lab's network: a bridge in a network namespace of its own, and the controller beside it.

The machine's network is not touched and has no way into the lab. Programs that must reach the hosts
(Ansible, ssh) run in the bridge's namespaces, which otherwise are the machine as it is: same files,
same users. Because each lab has its own namespaces, all of them use the same addresses.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from .namespaces import LAST, Namespaces, checked

CONTROLLER = IPv4Interface("10.77.0.1/16")
BRIDGE = "lab"
_SCRIPT = f"""
mount -t proc proc /proc
hostname controller
ip -batch - <<'COMMANDS'
link set lo up
link add {BRIDGE} type bridge
addr add {CONTROLLER} dev {BRIDGE}
link set {BRIDGE} up
COMMANDS
{LAST}
"""


class Network:
    """The network of one lab. Every address is free until it is asked for."""

    def __init__(self, directory: Path) -> None:
        self._numbers = itertools.count(10)
        self._lock = threading.Lock()
        self._namespaces = Namespaces(_SCRIPT, log=directory / "network.log")

    def new_address(self) -> IPv4Address:
        """An address that nothing in this lab has yet."""
        with self._lock:
            return CONTROLLER.network[next(self._numbers)]

    def connect(self, namespaces: Namespaces, address: IPv4Address) -> None:
        """Give other namespaces an interface on this network with that address, and loopback."""
        port = f"port{int(address) - int(CONTROLLER.network.network_address)}"
        checked(
            [
                "ip",
                "link",
                "add",
                port,
                "netns",
                str(self._namespaces.pid),
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                str(namespaces.pid),
            ]
        )
        _ip(self._namespaces, f"link set {port} master {BRIDGE} up")
        _ip(
            namespaces,
            "link set lo up",
            "link set eth0 up",
            f"addr add {address}/{CONTROLLER.network.prefixlen} dev eth0",
        )

    def refusing_address(self) -> IPv4Address:
        """An address on which every connection is refused."""
        address = self.new_address()
        _ip(self._namespaces, f"addr add {address}/{CONTROLLER.network.prefixlen} dev {BRIDGE}")
        return address

    def silent_address(self) -> IPv4Address:
        """An address that swallows what is sent to it from the controller."""
        address = self.new_address()
        nobody = "02:00:00:00:00:01"
        _ip(self._namespaces, f"neigh add {address} lladdr {nobody} dev {BRIDGE} nud permanent")
        return address

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of this machine on the controller, with this process's environment.

        env: what to add to the environment. timeout: seconds; exit code 124 when it is over.
        """
        return self._namespaces.run(["env", f"--chdir={cwd or Path.cwd()}", *argv], env={**os.environ, **(env or {})}, timeout=timeout)

    def enter(self) -> list[str]:
        """The beginning of a command line that runs the rest on the controller."""
        return self._namespaces.enter()

    def stop(self) -> None:
        """Remove the network, and end whatever still runs on the controller."""
        self._namespaces.stop()


def _ip(namespaces: Namespaces, *commands: str) -> None:
    checked(["nsenter", f"--target={namespaces.pid}", "--net", "ip", "-batch", "-"], stdin="\n".join(commands) + "\n")
