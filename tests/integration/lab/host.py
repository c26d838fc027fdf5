"""A host of the lab's fleet: users, their files, an SSH server, and the names that it resolves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from . import snapshot
from .certificates import CertificateAuthority
from .container import Container, File
from .network import Network

FIRST_UID = 1000
# A pid file shows that the server listens. PAM would want a session manager that is not there.
_START_SSHD = """
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
/usr/sbin/sshd -E /var/log/sshd.log -o UseDNS=no -o UsePAM=no -o HostKey=/etc/ssh/ssh_host_ed25519_key
until [ -e /run/sshd.pid ]; do sleep 0.01; done
cat /etc/ssh/ssh_host_ed25519_key.pub
"""


@dataclass(frozen=True)
class User:
    """A user of a host.

    home: None for /home/NAME. administrator: may log in by SSH with the lab's key, and use sudo
    without a password.
    """

    name: str
    home: str | None = None
    home_mode: int = 0o700
    shell: str = "/bin/bash"
    administrator: bool = False


class Host(Container):
    """A container that the controller reaches by SSH, as root with the lab's key."""

    def __init__(
        self,
        network: Network,
        directory: Path,
        name: str,
        image: str,
        *,
        authority: CertificateAuthority,
        login_key: str,
        names: Mapping[str, IPv4Address],
        users: Sequence[User | str] = (),
        files: Mapping[str, File | str] | None = None,
        layers: Sequence[Path] = (),
    ) -> None:
        """Start it; when this returns, its SSH server listens.

        login_key: the public key that root and administrators accept. names: what the host resolves
        beside its own name; all other names fail at once. files: placed after the users are made.
        """
        super().__init__(network, directory, name, image, layers)
        try:
            self.put(
                {
                    "/etc/resolv.conf": "",
                    "/etc/hostname": f"{name}\n",
                    "/etc/hosts": self._hosts_file(names),
                    "/root/.ssh/authorized_keys": File(login_key, mode=0o600),
                    **authority.trust(self.image),
                }
            )
            self._login_key = login_key
            self.add_users(users)
            self.put(files or {})
            self.host_key = self.do(_START_SSHD).strip()
        except BaseException:
            self.stop()
            raise

    def resolve(self, names: Mapping[str, IPv4Address]) -> None:
        """From now on the host resolves these names and its own, and no other."""
        self.write("/etc/hosts", self._hosts_file(names))

    def _hosts_file(self, names: Mapping[str, IPv4Address]) -> str:
        lines = ["127.0.0.1 localhost", f"127.0.1.1 {self.name}"]
        return "\n".join([*lines, *(f"{address} {name}" for name, address in names.items())]) + "\n"

    def add_users(self, users: Sequence[User | str]) -> None:
        """Make users and their homes, the way useradd would, but many at once."""
        new = [User(user) if isinstance(user, str) else user for user in users]
        if not new:
            return
        accounts, groups, shadow = (self.read(f"/etc/{name}") for name in ("passwd", "group", "shadow"))
        taken = [int(line.split(":")[2]) for line in accounts.splitlines()]
        first = max([FIRST_UID - 1, *(uid for uid in taken if uid < 60000)]) + 1
        files: dict[str, File | str] = {}
        for uid, user in enumerate(new, first):
            home = user.home or f"/home/{user.name}"
            accounts += f"{user.name}:x:{uid}:{uid}::{home}:{user.shell}\n"
            groups += f"{user.name}:x:{uid}:\n"
            shadow += f"{user.name}:*:20000:0:99999:7:::\n"
            files[home] = File.directory(user.name, user.home_mode)
            if user.administrator:
                files[f"{home}/.ssh/authorized_keys"] = File(self._login_key, user.name, 0o600)
                files[f"/etc/sudoers.d/{user.name}"] = File(f"{user.name} ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
        self.do("cat > /etc/passwd", stdin=accounts)
        self.do("cat > /etc/group", stdin=groups)
        self.do("cat > /etc/shadow", stdin=shadow)
        self.put(files)

    def snapshot(self) -> dict[str, snapshot.Entry]:
        """Every file of the host by path; snapshot.differences compares two of them."""
        return snapshot.take(Path(f"/proc/{self.namespaces.pid}/root"))
