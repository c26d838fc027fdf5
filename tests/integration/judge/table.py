"""The table of cases, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from lab.clients import Key

_DIRECTORY = Path(__file__).parent / "cases"
_DEFAULTS = {"server": "outlook.office365.com", "options": "", "protocol": "imap", "port": 993}


@dataclass(frozen=True)
class Case:
    """One client with one configuration.

    Attributes:
        client: the client's name in the evidence.
        name: the story, which is unique among the client's cases.
        command: what runs the client once, unattended; None for Thunderbird, which the lab runs by itself.
        keys: what is typed into the terminal in which the command runs (see lab/terminal.py); None: it runs without one.
        files: configuration files by path, relative ones in the user's home.
        preferences: of Thunderbird's profile.
        account: of Thunderbird's profile: protocol, server, port, security.
        system: files of the whole host by path, beside the user's; cases with the same ones share a host.
        start: what root runs on the host before, a shell script; cases that share a host have the same.
        image: the lab's image.
        works_before: whether the client connects to the service as it was; a case that fails afterwards and never worked
            would prove nothing, so the exception gives its reason.
        unknown: why the audit may say UNKNOWN.
        not_mended: why what the client does once it is mended, or put back, can't be seen.
        cron: whether what runs the client is the user's crontab, one of `files`, and not `command`.
        by_hand: why no remedy can be made by itself though the finding names a setting.
    """

    client: str
    name: str
    command: tuple[str, ...] | None
    files: Mapping[str, str]
    keys: tuple[Key, ...] | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    system: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    image: str = "bookworm"
    works_before: bool = True
    unknown: str | None = None
    by_hand: str | None = None
    not_mended: str | None = None
    cron: bool = False

    @property
    def id(self) -> str:
        """The case's name in pytest's output."""
        return f"{self.client}: {self.name}"


def cases() -> list[Case]:
    """Return every case of every client's file."""
    return [case for file in sorted(_DIRECTORY.glob("*.yml")) for case in _of_file(file)]


def _of_file(file: Path) -> Iterator[Case]:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for entry in document["cases"]:
        yield _case(entry.get("client", document.get("client", file.stem)), document, entry)


def _case(client: str, document: Mapping[str, Any], entry: Mapping[str, Any]) -> Case:
    values = {**_DEFAULTS, **document.get("values", {}), **entry}
    templates = {**(entry.get("files") or document.get("files", {})), **_crontab(entry)}
    return Case(
        client=client,
        name=entry["name"],
        command=_words("command", document, entry, values),
        keys=_words("keys", document, entry, values),
        not_mended=entry.get("not_mended", document.get("not_mended")),
        cron="cron" in entry,
        files={path: _filled(text, values) for path, text in templates.items()},
        preferences=entry.get("preferences", {}),
        account={**document.get("account", {}), **entry.get("account", {})},
        system={path: _filled(text, values) for path, text in entry.get("system", document.get("system", {})).items()},
        start=entry.get("start", document.get("start", "")),
        image=entry.get("image", document.get("image", "bookworm")),
        works_before=entry.get("works_before", True),
        unknown=entry.get("unknown"),
        by_hand=entry.get("by_hand"),
    )


def _crontab(entry: Mapping[str, Any]) -> dict[str, str]:
    """The user's table of a case that cron starts: `cron` is the command line, `variables` stand above it."""
    if "cron" not in entry:
        return {}
    variables = "".join(f"{name}={value}\n" for name, value in entry.get("variables", {}).items())
    return {"/var/spool/cron/crontabs/<user>": f"{variables}*/5 * * * * {entry['cron']}\n"}


def _words(key: str, document: Mapping[str, Any], entry: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if key == "command" and "cron" in entry:
        return ()
    words: Sequence[Any] | None = entry.get(key, document.get(key))
    return None if words is None else tuple(_filled(word, values) if isinstance(word, str) else word for word in words)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Put the case's values in the places <server>, <options> and so on; configuration files use braces themselves."""
    for key, value in values.items():
        template = template.replace(f"<{key}>", str(value))
    return template
