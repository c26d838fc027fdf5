"""The interval arithmetic, against what was measured on real libraries (unix.md A.6 and M)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.versions import PROTOCOLS
from ansible_collections.mailtls.fleet.plugins.plugin_utils.offered import (
    DEFAULT,
    LIMIT,
    SETTING,
    SYSTEM,
    Constraint,
    blockers,
    offered,
)
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.load import load
from ansible_collections.mailtls.fleet.plugins.plugin_utils.policy.model import Effect, Source

FACTS = load().libraries
CURRENT = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def constraint(layer: str, **effect) -> Constraint:
    sets = {key: frozenset(value) for key, value in effect.items() if isinstance(value, list)}
    return Constraint(layer, Effect(**{**effect, **sets}), Source("X", "x"))


def openssl(*constraints: Constraint) -> tuple[str, ...]:
    return offered(CURRENT, constraints, FACTS["openssl"])


def test_openssl_takes_the_applications_bound_over_the_systems():
    assert openssl(constraint(SYSTEM, maximum="TLSv1.1"), constraint(SETTING, maximum="TLSv1.3")) == CURRENT


def test_openssl_keeps_the_systems_bound_where_the_application_sets_the_other():
    assert openssl(constraint(SYSTEM, maximum="TLSv1.1"), constraint(SETTING, minimum="TLSv1.2")) == ()


def test_gnutls_never_gives_back_what_the_system_took():
    facts = FACTS["gnutls"]
    taken = constraint(SYSTEM, disable=["TLSv1.2", "TLSv1.3"])
    assert offered(CURRENT, [taken, constraint(SETTING, lists=["TLSv1.2", "TLSv1.1"])], facts) == ("TLSv1.1",)


def test_nss_trims_to_the_overlap():
    assert offered(CURRENT, [constraint(SYSTEM, minimum="TLSv1.2"), constraint(SETTING, maximum="TLSv1.1")], FACTS["nss"]) == ()


def test_a_hole_cuts_off_what_lies_above_it_in_openssl():
    assert openssl(constraint(SETTING, disable=["TLSv1.1", "TLSv1.3"])) == ("TLSv1",)


def test_a_setting_replaces_the_clients_own_bound_and_a_limit_replaces_nothing():
    default, setting = constraint(DEFAULT, maximum="TLSv1"), constraint(SETTING, maximum="TLSv1.2")
    assert openssl(default, setting)[-1] == "TLSv1.2"
    assert openssl(constraint(LIMIT, maximum="TLSv1"), setting) == ("TLSv1",)


def test_lists_add_up_and_additions_come_to_the_clients_default():
    assert openssl(constraint(SETTING, lists=["TLSv1.1"]), constraint(SETTING, lists=["TLSv1.2"])) == (
        "TLSv1.1",
        "TLSv1.2",
    )
    added = openssl(constraint(DEFAULT, lists=["TLSv1.2", "TLSv1.3"]), constraint(SETTING, also=["TLSv1.1"]))
    assert added == ("TLSv1.1", "TLSv1.2", "TLSv1.3")


def test_the_blocker_is_what_would_mend_it_by_going():
    harmless, cap = constraint(SYSTEM, minimum="TLSv1"), constraint(SETTING, maximum="TLSv1")
    assert blockers([harmless, cap], lambda left: "TLSv1.2" in openssl(*left)) == [cap]


def test_two_caps_are_both_blockers():
    caps = [constraint(LIMIT, maximum="TLSv1"), constraint(SETTING, maximum="TLSv1.1")]
    assert blockers(caps, lambda left: "TLSv1.2" in openssl(*left)) == caps


BOUND = st.none() | st.sampled_from(PROTOCOLS)
GROUP = st.frozensets(st.sampled_from(PROTOCOLS))
EFFECTS = st.builds(Effect, minimum=BOUND, maximum=BOUND, lists=GROUP, also=GROUP, disable=GROUP)
CONSTRAINTS = st.lists(
    st.builds(Constraint, st.sampled_from([SYSTEM, DEFAULT, SETTING, LIMIT]), EFFECTS, st.just(Source("X", "x"))),
    max_size=5,
)


@given(st.frozensets(st.sampled_from(PROTOCOLS)), CONSTRAINTS, st.sampled_from(sorted(FACTS)))
def test_nothing_is_offered_that_the_library_can_not_do(capability, constraints, kind):
    result = offered(capability, constraints, FACTS[kind])
    assert set(result) <= capability
    assert list(result) == sorted(result, key=PROTOCOLS.index)


@given(CONSTRAINTS)
def test_openssl_never_offers_a_range_with_a_hole(constraints):
    positions = [PROTOCOLS.index(protocol) for protocol in openssl(*constraints)]
    assert positions == list(range(positions[0], positions[0] + len(positions))) if positions else True
