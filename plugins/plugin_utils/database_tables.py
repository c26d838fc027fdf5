# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables of the store: runs with their hosts and findings, and slices that wait for the job that merges them."""

from __future__ import annotations

from typing import Any

try:
    import sqlalchemy as sa
except ImportError:  # then nobody asks for tables
    sa = None  # type: ignore[assignment]

VERSION = 1


class Tables:
    """The tables, and the version of their form."""

    def __init__(self) -> None:
        self.metadata = sa.MetaData()
        text, integer = sa.Text, sa.Integer
        self.version = sa.Table("mailtls_version", self.metadata, sa.Column("version", integer, primary_key=True, autoincrement=False))
        self.runs = sa.Table(
            "mailtls_runs", self.metadata,
            sa.Column("number", integer, primary_key=True),
            sa.Column("run", text, nullable=False),
            sa.Column("slice", text, nullable=False),
            sa.Column("started", text, nullable=False),
            sa.Column("finished", text),
            sa.Column("hosts", integer, nullable=False),
            sa.Column("fail", integer, nullable=False),
            sa.Column("coverage", sa.Float, nullable=False),
            sa.Column("facts", text, nullable=False),
            sa.UniqueConstraint("run", "slice"),
        )  # fmt: skip
        self.hosts = sa.Table("mailtls_hosts", self.metadata, *_of_run("host"), sa.Column("why", text, nullable=False))
        self.findings = sa.Table(
            "mailtls_findings", self.metadata, *_of_run("host", "finding"),
            sa.Column("check_name", text, nullable=False),
            sa.Column("cause", text, nullable=False),
            sa.Column("why", text, nullable=False),
        )  # fmt: skip
        # What remediations and rollbacks changed. Releases before it remove runs without knowing it: no foreign key.
        self.changes = sa.Table(
            "mailtls_changes", self.metadata,
            sa.Column("number", integer, primary_key=True),
            sa.Column("run", integer, nullable=False, index=True),
            *(sa.Column(name, text, nullable=False) for name in ("host", "moment", "made_by", "state", "place", "setting", "why")),
            sa.Column("value_before", text),
            sa.Column("value_after", text),
        )  # fmt: skip
        # Slices that wait for the job that merges them: slice_rows.py.
        self.slices = sa.Table(
            "mailtls_slices", self.metadata,
            sa.Column("number", integer, primary_key=True),
            sa.Column("workflow", text, nullable=False),
            sa.Column("slice", text, nullable=False),
            sa.Column("started", text, nullable=False),
            sa.Column("plan", text, nullable=False),
            sa.UniqueConstraint("workflow", "slice"),
        )  # fmt: skip
        self.slice_hosts = sa.Table(
            "mailtls_slice_hosts", self.metadata,
            sa.Column("slice", integer, sa.ForeignKey("mailtls_slices.number"), primary_key=True, autoincrement=False),
            sa.Column("place", integer, primary_key=True, autoincrement=False),
            sa.Column("record", text, nullable=False),
        )  # fmt: skip


def _of_run(*key: str) -> list[Any]:
    keyed = [sa.Column(name, sa.Text, primary_key=True) for name in key]
    run = sa.Column("run", sa.Integer, sa.ForeignKey("mailtls_runs.number"), primary_key=True, autoincrement=False)
    return [run, *keyed, sa.Column("verdict", sa.Text, nullable=False)]


_cached: list[Tables] = []


def tables() -> Tables:
    """Return the tables, made once for each process."""
    if not _cached:
        _cached.append(Tables())
    return _cached[0]
