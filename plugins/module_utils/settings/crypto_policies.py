# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of crypto-policies: the policy that was asked for, and the one that the libraries' files were made from.

Source: update-crypto-policies of crypto-policies, which reads the first and writes the second.
"""

import collections

Policy = collections.namedtuple("Policy", "key value line")

# The file that an administrator may edit, and the one that only the program writes.
FILES = {"policy": "/etc/crypto-policies/config", "applied": "/etc/crypto-policies/state/current"}


def parse(text, key):
    """Return the policy that *text*, the content of FILES[key], names, or None when it names none.

    The first line that is no comment has the policy, with its modules behind colons; any further one has more modules.
    """
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
    words = [(word.strip(), number) for number, line in lines for word in line.upper().split(":") if word.strip()]
    return Policy(key, ":".join(word for word, _number in words), words[0][1]) if words else None
