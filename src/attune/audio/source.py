"""Where audio comes from: a path, bytes, or a binary file object that may be a pipe."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from attune.errors import InputError

__all__ = ["AudioSource", "ByteReader", "Truncated", "open_source"]

AudioSource = str | os.PathLike[str] | bytes | BinaryIO

SPOOL_BYTES = 2 << 30
_PIECE = 1 << 20


class Truncated(InputError):
    """A recording that ends before its header says, or in the middle of something."""

    def __init__(self, name: str, readable: float, promised: float | None = None) -> None:
        said = "" if promised is None else f" of {promised:.2f} s"
        super().__init__(
            f"{name}: cut short or damaged: only the first {readable:.2f} s{said} can be read. "
            "Copy or download it again; to use what is there, open it in an audio editor and "
            "save it under a new name."
        )


class Readable(Protocol):
    """What the end of a pipe can do."""

    def read(self, size: int = -1, /) -> bytes | None: ...


class ByteReader:
    """The bytes of one source, read forwards.

    `size` is their number where it is known before reading (files and bytes, not pipes).
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
    ) -> None:
        self.file = file
        self.name = name
        self.position = 0
        self.size: int | None = None
        self._ahead = b""
        if file.seekable() and file.tell() == 0:
            self.size = file.seek(0, os.SEEK_END)
            file.seek(0)

    def peek(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end, without moving on."""
        self._ahead += _read_fully(self.file, count - len(self._ahead), self.name)
        return self._ahead[:count]

    def read(self, count: int) -> bytes:
        """The next `count` bytes; fewer only at the end."""
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        taken += _read_fully(self.file, count - len(taken), self.name)
        self.position += len(taken)
        return taken

    def skip(self, count: int) -> None:
        """Move on by `count` bytes, or to the end, in bounded memory."""
        while count > 0 and (passed := len(self.read(min(count, _PIECE)))):
            count -= passed

    @contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """The whole source again from its first byte, for a decoder that seeks.

        A pipe is first copied into an unnamed temporary file, at most `SPOOL_BYTES` of it.
        """
        if self.size is not None:
            self.file.seek(0)
            yield self.file
            return
        with tempfile.TemporaryFile(buffering=0) as spool:
            written = 0
            while piece := self.read(_PIECE):
                written += len(piece)
                if written > SPOOL_BYTES:
                    raise InputError(
                        f"{self.name}: more than {SPOOL_BYTES >> 30} GiB through a pipe in a "
                        "compressed format. Save it to a file and give its path."
                    )
                spool.write(piece)
            spool.seek(0)
            yield spool


def _read_fully(file: Readable, count: int, name: str) -> bytes:
    """`count` bytes of a file whose `read` may return fewer before its end, as a pipe's does."""
    pieces = []
    while count > 0:
        piece = file.read(count)
        if not isinstance(piece, bytes):
            raise InputError(
                f"{name}: gives {type(piece).__name__} where bytes are expected. "
                "Open it in binary, blocking mode."
            )
        if not piece:
            break
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


@contextmanager
def open_source(source: AudioSource) -> Iterator[ByteReader]:
    """A reader of `source`; whatever the system refuses meanwhile is raised as `InputError`."""
    name = _name(source)
    try:
        if isinstance(source, bytes):
            yield ByteReader(io.BytesIO(source), name)
        elif isinstance(source, str | os.PathLike):
            if "\0" in name:
                raise InputError(f"{name!r}: is no path. Check it.")
            # Unbuffered, so that a decoder in C may share the descriptor.
            with open(source, "rb", buffering=0) as file:
                yield ByteReader(file, name)
        else:
            yield ByteReader(source, name)
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file. Check the path.") from None
    except IsADirectoryError:
        raise InputError(f"{name}: is a folder. Give the recordings in it.") from None
    except PermissionError:
        raise InputError(f"{name}: may not be read. Check the file's permissions.") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error}).") from error


def _name(source: AudioSource) -> str:
    if isinstance(source, bytes):
        return "audio in memory"
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    if name == "<stdin>":
        return "standard input"
    return name if isinstance(name, str) else "audio stream"
