# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The store: runs, their hosts and findings, in SQLite or PostgreSQL. The run folder comes first; this can be filled from it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from ansible_collections.mailtls.fleet.plugins.plugin_utils import database_url
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_tables import VERSION, tables
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database_url import NO_LIBRARY, StoreError
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report import remedies
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.diff import RunVerdicts
from ansible_collections.mailtls.fleet.plugins.plugin_utils.report.history import TrendPoint

try:
    import sqlalchemy as sa
    from sqlalchemy import exc as sa_errors
except ImportError:  # the run folder is written without it
    sa = None  # type: ignore[assignment]

_BATCH = 2000
_LOCK = 0x6D61696C746C7331


class Store:
    """Runs, hosts and findings in a database. Each run goes in whole, in one transaction, or not at all.

    Attributes:
        name: the database's URL, without a password.
        tables: the tables that it holds.
    """

    def __init__(self, url: str) -> None:
        """Open the store at *url*, SQLAlchemy's form or `postgresql://...`; its tables are made where they are missing.

        Raises:
            StoreError: the library or the driver is missing, the database is away, or its tables are of a newer release.
        """
        if sa is None:
            raise StoreError(NO_LIBRARY)
        self._engine = database_url.engine(url)
        self.name = self._engine.url.set(query={}).render_as_string(hide_password=True)
        self.tables = tables()
        with self._explained("opened"):
            self._prepare()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection to read by. Raises StoreError where what is done with it can't be done."""
        with self._explained("read"), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def changing(self) -> Iterator[Any]:
        """A connection to change by, all or nothing. Raises StoreError where what is done with it can't be done."""
        with self._explained("written to"), self._engine.begin() as connection:
            yield connection

    def add(self, document: Mapping[str, Any], remedied: Iterable[Mapping[str, Any]] = ()) -> None:
        """Put a run in, or in place of what is there under its id and slice. Raises StoreError; then nothing has changed.

        Args:
            document: the run.
            remedied: the lines of its remedies.jsonl: who changed what, when, from what to what.
        """
        run = document["run"]
        with self.changing() as connection:
            self._delete(connection, self._key_of(run["id"], run["slice"]))
            row = {
                "run": run["id"], "slice": run["slice"] or "", "started": run["started"], "finished": run["finished"],
                "facts": json.dumps([dict(run), dict(document["summary"]), document.get("notes", [])]),
                **{name: document["summary"][name] for name in ("hosts", "fail", "coverage")},
            }  # fmt: skip
            number = connection.execute(sa.insert(self.tables.runs).values(row)).inserted_primary_key[0]
            for batch in batches(document["hosts"]):
                self._add_hosts(connection, number, batch)
            connection.execute(sa.delete(self.tables.changes).where(self.tables.changes.c.run == number))
            for batch in batches(change for line in remedied for change in remedies.flat(line)):
                connection.execute(sa.insert(self.tables.changes), [_change_row(number, change) for change in batch])

    def verdicts(self, run_id: str) -> RunVerdicts:
        """Return the verdicts of a run, all its slices together. Raises StoreError, also where there is none of that id."""
        runs, hosts, findings = self.tables.runs, self.tables.hosts, self.tables.findings
        of_run = runs.c.run == run_id
        with self.reading() as connection:
            started = connection.execute(sa.select(sa.func.min(runs.c.started)).where(of_run)).scalar()
            if started is None:
                raise StoreError(f"the store {self.name} has no run {run_id!r}")
            host_rows = connection.execute(sa.select(hosts.c.host, hosts.c.verdict).join(runs, runs.c.number == hosts.c.run).where(of_run))
            told = {_from_json(host): verdict for host, verdict in host_rows}
            columns = (findings.c.host, findings.c.finding, findings.c.verdict)
            rows = connection.execute(sa.select(*columns).join(runs, runs.c.number == findings.c.run).where(of_run))
            return RunVerdicts(run_id, started, told, {(_from_json(host), finding): verdict for host, finding, verdict in rows})

    def trend(self, until: str, limit: int, own: str) -> list[TrendPoint]:
        """Return the last *limit* runs that began before *until*, without *own*, the oldest first; the slices of one run are one."""
        return [point for _run, point in self._points(until, limit, own)]

    def before(self, until: str, own: str) -> str | None:
        """Return the id of the last run other than *own* that began before *until*, or None."""
        return next((run for run, _point in self._points(until, 1, own)), None)

    def runs(self) -> list[tuple[str, str]]:
        """Return (id, started) of all runs, the oldest first. Raises StoreError."""
        table = self.tables.runs
        started = sa.func.min(table.c.started)
        with self.reading() as connection:
            rows = connection.execute(sa.select(table.c.run, started).group_by(table.c.run).order_by(started, table.c.run))
            return [(str(run), str(moment)) for run, moment in rows]

    def remove(self, run_ids: Iterable[str]) -> None:
        """Remove runs, with their hosts and findings. Raises StoreError; then none is removed."""
        with self.changing() as connection:
            for run_id in run_ids:
                self._delete(connection, self.tables.runs.c.run == run_id)

    def _points(self, until: str, limit: int, own: str) -> list[tuple[str, TrendPoint]]:
        table = self.tables.runs
        started, hosts = sa.func.min(table.c.started), sa.func.sum(table.c.hosts)
        covered = sa.func.sum(table.c.coverage * table.c.hosts)
        columns = (table.c.run, started, hosts, sa.func.sum(table.c.fail), covered)
        query = sa.select(*columns).where(table.c.run != own).group_by(table.c.run).having(started < until)
        query = query.order_by(started.desc(), table.c.run.desc()).limit(limit)
        with self.reading() as connection:
            rows = list(connection.execute(query))
        rows.reverse()
        return [
            (run, TrendPoint(moment, int(count), int(failing), float(known) / int(count) if count else 0.0))
            for run, moment, count, failing, known in rows
        ]

    def _prepare(self) -> None:
        """Make the tables; of several that come at the same time one does, and the others wait for it."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            else:
                # The driver begins a transaction only with a change; the lock has to be there before the first look.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            self.tables.metadata.create_all(connection)
            table = self.tables.version
            found = connection.execute(sa.select(table.c.version)).scalar()
            if found is None:
                connection.execute(sa.insert(table).values(version=VERSION))
            elif found != VERSION:
                raise StoreError(f"the store {self.name} has tables of version {found}, and this release knows version {VERSION}")

    def _add_hosts(self, connection: Any, number: int, records: list[Mapping[str, Any]]) -> None:
        hosts = [
            {"run": number, "host": _to_json(item["host"]), "verdict": item["verdict"], "why": _to_json(item["why"])} for item in records
        ]
        findings = [_finding_row(number, item["host"], found) for item in records for found in _unique(item["findings"])]
        connection.execute(sa.insert(self.tables.hosts), hosts)
        if findings:
            connection.execute(sa.insert(self.tables.findings), findings)

    def _key_of(self, run_id: str, part: str | None) -> Any:
        return sa.and_(self.tables.runs.c.run == run_id, self.tables.runs.c.slice == (part or ""))

    def _delete(self, connection: Any, which: Any) -> None:
        numbers = sa.select(self.tables.runs.c.number).where(which)
        for table in (self.tables.changes, self.tables.findings, self.tables.hosts):
            connection.execute(sa.delete(table).where(table.c.run.in_(numbers)))
        connection.execute(sa.delete(self.tables.runs).where(which))

    @contextlib.contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sa_errors.SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(
                f"the store {self.name} can't be {doing}: {database_url.without_secrets(str(reason), self._engine.url)}"
            ) from None


def _to_json(text: str) -> str:
    """Return *text* as databases take it: no NUL, no half of a surrogate pair; `_from_json` gives the same back."""
    return json.dumps(text) if any(ord(letter) < ord(" ") or "\ud800" <= letter <= "\udfff" or letter == '"' for letter in text) else text


def _from_json(text: str) -> str:
    return cast(str, json.loads(text)) if text.startswith('"') else text


def _change_row(number: int, change: Mapping[str, str | None]) -> dict[str, Any]:
    return {"run": number, **{name: None if value is None else _to_json(value) for name, value in change.items()}}


def _finding_row(number: int, host: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": number, "host": _to_json(host), "finding": found["id"], "verdict": found["verdict"],
        "check_name": found["check"], "cause": found["cause"], "why": _to_json(found["why"]),
    }  # fmt: skip


def _unique(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({item["id"]: item for item in findings}.values())


def batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield *rows* in lists that fit into one statement."""
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
