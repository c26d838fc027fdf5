# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the policy says, as typed facts: the service's requirement, what libraries offer, what clients' settings mean."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.version_ranges import ANY, VersionRange


@dataclass(frozen=True)
class Source:
    """Where a fact comes from: its code, and the text that the code stands for."""

    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


@dataclass(frozen=True)
class Effect:
    """What one thing (a setting's value, a default) does to the protocols that are offered.

    Attributes:
        minimum, maximum: bounds, or None where it sets none.
        lowers: a minimum above this protocol comes down to it.
        lists: when not empty, nothing but the protocols that are listed anywhere on the path is on.
        also: protocols that come to the default ones.
        disable: protocols switched off one by one.
        method: the one protocol whose own method of the library the program takes: nothing that the system sets acts on that.
        methods: when not empty, the program goes on only with a method of one of these.
        without: cipher suites, by code point, that it switches off.
        invalid: the program takes the value for none.
        unknown: why nobody can tell from here, or None.
    """

    minimum: str | None = None
    maximum: str | None = None
    lowers: str | None = None
    lists: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    disable: frozenset[str] = frozenset()
    method: str | None = None
    methods: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    invalid: bool = False
    unknown: str | None = None


@dataclass(frozen=True)
class SettingRule:
    """What the values of one setting mean, in some versions of its program.

    Attributes:
        versions: the program's versions that this is true of.
        words: effect by value; `ignore_case` says how they compare.
        separator: where a value is a list of words, what stands between them ("space" or "comma"); None: one word.
        otherwise: effect of any other value.
        mend: a value that lets TLS 1.2 through, or None when the line has to go.
        advice: a sentence that says what to do where a new value alone is no fix.
        priority: the value is a GnuTLS priority string: `words` have no say, the library that is asked with it has.
        ciphers: the value is a list of cipher suites for OpenSSL: the library that is asked with it has the say.
        one_of: the value is a list of algorithms, in which one of these lets the service agree; with none of them nobody can tell, and
            `otherwise` says what.
        in_hello: whether a ClientHello tells what such a list comes to.
        absent: effect of the setting's absence, where its program's own value for it is one that it names.
        library: kind of the library that it acts on; None: any.
        library_versions: the versions of that library with which it does.
        yields_to_priority: of a library's setting: a program that hands the library a priority string is not bound by it.
    """

    words: Mapping[str, Effect]
    otherwise: Effect
    source: Source
    versions: VersionRange = ANY
    separator: str | None = None
    ignore_case: bool = False
    mend: str | None = None
    advice: str | None = None
    priority: bool = False
    ciphers: bool = False
    one_of: frozenset[str] = frozenset()
    in_hello: bool = True
    absent: Effect | None = None
    library: str | None = None
    library_versions: VersionRange = ANY
    yields_to_priority: bool = False

    def effects(self, value: str) -> list[Effect]:
        """Return the effects of the setting's *value* as it stands in the file."""
        if self.one_of:
            return [] if self.leaves_one(value) else [self.otherwise]
        words = [value]
        if self.separator == "space":
            words = value.split()
        elif self.separator == "comma":
            words = [word.strip() for word in value.split(",") if word.strip()]
        return [self._effect(word) for word in words]

    def leaves_one(self, value: str) -> bool:
        """Tell whether one of `one_of` is in the list *value*; OpenSSL marks words with ? and *, and takes letters of either case."""
        words = {word.strip("?*").lower() for word in re.split("[:,/ ]+", value)}
        return not words.isdisjoint(word.lower() for word in self.one_of)

    def _effect(self, word: str) -> Effect:
        return self.words.get(word.lower() if self.ignore_case else word, self.otherwise)


@dataclass(frozen=True)
class BehaviourRule:
    """What some versions of a client do by themselves, on some kinds of connection.

    Attributes:
        versions: the client's versions.
        security: "implicit", "starttls" or None for both.
        effect: what it does.
        why: one sentence for the report.
        mend: what to do about it, one sentence.
        library: kind of the library that it does so with; None: any.
    """

    versions: VersionRange
    security: str | None
    effect: Effect
    why: str | None
    mend: str | None
    source: Source
    library: str | None = None


@dataclass(frozen=True)
class OwnString:
    """The priority string that a client hands to GnuTLS where none of its settings gives one."""

    string: str
    source: Source


@dataclass(frozen=True)
class OwnSuites:
    """The cipher suites that some versions of a client choose by themselves, whatever their library's default is.

    Attributes:
        versions: the client's versions.
        suites: those that are on, by code point.
        perhaps: those that may be on as well.
    """

    versions: VersionRange
    suites: frozenset[str]
    perhaps: frozenset[str]
    source: Source


@dataclass(frozen=True)
class Offer:
    """The protocols that some versions of a library can offer.

    Attributes:
        by_default: those that a program gets which names none, where fewer.
        may_lack: those that builds of distributions leave out.
    """

    versions: VersionRange
    protocols: frozenset[str]
    source: Source
    by_default: frozenset[str] | None = None
    may_lack: frozenset[str] = frozenset()


@dataclass(frozen=True)
class WindowsUpdate:
    """An update without which some builds of Windows do not have these protocols; it can't be seen in the registry."""

    versions: VersionRange
    protocols: frozenset[str]
    name: str
    source: Source


@dataclass(frozen=True)
class LackingSuites:
    """Cipher suites, by code point, that some versions of a library do not have."""

    versions: VersionRange
    suites: frozenset[str]
    source: Source


@dataclass(frozen=True)
class BuildFlag:
    """A build option that takes protocols away."""

    removes: frozenset[str]
    source: Source


@dataclass(frozen=True)
class LibraryFacts:
    """One kind of TLS library.

    Attributes:
        bounds: how an application's own minimum or maximum meets the system's: "replace" or "intersect".
        holes: what becomes of a set of protocols with one missing in the middle: "cut" (all above the hole is lost), "keep",
            or "no_tls13" (TLS 1.3 is lost where TLS 1.2 is missing below it and an older one is there).
        settings_apply: versions that read the system's settings without being asked.
        settings_of: the kind of library below, whose system settings act on this one, or None when it has its own.
        fixed_in: first version with TLS 1.2 for clients, for the text of a fix.
        runtime: it brings TLS to programs written for it, and is judged only as a part of these.
        refusals: what it says, a full stop aside, when it takes no priority string, or finds nothing left by it.
        registry: by which rules values of a Windows registry act on it: "schannel", "winhttp", "dotnet"; None: there are none.
        carries_mail: whether programs speak POP3 and IMAP through it.
        off_by_default: protocols that a program has to be told, or the registry, before they are offered.
        needs_update, lacks_suites: what some builds of Windows do not have by themselves, or not at all.
    """

    title: str
    offers: tuple[Offer, ...]
    build_flags: Mapping[str, BuildFlag]
    settings: Mapping[str, tuple[SettingRule, ...]]
    settings_apply: VersionRange
    bounds: str
    holes: str
    fixed_in: str
    source: Source
    settings_of: str | None = None
    refusals: frozenset[str] = frozenset()
    runtime: bool = False
    registry: str | None = None
    carries_mail: bool = True
    off_by_default: tuple[Offer, ...] = ()
    needs_update: tuple[WindowsUpdate, ...] = ()
    lacks_suites: tuple[LackingSuites, ...] = ()


@dataclass(frozen=True)
class Unread:
    """A client whose accounts can't be read, or of which nothing on the host decides: what its presence comes to.

    Attributes:
        passes: nothing on the host can stop it; otherwise nobody can tell.
        why: one sentence's part.
        mend: what to do, or whom to ask what.
    """

    passes: bool
    why: str
    mend: str
    source: Source


@dataclass(frozen=True)
class Bundled:
    """The version of the library that comes with some versions of a client, at least."""

    versions: VersionRange
    library: str
    version: str
    source: Source


@dataclass(frozen=True)
class ClientFacts:
    """One mail client.

    Attributes:
        libraries: the kinds of library that it speaks TLS with.
        defaults: what it does by itself where no setting says otherwise.
        limits: what it does whatever the settings say.
        contradiction: what it does with a minimum above the maximum, or a value that is none: "kept" or "ignored",
            and then it goes by its defaults.
        settings: what its settings mean.
        priority: the priority string that it hands to GnuTLS by itself; None: it leaves the library's default alone.
        suites: the cipher suites that it chooses by itself; empty: it leaves the library's default alone.
        asks_by_name: it asks Schannel for its protocols by name, instead of taking the default.
        bundled: what library comes with it, where that library's own version can't be seen.
        unread: what it comes to that its accounts can't be read.
        running: what is not known of programs that were only seen running.
    """

    title: str
    libraries: tuple[str, ...]
    defaults: tuple[BehaviourRule, ...]
    limits: tuple[BehaviourRule, ...]
    contradiction: str
    settings: Mapping[str, tuple[SettingRule, ...]]
    priority: OwnString | None = None
    suites: tuple[OwnSuites, ...] = ()
    asks_by_name: bool = False
    bundled: tuple[Bundled, ...] = ()
    unread: Unread | None = None
    running: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """A name of the service. `status`: "stays" or "retired", and then `replacement` is the name that stays."""

    name: str
    status: str
    replacement: str | None
    source: Source


@dataclass(frozen=True)
class CipherSuite:
    """A TLS 1.2 cipher suite that the service accepts: IANA name, OpenSSL name."""

    name: str
    openssl: str


@dataclass(frozen=True)
class Handshake:
    """What a server can be expected to take in a handshake, by code point: beyond it, nobody can tell from here.

    Attributes:
        tls13_suites: cipher suites of TLS 1.3.
        groups: for the key exchange.
        signature_algorithms: with the RSA key of the service's certificate.
    """

    tls13_suites: frozenset[str]
    groups: frozenset[str]
    signature_algorithms: frozenset[str]
    source: Source


@dataclass(frozen=True)
class Generated:
    """Files that a program of the system writes: what is changed in them by hand is lost, so that it is the program that has to be told.

    Attributes:
        name: of the program's own settings in the evidence (`stack`).
        directory: where the files are.
        by: the program.
        advice: a sentence that says what to do.
        source: where it is known from.
    """

    name: str
    directory: str
    by: str
    advice: str
    source: Source

    def holds(self, file: str | None) -> bool:
        """Tell whether *file* is one of them."""
        return file is not None and file.startswith(self.directory + "/")


@dataclass(frozen=True)
class Policy:
    """Everything that a verdict rests on besides the evidence."""

    name: str
    title: str
    protocol: str
    protocol_source: Source
    deadline: datetime.date
    deadline_source: Source
    endpoints: Mapping[str, Endpoint]
    cipher_suites: Mapping[str, CipherSuite]
    cipher_source: Source
    handshake: Handshake
    libraries: Mapping[str, LibraryFacts]
    clients: Mapping[str, ClientFacts]
    generated: tuple[Generated, ...] = field(default=())
    files: tuple[str, ...] = field(default=())

    @property
    def suite_names(self) -> frozenset[str]:
        """The names that the suites of TLS 1.2 have which the service accepts, IANA's and OpenSSL's."""
        return frozenset(name for suite in self.cipher_suites.values() for name in (suite.openssl, suite.name))

    def endpoint(self, server: str | None) -> Endpoint | None:
        """Return what is known of the service name *server*; names compare as DNS does, a final dot aside."""
        return self.endpoints.get((server or "").lower().rstrip("."))
