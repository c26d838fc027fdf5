# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a protocol's two values in the registry make of it for a client of Schannel: one pure decision.

Source: Microsoft's TLS registry settings (WindowsServerDocs), and measurements with a program of Schannel's interface under Wine
for the logic of the values; tests/integration/windows repeats them.
"""

from __future__ import annotations

from dataclasses import dataclass

ON, OFF, NONE = "on", "off", "none"
ABSENT, ZERO, OTHER, WRONG_TYPE = "absent", "zero", "other", "wrong type"


@dataclass(frozen=True)
class State:
    """Whether a protocol is offered; None where that is not known.

    Attributes:
        by_default: to a program that takes the default.
        by_name: to a program that asks for the protocol by its name.
    """

    by_default: bool | None
    by_name: bool | None

    @property
    def word(self) -> str:
        """The effective state in one word, for a report."""
        if self.by_default is None:
            return "not known"
        return "on" if self.by_default else "off by default" if self.by_name else "disabled"


_DISABLED = State(False, False)
_UNKNOWN = State(None, None)


def kind_of(type_name: str | None, number: int | None) -> str:
    """Return what a value comes to: absent (no type), zero, other (1, 0xFFFFFFFF and all else), or of a wrong type."""
    if type_name is None:
        return ABSENT
    if number is None:
        return WRONG_TYPE
    return ZERO if number == 0 else OTHER


def decide(enabled: str, disabled_by_default: str, default: str) -> State:
    """Return the state of a protocol.

    Args:
        enabled: what its value Enabled is, from `kind_of`.
        disabled_by_default: what its value DisabledByDefault is.
        default: what this Windows does without any value: ON, OFF (it can, but must be told), or NONE (it can't).
    """
    if default == NONE:
        # Keys of TLS 1.3 on a Windows without it are unsafe and unsupported, whatever they hold.
        return _DISABLED
    if WRONG_TYPE in (enabled, disabled_by_default):
        return _UNKNOWN
    if enabled == ZERO:
        return _DISABLED
    if disabled_by_default == OTHER:
        return State(False, True)
    if default == ON or (enabled, disabled_by_default) == (OTHER, ZERO):
        return State(True, True)
    if (enabled, disabled_by_default) == (ABSENT, ABSENT):
        return State(False, True)
    # One of the two values alone, where the default is off: not documented, so both have to be written.
    return State(None, True)
