# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words that bash, ksh and zsh make of one with braces, before they expand anything else (bash(1), "Brace Expansion").

dash takes such a word as it stands, and so would find no program or file of that name.
"""

import itertools

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_lexer

MAX_BRACES = 20  # of one word
MAX_WORDS = 200
MAX_LENGTH = 4096  # of one word: that of a path
_UNKNOWN = (shell_lexer.Part("unknown", "", False, None),)


def expanded(parts):
    """Return the words, tuples of shell_lexer.Parts, that the word of these *parts* becomes; one that is unknown where they are many."""
    if not any(_is_plain(part) and "{" in part.text for part in parts):
        return [tuple(parts)]
    # Letters that may be of a brace, and what is none.
    atoms = [atom for part in parts for atom in (part.text if _is_plain(part) else [part])]
    words = _words(atoms) if atoms.count("{") <= MAX_BRACES and len(atoms) <= MAX_LENGTH else None
    return [_UNKNOWN] if words is None else [_joined(word) for word in words]


def _is_plain(part):
    return part.kind == "text" and not part.quoted


def _words(atoms):
    for start in (place for place, atom in enumerate(atoms) if atom == "{"):
        pieces = _pieces(atoms, start)
        if pieces is None:
            continue
        end = start + sum(map(len, pieces)) + len(pieces)
        first = [[_UNKNOWN[0]]] if len(pieces) == 1 else _all(map(_words, pieces))
        rest = _words(atoms[end + 1 :])
        if first is None or rest is None or len(first) * len(rest) > MAX_WORDS:
            return None
        return [atoms[:start] + middle + tail for middle, tail in itertools.product(first, rest)]
    return [atoms]


def _all(lists):
    lists = list(lists)
    return None if None in lists else [word for words in lists for word in words]


def _pieces(atoms, start):
    """What the commas of the brace that begins there separate; one piece of a sequence, as 1..3; None of one that bash leaves alone."""
    depth, pieces = 1, [[]]
    for atom in atoms[start + 1 :]:
        depth += {"{": 1, "}": -1}.get(atom, 0) if isinstance(atom, str) else 0
        if depth == 0:
            is_sequence = ".." in "".join(letter for letter in pieces[0] if isinstance(letter, str))
            return pieces if len(pieces) > 1 or is_sequence else None
        if depth == 1 and atom == ",":
            pieces.append([])
        else:
            pieces[-1].append(atom)
    return None


def _joined(atoms):
    found = []
    for is_text, group in itertools.groupby(atoms, lambda atom: isinstance(atom, str)):
        run = list(group)
        found += [shell_lexer.text("".join(run), False)] if is_text else run
    return tuple(found)
