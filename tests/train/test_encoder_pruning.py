"""Smaller encoders out of large ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tiny_encoder import TINY  # noqa: E402

from attune.errors import InputError  # noqa: E402
from attune.train.acoustic.config import EncoderConfig  # noqa: E402
from attune.train.acoustic.encoder import Encoder  # noqa: E402
from attune.train.acoustic.pruning import pruned_encoder  # noqa: E402

SIZES = replace(EncoderConfig(**TINY), inner_layers=3, feedforward=4)
FRAMES, LENGTHS = torch.randn(2, 120, 80), torch.tensor([120, 90])


@pytest.fixture(scope="module")
def whole() -> Encoder:
    torch.manual_seed(0)
    return Encoder(SIZES).eval()


def heard(encoder: Encoder) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = encoder(FRAMES, LENGTHS)[0]
    return found


def test_what_keeps_everything_hears_the_same(whole: Encoder) -> None:
    same = pruned_encoder(whole, [0, 1, 2], 4, FRAMES, LENGTHS)
    torch.testing.assert_close(heard(same), heard(whole))


def test_the_layers_that_are_kept_keep_their_weights(whole: Encoder) -> None:
    small = pruned_encoder(whole, [0, 2], 4, FRAMES, LENGTHS)
    assert small.config == replace(SIZES, inner_layers=2)
    for kept, one in enumerate((0, 2)):
        old, new = whole.inner[one].state_dict(), small.inner[kept].state_dict()
        assert all(torch.equal(old[name], new[name]) for name in old)


def test_units_that_give_nothing_go_first(whole: Encoder) -> None:
    """With half of the units silent, half of them are as good as all."""
    quiet = Encoder(SIZES).eval()
    quiet.load_state_dict(whole.state_dict())
    for layer in (*quiet.before, *quiet.inner, *quiet.after):
        for network in (layer.first, layer.second):
            with torch.no_grad():
                network.down.weight[:, ::2] = 0.0
    small = pruned_encoder(quiet, [0, 1, 2], 2, FRAMES, LENGTHS)
    assert small.inner[0].second.up.out_features * 2 == quiet.inner[0].second.up.out_features
    torch.testing.assert_close(heard(small), heard(quiet))


@pytest.mark.parametrize(
    ("layers", "feedforward", "message"),
    [
        ([], 4, "give some of 0 to 2"),
        ([0, 3], 4, "give some of 0 to 2"),
        ([2, 0], 4, "in order"),
        ([1, 1], 4, "in order"),
        ([1], 1, "feedforward 1: give 2 to 4"),
        ([1], 5, "feedforward 5: give 2 to 4"),
    ],
)
def test_what_cannot_be_kept(
    whole: Encoder, layers: list[int], feedforward: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pruned_encoder(whole, layers, feedforward, FRAMES, LENGTHS)
