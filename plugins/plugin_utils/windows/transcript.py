# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answer to a command line, cut at its marks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """What stands behind one mark: its lines, and whether the command behind it succeeded."""

    lines: list[str]
    succeeded: bool


@dataclass(frozen=True)
class Transcript:
    """The sections by what their marks say, and whether the answer came whole."""

    sections: dict[str, Section]
    whole: bool


def read(output: str, nonce: str) -> Transcript:
    """Return the transcript of *output*.

    Only a whole line that begins with the nonce is a mark. A section that comes twice counts once, and succeeded only if both did.
    """
    begins, succeeded, end = f"@{nonce} ", f"@{nonce}+", f"@{nonce} end"
    sections: dict[str, Section] = {}
    mark: str | None = None
    lines: list[str] = []
    ended = False
    for text in output.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if text.startswith(begins):
            _close(sections, mark, lines, False)
            ended = text.rstrip() == end
            mark, lines = (None if ended else text[len(begins) :].rstrip()), []
        elif text.rstrip() == succeeded:
            _close(sections, mark, lines, True)
            mark, lines = None, []
        else:
            lines.append(text)
            ended = ended and not text.strip()
    _close(sections, mark, lines, False)
    return Transcript(sections, ended)


def _close(sections: dict[str, Section], mark: str | None, lines: list[str], succeeded: bool) -> None:
    if mark is not None and (mark not in sections or sections[mark].succeeded):
        sections[mark] = Section(lines, succeeded)


def decode(text: str, code_page: str | None, writes_utf8: bool) -> tuple[str, bool]:
    """Return what the connection gave as text, decoded anew by the host's code page, and whether that went well.

    Args:
        text: as Ansible hands it on, read as UTF-8, with the bytes that are none of it kept as surrogates.
        code_page: number of the host's OEM code page, None when it is not known.
        writes_utf8: whether the host was told to write UTF-8; some programs do not heed it.
    """
    content = text.encode("utf-8", "surrogateescape")
    own = "utf-8" if code_page is None or code_page == "65001" else f"cp{code_page}"
    for encoding in ("utf-8", own) if writes_utf8 else (own,):
        try:
            return content.decode(encoding), True
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", "replace"), False
