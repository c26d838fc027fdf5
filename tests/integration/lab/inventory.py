"""An Ansible inventory of the lab's hosts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from .host import Host


def write(
    directory: Path,
    key: Path,
    hosts: Iterable[Host],
    *,
    unreachable: Mapping[str, IPv4Address] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Path:
    """Write an inventory and its known_hosts; return the inventory's path.

    key: the private key for logging in. unreachable: further hosts, by name, with addresses where
    none answers. variables: for all hosts. JSON is YAML, so Ansible's yaml plugin reads it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    known = directory / "known_hosts"
    machines = list(hosts)
    known.write_text("".join(f"{host.address} {host.host_key}\n" for host in machines))
    addresses = {host.name: host.address for host in machines} | dict(unreachable or {})
    inventory = directory / "inventory.yml"
    inventory.write_text(
        json.dumps(
            {
                "all": {
                    "hosts": {name: {"ansible_host": str(address)} for name, address in addresses.items()},
                    "vars": {
                        "ansible_user": "root",
                        "ansible_ssh_private_key_file": str(key),
                        # -F: what the machine's user has in ~/.ssh must not matter.
                        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={known} "
                        "-o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
                        # Other labs have the same addresses, and connections are shared by address.
                        "ansible_control_path_dir": str(directory / "cp"),
                        "ansible_python_interpreter": "/usr/bin/python3",
                        **(variables or {}),
                    },
                }
            },
            indent=2,
        )
        + "\n"
    )
    return inventory
