"""Hidden activations of the negative bank: kept on few axes, given back by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attune.errors import InputError
from attune.keyword import EncodedRows
from attune.keyword.hidden_bank import HiddenBank, HiddenBankBuilder


def recording(rows: int, random: np.random.Generator) -> EncodedRows:
    """Every third row is blank; activations vary along 3 of 40 directions, and a little besides."""
    posteriors = np.full((rows, 40), -9.0, np.float32)
    posteriors[:, 5] = -0.2
    posteriors[::3, 0] = 0.0
    loud = random.normal(0, 2, (rows, 3)) @ np.eye(3, 40)
    hidden = loud + random.normal(0.5, 0.05, (rows, 40))
    return EncodedRows(posteriors, hidden.astype(np.float32))


def filled(path: Path) -> tuple[HiddenBank, list[EncodedRows]]:
    random = np.random.default_rng(0)
    recordings = [recording(rows, random) for rows in (50, 1, 200)]
    builder = HiddenBankBuilder()
    for one in recordings:
        builder.add(one)
    path.write_bytes(builder.content())
    return HiddenBank.read(path, 251), recordings


def test_rows_come_back_on_the_axes(tmp_path: Path) -> None:
    bank, recordings = filled(tmp_path / "bank")
    hidden = np.concatenate([one.hidden for one in recordings])
    clear = np.concatenate([one.log_posteriors[:, 0] for one in recordings]) < -0.1
    found = bank.projected(40, 120).astype(np.float32)
    wanted = (hidden[40:120] - bank.mean) @ bank.axes
    np.testing.assert_array_equal(found[~clear[40:120]], 0.0)
    np.testing.assert_allclose(found[clear[40:120]], wanted[clear[40:120]], atol=bank.step)
    np.testing.assert_allclose(bank.axes.T @ bank.axes, np.eye(bank.axes.shape[1]), atol=1e-4)


def test_another_bank_and_damage_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bank"
    filled(path)
    with pytest.raises(InputError, match="does not belong to the negative bank"):
        HiddenBank.read(path, 250)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="build the base again"):
        HiddenBank.read(path, 251)
    with pytest.raises(InputError, match="give it speech"):
        HiddenBankBuilder().content()
