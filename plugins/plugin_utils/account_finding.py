# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The finding of one mail account: its endpoint, its security, and the path through the client to the TLS library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import hardening, relay, wording
from ansible_collections.mailtls.fleet.plugins.plugin_utils.evidence import Account, Client, Evidence, Install, spot
from ansible_collections.mailtls.fleet.plugins.plugin_utils.finding import finding, stable_id
from ansible_collections.mailtls.fleet.plugins.plugin_utils.library_capability import INFERRED
from ansible_collections.mailtls.fleet.plugins.plugin_utils.mail_path import Path, of_account
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import ClientFacts, Endpoint, Policy
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import AT_RISK, FAIL, PASS, UNKNOWN, rank

# A chain of services longer than this is a circle.
_LONGEST_CHAIN = 5
# While one of these is open, a connection without TLS may be one to a command that speaks it, or none at all.
_DECIDES_ON_TLS = ("server", "security", "options")
# More servers behind one port of this host are not followed.
_MOST_SERVERS = 20


def of_client(evidence: Evidence, policy: Policy, client: Client) -> list[dict[str, Any]]:
    """Return one finding for each account of *client*; where it is installed more than once, the worst copy's."""
    ordinals: dict[tuple[str, str], int] = {}
    findings = []
    for account in client.accounts:
        place = (account.user, account.config)
        ordinals[place] = ordinals.get(place, -1) + 1
        # Not the server, the name or the line: they change when the account is mended, and it is still the same account.
        identity = stable_id("account", client.name, *place, str(ordinals[place]))
        findings.append(_worst(evidence, policy, client, account, identity, _LONGEST_CHAIN))
    return findings


def _worst(evidence: Evidence, policy: Policy, client: Client, account: Account, identity: str, hops: int) -> dict[str, Any]:
    judges = [_Judge(evidence, policy, client, install, account, identity, hops) for install in client.installs or (None,)]
    return min((judge.finding() for judge in judges), key=lambda item: rank(item["verdict"]))


def path_details(path: Path) -> dict[str, Any]:
    """Return the keys of a finding that tell of its path."""
    details: dict[str, Any] = {"settings": [_setting(item.setting) for item in path.constraints if item.setting]}
    if path.states:
        details["states"] = path.states
    if path.offered is not None:
        details["offered"] = list(path.offered)
    if path.stack is not None:
        details["stack"] = {"kind": path.stack.kind, "version": path.stack.version, "path": path.stack.path}
    return details


def source_of(path: Path, policy: Policy) -> str:
    """Return where the decisive fact of *path* comes from."""
    if path.blockers:
        return str(path.blockers[0].source)
    if path.confidence == INFERRED and path.facts:
        return str(path.facts.source)
    return str(policy.protocol_source)


class _Judge:
    """The checks of one account, in the order in which the first that applies decides."""

    def __init__(
        self,
        evidence: Evidence,
        policy: Policy,
        client: Client,
        install: Install | None,
        account: Account,
        identity: str,
        hops: int,
    ) -> None:
        self.evidence = evidence
        self.policy = policy
        self.client = client
        self.hops = hops
        self.account = account
        self.identity = identity
        self.facts: ClientFacts | None = policy.clients.get(client.name)
        self.version = install.version if install else None
        self.installed = install is not None
        self.subject = wording.client_name(self.facts, client.name, self.version)
        if self.facts and self.facts.running:
            self.subject += f" {account.config}" + (f" ({account.name})" if account.name else "")
        self.name = client.name
        self.install = install
        self.path = of_account(evidence, policy, self.facts, install, account) if self.facts else Path(None, None)
        self.endpoint = policy.endpoint(account.server)

    def finding(self) -> dict[str, Any]:
        """Return the account's finding."""
        if self.endpoint and self.endpoint.status == "retired":
            return self._retired(self.endpoint)
        services = relay.of_account(self.evidence, self.account)
        if services:
            return self._of_services(services)
        if self.account.listens and all(listener.leads == "through" for listener in self.account.listens):
            return self._handed_on()
        if self.account.security == "none":
            return self._without_tls()
        if self.facts is None:
            return self._unknown("unknown_version", f"the policy has no facts about {self.name}")
        if not self.installed:
            return self._unknown("unknown_version", f"the program of {self.subject} was not found, only its configuration")
        if self.path.passes is False:
            return self._blocked()
        if self.path.ciphers_shared is False:
            return self._no_common_cipher_suite()
        if self.path.passes is None:
            return self._unknown("undecided", "; ".join(self.path.unknown) or "what it offers could not be observed")
        return self._passes()

    def _finding(self, cause: str, verdict: str, why: str, fix: dict[str, Any], source: str) -> dict[str, Any]:
        if verdict == FAIL and not self.account.enabled:
            verdict, why = AT_RISK, f"Not active now, but once it is: {why}"
        account = self.account
        return finding(
            self.identity,
            "account",
            cause,
            verdict,
            self.path.confidence,
            why,
            fix,
            source,
            client={"name": self.name, "version": self.version},
            account={
                "server": account.server,
                "port": account.port,
                "protocol": account.protocol,
                "security": account.security,
                "config": account.config,
                "line": account.line,
                "user": account.user,
            },
            **path_details(self.path),
            **self._floors(verdict),
        )

    def _floors(self, verdict: str) -> dict[str, Any]:
        if self.facts is None or verdict not in (PASS, FAIL):
            return {}
        return hardening.of_account(self.facts, self.install, self.account, self.path.stack, self.policy)

    def _retired(self, endpoint: Endpoint) -> dict[str, Any]:
        fix = wording.endpoint_fix(endpoint, self.account)
        why = f"{self.subject} connects to {wording.connection(self.account)}, an opt-in legacy name that is retired together with old TLS."
        if self.path.passes is False:
            why += f" Besides, {wording.why_blocked(self.subject, self.path, self.policy)}"
            besides = wording.fix_blocked(self.path, self.facts, self.policy)
            fix["text"] += " Then: " + besides["text"]
            if "changes" in fix:
                fix["changes"] = fix["changes"] + besides.get("changes", [])
        return self._finding("legacy_endpoint", FAIL, why, fix, str(endpoint.source))

    def _of_services(self, services: list[list[relay.Relay]]) -> dict[str, Any]:
        """It speaks to a service of this host, each of whose servers may get the connection; which of several runs, nobody can tell."""
        servers = [server for service in services for server in service]
        if len(servers) > _MOST_SERVERS:
            return self._unknown("undecided", f"services of this host have more than {_MOST_SERVERS} servers behind that port")
        # What is shared out this way ends soon, however many services speak to each other.
        hops = (self.hops - 1) // len(servers)
        found = [min((self._relayed(server, hops) for server in service), key=lambda item: rank(item["verdict"])) for service in services]
        if len({item["verdict"] for item in found}) > 1:
            names = ", ".join(self._name_of(service[0]) for service in services)
            return self._unknown("undecided", f"several services are set to listen there, and which of them runs is not known: {names}")
        return found[0]

    def _name_of(self, service: relay.Relay) -> str:
        facts = self.policy.clients.get(service.client.name)
        return f"{facts.title if facts else service.client.name} on this host ({spot(service.account.config, service.account.line)})"

    def _relayed(self, service: relay.Relay, hops: int) -> dict[str, Any]:
        """What leaves the host decides."""
        name = self._name_of(service)
        if not self.hops:
            return self._unknown("undecided", f"it connects to {name}, and that to itself in the end")
        if service.leads == "nowhere" and not service.client.installs:
            return self._unknown("unknown_version", f"it connects to {name}, whose program was not found, only its configuration")
        if service.leads == "nowhere":
            why = f"{self.subject} connects to {name}, from which no POP3 or IMAP connection leads on."
            return self._finding("ok", PASS, why, {"text": ""}, str(self.policy.protocol_source))
        if service.leads == "through":
            far = replace(self.account, server=service.account.server, port=service.account.port)
            decisive = _worst(self.evidence, self.policy, self.client, far, self.identity, hops)
            why = f"{self.subject} connects through {name}, which hands its connection on: {decisive['why']}"
        else:
            decisive = _worst(self.evidence, self.policy, service.client, service.account, self.identity, hops)
            why = f"{self.subject} connects to {name}, whose own connection decides: {decisive['why']}"
        found = self._finding(decisive["cause"], decisive["verdict"], why, decisive["fix"], decisive["source"])
        return {**found, **{key: decisive[key] for key in ("confidence", "settings", "offered", "stack") if key in decisive}}

    def _handed_on(self) -> dict[str, Any]:
        why = (
            f"{self.subject} hands connections on to {wording.connection(self.account)} as they are:"
            " the TLS of each client that connects through it decides, and is judged where that client is."
        )
        return self._finding("ok", PASS, why, {"text": ""}, str(self.policy.protocol_source))

    def _without_tls(self) -> dict[str, Any]:
        doubts = [f"{item.what}: {item.why}" for item in self.account.undecided if item.what in _DECIDES_ON_TLS]
        if doubts:
            return self._unknown("undecided", "; ".join(doubts))
        return self._plain_service() if self.account.listens and self.endpoint is None else self._plaintext()

    def _plain_service(self) -> dict[str, Any]:
        why = (
            f"{self.subject} speaks without TLS to {wording.connection(self.account)}, which is no name of {self.policy.title}:"
            " what becomes of TLS there has no say."
        )
        return self._finding("ok", PASS, why, {"text": ""}, str(self.policy.protocol_source))

    def _plaintext(self) -> dict[str, Any]:
        if relay.is_loopback(self.account.server):
            return self._unknown(
                "plaintext",
                "it speaks without TLS to a program on this host that was not found, and that program's own connection decides",
            )
        why = (
            f"{self.subject} connects to {wording.connection(self.account)} without TLS, and {self.policy.title} takes no login without it."
        )
        where = spot(self.account.config, self.account.line)
        text = f"Switch on TLS for this account in {where}: implicit TLS on port 993 (IMAP) or 995 (POP3)."
        return self._finding("plaintext", FAIL, why, {"text": text}, str(self.policy.protocol_source))

    def _blocked(self) -> dict[str, Any]:
        why = wording.why_blocked(f"{self.subject}, to {wording.connection(self.account)},", self.path, self.policy)
        fix = wording.fix_blocked(self.path, self.facts, self.policy)
        return self._finding(wording.cause_of(self.path), FAIL, why + self._about_server(), fix, source_of(self.path, self.policy))

    def _no_common_cipher_suite(self) -> dict[str, Any]:
        because = wording.why_no_suite(self.path, self.policy)
        why = f"{self.subject}, to {wording.connection(self.account)}, shares no cipher suite with {self.policy.title}{because}."
        fix = wording.fix_ciphers(self.path, self.policy)
        return self._finding("no_common_cipher_suite", FAIL, why + self._about_server(), fix, str(self.policy.cipher_source))

    def _unknown(self, cause: str, missing: str) -> dict[str, Any]:
        why = f"Whether {self.subject} goes on working with {wording.connection(self.account)} can't be told: {missing}."
        where = spot(self.account.config, self.account.line)
        text = f"Look at {where}, by hand, or test the connection against a server that takes only TLS 1.2."
        return self._finding(cause, UNKNOWN, why, wording.fix_unknown(self.path, self.policy, text), source_of(self.path, self.policy))

    def _passes(self) -> dict[str, Any]:
        why = f"{self.subject} offers {wording.span(self.path.offered or ())} to {wording.connection(self.account)}."
        if self.account.server is None:
            return self._unknown("undecided", "its server is not known, and could be a name that is retired")
        if self.account.security is None:
            return self._unknown("undecided", "whether it speaks TLS at all is not known")
        if self.facts and self.facts.running:
            why += f" {self.facts.running}"
        if self.account.replaced:
            return self._replaced(why)
        if self.path.waits_for_restart:
            return self._finding(
                "restart_pending", AT_RISK, f"{why} {wording.RESTART}", wording.RESTART_FIX, source_of(self.path, self.policy)
            )
        return self._finding("ok", PASS, why, {"text": ""}, source_of(self.path, self.policy))

    def _replaced(self, why: str) -> dict[str, Any]:
        why += f" But it goes on with files that have been replaced since it began, as they were: {', '.join(self.account.replaced)}."
        fix = {"text": f"Restart {self.subject}, and audit again."}
        return self._finding("restart_pending", AT_RISK, why, fix, source_of(self.path, self.policy))

    def _about_server(self) -> str:
        if self.endpoint is not None or self.account.server is None:
            return ""
        return f" ({self.account.server} is no name of {self.policy.title}; the same requirement is applied to it.)"


def _setting(setting: Any) -> dict[str, Any]:
    return {"file": setting.file, "line": setting.line, "key": setting.key, "value": setting.value}
