# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""For which mailboxes the hooks of mutt and neomutt are (muttrc(5), regular expressions)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import muttrc

# An expression beyond this is not tried: what takes long on purpose does so by quantifiers, above all of groups.
_TOO_COSTLY = re.compile(r"[*+?}]{2}|\)[*+?{]|\\\d|\(\?|\[\[[:.=]|(?:[^\\][*+{].*){4}", re.DOTALL)
_LONGEST = 300


def matches(hook, text):
    """Tell whether a hook is for *text*; None where its expression is not tried, or not one of Python's."""
    if muttrc.COMPUTED in hook.pattern or len(hook.pattern) > _LONGEST or len(text) > _LONGEST or _TOO_COSTLY.search(hook.pattern):
        return None
    ignore_case = 0 if any(char.isupper() for char in hook.pattern) else re.IGNORECASE
    try:
        found = re.search(hook.pattern, text, ignore_case)
    except (re.error, OverflowError):
        return None
    return bool(found) == hook.wanted
