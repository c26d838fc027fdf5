"""Runs the tests as pytest does; what failed in the lab alone runs once more, by itself, and is named.

Hosts of the lab share a machine with whatever else it does: a Wine, an sshd or a mail client that starts too late fails its test
and not the audit. What fails twice has failed, and so has whatever fails outside the lab, where nothing depends on time.

Started as `python -m tests.run`, so that the project's directory is in sys.path, as it is with `python -m pytest`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

LAB = "tests/integration/"
# More at once is not a host that was late.
AT_MOST = 5


class Failures:
    """A plugin of pytest that notes what failed.

    Attributes:
        tests: the node ids, in the order of their failing.
    """

    def __init__(self) -> None:
        self.tests: dict[str, None] = {}
        self._collected = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that failed, or whose set-up or clean-up did."""
        if report.failed:
            self.tests[report.nodeid] = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that could not be read as tests."""
        self._collected = self._collected and not report.failed

    def may_be_tried_again(self) -> bool:
        """Tell whether there are few of them, and all in the lab."""
        return self._collected and 0 < len(self.tests) <= AT_MOST and all(test.startswith(LAB) for test in self.tests)


def main(arguments: Sequence[str]) -> int:
    """Run pytest with *arguments*, and return its exit code, or that of the second run."""
    failures = Failures()
    code = pytest.main([*arguments], plugins=[failures])
    if code != pytest.ExitCode.TESTS_FAILED or not failures.may_be_tried_again():
        return int(code)
    print("\nFailed once, and tried again by itself:", *failures.tests, sep="\n  ", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *failures.tests], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
