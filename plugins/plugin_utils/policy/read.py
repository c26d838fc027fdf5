# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From YAML nodes to typed facts; a mistake is refused with its file and line."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy import model
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.version_ranges import ANY, VersionRange
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.yaml_lines import Node

Sources = Mapping[str, model.Source]
_T = TypeVar("_T")
_CODE_POINT = re.compile("[0-9A-F]{4}")
_OF_WINDOWS = ("registry", "carries_mail", "off_by_default", "needs_update", "lacks_suites")


def keys(node: Node, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, Node]:
    """Return the mapping *node*. Raises PolicyError for a key that is missing or not known."""
    mapping, required, optional = node.mapping(), tuple(required), tuple(optional)
    for key, value in mapping.items():
        if key not in required and key not in optional:
            raise value.error(f"unknown key {key!r}: expected " + ", ".join(sorted((*required, *optional))))
    for key in required:
        if key not in mapping:
            hint = " (every fact names its source)" if key == "source" else ""
            raise node.error(f"the key {key!r} is missing{hint}")
    return mapping


def choice(node: Node, allowed: Iterable[str]) -> str:
    """Return the text of *node*, which has to be one of *allowed*."""
    text, allowed = node.text(), tuple(allowed)
    if text not in allowed:
        raise node.error(f"expected one of {', '.join(allowed)}, found {text!r}")
    return text


def protocol(node: Node) -> str:
    """Return the protocol that *node* names."""
    return choice(node, PROTOCOLS)


def protocols(node: Node) -> frozenset[str]:
    """Return the protocols that the list *node* names."""
    return frozenset(protocol(item) for item in node.sequence())


def version_range(node: Node | None) -> VersionRange:
    """Return the range of versions that *node* writes; without a node: every version."""
    if node is None:
        return ANY
    try:
        return VersionRange.parse(node.text())
    except ValueError as error:
        raise node.error(str(error)) from error


def switch(node: Node | None) -> bool:
    """Return the switch *node*; without a node: off."""
    if node is None:
        return False
    if not isinstance(node.value, bool):
        raise node.error("expected true or false")
    return node.value


def source(node: Node, known: Sources) -> model.Source:
    """Return the source whose code *node* gives."""
    code = node.text()
    if code not in known:
        raise node.error(f"the source {code!r} is not listed under 'sources'")
    return known[code]


def sources(node: Node) -> dict[str, model.Source]:
    """Return the sources by their code."""
    return {code: model.Source(code, text.text()) for code, text in node.mapping().items()}


def effect(node: Node) -> model.Effect:
    """Return the effect that *node* describes; `only: X` is short for the bounds X and X."""
    given = keys(
        node, optional=("min", "max", "only", "lowers", "lists", "also", "disable", "method", "methods", "without", "invalid", "unknown")
    )
    if "only" in given and ("min" in given or "max" in given):
        raise given["only"].error("'only' sets both bounds: 'min' and 'max' can't stand beside it")

    def bound(key: str) -> str | None:
        chosen = given.get("only") or given.get(key)
        return protocol(chosen) if chosen else None

    def group(key: str) -> frozenset[str]:
        return protocols(given[key]) if key in given else frozenset()

    return model.Effect(
        minimum=bound("min"),
        maximum=bound("max"),
        lowers=protocol(given["lowers"]) if "lowers" in given else None,
        lists=group("lists"),
        also=group("also"),
        disable=group("disable"),
        method=protocol(given["method"]) if "method" in given else None,
        methods=group("methods"),
        without=code_points(given["without"]) if "without" in given else frozenset(),
        invalid=switch(given.get("invalid")),
        unknown=given["unknown"].text() if "unknown" in given else None,
    )


def code_points(node: Node) -> frozenset[str]:
    """Return the code points of the list *node*, four hexadecimal digits each."""
    codes = each(node, Node.text)
    for code, item in zip(codes, node.sequence(), strict=True):
        if not _CODE_POINT.fullmatch(code):
            raise item.error(f"expected a code point, four hexadecimal digits in capitals, found {code!r}")
    return frozenset(codes)


def setting_rule(node: Node, known: Sources) -> model.SettingRule:
    """Return what a setting's values mean."""
    optional = ("versions", "separator", "ignore_case", "mend", "advice", "absent", "library", "library_versions", "yields_to_priority")
    if "priority" in node.mapping():
        return priority_rule(node, known)
    if "ciphers" in node.mapping():
        return ciphers_rule(node, known)
    if "one_of" in node.mapping():
        return one_of_rule(node, known)
    given = keys(node, ("words", "otherwise", "source"), optional)
    ignore_case = switch(given.get("ignore_case"))
    words: dict[str, model.Effect] = {}
    for word, meaning in given["words"].mapping().items():
        name = word.lower() if ignore_case else word
        if name in words:
            raise meaning.error(f"the word {word!r} stands here twice, since case is ignored")
        words[name] = effect(meaning)
    return model.SettingRule(
        words=words,
        otherwise=effect(given["otherwise"]),
        source=source(given["source"], known),
        versions=version_range(given.get("versions")),
        separator=choice(given["separator"], ("space", "comma")) if "separator" in given else None,
        ignore_case=ignore_case,
        mend=given["mend"].text() if "mend" in given else None,
        advice=given["advice"].text() if "advice" in given else None,
        absent=effect(given["absent"]) if "absent" in given else None,
        library=given["library"].text() if "library" in given else None,
        library_versions=version_range(given.get("library_versions")),
        yields_to_priority=switch(given.get("yields_to_priority")),
    )


def priority_rule(node: Node, known: Sources) -> model.SettingRule:
    """Return the rule of a setting whose value is a priority string, `priority: true`."""
    given = keys(node, ("priority", "source"), ("versions", "mend", "advice", "yields_to_priority"))
    if not switch(given["priority"]):
        raise given["priority"].error("expected true: only a setting whose value is a priority string has this key")
    return model.SettingRule(
        words={},
        otherwise=model.Effect(),
        source=source(given["source"], known),
        versions=version_range(given.get("versions")),
        mend=given["mend"].text() if "mend" in given else None,
        advice=given["advice"].text() if "advice" in given else None,
        priority=True,
        yields_to_priority=switch(given.get("yields_to_priority")),
    )


def ciphers_rule(node: Node, known: Sources) -> model.SettingRule:
    """Return the rule of a setting whose value is a list of cipher suites, `ciphers: true`."""
    given = keys(node, ("ciphers", "source"), ("versions", "library", "mend", "advice"))
    if not switch(given["ciphers"]):
        raise given["ciphers"].error("expected true: only a setting whose value is a list of cipher suites has this key")
    return model.SettingRule(
        words={},
        otherwise=model.Effect(),
        source=source(given["source"], known),
        versions=version_range(given.get("versions")),
        mend=given["mend"].text() if "mend" in given else None,
        advice=given["advice"].text() if "advice" in given else None,
        ciphers=True,
        library=given["library"].text() if "library" in given else None,
    )


def one_of_rule(node: Node, known: Sources) -> model.SettingRule:
    """Return the rule of a setting whose value is a list of algorithms, of which one of those in `one_of` is needed."""
    given = keys(node, ("one_of", "source"), ("versions", "library", "advice", "in_hello", "unknown"))
    unknown = given["unknown"].text() if "unknown" in given else "whether the service takes one of what it leaves"
    return model.SettingRule(
        words={},
        otherwise=model.Effect(unknown=unknown),
        source=source(given["source"], known),
        versions=version_range(given.get("versions")),
        advice=given["advice"].text() if "advice" in given else None,
        one_of=frozenset(each(given["one_of"], Node.text)),
        in_hello=switch(given["in_hello"]) if "in_hello" in given else True,
        library=given["library"].text() if "library" in given else None,
    )


def own_string(node: Node, known: Sources) -> model.OwnString:
    """Return the priority string that a client hands over by itself."""
    given = keys(node, ("string", "source"))
    return model.OwnString(given["string"].text(), source(given["source"], known))


def setting_rules(node: Node | None, known: Sources) -> dict[str, tuple[model.SettingRule, ...]]:
    """Return the rules by the setting's key, each key with one rule for each span of versions."""
    if node is None:
        return {}
    return {key: each(rules, lambda item: setting_rule(item, known)) for key, rules in node.mapping().items()}


def behaviour(node: Node, known: Sources) -> model.BehaviourRule:
    """Return what a client does by itself."""
    given = keys(node, ("effect", "source"), ("versions", "security", "why", "mend", "library"))
    return model.BehaviourRule(
        versions=version_range(given.get("versions")),
        security=choice(given["security"], ("implicit", "starttls")) if "security" in given else None,
        effect=effect(given["effect"]),
        why=given["why"].text() if "why" in given else None,
        mend=given["mend"].text() if "mend" in given else None,
        source=source(given["source"], known),
        library=given["library"].text() if "library" in given else None,
    )


def client(node: Node, known: Sources) -> model.ClientFacts:
    """Return the facts of one mail client."""
    optional = ("defaults", "limits", "contradiction", "settings", "priority", "suites", "asks_by_name", "bundled", "unread", "running")
    given = keys(node, ("title", "libraries"), optional)

    def behaviours(key: str) -> tuple[model.BehaviourRule, ...]:
        return each(given[key], lambda item: behaviour(item, known)) if key in given else ()

    return model.ClientFacts(
        title=given["title"].text(),
        libraries=each(given["libraries"], Node.text),
        defaults=behaviours("defaults"),
        limits=behaviours("limits"),
        contradiction=choice(given["contradiction"], ("kept", "ignored")) if "contradiction" in given else "kept",
        settings=setting_rules(given.get("settings"), known),
        priority=own_string(given["priority"], known) if "priority" in given else None,
        suites=each(given["suites"], lambda item: own_suites(item, known)) if "suites" in given else (),
        asks_by_name=switch(given.get("asks_by_name")),
        bundled=each(given["bundled"], lambda item: bundled(item, known)) if "bundled" in given else (),
        unread=unread(given["unread"], known) if "unread" in given else None,
        running=given["running"].text() if "running" in given else None,
    )


def bundled(node: Node, known: Sources) -> model.Bundled:
    """Return what version of a library comes with some versions of a client."""
    given = keys(node, ("versions", "library", "version", "source"))
    versions = version_range(given["versions"])
    return model.Bundled(versions, given["library"].text(), given["version"].text(), source(given["source"], known))


def unread(node: Node, known: Sources) -> model.Unread:
    """Return what a client comes to whose accounts can't be read."""
    given = keys(node, ("verdict", "why", "source"), ("mend",))
    passes = choice(given["verdict"], ("pass", "unknown")) == "pass"
    return model.Unread(passes, given["why"].text(), given["mend"].text() if "mend" in given else "", source(given["source"], known))


def library(node: Node, known: Sources) -> model.LibraryFacts:
    """Return the facts of one kind of library."""
    given = keys(
        node,
        ("title", "offers", "bounds", "holes", "fixed_in", "source"),
        ("build_flags", "settings", "settings_apply", "settings_of", "refusals", "runtime", *_OF_WINDOWS),
    )
    flags = given["build_flags"].mapping() if "build_flags" in given else {}
    return model.LibraryFacts(
        title=given["title"].text(),
        offers=each(given["offers"], lambda item: offer(item, known)),
        build_flags={name: build_flag(flag, known) for name, flag in flags.items()},
        settings=setting_rules(given.get("settings"), known),
        settings_apply=version_range(given.get("settings_apply")),
        bounds=choice(given["bounds"], ("replace", "intersect")),
        holes=choice(given["holes"], ("cut", "keep", "no_tls13")),
        fixed_in=given["fixed_in"].text(),
        source=source(given["source"], known),
        settings_of=given["settings_of"].text() if "settings_of" in given else None,
        refusals=frozenset(each(given["refusals"], Node.text)) if "refusals" in given else frozenset(),
        runtime=switch(given.get("runtime")),
        registry=choice(given["registry"], ("schannel", "winhttp", "dotnet")) if "registry" in given else None,
        carries_mail=switch(given["carries_mail"]) if "carries_mail" in given else True,
        off_by_default=each(given["off_by_default"], lambda item: offer(item, known)) if "off_by_default" in given else (),
        needs_update=each(given["needs_update"], lambda item: windows_update(item, known)) if "needs_update" in given else (),
        lacks_suites=each(given["lacks_suites"], lambda item: lacking_suites(item, known)) if "lacks_suites" in given else (),
    )


def windows_update(node: Node, known: Sources) -> model.WindowsUpdate:
    """Return an update that some builds need."""
    given = keys(node, ("versions", "protocols", "update", "source"))
    versions = version_range(given["versions"])
    return model.WindowsUpdate(versions, protocols(given["protocols"]), given["update"].text(), source(given["source"], known))


def lacking_suites(node: Node, known: Sources) -> model.LackingSuites:
    """Return the cipher suites that some versions do not have."""
    given = keys(node, ("versions", "suites", "source"))
    return model.LackingSuites(
        version_range(given["versions"]), frozenset(each(given["suites"], Node.text)), source(given["source"], known)
    )


def own_suites(node: Node, known: Sources) -> model.OwnSuites:
    """Return the cipher suites that some versions of a client choose by themselves."""
    given = keys(node, ("suites", "source"), ("versions", "perhaps"))
    perhaps = code_points(given["perhaps"]) if "perhaps" in given else frozenset()
    return model.OwnSuites(version_range(given.get("versions")), code_points(given["suites"]), perhaps, source(given["source"], known))


def offer(node: Node, known: Sources) -> model.Offer:
    """Return what some versions of a library offer."""
    given = keys(node, ("versions", "protocols", "source"), ("by_default", "may_lack"))
    by_default = protocols(given["by_default"]) if "by_default" in given else None
    lacking = protocols(given["may_lack"]) if "may_lack" in given else frozenset()
    return model.Offer(version_range(given["versions"]), protocols(given["protocols"]), source(given["source"], known), by_default, lacking)


def build_flag(node: Node, known: Sources) -> model.BuildFlag:
    """Return what a build option takes away."""
    given = keys(node, ("removes", "source"))
    return model.BuildFlag(protocols(given["removes"]), source(given["source"], known))


def endpoint(name: str, node: Node, known: Sources) -> model.Endpoint:
    """Return one name of the service."""
    given = keys(node, ("status", "source"), ("replacement",))
    status = choice(given["status"], ("stays", "retired"))
    if (status == "retired") != ("replacement" in given):
        raise node.error("a retired name needs its 'replacement', and only a retired name has one")
    replacement = given["replacement"].text() if "replacement" in given else None
    return model.Endpoint(name.lower(), status, replacement, source(given["source"], known))


def generated(name: str, node: Node, known: Sources) -> model.Generated:
    """Return what is known of files that a program of the system writes."""
    given = keys(node, ("directory", "by", "advice", "source"))
    directory = given["directory"].text()
    if not directory.startswith("/") or directory.endswith("/"):
        raise given["directory"].error("expected an absolute path without a slash at its end")
    return model.Generated(name, directory, given["by"].text(), given["advice"].text(), source(given["source"], known))


def cipher_suite(node: Node) -> model.CipherSuite:
    """Return one cipher suite."""
    given = keys(node, ("name", "openssl"))
    return model.CipherSuite(given["name"].text(), given["openssl"].text())


def handshake(node: Node, known: Sources) -> model.Handshake:
    """Return what a server can be expected to take."""
    given = keys(node, ("tls13_suites", "groups", "signature_algorithms", "source"))
    return model.Handshake(
        tls13_suites=code_points(given["tls13_suites"]),
        groups=code_points(given["groups"]),
        signature_algorithms=code_points(given["signature_algorithms"]),
        source=source(given["source"], known),
    )


def date(node: Node) -> datetime.date:
    """Return the date *node*."""
    if not isinstance(node.value, datetime.date) or isinstance(node.value, datetime.datetime):
        raise node.error("expected a date such as 2026-12-31")
    return node.value


def each(node: Node, convert: Callable[[Node], _T]) -> tuple[_T, ...]:
    """Return every item of the list *node*, converted."""
    return tuple(convert(item) for item in node.sequence())
