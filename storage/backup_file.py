"""The file of a backup: a header in plain text, then lines of JSON, compressed. It is whole, or it is refused.

::

    innkeeper-backup
    {"created_at": …, "revision": …, "sha256": …}      padded to HEADER_BYTES
    gzip of:  {"table": "players", "columns": [["id", "integer"], …]}
              [1, "Ann", …]                             one line a row, values as ENCODE below makes them
              {"end": 123}                              how many rows there were

The header is written last, since it holds the checksum of everything else; until then the file has another name.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from storage.errors import BackupError

MAGIC = b"innkeeper-backup\n"
HEADER_BYTES = 1024
FORMAT = 1
AT_ONCE = 1 << 20
COMPRESSION = 4


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself. ``served``: somebody served the database while it was written."""

    created_at: str
    revision: str
    program: str
    engine: str
    served: bool
    rows: int = 0
    format: int = FORMAT
    sha256: str = ""

    def sealed(self, body: str) -> str:
        """The checksum of this header and of a body whose own checksum is ``body``."""
        plain = json.dumps(asdict(replace(self, sha256="")), sort_keys=True)
        return hashlib.sha256(f"{body}\n{plain}".encode()).hexdigest()


class _Hashed(io.RawIOBase):
    """Passes on what is written and takes its checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.sha256.update(data)
        return self._file.write(data)


class BackupLines:
    """Takes the lines of a backup that is being written."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self.rows = 0

    def table(self, name: str, columns: list[tuple[str, str]]) -> None:
        self._line({"table": name, "columns": columns})

    def row(self, values: list[Any]) -> None:
        self._line(values)
        self.rows += 1

    def end(self) -> None:
        self._line({"end": self.rows})

    def _line(self, value: object) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


class BackupFile:
    """A backup on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def written(self, header: Header) -> Iterator[BackupLines]:
        """Takes lines; the file appears under its name, readable to its owner alone, when the block ends well.

        Raises BackupError where it exists already or cannot be written.
        """
        if self.path.exists():
            raise BackupError(f"{self.path} exists already. Name another file, or remove that one.")
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
                file.write(b" " * (len(MAGIC) + HEADER_BYTES))
                hashed = _Hashed(file)
                buffered = io.BufferedWriter(hashed, AT_ONCE)
                with gzip.GzipFile("", "wb", COMPRESSION, buffered, mtime=0) as body:
                    lines = BackupLines(body)
                    yield lines
                    lines.end()
                buffered.flush()
                self._write_header(file, replace(header, rows=lines.rows), hashed.sha256.hexdigest())
            part.rename(self.path)
        except OSError as error:
            raise BackupError(f"Cannot write {self.path}: {error.strerror or error}. No backup was made.") from error
        finally:
            part.unlink(missing_ok=True)

    def verified(self) -> Header:
        """The header of a file that is exactly as it was written. Raises BackupError."""
        header = self._header()
        body = hashlib.sha256()
        with self._opened() as file:
            file.seek(len(MAGIC) + HEADER_BYTES)
            while block := file.read(AT_ONCE):
                body.update(block)
        if header.sealed(body.hexdigest()) != header.sha256:
            raise self._damaged()
        return header

    def lines(self) -> Iterator[Any]:
        """Its lines as they were given, without the last. Raises BackupError where it is damaged."""
        with self._opened() as file:
            file.seek(len(MAGIC) + HEADER_BYTES)
            try:
                with gzip.GzipFile("", "rb", fileobj=file) as body:
                    for line in body:
                        value = json.loads(line)
                        if isinstance(value, dict) and "end" in value:
                            return
                        yield value
            except (OSError, EOFError, zlib.error, ValueError) as error:
                raise self._damaged() from error
        raise self._damaged()

    def _write_header(self, file: IO[bytes], header: Header, body: str) -> None:
        text = json.dumps(asdict(replace(header, sha256=header.sealed(body)))).encode()
        file.seek(0)
        file.write(MAGIC + text.ljust(HEADER_BYTES - 1) + b"\n")
        file.flush()
        os.fsync(file.fileno())

    def _header(self) -> Header:
        with self._opened() as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise BackupError(f"{self.path} is no backup of Innkeeper. Nothing was changed.")
            try:
                values = json.loads(file.read(HEADER_BYTES))
                if values["format"] > FORMAT:
                    raise BackupError(
                        f"{self.path} was made by a newer Innkeeper ({values['program']}). Nothing was changed."
                    )
                return Header(**values)
            except (ValueError, TypeError, KeyError) as error:
                raise self._damaged() from error

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise BackupError(f"Cannot read {self.path}: {error.strerror or error}. Nothing was changed.") from error

    def _damaged(self) -> BackupError:
        return BackupError(
            f"{self.path} is damaged: it is shorter, or other, than when it was written. Nothing was changed; use "
            f"another backup."
        )
