"""Adapters, anchors, and what else fine-tuning adds to the trainer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_encoder import TINY

torch = pytest.importorskip("torch")

from attune.errors import InputError  # noqa: E402
from attune.lexicon import PHONE_INDEX, Lexicon  # noqa: E402
from attune.train.acoustic.adapters import (  # noqa: E402
    AdaptedLinear,
    attach_adapters,
    is_adapter,
    merged_weights,
)
from attune.train.acoustic.config import (  # noqa: E402
    AdapterConfig,
    EncoderConfig,
    OptimizerConfig,
)
from attune.train.acoustic.encoder import Encoder  # noqa: E402
from attune.train.acoustic.optimizer import Anchor, make_optimizer  # noqa: E402
from attune.train.acoustic.targets import read_sentences, read_spoken  # noqa: E402
from attune.train.adaptation.strength import blend  # noqa: E402

SIZES = EncoderConfig(**TINY)


def heard(model: Encoder) -> torch.Tensor:
    torch.manual_seed(1)
    frames = torch.randn(1, 80, 80)
    with torch.inference_mode():
        found: torch.Tensor = model.eval()(frames, torch.tensor([80]))[0]
    return found


def adapted(rank: int = 4) -> tuple[Encoder, Encoder]:
    """An encoder, and the same one with adapters that have learnt something."""
    torch.manual_seed(0)
    plain, model = Encoder(SIZES), Encoder(SIZES)
    model.load_state_dict(plain.state_dict())
    attach_adapters(model, AdapterConfig(rank, 0.5))
    return plain, model


def test_adapters_add_nothing_at_first() -> None:
    plain, model = adapted()
    assert torch.equal(heard(plain), heard(model))
    assert merged_weights(model).keys() == plain.state_dict().keys()


def test_merged_weights_do_what_adapters_do() -> None:
    plain, model = adapted()
    for name, parameter in model.named_parameters():
        if is_adapter(name):
            torch.nn.init.normal_(parameter, std=0.1)
    before = heard(plain)
    plain.load_state_dict(merged_weights(model))
    assert torch.allclose(heard(plain), heard(model), atol=1e-4)
    assert not torch.allclose(before, heard(plain), atol=1e-2)


def test_only_adapters_norms_and_biases_are_learnt() -> None:
    _, model = adapted()
    learnt = {name for name, p in model.named_parameters() if p.requires_grad}
    assert {name for name in learnt if is_adapter(name)}
    assert all(is_adapter(name) or name.endswith(("bias", "norm.weight", "middle.weight"))
               for name in learnt)  # fmt: skip
    share = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert share < 0.4 * sum(p.numel() for p in model.parameters())
    assert isinstance(model.inner[0].attention.query, AdaptedLinear)
    assert not isinstance(model.phone_head, AdaptedLinear)


def test_rank_0_leaves_the_encoder_alone() -> None:
    plain, model = adapted(rank=0)
    assert all(p.requires_grad for p in model.parameters())
    assert model.state_dict().keys() == plain.state_dict().keys()


def test_anchors_draw_weights_back() -> None:
    plain, model = adapted(rank=0)
    start = {name: value.clone() for name, value in plain.state_dict().items()}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    Anchor(model, start, 2.0).pull(0.1)
    assert all(torch.allclose(p, start[n] + 0.8, atol=1e-5) for n, p in model.named_parameters())
    Anchor(model, start, 0.0).pull(0.1)
    assert all(torch.allclose(p, start[n] + 0.8, atol=1e-5) for n, p in model.named_parameters())


def test_frozen_weights_are_not_in_the_optimizer() -> None:
    _, model = adapted()
    groups = make_optimizer(model, OptimizerConfig()).param_groups
    learnt = [p for group in groups for p in group["params"]]
    assert len(learnt) == sum(p.requires_grad for p in model.parameters())


def test_blends_lie_between_base_and_what_was_learnt() -> None:
    start, learnt = {"a": torch.zeros(3)}, {"a": torch.ones(3), "head": torch.ones(1)}
    assert torch.equal(blend(start, learnt, 0.25)["a"], torch.full((3,), 0.25))
    assert torch.equal(blend(start, learnt, 0.25)["head"], torch.ones(1))


def test_phones_of_recordings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "spoken.tsv"
    path.write_text(f"path\tphones\na.wav\tS IY\n{tmp_path}/b.wav\tB\n")
    found = read_spoken(path)
    assert {name: codes.tolist() for name, codes in found.items()} == {
        str((tmp_path / "a.wav").resolve()): [PHONE_INDEX["S"], PHONE_INDEX["IY"]],
        str((tmp_path / "b.wav").resolve()): [PHONE_INDEX["B"]],
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a.wav\tS IY\n", ":1: the first line must be path<TAB>phones"),
        ("path\tphones\na.wav S IY\n", ":2: expected path<TAB>phones"),
        ("path\tphones\na.wav\tS XX\n", ":2: 'XX' is not a phone"),
    ],
)
def test_phones_that_cannot_be_read_are_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "spoken.tsv"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        read_spoken(path)
    assert str(error.value) == f"{path}{said}"


def test_sentences_of_known_words_compete(tmp_path: Path) -> None:
    lexicon = Lexicon()
    lexicon.add("see", ["S", "IY"])
    lexicon.add("bee", ["B", "IY"])
    path = tmp_path / "text"
    path.write_text("see bee\nsee unknown\n\n")
    (found,) = read_sentences(path, lexicon)
    assert found.tolist() == [PHONE_INDEX[p] for p in ("S", "IY", "B", "IY")]
    assert found.dtype == np.int32
