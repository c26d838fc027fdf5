# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""summary.md: what a chat message holds. Coverage, deadline, counts, what changed, and the causes from the top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils.plain_text import escape
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import causes, facts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import NO_HISTORY, History
from ansible_collections.mailtls.fleet.plugins.plugin_utils.verdicts import VERDICTS

# The lowest limit of the chats that we know of is 4000 characters (Slack's; Teams and Mattermost take more).
MAX_MESSAGE = 4000
_MAX_CAUSES = 8
_MAX_HOSTS = 3
_MAX_NOTES = 8
_MAX_TEXT = 100
_QUOTE = "'"


def render(document: Mapping[str, Any], history: History = NO_HISTORY) -> str:
    """Return the summary, at most MAX_MESSAGE characters."""
    lines = list(_head(document, history))
    found = causes.of_document(document)
    rest = _more(len(found))
    for number, cause in enumerate(found[:_MAX_CAUSES]):
        item = _cause(cause)
        if sum(len(line) + 1 for line in (*lines, item, rest)) > MAX_MESSAGE:
            break
        lines.append(item)
        rest = _more(len(found) - number - 1)
    return "\n".join([*lines, *([rest] if rest else [])]) + "\n"


def code(value: object, limit: int = _MAX_TEXT) -> str:
    """Return *value* as a code span: no reader of Markdown, and no chat, takes anything in it for markup, a link or a mention."""
    return f"`{escape(value, limit).replace('`', _QUOTE)}`"


def _head(document: Mapping[str, Any], history: History) -> Iterator[str]:
    run, summary = document["run"], document["summary"]
    yield f"**Mail TLS audit** {code(run['id'])}: {_lead(summary)}"
    yield ""
    of_hosts = f"{facts.answered(summary):,} of {facts.counted(summary['hosts'], 'host')} answered"
    yield f"- Coverage: {facts.percent(summary['coverage'])}, {of_hosts}"
    yield f"- Deadline: {run['deadline']}, {facts.days_left_in_words(run)}"
    yield "- Hosts: " + (", ".join(f"{verdict} {summary[verdict.lower()]}" for verdict in VERDICTS if summary[verdict.lower()]) or "none")
    if run["finished"] is None:
        yield "- The run did not finish: hosts are missing here."
    for note in document.get("notes", [])[:_MAX_NOTES]:
        yield f"- Note: {code(note['text'], 200)}"
    if history.changes:
        yield _changes(history)
    yield ""


def _lead(summary: Mapping[str, Any]) -> str:
    failing = summary["fail"]
    if failing:
        return f"{facts.counted(failing, 'host')} with a mail client that stops working."
    missing = summary["hosts"] - facts.answered(summary)
    return f"no failing host is known; {facts.counted(missing, 'host')} without an answer." if missing else "no mail client stops working."


def _changes(history: History) -> str:
    changes = history.changes
    if changes is None:
        return ""
    return f"- Since {changes.started[:10]}: {changes.in_words()}"


def _cause(cause: causes.Cause) -> str:
    names = ", ".join(code(host, 60) for host in cause.hosts[:_MAX_HOSTS])
    more = f" and {len(cause.hosts) - _MAX_HOSTS} more" if len(cause.hosts) > _MAX_HOSTS else ""
    fix = f" Fix: {code(cause.fix, 200)}" if cause.fix else ""
    return f"- {cause.verdict}, **{facts.counted(len(cause.hosts), 'host')}**: {code(cause.title)} ({names}{more}).{fix}"


def _more(count: int) -> str:
    return f"- and {facts.counted(count, 'cause')} more: see report.html" if count else ""
