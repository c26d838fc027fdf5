"""Which hosts are probed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import sample
from ansible_collections.mailtls.fleet.plugins.plugin_utils.reach.base import ReachError

TARGET = "outlook.office365.com:993"
FLEET = [f"host{number}" for number in range(1000)]


def probing(hosts: list[str], **given: Any) -> set[str]:
    variables = {"ansible_play_hosts_all": hosts}
    return {host for host in hosts if sample.arguments({"probe": [TARGET], **given}, host, variables)["probe"]}


def test_each_host_finds_by_itself_whether_it_is_among_the_few() -> None:
    assert probing(FLEET, probe_hosts=7) == sample.chosen(FLEET, 7)
    assert len(probing(FLEET[:300])) == sample.HOSTS == 20


def test_the_order_of_the_inventory_does_not_matter() -> None:
    assert sample.chosen(reversed(FLEET), 7) == sample.chosen(FLEET, 7)


def test_a_host_that_goes_gives_its_place_to_one_other() -> None:
    before = sample.chosen(FLEET, 20)
    after = sample.chosen([host for host in FLEET if host != min(before)], 20)
    assert len(before & after) == 19


def test_a_small_fleet_is_probed_whole() -> None:
    assert probing(FLEET[:3]) == set(FLEET[:3])


@pytest.mark.parametrize("given", [{"probe": []}, {"probe": ""}, {"probe": None}, {"probe_hosts": 0}])
def test_it_is_off(given: dict[str, Any]) -> None:
    assert probing(FLEET[:3], **given) == set()


def test_without_a_probe_it_costs_no_time() -> None:
    assert sample.seconds({}) == 0
    assert sample.seconds({"probe": [TARGET], "probe_jitter": 5}) > sample.seconds({"probe": [TARGET], "probe_jitter": 0}) > 0


def test_one_server_may_stand_alone_and_several_in_one_text() -> None:
    both = f"{TARGET}, outlook.office365.com:995"
    assert sample.arguments({"probe": both}, "a", {})["probe"] == [TARGET, "outlook.office365.com:995"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"probe": ["outlook.office365.com:25"]}, "probe: expected host:port"),
        ({"probe_jitter": "soon"}, "probe_jitter: expected seconds"),
        ({"probe_jitter": 3601}, "probe_jitter: expected seconds, 0 to 3600, found 3601"),
        ({"probe_hosts": -1}, "probe_hosts: expected a whole number"),
    ],
)
def test_wrong_arguments_are_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ReachError, match=told):
        sample.arguments(given, "a", {})


def test_a_reach_that_can_t_leaves_a_note_that_changes_nothing() -> None:
    evidence = {"gaps": []}
    assert sample.noted(evidence, {"probe": []}) == evidence
    [gap] = sample.noted(evidence, {"probe": [TARGET]})["gaps"]
    assert (gap["what"], gap["affects"]) == ("probe", None)
    made = {"gaps": [], "probes": []}
    assert sample.noted(made, {"probe": [TARGET]}) == made


@pytest.mark.parametrize("hostile", [None, 7, [], "probes", {}, {"gaps": "none"}])
def test_what_is_no_evidence_is_left_to_its_reader(hostile: Any) -> None:
    assert sample.noted(hostile, {"probe": [TARGET]}) == hostile
