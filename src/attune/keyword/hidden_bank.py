"""Hidden activations of a negative bank's rows: what second passes are taught and calibrated by.

Kept on the axes along which they differ most (principal components), in steps, of the rows that
are not nearly surely blank. Rows are numbered as the bank's are, without those between recordings.
"""

from __future__ import annotations

import io
import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attune.errors import InputError
from attune.keyword.encoded_rows import EncodedRows
from attune.keyword.path_features import CLEAR_BLANK

__all__ = ["HiddenBank", "HiddenBankBuilder"]

Floats = NDArray[np.float32]

_AXES = 24  # hold four fifths of the variance
_STEPS = 2.0  # a standard deviation of the whole, a axis, has so many steps
_FITTED_ROWS = 100_000
_FORMAT = 1


@dataclass(frozen=True)
class HiddenBank:
    """Activations h [D] as codes (h - `mean`) `axes` / `step`, of the rows in `kept`.

    `mean` float32 [D], `axes` float32 [D, C] (orthonormal), `codes` int8 [kept rows, C]; `kept`
    bool [total rows].
    """

    mean: Floats
    axes: Floats
    step: float
    kept: NDArray[np.bool_]
    codes: NDArray[np.int8]

    def projected(self, begin: int, end: int) -> NDArray[np.float16]:
        """Rows `begin` to `end` on the axes, float16 [rows, C]; zeros for those not kept."""
        kept = self.kept[begin:end]
        first = int(self.kept[:begin].sum())
        found = np.zeros((end - begin, self.axes.shape[1]), np.float16)
        found[kept] = self.codes[first : first + int(kept.sum())] * np.float16(self.step)
        return found

    @classmethod
    def read(cls, path: Path, rows: int) -> HiddenBank:
        """The part at `path`, of a negative bank of `rows` rows; InputError when it is damaged or
        belongs to another bank."""
        try:
            with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as held:
                if int(held["format"]) != _FORMAT:
                    raise ValueError(f"format {int(held['format'])} instead of {_FORMAT}")
                total = int(held["rows"])
                bank = cls(
                    held["mean"].astype(np.float32),
                    held["axes"].astype(np.float32),
                    float(held["step"]),
                    np.unpackbits(held["kept"], count=total).astype(np.bool_),
                    np.ascontiguousarray(held["codes"].T),
                )
        except (ValueError, KeyError, EOFError, OSError, lzma.LZMAError) as error:
            raise InputError(
                f"{path}: not a bank of hidden activations ({error}): build the base again"
            ) from error
        if len(bank.kept) != rows or int(bank.kept.sum()) != len(bank.codes):
            raise InputError(
                f"{path} does not belong to the negative bank beside it: build the base again"
            )
        return bank


class HiddenBankBuilder:
    """Collects the recordings of a bank, in the bank's order."""

    def __init__(self) -> None:
        self._kept: list[NDArray[np.bool_]] = []
        self._hidden: list[NDArray[np.float16]] = []

    def add(self, rows: EncodedRows) -> None:
        """One recording."""
        kept = rows.log_posteriors[:, 0] < CLEAR_BLANK
        self._kept.append(kept)
        self._hidden.append(rows.hidden[kept].astype(np.float16))

    def content(self) -> bytes:
        """The part's file. InputError when no recording had a row that is not blank."""
        hidden = np.concatenate(self._hidden) if self._hidden else np.zeros((0, 1), np.float16)
        if len(hidden) < 2:
            raise InputError("nothing was heard in the bank's recordings: give it speech")
        fitted = hidden[:: max(1, len(hidden) // _FITTED_ROWS)].astype(np.float32)
        mean = fitted.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov((fitted - mean).T).reshape(2 * (len(mean),)))
        axes = vectors[:, ::-1][:, :_AXES].astype(np.float32)
        spread = float(np.sqrt(np.maximum(values[::-1][: axes.shape[1]], 0.0).mean()))
        step = max(spread, 1e-6) / _STEPS
        codes = [
            np.clip(np.rint((part.astype(np.float32) - mean) @ axes / step), -127, 127)
            for part in self._hidden
        ]
        kept = np.concatenate(self._kept)
        buffer = io.BytesIO()
        np.savez(
            buffer,
            format=np.int64(_FORMAT),
            rows=np.int64(len(kept)),
            kept=np.packbits(kept),
            mean=mean,
            axes=axes,
            step=np.float64(step),
            # By axis: like numbers side by side take less room.
            codes=np.ascontiguousarray(np.concatenate(codes).astype(np.int8).T),
        )
        return lzma.compress(buffer.getvalue(), preset=6)
