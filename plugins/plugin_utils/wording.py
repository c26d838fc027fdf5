# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of a finding: a reason that a helpdesk understands, and a fix that can be followed to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import suite_switches
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Package, Setting, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.mail_path import Path
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import LIMIT, SETTING, SYSTEM, Constraint
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Endpoint, Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.version_ranges import sort_key

RESTART = "Windows waits for a restart, though, and what switches that on may count only after it."
RESTART_FIX = {"text": "Restart Windows, and audit again."}
_BY_POLICY = " (change the Group Policy that writes it, or it comes back)"
# Facts may name a build instead.
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*\Z")
_CONNECTION = {"implicit": "implicit TLS", "starttls": "STARTTLS", "none": "no TLS", None: "security not known"}


def spoken(protocol: str) -> str:
    """Return a protocol's name as people say it: TLSv1 is TLS 1.0."""
    number = protocol.removeprefix("TLSv").removeprefix("SSLv")
    family = "SSL" if protocol.startswith("SSL") else "TLS"
    return f"{family} {number if '.' in number else number + '.0'}"


def span(protocols: Iterable[str]) -> str:
    """Return *protocols* in words, from the lowest to the highest."""
    names = [spoken(protocol) for protocol in protocols]
    if not names:
        return "no TLS version at all"
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def connection(account: Account) -> str:
    """Return where an account connects, and how."""
    server = account.server or "a server that is not known"
    port = f":{account.port}" if account.port is not None else ""
    return f"{server}{port} ({_CONNECTION[account.security]})"


def place(setting: Setting) -> str:
    """Return a setting with where it stands."""
    policy = ", set by Group Policy" if setting.is_group_policy else ""
    return f"{setting.key} = {setting.value} ({spot(setting.file, setting.line)}{policy})"


def client_name(facts: ClientFacts | None, name: str, version: str | None) -> str:
    """Return a client's name with its version, where that is known."""
    return f"{facts.title if facts else name} {version}" if version else (facts.title if facts else name)


def why_blocked(subject: str, path: Path, policy: Policy) -> str:
    """Return why *subject* does not get through."""
    needed = f"{policy.title} will accept only {spoken(policy.protocol)} or later"
    what = f"{subject} offers {span(path.offered or ())}"
    if not path.blockers:
        library = f"{path.facts.title} {path.stack.version or ''}".strip() if path.facts and path.stack else "its TLS library"
        return f"{what}, because {library} ({path.stack.path if path.stack else ''}) can do no more; {needed}."
    return f"{what}, because of {' and '.join(_named(item) for item in path.blockers)}; {needed}."


def _named(item: Constraint) -> str:
    named = place(item.setting) if item.setting else (item.why or str(item.source))
    return f"{named}, which {item.origin}" if item.origin and item.setting else named


def fix_blocked(path: Path, facts: ClientFacts | None, policy: Policy) -> dict[str, Any]:
    """Return the fix for a path that its blockers, or its library, keep below the requirement."""
    if not path.blockers:
        return _library_fix(path)
    text = " ".join(dict.fromkeys(_step(item) for item in path.blockers))
    changes = [change for change in map(_change_of, path.blockers) if change is not None]
    if len(changes) < len(path.blockers):
        # One step that only words can tell leaves the rest without effect.
        return {"text": text, **_client_upgrade(path)}
    remedy = "registry" if path.blockers[0].change is not None else "setting"
    return {"text": text, "remedy": remedy, "change": changes[0], "changes": changes}


def _change_of(item: Constraint) -> dict[str, Any] | None:
    """The change that takes a blocker away, or None where only words tell what does."""
    if item.change is not None:
        return dict(item.change)
    if item.setting is None or item.advice is not None or not _is_placed(item.setting):
        return None
    return _change(item.setting, item.mend)


def _is_placed(setting: Setting) -> bool:
    """Whether it is known where a setting stands; of files on Windows only the lines that matter are read, without their numbers."""
    return setting.registry is not None or setting.line > 0


def why_no_suite(path: Path, policy: Policy) -> str:
    """Return the part of a sentence that names the settings which leave no cipher suite in common with the service."""
    off = suite_switches.switched_off(path.constraints, policy)
    settings = [path.own_ciphers.setting] if path.own_ciphers else [item.setting for item in off]
    named = " and ".join(place(setting) for setting in settings if setting)
    return f", because of {named}" if named else ""


def fix_ciphers(path: Path, policy: Policy) -> dict[str, Any]:
    """Return the fix for a path that has no cipher suite in common with the service."""
    of_windows = path.facts is not None and path.facts.registry is not None
    names = ", ".join(suite.name if of_windows else suite.openssl for suite in policy.cipher_suites.values())
    off = suite_switches.switched_off(path.constraints, policy)
    if path.own_ciphers is None and not off:
        return {"text": f"Allow {names}, or at least one of them, again."}
    # Of single suites that are switched off the best one is enough.
    step = path.own_ciphers.constraint() if path.own_ciphers else off[0]
    text = f"{_step(step)} One of these has to be among them: {names}." if path.own_ciphers else _step(step)
    if step.setting is None or step.advice is not None:
        return {"text": text}
    change = _change(step.setting, step.mend)
    return {"text": text, "remedy": "setting", "change": change, "changes": [change]}


def fix_unknown(path: Path, policy: Policy, otherwise: str) -> dict[str, Any]:
    """Return the fix for a path that passes or not by what can't be told: what settles it, or else the text *otherwise*."""
    open_points = [item for item in path.constraints if item.maybe and item.advice and policy.protocol in item.effect.disable]
    if not open_points:
        return {"text": otherwise}
    fix: dict[str, Any] = {"text": " ".join(dict.fromkeys(item.advice or "" for item in open_points))}
    changes = [dict(item.change) for item in open_points if item.change is not None]
    if changes:
        fix.update(remedy="registry", change=changes[0], changes=changes)
    return fix


def _library_fix(path: Path) -> dict[str, Any]:
    if path.facts is None or path.stack is None:
        return {"text": "Find out which TLS library the client uses, and upgrade it."}
    package = f" (package {path.stack.package.name})" if path.stack.package else ""
    text = (
        f"Upgrade {path.facts.title}{package} to {path.facts.fixed_in} or later, built with TLS 1.2 for clients;"
        " where the system has no such package, the system itself has to be replaced or the mailbox fetched from another host."
    )
    return {"text": text, "remedy": "package", **_package(path.stack.package, path.facts.fixed_in)}


def _client_upgrade(path: Path) -> dict[str, Any]:
    """The keys of a fix where a newer version of the client alone takes away all that blocks it."""
    needed = [item.fixed_in for item in path.blockers if item.fixed_in is not None]
    if len(needed) < len(path.blockers) or path.client_package is None:
        return {}
    return {"remedy": "package", **_package(path.client_package, max(needed, key=sort_key))}


def _package(package: Package | None, fixed_in: str) -> dict[str, Any]:
    if package is None:
        return {}
    return {"package": {"name": package.name, "version": package.version, "at_least": fixed_in if _VERSION.match(fixed_in) else None}}


def _change(setting: Setting, to: str | None) -> dict[str, Any]:
    if setting.registry is not None:
        value = {"value": setting.key, "type": setting.registry.type, "from": setting.value, "to": to}
        return {"registry": setting.file, "view": setting.registry.view, "values": [value]}
    return {"file": setting.file, "line": setting.line, "key": setting.key, "from": setting.value, "to": to}


def _step(item: Constraint) -> str:
    if item.advice is not None or item.setting is None:
        return item.advice or "Upgrade the client."
    where = f"In {spot(item.setting.file, item.setting.line)}{_BY_POLICY if item.setting.is_group_policy else ''}, "
    if item.mend is None:
        action = f"remove {item.setting.key} = {item.setting.value}"
    else:
        action = f"change {item.setting.key} from {item.setting.value} to {item.mend}"
    after = ", then restart the programs that use the library." if item.layer == SYSTEM else ", then restart the client."
    return where + action + after


def endpoint_fix(endpoint: Endpoint, account: Account) -> dict[str, Any]:
    """Return the fix for an account that points at a retired name."""
    fix: dict[str, Any] = {"text": f"Change the server from {account.server} to {endpoint.replacement} in {account.config}."}
    setting = next((item for item in account.settings if item.value == account.server), None)
    if setting is not None:
        fix["text"] = (
            f"In {spot(setting.file, setting.line)}, change {setting.key} from {setting.value} to {endpoint.replacement},"
            " then restart the client."
        )
    if setting is not None and _is_placed(setting):
        change = _change(setting, endpoint.replacement)
        fix.update(remedy="endpoint", change=change, changes=[change])
    return fix


def cause_of(path: Path) -> str:
    """Return the one word that findings with the same reason share."""
    if not path.blockers:
        return "library"
    layer = path.blockers[0].layer
    return {SETTING: "pinned", SYSTEM: "system_settings", LIMIT: "client_version"}.get(layer, "client_version")
