# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a word of a shell text becomes, as far as that can be told without running it (POSIX.1-2017, XCU 2.6)."""

import re

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell_output
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_lexer

_PATTERN = re.compile(r"[*?\[]")


def literal_head(parts):
    """Return the text with which the word of these shell_lexer.Parts begins, if it is neither quoted nor expanded; else ""."""
    return parts[0].text if parts and parts[0].kind == "text" and not parts[0].quoted else ""


def unsplit(parts, state):
    """Return the text of a word that is neither split nor taken for a pattern; None where only the running shell would know it."""
    words = expanded([part._replace(quoted=True) for part in _tilde(parts, state)], state, splits=False)
    return "".join(word.text for word in words) if all(word.is_decided for word in words) else None


def expanded(parts, state, splits=True):
    """Return the Words that the word of these shell_lexer.Parts becomes."""
    fields = _Fields()
    splits_text = splits and not _is_bracket(parts)
    parts = _tilde(parts, state)
    unset = _directories(parts, state)
    for place, part in enumerate(parts):
        if part.kind == "text":
            is_pattern = splits_text and not part.quoted and _PATTERN.search(part.text)
            fields.add(part.text[: is_pattern.start()] if is_pattern else part.text, not is_pattern, bool(is_pattern))
        elif part.kind == "variable" and part.text in "@*":
            fields.add_all(_arguments(state), part.quoted and part.text == "@")
        elif place in unset:
            fields.add("", False, splits and not part.quoted)
        elif part.kind in ("variable", "assigned"):
            fields.add_value(_bounded(_value(part, state), state), part.quoted or not splits)
        elif part.kind == "command":
            fields.add_value(_bounded(shell_output.printed(part.text, state, expanded), state), part.quoted or not splits)
        else:
            fields.add("", False, splits and not part.quoted)
    return fields.words()


def given(parts, state):
    """Return the name of a variable in the word of these shell_lexer.Parts that only the environment may set; None without one."""
    return next((part.text for part in parts if _is_given(part, state)), None)


def _is_given(part, state):
    return part.kind == "variable" and part.default is None and state.may_be_given(part.text)


def _directories(parts, state):
    """The places in *parts* of variables that only the environment may set, and before a slash will: a directory, but not of a list."""
    if any(part.kind == "text" and ":" in part.text for part in parts):
        return ()
    ahead = zip(parts, parts[1:])
    return [place for place, (part, following) in enumerate(ahead) if following.text.startswith("/") and _is_given(part, state)]


def _is_bracket(parts):
    """Whether the word is the name of a test: a bracket alone begins no pattern."""
    return literal_head(parts) in ("[", "[[") and len(parts) == 1


def _value(part, state):
    value = state.value(part.text)
    if part.default is None or value:
        return value
    words = expanded(part.default, state, splits=False)
    default = "".join(word.text for word in words) if all(word.is_decided for word in words) else None
    value = default if value == "" or value == default else None
    if part.kind == "assigned":
        state.assign(part.text, value)
    return value


def _bounded(value, state):
    return value if value is None or state.has_room(value) else None


def _arguments(state):
    words = state.arguments
    return words if words is None or all(state.has_room(word.text) for word in words) else None


def _tilde(parts, state):
    head = literal_head(parts)
    match = re.match(r"~(?P<user>[\w.-]*)(?=/|$)", head)
    if match is None or (match.end() == len(head) and len(parts) > 1):
        return list(parts)
    home = state.home_of(match.group("user")) if match.group("user") else state.value("HOME")
    found = shell_lexer.text(home) if home else shell_lexer.Part("unknown", "", True, None)
    return [found, shell_lexer.text(head[match.end() :], False)] + list(parts[1:])


class _Fields:
    """Words in the making."""

    def __init__(self):
        self._done = []
        self._text = None
        self._is_decided = True
        self._may_be_many = False
        self._ending = ""

    def add(self, text, is_decided=True, may_be_many=False):
        """Append to the word in hand."""
        self._text = (self._text or "") + (text if self._is_decided else "")
        self._ending += "" if self._is_decided else text + ("" if is_decided else "\0")
        self._is_decided = self._is_decided and is_decided
        self._may_be_many = self._may_be_many or may_be_many

    def add_value(self, value, is_quoted):
        """Append a variable's value, None when that is not known; unless it is quoted, blanks in it separate words."""
        if value is None:
            self.add("", False, not is_quoted)
        elif is_quoted:
            self.add(value)
        else:
            pieces = re.split(r"[ \t\n]+", value)
            for number, piece in enumerate(pieces):
                if number:
                    self._end()
                if piece:
                    self.add(piece)

    def add_all(self, arguments, is_quoted):
        """Append the positional parameters."""
        if arguments is None:
            self.add("", False, True)
            return
        for number, word in enumerate(arguments):
            if number:
                self._end()
            if word.is_decided:
                self.add_value(word.text, is_quoted)
            else:
                self.add(word.text, False, word.may_be_many or not is_quoted)

    def words(self):
        """Return what came of it."""
        self._end()
        return self._done

    def _end(self):
        if self._text is not None:
            self._done.append(Word(self._text, self._is_decided, self._may_be_many, self._ending))
        self._text, self._is_decided, self._may_be_many, self._ending = None, True, False, ""
