"""A local Hugging Face directory of a CTC model, made into an ONNX graph.

Needs torch and transformers (the extra `import`), only while importing.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, FrontEnd, NemoFrontEnd, WaveformFrontEnd
from attune.convert.token_files import read_json, read_token_file
from attune.errors import AttuneError, InputError

__all__ = ["ARCHITECTURES", "HuggingFaceModel", "export_huggingface", "read_huggingface"]

ARCHITECTURES = ("Wav2Vec2ForCTC", "HubertForCTC", "ParakeetForCTC")
"""Classes of transformers whose models can be imported."""

_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
_TOKENS = ("tokenizer.json", "vocab.json")
_EXTRACTORS = {
    "Wav2Vec2FeatureExtractor": ("Wav2Vec2ForCTC", "HubertForCTC"),
    "ParakeetFeatureExtractor": ("ParakeetForCTC",),
}


@dataclass(frozen=True)
class HuggingFaceModel:
    """What a directory says of itself: class, features, tokens, the blank's column, its files."""

    folder: Path
    architecture: str
    front_end: FrontEnd
    tokens: tuple[str, ...]
    blank: int
    tokenizer: Path
    files: tuple[Path, ...]


def read_huggingface(folder: Path) -> HuggingFaceModel:
    """Read the directory's settings; InputError names the file or field that cannot be used."""
    config = read_json(folder / "config.json")
    architecture = _architecture(config, folder)
    weights = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)
    if weights is None:
        raise InputError(f"{folder} has no model.safetensors: copy the whole model")
    front_end = _front_end(folder, architecture)
    listed = next((folder / name for name in _TOKENS if (folder / name).is_file()), None)
    if listed is None:
        raise InputError(f"{folder} has no vocab.json or tokenizer.json: copy the whole model")
    tokens, blank = _tokens(folder, listed, config)
    files = [folder / "config.json", weights, listed]
    if weights.suffixes[-2:] == [".index", ".json"]:
        shards = read_json(weights).get("weight_map", {})
        for name in sorted(set(shards.values())):
            if not (folder / name).is_file():
                raise InputError(f"{folder} has no {name}: copy the whole model")
            files.append(folder / name)
    return HuggingFaceModel(folder, architecture, front_end, tokens, blank, listed, tuple(files))


def _architecture(config: dict[str, Any], folder: Path) -> str:
    named = config.get("architectures") or []
    found = next((name for name in ARCHITECTURES if name in named), None)
    if found is None:
        said = ", ".join(map(str, named)) or "none"
        raise InputError(
            f"{folder / 'config.json'}: architectures: {said}: supported are "
            f"{', '.join(ARCHITECTURES)} (models with a CTC head)"
        )
    return found


def _front_end(folder: Path, architecture: str) -> FrontEnd:
    """The features, from preprocessor_config.json or, as newer versions write, inside of
    processor_config.json."""
    path = folder / "preprocessor_config.json"
    if not path.is_file() and (folder / "processor_config.json").is_file():
        path = folder / "processor_config.json"
    values = read_json(path)
    inner = values.get("feature_extractor")
    values = inner if isinstance(inner, dict) else values
    kind = values.get("feature_extractor_type", "Wav2Vec2FeatureExtractor")
    if architecture not in _EXTRACTORS.get(kind, ()):
        raise InputError(
            f"{path}: feature_extractor_type {kind!r} does not go with {architecture}: copy the "
            "whole model"
        )
    rate = values.get("sampling_rate", SAMPLE_RATE)
    if rate != SAMPLE_RATE:
        raise InputError(
            f"{path}: sampling_rate {rate}: Attune hears {SAMPLE_RATE} Hz; use a model of that rate"
        )
    if kind == "Wav2Vec2FeatureExtractor":
        return WaveformFrontEnd(normalize=bool(values.get("do_normalize", True)))
    default = NemoFrontEnd()
    try:
        return NemoFrontEnd(
            bins=int(values.get("feature_size", default.bins)),
            fft=int(values.get("n_fft", default.fft)),
            window=int(values.get("win_length", default.window)),
            hop=int(values.get("hop_length", default.hop)),
            preemphasis=float(values.get("preemphasis") or 0.0),
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: a field cannot be used ({error}): copy it again") from error


def _tokens(folder: Path, listed: Path, config: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """Tokens of all columns, and the blank's column: the padding token, as in transformers."""
    tokens = read_token_file(listed)
    added = folder / "added_tokens.json"
    if added.is_file():
        for token, number in sorted(read_json(added).items(), key=lambda item: int(item[1])):
            if number == len(tokens) and token not in tokens:
                tokens.append(token)
    blank, columns = config.get("pad_token_id"), config.get("vocab_size")
    where = folder / "config.json"
    if not isinstance(columns, int) or columns < 2:
        raise InputError(f"{where}: vocab_size {columns!r}: not a number of tokens")
    if not isinstance(blank, int) or not 0 <= blank < columns:
        raise InputError(
            f"{where}: pad_token_id {blank!r}: no blank; give the id of the CTC blank there"
        )
    if blank == len(tokens) == columns - 1:
        tokens.append("<blk>")
    if len(tokens) != columns:
        raise InputError(
            f"{listed}: {len(tokens)} tokens, but {where.name} says vocab_size {columns}: copy the "
            "whole model"
        )
    return tuple(tokens), blank


def export_huggingface(
    model: HuggingFaceModel, path: Path, sound: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Write the model as ONNX to `path`; returns its own log-posteriors of `sound`.

    `sound`: float32 [samples], 16 kHz; result: [rows, columns], by transformers' feature extractor
    and model. InputError for weights that are damaged or incomplete, and when torch or transformers
    is missing; AttuneError when the export fails.
    """
    torch, transformers = _libraries()
    with _quiet(transformers):
        network = _load(model, torch, transformers)
        reference = _reference(model, network, sound, torch, transformers)
        _export(model, network, path, torch)
    return reference


def _libraries() -> tuple[Any, Any]:
    try:
        return importlib.import_module("torch"), importlib.import_module("transformers")
    except ImportError as error:
        raise InputError(
            f"importing from Hugging Face needs {error.name}: pip install 'attune[import]'"
        ) from error


@contextlib.contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Neither progress bars nor warnings about what is checked here anyway."""
    noise = transformers.utils.logging
    noise.set_verbosity_error()
    noise.disable_progress_bar()
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _load(model: HuggingFaceModel, torch: Any, transformers: Any) -> Any:
    kind = getattr(transformers, model.architecture, None)
    if kind is None:
        raise InputError(
            f"this transformers ({transformers.__version__}) has no {model.architecture}: pip "
            "install --upgrade transformers"
        )
    try:
        network, told = kind.from_pretrained(
            str(model.folder),
            local_files_only=True,
            output_loading_info=True,
            attn_implementation="eager",
            dtype=torch.float32,
        )
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(
            f"{model.folder}: the weights cannot be loaded ({reason}): copy the model again"
        ) from error
    missing = sorted(told["missing_keys"])
    if missing:
        raise InputError(
            f"{model.folder}: the weights lack {missing[0]}: a model that was fine-tuned with CTC "
            "is needed"
        )
    return network.eval()


def _reference(
    model: HuggingFaceModel, network: Any, sound: NDArray[np.float32], torch: Any, library: Any
) -> NDArray[np.float32]:
    name = next(name for name, users in _EXTRACTORS.items() if model.architecture in users)
    try:
        extractor = getattr(library, name).from_pretrained(str(model.folder), local_files_only=True)
        inputs = extractor(sound, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        with torch.inference_mode():
            logits = network(**inputs).logits[0]
            reference: NDArray[np.float32] = torch.log_softmax(logits.float(), -1).numpy()
        return reference
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{model.folder}: transformers cannot run it ({reason})") from error


def _export(model: HuggingFaceModel, network: Any, path: Path, torch: Any) -> None:
    class LogPosteriors(torch.nn.Module):  # type: ignore[misc]
        """One utterance, without padding: no mask is needed."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, features: Any) -> Any:
            return torch.log_softmax(self.network(features).logits.float(), -1)

    bins = model.front_end.bins
    example = torch.zeros(1, 2 * SAMPLE_RATE) if bins is None else torch.zeros(1, 200, bins)
    try:
        torch.onnx.export(
            LogPosteriors().eval(),
            (example,),
            str(path),
            input_names=["features"],
            output_names=["log_probs"],
            dynamic_shapes=({1: torch.export.Dim.DYNAMIC},),
            dynamo=True,
            external_data=_is_large(network),
            verbose=False,
        )
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise AttuneError(f"{model.folder}: the export to ONNX failed ({reason})") from error


def _is_large(network: Any) -> bool:
    """Whether the weights do not fit one ONNX file (2 GB)."""
    size = sum(p.numel() * p.element_size() for p in network.parameters())
    return bool(size > 1_800_000_000)
