# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a command line, read as getopt_long(3) of the C library reads them, by a client's own table.

Of a command line only what the table knows comes out: an operand, and the argument of an option that is not kept, may be a password.
"""

import collections

# key: as the table calls it; value: its argument as a Word, None for an option that takes none.
Option = collections.namedtuple("Option", "key value")
# options: those that the table keeps, in their order; operands: Words; undecided: whether words that only the running shell would
# know could be further options; refused: whether the program would end because of an option that it does not know.
Line = collections.namedtuple("Line", "options operands undecided refused")

REQUIRED, OPTIONAL = ":", "::"


class Table:
    """What a program's command line may hold.

    Args:
        short: its short options as getopt(3) takes them: "f:vx::".
        long: {name: "" or REQUIRED or OPTIONAL}.
        kept: {short or long name: key}, the options that are asked for; all others are skipped with their arguments.
        permutes: whether options may stand behind operands, as with the GNU C library.
    """

    def __init__(self, short, long, kept, permutes=True):
        self.short = _short(short)
        self.long = dict(long)
        self.kept = dict(kept)
        self.permutes = permutes

    def parse(self, words):
        """Return the Line of *words*, the program itself left out."""
        return _Parser(self, words).parse()


def _short(text):
    found, at = {}, 0
    while at < len(text):
        colons = len(text[at + 1 :]) - len(text[at + 1 :].lstrip(":"))
        found[text[at]] = ":" * colons
        at += 1 + colons
    return found


class _Parser:
    def __init__(self, table, words):
        self.table = table
        self.words = list(words)
        self.options = []
        self.operands = []
        self.undecided = False
        self.refused = False

    def parse(self):
        while self.words:
            word = self.words.pop(0)
            if word.text == "--" and word.is_decided:
                self.operands.extend(self.words)
                break
            if word.text.startswith("--"):
                self._long(word)
            elif word.text.startswith("-") and (len(word.text) > 1 or not word.is_decided):
                self._short(word)
            else:
                # A word without a beginning could be an option as well.
                self.undecided = self.undecided or not word.is_decided and (word.may_be_many or not word.text)
                self.operands.append(word)
                if not self.table.permutes:
                    self.operands.extend(self.words)
                    break
        return Line(self.options, self.operands, self.undecided, self.refused)

    def _long(self, word):
        name, has_value, value = word.text[2:].partition("=")
        if not has_value and not word.is_decided:
            self.undecided = True
            return
        name = self._whole(name)
        if name is None:
            self.refused = True
            return
        takes = self.table.long[name]
        argument = None
        if has_value and takes:
            argument = word.__class__(value, word.is_decided, word.may_be_many, word.ending)
        elif takes == REQUIRED:
            argument = self._next()
        self._keep(name, argument)

    def _whole(self, name):
        """The long option that *name* is, or is the beginning of where that is enough to tell."""
        if name in self.table.long:
            return name
        matches = [option for option in self.table.long if option.startswith(name)]
        # Several names of one option are as good as one.
        meanings = {(self.table.kept.get(option), self.table.long[option]) for option in matches}
        same = len(matches) == 1 or (len(meanings) == 1 and meanings != {(None, "")} and (None, REQUIRED) not in meanings)
        return matches[0] if matches and same else None

    def _short(self, word):
        rest = word.text[1:]
        if not rest:
            self.undecided = True
        while rest:
            letter, rest = rest[0], rest[1:]
            takes = self.table.short.get(letter)
            if takes is None:
                self.refused = True
            elif takes and (rest or not word.is_decided):
                self._keep(letter, word.__class__(rest, word.is_decided, word.may_be_many, word.ending))
                return
            else:
                self._keep(letter, self._next() if takes == REQUIRED else None)
        self.undecided = self.undecided or not word.is_decided

    def _next(self):
        """The argument that is a word of its own; None, and refused, when there is none."""
        if not self.words:
            self.refused = True
            return None
        return self.words.pop(0)

    def _keep(self, name, argument):
        if argument is not None and argument.may_be_many:
            self.undecided = True
        if name in self.table.kept:
            self.options.append(Option(self.table.kept[name], argument))
