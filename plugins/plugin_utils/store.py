# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run folder: hosts as they finish, one line each; their evidence; the whole document at the end."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import hashlib
import json
import os
import re
import secrets
import urllib.parse
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# With ".json.gz", a digest and what a temporary file adds, this stays below the 255 bytes that file systems allow.
_MAX_NAME = 150


class RunFolderError(Exception):
    """The run folder can't be made, written or read; the text names the path and the reason."""


class RunFolder:
    """One run on disk.

    One process appends records; any number of them save evidence at the same time. A process that is killed leaves whole lines.

    Attributes:
        path: the folder.
        run_id: its name.
        hosts_path: the file of the finished hosts.
        plan_path: the file with what the run sets out to do, there from its beginning.
        remedies_path: the file with what was changed on hosts, which is there only where the run mended something.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.run_id = os.path.basename(path)
        self.hosts_path = os.path.join(path, "hosts.jsonl")
        self.plan_path = os.path.join(path, "run.json")
        self.remedies_path = os.path.join(path, "remedies.jsonl")

    @classmethod
    def create(cls, reports: str, run_id: str | None = None) -> RunFolder:
        """Make the folder of a new run below *reports*, and *reports* itself where it is missing.

        Raises:
            RunFolderError: it can't be made, or *run_id* is there already or is no file name.
        """
        if run_id is not None and not _RUN_ID.fullmatch(run_id):
            raise RunFolderError(f"{run_id!r} can't name a run: use up to 100 letters, digits, '.', '_' and '-', a letter or digit first")
        path = os.path.join(os.path.abspath(reports), run_id or _new_run_id())
        with _explained("make the run folder", path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            path = _made(path, None if run_id else _new_run_id)
            os.mkdir(os.path.join(path, "evidence"))
            # Made at once, so that a full disk shows before the first host is audited.
            with open(os.path.join(path, "hosts.jsonl"), "xb"):
                pass
        return cls(path)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a finished host's record, a whole line or nothing.

        Nothing waits for the disk here: a line survives the death of this process without that, and a wait for each host
        would slow down the run.

        Raises:
            RunFolderError: it can't be written; the lines before it are as they were.
        """
        _append(self.hosts_path, record)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the host records in the order in which they were added.

        A last line without its end is what a dying machine leaves: that host was not finished, and is left out.

        Raises:
            RunFolderError: the file can't be read, or a line in it is no record.
        """
        return (record for _start, _length, record in self.placed_records())

    def placed_records(self, start: int = 0) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Yield what `records` does, each with the place of its line in the file and its length, in bytes; from the place *start* on.

        Raises:
            RunFolderError: the file can't be read, or a line in it is no record.
        """
        yield from _records(self.hosts_path, start)

    def append_remedy(self, line: Mapping[str, Any]) -> None:
        """Add what was changed on a host, or would be: a whole line or nothing. Raises RunFolderError when it can't be written."""
        _append(self.remedies_path, line, os.O_CREAT)

    def remedies(self) -> Iterator[dict[str, Any]]:
        """Yield what was changed, host by host; nothing where the run mended nothing. Raises RunFolderError as `records` does."""
        if os.path.exists(self.remedies_path):
            yield from (line for _start, _length, line in _records(self.remedies_path))

    def evidence_path(self, host: str) -> str:
        """Return where the evidence of *host* is kept."""
        return os.path.join(self.path, "evidence", f"{file_name(host)}.json.gz")

    def save_evidence(self, host: str, evidence: Mapping[str, Any]) -> None:
        """Keep what was collected of *host*; a reader sees all of it or nothing. The same evidence gives the same bytes.

        Raises:
            RunFolderError: it can't be written.
        """
        text = json.dumps(evidence, sort_keys=True).encode()
        self._replace(self.evidence_path(host), [gzip.compress(text, mtime=0)])

    def write_results(self, document: Mapping[str, Any]) -> str:
        """Write the whole document to results.json, and return that path. Keys are sorted, a list's elements stand one a line.

        Raises:
            RunFolderError: it can't be written; what was there before is still there.
        """
        path = os.path.join(self.path, "results.json")
        self._replace(path, _lines(document), to_disk=True)
        return path

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Keep what the run sets out to do, so that a killed run can tell whom it lost. Raises RunFolderError when that fails."""
        self._replace(self.plan_path, _lines(plan))

    def read_plan(self) -> dict[str, Any]:
        """Return what `write_plan` kept. Raises RunFolderError when there is none that can be read."""
        return _document(self.plan_path)

    def read_results(self) -> dict[str, Any]:
        """Return the document in results.json. Raises RunFolderError when there is none that can be read."""
        return _document(os.path.join(self.path, "results.json"))

    def read_evidence(self, host: str) -> dict[str, Any] | None:
        """Return what was collected of *host*; None where nothing is kept of it. Raises RunFolderError when it can't be read."""
        path = self.evidence_path(host)
        if not os.path.exists(path):
            return None
        with _explained("read", path), gzip.open(path, "rb") as stream:
            return _record(stream.read(), path)

    def write_rendering(self, name: str, text: str) -> str:
        """Write a rendering of the run to the file *name*, and return its path.

        Raises:
            RunFolderError: it can't be written; what was there before is still there.
        """
        path = os.path.join(self.path, name)
        self._replace(path, [text.encode()])
        return path

    def latest(self) -> None:
        """Let the link `latest`, beside this folder, point here.

        Raises:
            RunFolderError: there is something else of that name, or the file system has no links.
        """
        link = os.path.join(os.path.dirname(self.path), "latest")
        temporary = f"{link}.{self.run_id}"
        with _explained("point at this run with the link", link):
            try:
                os.symlink(self.run_id, temporary)
                os.replace(temporary, link)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)

    def discard(self) -> None:
        """Remove the folder of a run that audited no host.

        Raises:
            RunFolderError: it holds more than an empty list of hosts.
        """
        with _explained("remove the empty run folder", self.path):
            if os.path.getsize(self.hosts_path) == 0:
                os.rmdir(os.path.join(self.path, "evidence"))
                os.unlink(self.hosts_path)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.plan_path)
            os.rmdir(self.path)

    def _replace(self, path: str, chunks: Iterable[bytes], to_disk: bool = False) -> None:
        temporary = os.path.join(self.path, f".{secrets.token_hex(8)}.tmp")
        with _explained("write", path):
            try:
                with open(temporary, "xb") as stream:
                    stream.writelines(chunks)
                    if to_disk:
                        stream.flush()
                        os.fsync(stream.fileno())
                os.replace(temporary, path)
            except OSError:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise


def _made(path: str, another_id: Callable[[], str] | None) -> str:
    """Make the directory *path*; where another run has just taken that name, one by another id. Return which."""
    while True:
        try:
            os.mkdir(path)
            return path
        except FileExistsError:
            if another_id is None:
                raise
            path = os.path.join(os.path.dirname(path), another_id())


def _new_run_id() -> str:
    """Return a name for a run that begins now: names sort by time, and runs of the same second differ."""
    return f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def file_name(host: str) -> str:
    """Return a file name for *host*: readable, bounded, different for different hosts, whatever is in their names."""
    # "surrogatepass": a name need not be text that UTF-8 can write.
    name = urllib.parse.quote(host.encode("utf-8", "surrogatepass"), safe="")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) <= _MAX_NAME:
        return name
    # No encoded name holds a "+", so that no short name looks like this.
    return f"{name[:_MAX_NAME]}+{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _document(path: str) -> dict[str, Any]:
    with _explained("read", path), open(path, "rb") as stream:
        return _record(stream.read(), path)


def _append(path: str, document: Mapping[str, Any], flags: int = 0) -> None:
    line = json.dumps(document, allow_nan=False, sort_keys=True).encode() + b"\n"
    with _explained("write", path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | flags, 0o666)
        try:
            _write_whole(descriptor, line)
        finally:
            os.close(descriptor)


def _records(path: str, start: int = 0) -> Iterator[tuple[int, int, dict[str, Any]]]:
    with _explained("read", path), open(path, "rb") as lines:
        lines.seek(start)
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\n"):
                yield start, len(line), _record(line, f"{path}, line {number}")
            start += len(line)


def _write_whole(descriptor: int, data: bytes) -> None:
    """Write *data* at the end, and take back the part of it that went in where the rest did not."""
    before = os.fstat(descriptor).st_size
    written = 0
    try:
        while written < len(data):
            written += os.write(descriptor, data[written:])
    except OSError:
        if written:
            os.ftruncate(descriptor, before)
        raise


def _lines(document: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield *document* as JSON in lines that a person can search and compare, without the whole text in memory."""
    separator = "{\n"
    for key in sorted(document):
        value = document[key]
        yield f"{separator}{json.dumps(key)}: ".encode()
        if isinstance(value, Sequence) and not isinstance(value, str):
            yield b"["
            for index, element in enumerate(value):
                yield (",\n" if index else "\n").encode() + json.dumps(element, allow_nan=False, sort_keys=True).encode()
            yield b"\n]"
        else:
            yield json.dumps(value, allow_nan=False, sort_keys=True).encode()
        separator = ",\n"
    yield b"\n}\n"


def _record(text: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise RunFolderError(f"{place}: expected a JSON object: {error}") from error
    if not isinstance(record, dict):
        raise RunFolderError(f"{place}: expected a JSON object, found {type(record).__name__}")
    return record


@contextlib.contextmanager
def _explained(doing: str, path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RunFolderError(f"Can't {doing} {path}: {reason}") from error
