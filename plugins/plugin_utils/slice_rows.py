# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slices in a store that all jobs share: their hosts as they finish, each whole, until the job that merges has read them.

A slice that is merged from here is no run of the store: only what is merged becomes one.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.mailtls.fleet.plugins.plugin_utils import saved_run
from ansible_collections.mailtls.fleet.plugins.plugin_utils.database import Store, batches

try:
    import sqlalchemy as sa
except ImportError:  # then there is no Store to give to any of this
    sa = None  # type: ignore[assignment]

# How long rows stay, so that a merge can be repeated.
KEEP_DAYS = 7
_MAX_RECENT = 5


class SliceRows:
    """One slice of a divided run in the store."""

    def __init__(self, store: Store, workflow: str, part: str) -> None:
        """Args: *workflow* names the divided run, *part* the slice of it that this is."""
        self._store = store
        self._key = {"workflow": workflow, "slice": part}

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Note that the slice has begun, and what it sets out to do (`RunFolder.write_plan`). Raises StoreError."""
        self._replace(plan, ())

    def add(self, first: int, records: Sequence[Mapping[str, Any]]) -> None:
        """Keep *records*, which are the ones from number *first* on that the slice has. Raises StoreError."""
        with self._store.changing() as connection:
            number = connection.execute(sa.select(self._store.tables.slices.c.number).where(self._is_this())).scalar()
            self._insert(connection, number, first, records)

    def finish(self, whole: Mapping[str, Any]) -> None:
        """Keep *whole*, the document of the slice, in place of all that is there of it. Raises StoreError."""
        self._replace({"run": whole["run"], "expected": [], "waivers": whole["waivers"]}, whole["hosts"])

    def _replace(self, plan: Mapping[str, Any], hosts: Iterable[Mapping[str, Any]]) -> None:
        with self._store.changing() as connection:
            _delete(self._store, connection, self._is_this())
            row = {**self._key, "started": plan["run"]["started"], "plan": json.dumps(plan)}
            number = connection.execute(sa.insert(self._store.tables.slices).values(row)).inserted_primary_key[0]
            first = 0
            for batch in batches(hosts):
                self._insert(connection, number, first, batch)
                first += len(batch)

    def _insert(self, connection: Any, number: int, first: int, records: Sequence[Mapping[str, Any]]) -> None:
        rows = [{"slice": number, "place": first + index, "record": json.dumps(record)} for index, record in enumerate(records)]
        connection.execute(sa.insert(self._store.tables.slice_hosts), rows)

    def _is_this(self) -> Any:
        table = self._store.tables.slices
        return sa.and_(*(table.c[name] == value for name, value in self._key.items()))


def documents(store: Store, workflow: str) -> list[dict[str, Any]]:
    """Return the documents of all slices of *workflow*; of those that did not come to their end, what they left. Raises StoreError."""
    slices, hosts = store.tables.slices, store.tables.slice_hosts
    found = []
    with store.reading() as connection:
        of_workflow = sa.select(slices.c.number, slices.c.plan).where(slices.c.workflow == workflow).order_by(slices.c.slice)
        for number, plan in list(connection.execute(of_workflow)):
            rows = connection.execute(sa.select(hosts.c.record).where(hosts.c.slice == number).order_by(hosts.c.place))
            found.append(saved_run.cut_short(json.loads(plan), [json.loads(record) for (record,) in rows]))
    return found


def recent(store: Store) -> list[str]:
    """Return the divided runs that have slices in *store*, the latest first, but not more than can be told. Raises StoreError."""
    table = store.tables.slices
    newest = sa.func.max(table.c.started).desc()
    with store.reading() as connection:
        rows = connection.execute(sa.select(table.c.workflow).group_by(table.c.workflow).order_by(newest).limit(_MAX_RECENT))
        return [str(workflow) for (workflow,) in rows]


def expire(store: Store, now: datetime.datetime) -> None:
    """Remove slices that began more than `KEEP_DAYS` before *now*. Raises StoreError."""
    oldest = (now - datetime.timedelta(days=KEEP_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with store.changing() as connection:
        _delete(store, connection, store.tables.slices.c.started < oldest)


def _delete(store: Store, connection: Any, which: Any) -> None:
    slices, hosts = store.tables.slices, store.tables.slice_hosts
    connection.execute(sa.delete(hosts).where(hosts.c.slice.in_(sa.select(slices.c.number).where(which))))
    connection.execute(sa.delete(slices).where(which))
