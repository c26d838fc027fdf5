# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The formats that a run is rendered in, each to a file of its own: what `mailtls_formats` chooses from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import csv_table, html, junit, markdown, prometheus
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.store import RunFolder


@dataclass(frozen=True)
class Format:
    """One format: the file that it goes to, and its renderer, which is pure and gives the same text for the same input."""

    file: str
    render: Callable[[Mapping[str, Any], History, Iterable[Mapping[str, Any]]], str]


FORMATS = {
    "html": Format("report.html", html.render),
    "csv": Format("hosts.csv", lambda document, _history, _remedies: csv_table.render(document)),
    "markdown": Format("summary.md", lambda document, history, _remedies: markdown.render(document, history)),
    "junit": Format("junit.xml", lambda document, _history, _remedies: junit.render(document)),
    "prometheus": Format("metrics.prom", lambda document, _history, _remedies: prometheus.render(document)),
}


class UnknownFormat(Exception):
    """A format is asked for that there is none of; the text names it and those that there are."""


def check(names: Iterable[str]) -> None:
    """Raise UnknownFormat when one of *names* is no format."""
    for name in names:
        if name not in FORMATS:
            raise UnknownFormat(f"there is no format {name!r}; there are {', '.join(FORMATS)}")


def write(folder: RunFolder, document: Mapping[str, Any], names: Iterable[str], history: History = NO_HISTORY) -> list[str]:
    """Render *document* in each format of *names* into *folder*; one that goes wrong keeps none of the others from being written.

    Returns:
        What went wrong, a sentence each.
    """
    wrong = []
    for name in names:
        try:
            folder.write_rendering(FORMATS[name].file, FORMATS[name].render(document, history, folder.remedies()))
        except Exception as error:  # pylint: disable=broad-except
            wrong.append(f"{FORMATS[name].file} could not be made: {error or error.__class__.__name__}")
    return wrong
