# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""report.html: one file that needs no network and no script to be read; a script in it filters, sorts and searches."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import charts, facts, html_changes, html_view
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.wording import spoken

_TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")


def render(document: Mapping[str, Any], history: History = NO_HISTORY, remedies: Iterable[Mapping[str, Any]] = ()) -> str:
    """Return the page, with the *remedies*, the lines of remedies.jsonl, where the run mended something.

    Everything that a host says is escaped; a Content-Security-Policy lets nothing run but our own script.
    """
    environment = _environment()
    style, script = _inline(environment, "style.css"), _inline(environment, "script.js")
    return environment.get_template("report.html.j2").render(
        view=html_view.of(document, history),
        changed=html_changes.of(remedies),
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@functools.lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(facts=facts, charts=charts)
    environment.filters.update(number=lambda value: f"{value:,}", plain=escape, spoken=spoken)
    return environment


def _inline(environment: jinja2.Environment, name: str) -> str:
    return environment.get_template(name).render().strip()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
