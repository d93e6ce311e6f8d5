"""The configuration of an acoustic training run, read from YAML."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from attune.errors import InputError
from attune.text import normal_symbols
from attune.train.acoustic.augment import AugmentConfig

__all__ = [
    "AcousticConfig",
    "AdapterConfig",
    "ChunkConfig",
    "EncoderConfig",
    "KeywordEncoderConfig",
    "OptimizerConfig",
    "Precision",
    "Source",
    "read_config",
]

Precision = Literal["auto", "bf16", "float32"]
"""The numbers that are multiplied; "auto": bf16 where the processor or GPU computes with it."""


@dataclass(frozen=True)
class Source:
    """A manifest and how often an epoch visits each of its utterances.

    `silent`: nothing is said in them, whatever their text; what a `teacher` hears there is not
    learnt, but silence.
    """

    manifest: Path
    weight: float = 1.0
    silent: bool = False


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder. Defaults: 8 M parameters.

    `outer_layers` run at 40 ms before and as many after the `inner_layers`, which run at 80 ms.
    `left_context` is the attention cache of a stream, in 40 ms frames (even).
    """

    features: int = 80
    phones: int = 40
    characters: int = 29
    front_channels: int = 32
    outer_dim: int = 192
    outer_layers: int = 2
    inner_dim: int = 256
    inner_layers: int = 6
    heads: int = 4
    feedforward: int = 4
    kernel: int = 9
    lookahead: int = 4
    lookbehind: int = 4
    left_context: int = 64
    dropout: float = 0.1
    layer_drop: float = 0.05


@dataclass(frozen=True)
class KeywordEncoderConfig:
    """Sizes of the encoder that spots keywords. Defaults: 0.57 M parameters.

    A block for each of `dilations`; the first `delay` blocks see a row of 40 ms ahead each.
    """

    features: int = 80
    phones: int = 40
    dim: int = 128
    hidden: int = 256
    kernel: int = 7
    dilations: tuple[int, ...] = (1, 1, 1, 2, 2, 4, 1)
    delay: int = 2
    dropout: float = 0.05


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW with linear warm-up, a plateau, and linear decay over the last `decay` steps.

    The first `flat_start` steps learn the given alignments, or a uniform one without any; for the
    `prior_steps` after them the expected alignment is that of posteriors divided by priors to the
    power of `prior_scale`, which fades to 0: from there on it is plain CTC. In the last
    `sequence_steps` the denominator of sequence-discriminative training is added with
    `sequence_weight` (1: LF-MMI without CTC). `anchor` draws weights back to where they started, as
    `weight_decay` draws them to 0 (L2-SP, Li et al. 2018). `teacher_weight` is that of the
    divergence from the teacher's posteriors, `ctc_weight` that of the transcripts.
    """

    steps: int = 20000
    flat_start: int = 0
    prior_scale: float = 0.8
    prior_steps: int = 0
    warmup: int = 800
    decay: int = 6000
    peak: float = 1.5e-3
    weight_decay: float = 0.02
    clip: float = 2.0
    batch_seconds: float = 60.0
    average: float = 0.999
    middle_weight: float = 0.3
    character_weight: float = 0.2
    consistency_weight: float = 0.0
    sequence_steps: int = 0
    sequence_weight: float = 0.8
    anchor: float = 0.0
    ctc_weight: float = 1.0
    teacher_weight: float = 0.0
    patience: int = 0


@dataclass(frozen=True)
class ChunkConfig:
    """Dynamic chunks: `full` of the batches use full attention, the others one of `sizes`.

    Sizes are in 40 ms frames (even); `left` bounds the chunks of left context (-1: all).
    """

    full: float = 0.4
    sizes: tuple[int, ...] = (8, 8, 16, 32)
    left_frames: int = 64


@dataclass(frozen=True)
class AdapterConfig:
    """Low-rank adapters beside the matrices of the layers, which are frozen; `rank` 0: none.

    `scale` multiplies what they add.
    """

    rank: int = 0
    scale: float = 1.0


@dataclass(frozen=True)
class AcousticConfig:
    """Everything a run depends on. Paths are absolute or relative to the YAML file.

    `dev_utterances` of each dev set, evenly spaced, are scored while training. `workers` processes
    prepare batches: one keeps up with two cores, a GPU wants as many as there are cores. `spoken`
    names the phones of recordings, where they are known better than by the lexicon; the phones of
    the sentences in `text` are among those that transcripts compete with. With `keyword_encoder`
    that network is trained in place of the recogniser's. The `teacher`, a checkpoint or bundle of a
    recogniser, hears every utterance without noise and rooms.
    """

    train: tuple[Source, ...]
    dev: tuple[Path, ...]
    lexicon: Path
    work: Path
    noise: tuple[Path, ...] = ()
    rooms: Path | None = None
    alignments: Path | None = None
    spoken: Path | None = None
    text: Path | None = None
    initial: Path | None = None
    teacher: Path | None = None
    drop_layers: int = 0
    language: str = "en-US"
    seed: int = 1
    threads: int = 0
    workers: int = 1
    precision: Precision = "auto"
    checkpoint_steps: int = 250
    evaluate_steps: int = 1000
    dev_utterances: int = 1000
    keep: tuple[int, ...] = ()
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    keyword_encoder: KeywordEncoderConfig | None = None
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    chunks: ChunkConfig = field(default_factory=ChunkConfig)
    adapters: AdapterConfig = field(default_factory=AdapterConfig)


_SECTIONS = {
    "encoder": EncoderConfig,
    "augment": AugmentConfig,
    "optimizer": OptimizerConfig,
    "chunks": ChunkConfig,
    "adapters": AdapterConfig,
}


def read_config(path: str | Path, overrides: dict[str, Any] | None = None) -> AcousticConfig:
    """Read a YAML file. InputError names the file and the field that cannot be used."""
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected fields such as train, dev, lexicon and work")
    values = {**values, **(overrides or {})}
    folder = path.parent

    def local(value: object) -> Path:
        if not isinstance(value, str | Path):
            raise InputError(f"{path}: {value!r} is not a path")
        return folder / Path(value).expanduser()

    missing = [name for name in ("train", "dev", "lexicon", "work") if name not in values]
    if missing:
        raise InputError(f"{path}: missing {', '.join(missing)}")
    for name in ("train", "dev", "noise"):
        _require_list(values.get(name, []), f"{path}: {name}")
    sources = []
    for item in values["train"]:
        item = item if isinstance(item, dict) else {"manifest": item}
        entry = {**item, "manifest": local(item.get("manifest"))}
        source = _section(Source, entry, f"{path}: train")
        if source.silent and values.get("teacher") is None:
            raise InputError(f"{path}: train: {item['manifest']}: silent needs a teacher")
        sources.append(source)
    values["train"] = tuple(sources)
    values["dev"] = tuple(local(p) for p in values["dev"])
    values["noise"] = tuple(local(p) for p in values.get("noise", ()))
    paths = ("lexicon", "work", "rooms", "alignments", "spoken", "text", "initial", "teacher")
    for name in paths:
        if values.get(name) is not None:
            values[name] = local(values[name])
    for name, section in _SECTIONS.items():
        values[name] = _section(section, values.get(name) or {}, f"{path}: {name}")
    if values.get("keyword_encoder") is not None:
        values["keyword_encoder"] = _section(
            KeywordEncoderConfig, values["keyword_encoder"], f"{path}: keyword_encoder"
        )
    config: AcousticConfig = _section(AcousticConfig, values, str(path))
    try:
        normal_symbols(config.language)
    except InputError as error:
        raise InputError(f"{path}: language: {error}") from error
    return config


def _section(kind: Any, values: dict[str, Any], where: str) -> Any:
    known = {f.name for f in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(
            f"{where}: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    hints = get_type_hints(kind)
    plain = {}
    for name, value in values.items():
        if hints[name] in (int, float) and (
            isinstance(value, bool) or not isinstance(value, int | float)
        ):
            raise InputError(f"{where}: {name} must be a number, not {value!r}")
        if hints[name] is bool and not isinstance(value, bool):
            raise InputError(f"{where}: {name} must be true or false, not {value!r}")
        if hints[name] is str and not isinstance(value, str):
            raise InputError(f"{where}: {name} must be a word, not {value!r}")
        if get_origin(hints[name]) is Literal and value not in get_args(hints[name]):
            choices = ", ".join(get_args(hints[name]))
            raise InputError(f"{where}: {name} must be one of {choices}, not {value!r}")
        if get_origin(hints[name]) is tuple:
            _require_list(value, f"{where}: {name}")
        plain[name] = tuple(value) if isinstance(value, list) else value
    return kind(**plain)


def _require_list(value: object, where: str) -> None:
    if not isinstance(value, list | tuple):
        raise InputError(f"{where} must be a list such as [{value}], not {value!r}")
