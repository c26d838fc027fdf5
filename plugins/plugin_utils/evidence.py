# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Evidence as typed models. What a host sends is not trusted: every key, type and size is checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS

SCHEMA = "mailtls.evidence/1"
MAX_TEXT = 4096
MAX_ITEMS = 20000
_PORTS = range(65536)
_CODE_POINT_LENGTH = 4


class EvidenceError(Exception):
    """The evidence is not of the agreed form; the text names the place in it and what was expected."""


def spot(file: str, line: int) -> str:
    """Return in words where something stands; what has no lines, or none that are known, has 0."""
    return f"{file}, line {line}" if line else file


@dataclass(frozen=True)
class Package:
    """An installed package."""

    name: str
    version: str


@dataclass(frozen=True)
class Hello:
    """A ClientHello that a library wrote, or why it wrote none. `case`: see docs/architecture.md."""

    case: str
    priority: str | None
    versions: tuple[str, ...]
    ciphers: tuple[str, ...]
    error: str | None
    groups: tuple[str, ...] | None = None
    signature_algorithms: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Stack:
    """One TLS library on the host; `environment` names the variables of the program that it stands for, where it is not for all."""

    kind: str
    path: str
    version: str | None
    package: Package | None
    origin: str
    owner: str | None
    build: tuple[str, ...]
    config: str | None
    hellos: tuple[Hello, ...]
    environment: tuple[str, ...] = ()

    def hello(self, case: str, priority: str | None = None) -> Hello | None:
        """Return what the library answered in this *case*, with this *priority* string, or None when it was not asked."""
        return next((hello for hello in self.hellos if (hello.case, hello.priority) == (case, priority)), None)


@dataclass(frozen=True)
class Registry:
    """What a setting is besides that stands in a Windows registry: of which view ("64", "32", "" where there is one), of which type."""

    view: str
    type: str


@dataclass(frozen=True)
class Setting:
    """One value with where it stands; one of a Windows registry has its key as `file`, and no line (0).

    Only the system's settings of a library have: `stack`, its kind; `section`; `config`, the file by which a copy of the library comes
    to the setting, or None when every copy does.
    """

    key: str
    value: str
    file: str
    line: int
    stack: str | None = None
    section: str | None = None
    config: str | None = None
    registry: Registry | None = None

    @property
    def is_group_policy(self) -> bool:
        """Whether Group Policy wrote it, and would write it again."""
        return self.registry is not None and "\\policies\\" in self.file.lower()


@dataclass(frozen=True)
class Undecided:
    """Something of an account that only the running client would know."""

    what: str
    why: str
    file: str
    line: int


@dataclass(frozen=True)
class Install:
    """One installed copy of a client.

    Attributes:
        tls_as_of: release whose TLS its distribution brought to this older one.
    """

    program: str
    version: str | None
    package: Package | None
    stacks: tuple[str, ...]
    tls_as_of: str | None = None

    @property
    def tls_release(self) -> str | None:
        """The release that it speaks TLS as."""
        return self.tls_as_of or self.version


@dataclass(frozen=True)
class Listener:
    """Where a service listens.

    Attributes:
        address: "" for all of them.
        port: its number.
        leads: "on" by a connection of the service's own; "through", where it hands on what it gets as it is, TLS included;
            "nowhere", where no POP3 or IMAP connection leaves the host.
    """

    address: str
    port: int
    leads: str


@dataclass(frozen=True)
class Account:
    """One mailbox connection of a client.

    Attributes:
        listens: where other clients reach it, when it is a service's.
        stacks: in place of its client's, where its program is started with variables or by an interpreter of its own.
        replaced: files that it runs from, and that others have taken the place of since: it runs the old ones until it is restarted.
    """

    user: str
    config: str
    line: int
    name: str | None
    server: str | None
    port: int | None
    protocol: str | None
    security: str | None
    enabled: bool
    settings: tuple[Setting, ...]
    undecided: tuple[Undecided, ...]
    listens: tuple[Listener, ...] = ()
    stacks: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Client:
    """One mail client: its installed copies, its accounts, and its services that only a mail client in front would make accounts."""

    name: str
    installs: tuple[Install, ...]
    accounts: tuple[Account, ...]
    relays: tuple[Account, ...] = ()


@dataclass(frozen=True)
class Gap:
    """What could not be seen, and which findings that could change."""

    what: str
    why: str
    affects: str | None


@dataclass(frozen=True)
class Probe:
    """A handshake of a library of the host, `stack` its path, with a server.

    Attributes:
        target: the server, host:port.
        version: the one that they agreed on; None where the handshake failed.
        alert: number of the alert that the server sent, or None.
        error: what the library says of it, or None.
    """

    target: str
    stack: str
    version: str | None
    alert: int | None
    error: str | None


@dataclass(frozen=True)
class Evidence:
    """All that was collected of one host."""

    reach: str
    privileged: bool
    platform: Mapping[str, str | None]
    stacks: tuple[Stack, ...]
    settings: tuple[Setting, ...]
    clients: tuple[Client, ...]
    gaps: tuple[Gap, ...]
    probes: tuple[Probe, ...] = ()

    def stack(self, path: str) -> Stack | None:
        """Return the stack whose library lies at *path*."""
        return self._stacks_by_path.get(path)

    @cached_property
    def _stacks_by_path(self) -> Mapping[str, Stack]:
        return {stack.path: stack for stack in reversed(self.stacks)}


def load(document: Any) -> Evidence:
    """Return the typed evidence of *document*, as the collector sent it. Raises EvidenceError when it is not of the agreed form."""
    root = _Place(document, "evidence")
    schema = root.text("schema")
    if schema != SCHEMA:
        raise EvidenceError(f"evidence.schema: expected {SCHEMA}, found {schema!r:.80}")
    clients = tuple(_client(place) for place in root.items("clients"))
    accounts = sum(len(client.accounts) + len(client.relays) for client in clients)
    if accounts > MAX_ITEMS:
        raise EvidenceError(f"evidence.clients: hold {accounts} accounts together, more than {MAX_ITEMS}")
    return Evidence(
        reach=root.text("reach"),
        privileged=root.switch("privileged"),
        platform={key: root.item("platform").optional_text(key) for key in ("os", "release", "name", "kernel", "arch")},
        stacks=tuple(_stack(place) for place in root.items("stacks")),
        settings=tuple(_system_setting(place) for place in root.items("settings")),
        clients=clients,
        gaps=tuple(Gap(place.text("what"), place.text("why"), place.optional_text("affects")) for place in root.items("gaps")),
        probes=tuple(_probe(place) for place in root.items("probes")) if "probes" in root.value else (),
    )


def _stack(place: _Place) -> Stack:
    return Stack(
        kind=place.text("kind"),
        path=place.text("path"),
        version=place.optional_text("version"),
        package=_package(place),
        origin=place.choice("origin", ("system", "bundled", "found")),
        owner=place.optional_text("owner"),
        build=place.texts("build"),
        config=place.optional_text("config"),
        hellos=tuple(_hello(item) for item in place.items("hellos")),
        environment=tuple(place.item("environment").value) if "environment" in place.value else (),
    )


def _hello(place: _Place) -> Hello:
    return Hello(
        case=place.choice("case", ("system", "bare", "priority", "ciphers", "suites")),
        priority=place.optional_text("priority"),
        versions=place.texts("versions", PROTOCOLS),
        ciphers=place.texts("ciphers", length=_CODE_POINT_LENGTH),
        error=place.optional_text("error"),
        groups=_code_points(place, "groups"),
        signature_algorithms=_code_points(place, "signature_algorithms"),
    )


def _code_points(place: _Place, key: str) -> tuple[str, ...] | None:
    """A list that evidence of before does not have, and a hello need not have."""
    return place.texts(key, length=_CODE_POINT_LENGTH) if place.value.get(key) is not None else None


def _system_setting(place: _Place) -> Setting:
    return Setting(
        key=place.text("key"),
        value=place.text("value"),
        file=place.text("file"),
        line=place.number("line"),
        stack=place.text("stack"),
        section=place.optional_text("section"),
        # Evidence of before has none.
        config=place.optional_text("config") if "config" in place.value else None,
        registry=_registry(place),
    )


def _client(place: _Place) -> Client:
    client = Client(
        name=place.text("name"),
        installs=tuple(_install(item) for item in place.items("installs")),
        accounts=tuple(_account(item) for item in place.items("accounts")),
        relays=tuple(_account(item) for item in place.items("relays")) if "relays" in place.value else (),
    )
    if not (client.installs or client.accounts or client.relays):
        raise EvidenceError(f"{place.name}: expected an install or an account")
    return client


def _install(place: _Place) -> Install:
    tls_as_of = place.optional_text("tls_as_of") if "tls_as_of" in place.value else None
    return Install(place.text("program"), place.optional_text("version"), _package(place), place.texts("stacks"), tls_as_of)


def _account(place: _Place) -> Account:
    return Account(
        user=place.text("user"),
        config=place.text("config"),
        line=place.number("line"),
        name=place.optional_text("name"),
        server=place.optional_text("server"),
        port=place.optional_port("port"),
        protocol=place.choice("protocol", ("imap", "pop3", None)),
        security=place.choice("security", ("implicit", "starttls", "none", None)),
        enabled=place.switch("enabled"),
        settings=tuple(_setting(item) for item in place.items("settings")),
        undecided=tuple(_undecided(item) for item in place.items("undecided")),
        listens=tuple(_listener(item) for item in place.items("listens")) if "listens" in place.value else (),
        stacks=place.texts("stacks") if "stacks" in place.value else (),
        replaced=place.texts("replaced") if "replaced" in place.value else (),
    )


def _listener(place: _Place) -> Listener:
    return Listener(place.text("address"), place.port("port"), place.choice("leads", ("on", "through", "nowhere")))


def _setting(place: _Place) -> Setting:
    return Setting(place.text("key"), place.text("value"), place.text("file"), place.number("line"), registry=_registry(place))


def _registry(place: _Place) -> Registry | None:
    if place.value.get("registry") is None:
        return None
    registry = place.item("registry")
    return Registry(registry.choice("view", ("64", "32", "")), registry.text("type"))


def _undecided(place: _Place) -> Undecided:
    return Undecided(place.text("what"), place.text("why"), place.text("file"), place.number("line"))


def _probe(place: _Place) -> Probe:
    probe = Probe(
        target=place.text("target"),
        stack=place.text("stack"),
        version=place.choice("version", (*PROTOCOLS, None)),
        alert=place.optional_number("alert"),
        error=place.optional_text("error"),
    )
    if (probe.version is None) == (probe.error is None):
        raise EvidenceError(f"{place.name}: expected either a version or an error")
    return probe


def _package(place: _Place) -> Package | None:
    if place.value.get("package") is None:
        return None
    package = place.item("package")
    return Package(package.text("name"), package.text("version"))


class _Place:
    """A mapping inside the evidence, and its name for messages."""

    def __init__(self, value: Any, name: str) -> None:
        if not isinstance(value, Mapping):
            raise EvidenceError(f"{name}: expected a mapping, found {type(value).__name__}")
        self.value = value
        self.name = name

    def _get(self, key: str) -> Any:
        if key not in self.value:
            raise EvidenceError(f"{self.name}.{key}: is missing")
        return self.value[key]

    def _expected(self, key: str, expected: str) -> EvidenceError:
        return EvidenceError(f"{self.name}.{key}: expected {expected}, found {type(self.value[key]).__name__}")

    def item(self, key: str) -> _Place:
        return _Place(self._get(key), f"{self.name}.{key}")

    def items(self, key: str) -> list[_Place]:
        return [_Place(value, f"{self.name}.{key}[{index}]") for index, value in enumerate(self._list(key))]

    def _list(self, key: str) -> list[Any]:
        values = self._get(key)
        if not isinstance(values, list):
            raise self._expected(key, "a list")
        if len(values) > MAX_ITEMS:
            raise EvidenceError(f"{self.name}.{key}: holds {len(values)} entries, more than {MAX_ITEMS}")
        return values

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            raise self._expected(key, "a text")
        # str() frees the value of the tags that ansible-core 2.19 puts on what a module returned.
        return str(value[:MAX_TEXT])

    def optional_text(self, key: str) -> str | None:
        return None if self._get(key) is None else self.text(key)

    def choice(self, key: str, allowed: tuple[str | None, ...]) -> Any:
        value = self.optional_text(key)
        if value not in allowed:
            raise EvidenceError(f"{self.name}.{key}: expected one of {allowed}, found {value!r:.80}")
        return value

    def texts(self, key: str, allowed: tuple[str, ...] | None = None, length: int | None = None) -> tuple[str, ...]:
        values = self._list(key)
        for value in values:
            if not isinstance(value, str) or (allowed and value not in allowed) or (length and len(value) != length):
                raise EvidenceError(f"{self.name}.{key}: unexpected entry {value!r:.80}")
        return tuple(str(value[:MAX_TEXT]) for value in values)

    def number(self, key: str) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._expected(key, "a whole number")
        return int(value)

    def optional_number(self, key: str) -> int | None:
        return None if self._get(key) is None else self.number(key)

    def port(self, key: str) -> int:
        value = self.number(key)
        if value not in _PORTS:
            raise EvidenceError(f"{self.name}.{key}: expected 0 to 65535, found {value}")
        return value

    def optional_port(self, key: str) -> int | None:
        return None if self._get(key) is None else self.port(key)

    def switch(self, key: str) -> bool:
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._expected(key, "true or false")
        return value
