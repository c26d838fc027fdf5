# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words of muttrc and neomuttrc files, as mutt takes them apart (mutt 2.2, mutt_extract_token and mutt_read_line)."""

# Stands in a word for what is known only when the program runs; no text file holds that character.
COMPUTED = "\0"

_BLANKS = " \t\r\n\f\v"
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "f": "\f", "e": "\033"}


def lines(text):
    """Yield (line number, line) with continued lines joined; a backslash at the end of a line continues it, even of a comment."""
    joined, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        line = line[:-1] if line.endswith("\r") else line
        first = first or number
        if line.endswith("\\"):
            joined += line[:-1]
            continue
        yield first, joined + line
        joined, first = "", 0
    if joined:
        yield first, joined


class Words:
    """One line, from which word after word is taken.

    Args:
        line: the line.
        variable: function from the name behind a dollar sign to its value, or COMPUTED.
    """

    def __init__(self, line, variable):
        self._line = line
        self._at = 0
        self._variable = variable
        self._skip_blanks()

    @property
    def next(self):
        """The character that comes next; "" at the line's end."""
        return self._line[self._at : self._at + 1]

    @property
    def more(self):
        """Whether another argument of the same command follows."""
        return self.next not in ("", ";", "#")

    @property
    def rest(self):
        """What was not taken yet."""
        return self._line[self._at :]

    def skip(self, length=1):
        """Leave out that many characters, and the blanks behind."""
        self._at += length
        self._skip_blanks()

    def take(self, stop_at_equal=False, with_blanks=False):
        """Return the next word, without its quotes."""
        self._skip_blanks()
        word, quote = [], ""
        while self._at < len(self._line):
            char = self.next
            ends = (char in _BLANKS and not with_blanks) or char in "#;" or (char == "=" and stop_at_equal)
            if not quote and ends:
                break
            self._at += 1
            if char == quote:
                quote = ""
            elif not quote and char in "'\"":
                quote = char
            elif char == "\\" and quote != "'":
                word.append(self._escaped())
            elif char == "`" and quote != "'":
                self._skip_command()
                word.append(COMPUTED)
            elif char == "$" and quote != "'" and (self.next == "{" or self.next.isalpha()):
                word.append(self._value())
            else:
                word.append(char)
        self._skip_blanks()
        return "".join(word)

    def _skip_blanks(self):
        while self._at < len(self._line) and self._line[self._at] in _BLANKS:
            self._at += 1

    def _escaped(self):
        char = self.next
        self._at += 1
        if char in ("c", "C"):
            self._at += 1
            return ""
        digits = self._line[self._at - 1 : self._at + 2]
        if _is_octal(digits):
            self._at += 2
            return chr(int(digits, 8) & 0xFF) if int(digits, 8) & 0xFF else ""
        return _ESCAPES.get(char, char)

    def _skip_command(self):
        """Pass over the command between backticks; one without an end takes the rest of the line."""
        while self._at < len(self._line):
            char = self.next
            self._at += 2 if char == "\\" else 1
            if char == "`":
                return

    def _value(self):
        start = self._at + 1 if self.next == "{" else self._at
        end = start
        if self.next == "{":
            end = self._line.find("}", start)
            if end < 0:
                self._at += 1
                return ""
            self._at = end + 1
        else:
            while end < len(self._line) and (self._line[end].isalnum() or self._line[end] == "_"):
                end += 1
            self._at = end
        return self._variable(self._line[start:end])


def _is_octal(digits):
    return len(digits) == 3 and all(digit in "01234567" for digit in digits)
