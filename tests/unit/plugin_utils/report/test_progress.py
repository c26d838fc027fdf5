"""When a run says how far it is, and what."""

from __future__ import annotations

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.progress import Progress

HOSTS = 10_000


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines(seconds: int, each: float, hosts: int = HOSTS) -> list[tuple[float, str]]:
    """What is said, and when, while a host finishes every *each* seconds."""
    clock = Clock()
    progress, told = Progress(seconds, clock), []
    for finished in range(1, hosts + 1):
        clock.now += each
        line = progress.line(finished, hosts, finished // 20)
        if line:
            told.append((clock.now - 100, line))
    return told


def test_finished_of_total_failing_so_far_and_time_left() -> None:
    assert lines(30, 1)[0] == (30, "30 of 10,000 hosts finished, 1 failing so far, about 3 hours left")
    assert lines(5, 0.05, 1000)[-1][1].endswith("less than a minute left")
    assert lines(30, 0.1)[-1][1].endswith("about 1 minute left")


def test_a_short_run_says_nothing() -> None:
    assert lines(30, 0.001) == []


def test_the_longest_run_says_little() -> None:
    moments = [moment for moment, _line in lines(30, 3)]
    assert 20 < len(moments) < 60
    gaps = [later - earlier for earlier, later in zip(moments, moments[1:], strict=False)]
    assert gaps == sorted(gaps)


def test_nothing_when_it_is_switched_off_or_all_is_finished() -> None:
    assert lines(0, 1) == []
    assert [line for _moment, line in lines(30, 40, hosts=1)] == []
