"""The shared part of decoding: a pronunciation prefix tree over an n-gram language model."""

from __future__ import annotations

import ctypes
import mmap
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from attune.decode.library import (
    AttuneGraphInput,
    AttuneGraphStats,
    check,
    library,
)
from attune.decode.pronunciations import PronunciationTable
from attune.errors import InputError
from attune.lexicon import PHONE_INDEX, Lexicon

__all__ = ["DecoderGraph", "GraphStatistics"]


@dataclass(frozen=True)
class GraphStatistics:
    """Sizes of a graph: tree nodes, leaves, word ends; model order and n-grams; bytes held.

    `bytes` counts the tree and tables; the language model file is mapped, not read in.
    """

    nodes: int
    leaves: int
    word_ends: int
    words: int
    words_in_model: int
    symbols: int
    order: int
    ngrams: int
    bytes: int


class DecoderGraph:
    """Words, their pronunciations and a language model; immutable, shared by decoders in threads.

    words: the recognisable words, each once, without newlines (word i of the pronunciations).
    language_model: an .ngram file (attune.language), which is mapped into memory; None searches
    without a model. Words that the model does not know score as <unk>. symbols: columns of the
    network output, blank included (2 to 32768). columns: the column of each symbol that
    pronunciations may name. silent: columns of symbols that are not part of any word (punctuation),
    whose probability counts as the blank's.
    Raises InputError for inconsistent pronunciations and missing or damaged files.
    """

    def __init__(
        self,
        words: Sequence[str],
        pronunciations: PronunciationTable,
        language_model: str | Path | None = None,
        *,
        symbols: int = len(PHONE_INDEX) + 1,
        columns: Mapping[str, int] = PHONE_INDEX,
        silent: Sequence[int] = (),
    ) -> None:
        self.words = tuple(words)
        self.pronunciations = pronunciations
        self.symbols = symbols
        self.columns = columns
        self.silent = np.array(silent, np.int64)
        text = "\n".join((*self.words, "")).encode("utf-8", "surrogatepass")
        if text.count(b"\n") != len(self.words):
            raise InputError("a word contains a line break: remove it from the words")
        given = AttuneGraphInput(
            pronunciations=pronunciations.native(),
            symbols=symbols,
            word_count=len(self.words),
            word_text=text,
            word_text_length=len(text),
        )
        # Kept for as long as the graph: the library reads the model where it is mapped.
        self._model = None if language_model is None else _map(Path(language_model))
        if self._model is not None:
            given.model = self._model.ctypes.data
            given.model_length = len(self._model)
        handle, detail = ctypes.c_void_p(), ctypes.c_uint64()
        status = library().attune_graph_create(given, handle, detail)
        check(
            status,
            detail.value,
            pronunciations="pronunciation",
            model=str(language_model),
            options=f"{symbols} symbols",
        )
        self._handle = handle
        self._finalizer = weakref.finalize(self, library().attune_graph_free, handle)

    @classmethod
    def from_lexicon(
        cls, lexicon: Lexicon, language_model: str | Path | None = None
    ) -> DecoderGraph:
        """The graph of a lexicon in ARPAbet phones; convenient, slower than from arrays."""
        words, table = PronunciationTable.from_lexicon(lexicon)
        return cls(words, table, language_model)

    @cached_property
    def word_index(self) -> dict[str, int]:
        """Word -> index."""
        return {word: index for index, word in enumerate(self.words)}

    @property
    def handle(self) -> ctypes.c_void_p:
        """The library's graph; valid as long as this object lives."""
        return self._handle

    def statistics(self) -> GraphStatistics:
        """Sizes of the tree and the model; walks the whole tree."""
        found = AttuneGraphStats()
        library().attune_graph_stats(self._handle, found)
        return GraphStatistics(
            **{name: getattr(found, name) for name in GraphStatistics.__dataclass_fields__}
        )


def _map(path: Path) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    try:
        with open(path, "rb") as file:
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(f"{path}: cannot read the language model: {error.strerror}") from error
    except ValueError as error:  # an empty file cannot be mapped
        raise InputError(f"{path}: the language model file is empty: make it again") from error
    return np.frombuffer(mapping, np.uint8)
