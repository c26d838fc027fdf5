# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the store is: its URL, which may hold a password that nobody may print, and what SQLAlchemy makes of it."""

from __future__ import annotations

import os
import re
from typing import Any

try:
    import sqlalchemy as sa
    from sqlalchemy import exc as sa_errors
except ImportError:  # the run folder is written without it
    sa = None  # type: ignore[assignment]

FILE = "history.sqlite"
NO_LIBRARY = "a store needs the Python package sqlalchemy (2.0 or later) where Ansible runs, and psycopg for PostgreSQL"
_MAX_ERROR = 300
_WAIT = 30


def is_possible() -> bool:
    """Tell whether the library that a store needs is there."""
    return sa is not None


class StoreError(Exception):
    """The store can't be used; the text names it, without a password, and the reason."""


def url_of(reports: str, store: str | None) -> str:
    """Return the URL of the store: *store* where that is given, else SQLite beside the run folders."""
    return store or f"sqlite:///{os.path.join(os.path.abspath(reports), FILE)}"


def is_shared(url: str) -> bool:
    """Tell whether the store at *url* is one that jobs on several machines share. Raises StoreError where that is no URL of a store."""
    return bool(_parsed(url).get_backend_name() == "postgresql")


def _parsed(url: str) -> Any:
    if sa is None:
        raise StoreError(NO_LIBRARY)
    try:
        parsed = sa.engine.make_url(url)
    except (sa_errors.ArgumentError, ValueError):
        # The text may hold a password, whatever else is wrong with it.
        raise StoreError("the store's URL can't be read: expected postgresql://USER:PASSWORD@HOST/DATABASE, or sqlite:///FILE") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise StoreError(f"the store's URL names {parsed.get_backend_name()}; expected postgresql or sqlite")
    return parsed


def engine(url: str) -> Any:
    """Return an engine for the store at *url*. Raises StoreError where there can be none; nothing is connected to yet."""
    parsed = _parsed(url)
    waiting: dict[str, Any] = {"connect_timeout": _WAIT} if parsed.get_backend_name() == "postgresql" else {"timeout": _WAIT}
    try:
        # No connection outlives its use: a worker process that Ansible forks would inherit it.
        return sa.create_engine(parsed, connect_args=waiting, poolclass=sa.NullPool)
    except ImportError as error:
        raise StoreError(f"{NO_LIBRARY}: {error}") from None
    except sa_errors.SQLAlchemyError:
        raise StoreError("the store's URL can't be used: expected postgresql://USER:PASSWORD@HOST/DATABASE, or sqlite:///FILE") from None


def without_secrets(text: str, url: Any) -> str:
    """Return *text*, what a driver says, on one line, bounded, and without the passwords of *url*, an engine's URL."""
    line = " ".join(text.split())
    for secret in filter(None, (url.password, *(value for key, value in url.query.items() if "password" in key))):
        line = line.replace(str(secret), "***")
    line = re.sub(r"(?i)(password=)\S+", r"\1***", line)
    return line[:_MAX_ERROR]
