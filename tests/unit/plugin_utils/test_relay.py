"""A mail client that speaks to a service on its own host is judged by what that service sends to the far server."""

from __future__ import annotations

import datetime
from typing import Any

import evidence_factory as make
import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import evidence
from ansible_collections.mailtls.fleet.plugins.plugin_utils.assess import assess
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load

TODAY = datetime.date(2026, 11, 24)
POLICY = load()
PIN = make.setting("sslversion", "TLSv1", "/etc/stunnel/a.conf", 5)


def judge(service: dict[str, Any], *, where: str = "accounts", **plain: Any) -> dict[str, Any]:
    """Return the finding of a client without TLS, beside a *service* of stunnel in that list of its evidence."""
    client = make.client(make.account(**{"server": "127.0.0.1", "port": 1143, "security": "none", **plain}))
    relay = {**make.client(name="stunnel", installs=[make.install("5.68")]), where: [service]}
    return of_fetchmail(client, relay)


def of_fetchmail(*clients: dict[str, Any]) -> dict[str, Any]:
    record = assess(evidence.load(make.evidence(clients=list(clients))), POLICY, TODAY)
    [found] = [item for item in record["findings"] if item.get("client", {}).get("name") == "fetchmail"]
    return found


def service(address: str = "127.0.0.1", leads: str = "on", **changes: Any) -> dict[str, Any]:
    listens = [{"address": address, "port": 1143, "leads": leads}]
    return make.account(**{"config": "/etc/stunnel/a.conf", "listens": listens, **changes})


def test_through_a_service_that_offers_tls_1_2_it_passes():
    found = judge(service())
    assert (found["verdict"], found["offered"][-1]) == ("PASS", "TLSv1.3")
    assert "stunnel on this host (/etc/stunnel/a.conf, line 2)" in found["why"]
    assert (found["account"]["server"], found["account"]["port"]) == ("127.0.0.1", 1143)


def test_through_a_pinned_service_it_fails_and_the_fix_is_the_services():
    found = judge(service(settings=[PIN]))
    assert (found["verdict"], found["cause"], found["fix"]["change"]["file"]) == ("FAIL", "pinned", "/etc/stunnel/a.conf")


def test_a_service_that_is_no_mail_account_by_itself_counts_once_a_mail_client_speaks_to_it():
    assert judge(service(settings=[PIN]), where="relays")["verdict"] == "FAIL"


def test_the_retired_name_behind_the_service_fails():
    assert judge(service(server="imap-legacy.office365.com"))["cause"] == "legacy_endpoint"


@pytest.mark.parametrize("address", ["", "*", "0.0.0.0", "::", "localhost"])
def test_a_service_that_listens_there_is_found(address):
    assert judge(service(address))["verdict"] == "PASS"


@pytest.mark.parametrize("address", ["::1", "127.0.0.2"])
def test_a_service_on_another_address_of_the_loopback_is_not_reached(address):
    assert judge(service(address))["cause"] == "plaintext"


@pytest.mark.parametrize("changes", [{"port": 1144}, {"port": None}, {"server": "127.0.0.1", "port": 143}])
def test_what_no_service_listens_to_is_unknown(changes):
    found = judge(service(), **changes)
    assert (found["verdict"], found["cause"]) == ("UNKNOWN", "plaintext")


def test_another_hosts_address_is_not_this_hosts_service():
    assert judge(service(), server="192.0.2.1")["cause"] == "plaintext"


def test_a_service_on_an_address_of_the_network_is_found_by_it():
    assert judge(service("192.0.2.1"), server="192.0.2.1")["verdict"] == "PASS"


def test_an_account_that_is_off_is_at_risk_behind_a_service_that_fails():
    assert judge(service(settings=[PIN]), enabled=False)["verdict"] == "AT_RISK"


def test_what_a_service_hands_on_is_judged_by_the_client_itself():
    tls = {"security": "implicit", "settings": [make.setting("sslproto", "TLS1")]}
    assert judge(service(leads="through", security=None), security="implicit")["verdict"] == "PASS"
    assert judge(service(leads="through", security=None), **tls)["cause"] == "pinned"
    assert judge(service(leads="through", security=None))["cause"] == "plaintext"
    assert (
        judge(service(leads="through", security=None, server="imap-legacy.office365.com"), security="implicit")["cause"]
        == "legacy_endpoint"
    )


def test_a_service_that_is_the_end_of_it_passes():
    found = judge(service(leads="nowhere", server=None, security=None))
    assert found["verdict"] == "PASS"
    assert "no POP3 or IMAP connection leads on" in found["why"]


@pytest.mark.parametrize("where", ["accounts", "relays"])
def test_the_worst_of_a_services_servers_counts(where):
    servers = [service(name="a"), service(name="b", line=7, settings=[PIN]), service(name="c")]
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    relays = {**make.client(name="stunnel", installs=[make.install("5.68")]), where: servers}
    assert of_fetchmail(client, relays)["cause"] == "pinned"


def test_which_of_two_services_runs_is_unknown_unless_they_come_to_the_same():
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    other = service(config="/etc/stunnel/b.conf")
    for settings, verdict in (([PIN], "UNKNOWN"), ([], "PASS")):
        relays = make.client(service(settings=settings), other, name="stunnel", installs=[make.install("5.68")])
        assert of_fetchmail(client, relays)["verdict"] == verdict


def test_a_service_in_use_counts_before_one_that_is_not():
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    off = service(settings=[PIN], enabled=False)
    relays = make.client(off, service(config="/etc/stunnel/b.conf"), name="stunnel", installs=[make.install("5.68")])
    assert of_fetchmail(client, relays)["verdict"] == "PASS"
    assert of_fetchmail(client, make.client(off, name="stunnel", installs=[make.install("5.68")]))["verdict"] == "AT_RISK"


def test_the_end_of_it_that_is_not_installed_is_unknown():
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    relays = make.client(service(leads="nowhere", server=None, security=None), name="davmail", installs=[])
    found = of_fetchmail(client, relays)
    assert (found["verdict"], found["cause"]) == ("UNKNOWN", "unknown_version")


def test_many_services_that_speak_to_each_other_come_to_an_end():
    loops = [service(name=str(number), server="127.0.0.1", port=1143, security="none") for number in range(20)]
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    for servers in (loops, loops * 2):
        found = of_fetchmail(client, make.client(*servers, name="stunnel", installs=[make.install("5.68")]))
        assert (found["verdict"], found["cause"]) == ("UNKNOWN", "undecided")


def test_a_service_that_hands_on_everything_decides_nothing_itself():
    relay = make.client(service(leads="through", security=None), name="fetchmail")
    found = of_fetchmail(relay)
    assert found["verdict"] == "PASS"
    assert "hands connections on" in found["why"]


def test_a_service_that_speaks_plainly_to_a_server_of_its_own_is_not_touched():
    plain = service(server="10.0.0.5", port=143, security="none")
    assert of_fetchmail(make.client(plain))["verdict"] == "PASS"
    assert of_fetchmail(make.client({**plain, "server": "outlook.office365.com"}))["cause"] == "plaintext"


def test_services_that_speak_to_each_other_in_a_circle_are_unknown():
    first = service(server="127.0.0.1", port=1144, security="none")
    second = {**service(server="127.0.0.1", port=1143, security="none"), "listens": [{"address": "", "port": 1144, "leads": "on"}]}
    client = make.client(make.account(server="127.0.0.1", port=1143, security="none"))
    found = of_fetchmail(client, make.client(first, second, name="stunnel", installs=[make.install("5.68")]))
    assert (found["verdict"], found["cause"]) == ("UNKNOWN", "undecided")
