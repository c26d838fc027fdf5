"""A Windows host whose registry and backups change by the command lines that a remediation sends. The lab has real ones, of Wine, in
tests/integration/test_remediate_windows.py; this one can deny a key, and lose its connection between any two commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows import registry
from ansible_collections.mailtls.fleet.plugins.plugin_utils.windows.dialogue import Output

_VIEW = r"(?: /reg:(?P<view>32|64))?"
# Each command in the order of the line; what is none of them (icacls, exports, ...) changes nothing that counts here.
_COMMAND = re.compile(
    rf'echo @(?P<nonce>[0-9a-f]{{8}}) (?P<mark>reg [^&]*)&reg query "(?P<query>[^"]+)"(?: /v "(?P<asked>[^"]+)")?{_VIEW}'
    r'|reg add "(?P<add>[^"]+)" /v "(?P<name>[^"]+)" /t (?P<type>\S+) /d "(?P<data>[^"]*)" /f(?: /reg:(?P<add_view>32|64))?'
    r'|reg delete "(?P<delete>[^"]+)"(?: /v "(?P<gone>[^"]+)")? /f(?: /reg:(?P<delete_view>32|64))?'
    r'|echo (?P<line>[A-Za-z0-9+/=]+) >>"(?P<file>[^"]+)"'
    r'|move /y "(?P<old>[^"]+)" "(?P<new>[^"]+)"'
    r'|echo @(?P<type_nonce>[0-9a-f]{8}) manifest&if exist "(?P<shown>[^"]+)"'
    r'|mkdir "(?P<made>[^"]+\\\.lock\\[^"]+)"|rmdir "(?P<removed>[^"]+\\\.lock\\[^"]+)"'
    r"|echo @(?P<lock_nonce>[0-9a-f]{8}) lock|echo @(?P<end_nonce>[0-9a-f]{8}) (?P<word>read|sets|end)"
)


class Lost(Exception):
    """The connection is gone."""


@dataclass
class ChangingWindows:
    """The host.

    values: {(key, view): {name: (type, data)}}, keys written out. unreadable, unwritable: keys, with all below. lives: how many commands
    are carried out before the connection is lost, None: all.
    """

    values: dict[tuple[str, str], dict[str, tuple[str, str]]]
    unreadable: tuple[str, ...] = ()
    unwritable: tuple[str, ...] = ()
    lives: int | None = None
    files: dict[str, str] = field(default_factory=dict)
    locks: set[str] = field(default_factory=set)
    done: int = 0

    def execute(self, command: str) -> Output:
        """Carry a command line out."""
        written: list[str] = []
        for found in _COMMAND.finditer(command):
            if self.lives is not None and self.done >= self.lives:
                raise Lost
            self.done += 1
            written += self._carry_out({name: value for name, value in found.groupdict().items() if value is not None})
        return Output("\r\n".join([*written, ""]), "")

    def _carry_out(self, said: dict[str, str]) -> list[str]:
        if "query" in said:
            return [f"@{said['nonce']} {said['mark']}", *self._shown(said)]
        if "add" in said and not _lies_in(said["add"], self.unwritable):
            self.values.setdefault((said["add"], said.get("add_view", "")), {})[said["name"]] = (said["type"], said["data"])
        if "delete" in said and not _lies_in(said["delete"], self.unwritable):
            place = (said["delete"], said.get("delete_view", ""))
            if "gone" in said:
                self.values.get(place, {}).pop(said["gone"], None)
            else:
                self.values.pop(place, None)
        return self._of_backups(said)

    def _of_backups(self, said: dict[str, str]) -> list[str]:
        if "line" in said:
            self.files[said["file"]] = self.files.get(said["file"], "") + said["line"] + "\r\n"
        if "old" in said:
            self.files[said["new"]] = self.files.pop(said["old"])
        if "made" in said:
            self.locks.add(said["made"].rpartition("\\")[2])
        if "removed" in said:
            self.locks.discard(said["removed"].rpartition("\\")[2])
        if "shown" in said:
            return [f"@{said['type_nonce']} manifest", self.files.get(said["shown"], "")]
        if "lock_nonce" in said:
            return [f"@{said['lock_nonce']} lock", *sorted(self.locks)]
        if "end_nonce" in said:
            nonce = said["end_nonce"]
            return [f"@{nonce} {said['word']}", *([f"@{nonce}+"] if said["word"] == "read" else [])]
        return []

    def _shown(self, said: dict[str, str]) -> list[str]:
        """What `reg query` prints; it fails in the same way for what is absent and for what is denied."""
        key, view = registry.full(said["query"]), said.get("view", "")
        known = [place for place, its_view in self.values if its_view == view]
        below = {place[: len(key) + 1 + len(place[len(key) + 1 :].partition("\\")[0])] for place in known if place.startswith(key + "\\")}
        values = self.values.get((key, view), {})
        wanted = {name: value for name, value in values.items() if said.get("asked") in (None, name)}
        if _lies_in(key, self.unreadable) or not (wanted if "asked" in said else (below or (key, view) in self.values)):
            return []
        lines = ["", key, *(f"    {name}    {kind}    {data}" for name, (kind, data) in wanted.items())] if wanted else []
        return [*lines, *([] if "asked" in said else sorted(below)), f"@{said['nonce']}+"]


def _lies_in(key: str, places: tuple[str, ...]) -> bool:
    return any(key == place or key.startswith(place + "\\") for place in places)
