# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Command lines of `reg.exe` and cmd built-ins, many queries in each, every one between marks that the host can't forge.

    @NONCE reg VIEW NAME?KEY      a query begins (NAME is empty when all values are asked for)
    ...what reg.exe prints...
    @NONCE+                       it succeeded; without this line it failed, or the output was cut
    @NONCE end                    the last line of a whole answer

A query's success is told by ERRORLEVEL and never by text, which is in the host's language. Of the loops in one command line all
but the last are of one level, and each stands in parentheses: so real cmd and Wine's read it the same way.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

CMD, POWERSHELL = "cmd", "powershell"
# cmd.exe takes 8,191 characters. winrm wraps the text in a cmd line of that length as base64 of UTF-16, eight characters for three.
LIMITS = {CMD: 8000, POWERSHELL: 2950}
# None of them holds the sign "$", which PowerShell's operator would expand.
_REPEATED = re.compile(
    r"&if not errorlevel 1 \(echo @\w+\+\)|echo @\w+ reg \d\d |HKLM\\SYSTEM\\CurrentControlSet\\Control|HKLM\\SOFTWARE\\Policies\\Microsoft"
    r"|HKLM\\SOFTWARE\\Microsoft(?:\\Windows(?: NT)?\\CurrentVersion\\(?:Uninstall|ProfileList)?|\\Office)?|Software\\Microsoft\\"
    r"|echo @\w+ reg - \?%~S\\Software\\Microsoft\\|reg query \"%~S\\Software\\Microsoft\\"
    r"|Windows NT\\CurrentVersion\\Windows Messaging Subsystem"
    r"|Office\\1[56]\.0\\Outlook|Windows\\CurrentVersion\\(?:Uninstall|Internet Settings)|%~H\\AppData\\(?:Roaming|Local\\Microsoft)\\"
    r"|\\profiles\.ini\"|\(if exist \"|\*\.oeaccount|&dir /b /s \"|reg query |%~V"
)


@dataclass(frozen=True)
class Query:
    """One question to the registry.

    Attributes:
        key: with the short root, HKLM or HKU.
        view: "64" or "32"; "" where there is but one.
        name: the one value that is asked for, or None: all of the key's.
        deep: whether the keys below it are asked for, too.
        affects: the findings that its failure could change, as in a gap.
    """

    key: str
    view: str = ""
    name: str | None = None
    deep: bool = False
    affects: str | None = None

    @property
    def mark(self) -> str:
        """What its mark says, behind the nonce."""
        return f"reg {self.view or '-'} {self.name or ''}?{self.key}"


def new_nonce() -> str:
    """Return what marks one answer; nothing on the host knows it before."""
    return secrets.token_hex(4)


def line(parts: Iterable[str], nonce: str) -> str:
    """Return the command line of these *parts*, as cmd takes it."""
    return "&".join(["echo off", *parts, f"echo @{nonce} end"]).replace("@N", f"@{nonce}")


def wrapped(command: str, shell: str) -> str:
    """Return *command* as the *shell* takes it that the connection hands it to."""
    if shell == CMD:
        return command
    # PowerShell puts quotes around an argument with blanks, and cmd takes the first and the last one away again.
    text, expansion = _shortened(command.replace("'", "''"))
    return f"cmd /d /c ('{text}'{expansion})"


def _shortened(text: str) -> tuple[str, str]:
    """Return *text* with what it often holds replaced by signs, and the PowerShell operators that put it back."""
    expansion = ""
    repeated = sorted(set(_REPEATED.findall(text)), key=len, reverse=True)
    for number, phrase in enumerate(phrase for phrase in repeated if text.count(phrase) > 1):
        sign = f"#{chr(ord('A') + number)}"
        text = text.replace(phrase, sign)
        expansion = f" -creplace '{sign}','{phrase}'" + expansion
    return text, expansion


def loops(queries: Sequence[Query]) -> list[str]:
    """Return one loop for all queries that differ in their key alone, and one for all that differ in their value's name alone."""
    parts: list[str] = []
    whole = [query for query in queries if query.name is None]
    for view, deep in dict.fromkeys((query.view, query.deep) for query in whole):
        keys = [query.key for query in whole if (query.view, query.deep) == (view, deep)]
        parts.append(loop("K", keys, [ask(Query("%~K", view, deep=deep))]))
    named = [query for query in queries if query.name is not None]
    for key in dict.fromkeys(query.key for query in named):
        of_key = [query for query in named if query.key == key]
        names = list(dict.fromkeys(query.name or "" for query in of_key))
        kinds = dict.fromkeys((query.view, query.deep) for query in of_key)
        parts.append(loop("V", names, [ask(Query(key, view, "%~V", deep)) for view, deep in kinds]))
    return parts


def ask(query: Query) -> str:
    """Return the commands of one query, its marks around it."""
    options = "".join(
        [" /s" if query.deep else "", f' /v "{query.name}"' if query.name else "", f" /reg:{query.view}" if query.view else ""]
    )
    return f'echo @N {query.mark}&reg query "{query.key}"{"".join(options)}&if not errorlevel 1 (echo @N+)'


def without_views(queries: Iterable[Query]) -> list[Query]:
    """Return the queries for a reg.exe that knows no views and shows its own: what was to be seen of the other one is lost."""
    return [replace(query, view="") for query in queries if query.view != "32"]


def loop(variable: str, items: Sequence[str], body: Sequence[str]) -> str:
    """Return a loop over quoted *items*; its *body* has them as %~VARIABLE."""
    quoted = " ".join(f'"{item}"' for item in items)
    return f"(for %{variable} in ({quoted}) do ({'&'.join(body)}))"


def show(path: str, lines: Sequence[Sequence[str]] = ()) -> str:
    """Return the commands that print a file where there is one, its marks around it.

    Args:
        path: the file.
        lines: sets of words; only lines that hold all words of one of these are printed. Empty: all lines are.
    """
    found = ["|".join([f'find "{words[0]}" <"{path}"', *(f'find "{word}"' for word in words[1:])]) for words in lines]
    printed = "&".join([*found, f'type "{path}">nul' if lines else f'type "{path}"'])
    return f'(if exist "{path}" (echo @N file {path}&{printed}&if not errorlevel 1 (echo @N+)))'


def find(directory: str, pattern: str) -> str:
    """Return the commands that print the paths of the files below a *directory* whose names fit, its marks around it."""
    return f'(if exist "{directory}" (echo @N find {directory}&dir /b /s "{directory}\\{pattern}"&if not errorlevel 1 (echo @N+)))'


def names(directory: str, paths: Sequence[str]) -> str:
    """Return the commands that print which of these *paths* are in a *directory*, its marks around it."""
    wanted = " ".join(f'"{directory}\\{path}"' for path in paths)
    return f"echo @N names {directory}&dir /b {wanted}&if not errorlevel 1 (echo @N+)"
