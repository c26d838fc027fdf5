# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every grammar raises when it gives up."""


class GrammarError(Exception):
    """The text is not of the expected grammar, so nothing of it can be relied on.

    Args:
        line: line of the text, counted from 1.
        expected: what was expected there, in words; never a part of the text itself, which may hold a secret.
    """

    def __init__(self, line: int, expected: str):
        super().__init__(f"line {line}: expected {expected}")
        self.line = line
        self.expected = expected
