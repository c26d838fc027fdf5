"""Fixtures of the lab. Where a machine cannot have a lab, the tests that ask for it are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from lab.host import Host
from lab.servers import MailServer
from lab.session import Lab, missing

SHOWN = "shown at the end"


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab of this test run; `lab.host(...)` starts hosts that stay until its end."""
    reasons = missing()
    if reasons:
        pytest.skip(f"no lab on this machine: {'; '.join(reasons)}")
    running = Lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def modern(lab: Lab) -> MailServer:
    """The mail service as it will be: TLS 1.2 and later."""
    return lab.modern


@pytest.fixture(scope="session")
def legacy(lab: Lab) -> MailServer:
    """The mail service as it was: TLS 1.0 and later."""
    return lab.legacy


@pytest.fixture
def start_host(lab: Lab) -> Iterator[Callable[..., Host]]:
    """As `lab.host`, for hosts that end with the test."""
    started: list[Host] = []

    def start(*arguments: object, **named: object) -> Host:
        started.append(lab.host(*arguments, **named))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for host in started:
        host.stop()


@pytest.fixture
def show_at_the_end(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a text printed when all tests are over, whichever process ran this one."""
    return lambda text: record_property(SHOWN, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == SHOWN:
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(str(text))
