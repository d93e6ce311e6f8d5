"""Stage: the base language model.

    python recipes/en-us/build_language.py [--large] [--out FILE]

From the corpus text and the training transcripts: one 4-gram model (modified Kneser-Ney) for each
kind of text, mixed with weights by context, pruned by relative entropy to the shipped size. The
weights are tuned on the training transcripts, ten tenths in turn, each held out from the models of
transcripts; the dev sets only report. Transcripts that share a run of eight words with a dev
transcript are left out, as the corpus text leaves them out.

Writes the model, exp/words.txt (its vocabulary, for the lexicon) and the figures in --work. What
takes long is kept in --work and taken up again; delete that folder to start afresh.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from language_sources import (
    FOLDS,
    HELD_OUT_SETS,
    TRANSCRIPT_GROUPS,
    choose_vocabulary,
    fold_of,
    overlapping,
    prepare_texts,
    read_transcripts,
)

from attune.language import (
    BackoffModel,
    ContextWeights,
    NgramModel,
    Predictions,
    Vocabulary,
    count_ngrams,
    encode_text,
    estimate,
    fit_context_weights,
    interpolate,
    measure_perplexity,
    observe_predictions,
    prune_to_size,
    read_lines,
    trie_size_of,
    write_trie_file,
)

_ROOT = Path(__file__).resolve().parents[2]
_CORPUS = Path(os.environ.get("ATTUNE_CORPUS", _ROOT.parent / "shared" / "corpus"))
_ORDER = 4
_WORDS = 200_000
_MEGABYTES, _LARGE_MEGABYTES = 36, 250  # the large model is all there is, about 124 MB
# Every kind of text gets some weight, whatever the styles at hand: users bring others.
_LEAST_SHARE = 0.03
# Bytes an n-gram of each order takes in the file.
_COSTS = (1.0, 1.0, 1.0, 4.0 / 9.0)
_BOOKS_PRUNING = (0, 0, 1, 1)
_BEGAN = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=_CORPUS)
    parser.add_argument("--work", type=Path, default=_ROOT / "exp" / "language")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--megabytes", type=float)
    parser.add_argument("--large", action="store_true", help="the optional, bigger model")
    arguments = parser.parse_args()
    name = "language-large.ngram" if arguments.large else "language.ngram"
    out = arguments.out or _ROOT / "src" / "attune" / "models" / "en-US" / name
    megabytes = arguments.megabytes or (_LARGE_MEGABYTES if arguments.large else _MEGABYTES)

    say("text")
    texts = prepare_texts(arguments.corpus, arguments.work / "text")
    dev = read_transcripts(arguments.corpus, "dev")
    transcripts = clear_of_dev(read_transcripts(arguments.corpus, "train"), dev)
    everything = [text for lines in transcripts.values() for text in lines]
    vocabulary = choose_vocabulary(arguments.corpus, everything, _WORDS)
    models = {
        name: text_model(name, path, vocabulary, arguments.work / f"{name}.model")
        for name, path in texts.items()
    }
    weights = mixture_weights(models, transcripts, texts, arguments.work / "weights.json")
    names = [*models, *TRANSCRIPT_GROUPS]
    for group, sets in TRANSCRIPT_GROUPS.items():
        models[group] = train([text for name in sets for text in transcripts[name]], vocabulary)
    say("mixing")
    mixture = interpolate([models[name] for name in names], weights)
    del models
    report: dict[str, object] = {"sources": names, "weights": asdict(weights)}
    report["before pruning"] = describe(mixture, dev)
    size_of = trie_size_of(vocabulary)
    pruned = prune_to_size(mixture, int(megabytes * 1e6), size_of, costs=_COSTS, progress=say)
    del mixture
    write_trie_file(pruned, out)
    del pruned
    report["stored"] = describe(NgramModel.open(out), dev)
    if not arguments.large:
        (_ROOT / "exp" / "words.txt").write_text("\n".join(vocabulary.words[3:]) + "\n")
    (arguments.work / f"{out.stem}.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


def say(message: str) -> None:
    print(f"{time.monotonic() - _BEGAN:7.1f} s  {message}", file=sys.stderr, flush=True)


def clear_of_dev(
    transcripts: Mapping[str, list[str]], dev: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """The training transcripts that no dev transcript shares a run of words with."""
    spoken = [text for lines in dev.values() for text in lines]
    kept = {}
    for name, lines in transcripts.items():
        shared = overlapping(lines, spoken)
        kept[name] = [text for text in lines if text not in shared]
        say(f"{name}: {len(kept[name])} of {len(lines)} transcripts kept")
    return kept


def train(lines: Iterable[str], vocabulary: Vocabulary, prune: Sequence[int] = ()) -> BackoffModel:
    text = encode_text(lines).with_vocabulary(vocabulary)
    return estimate(count_ngrams(text, _ORDER), prune=prune).model


def text_model(name: str, text: Path, vocabulary: Vocabulary, kept: Path) -> BackoffModel:
    """The model of one text, from an earlier run where there is one with this vocabulary."""
    if kept.exists():
        with open(kept, "rb") as file:
            model: BackoffModel = pickle.load(file)
        if model.vocabulary == vocabulary:
            return model
    say(f"estimating {name}")
    model = train(read_lines(text), vocabulary, _BOOKS_PRUNING if name == "books" else ())
    partial_file = kept.with_suffix(".part")
    with open(partial_file, "wb") as file:
        pickle.dump(model, file, protocol=5)
    os.replace(partial_file, kept)
    return model


def mixture_weights(
    models: Mapping[str, BackoffModel],
    transcripts: Mapping[str, list[str]],
    texts: Mapping[str, Path],
    kept: Path,
) -> ContextWeights:
    """Weights that suit the training sets' styles, each counting the same."""
    if kept.exists():
        return ContextWeights(**json.loads(kept.read_text()))
    # A transcript that the text has too would make that text look better than it is.
    every = [text for name in HELD_OUT_SETS for text in transcripts[name]]
    known = set[str]()
    for name, path in texts.items():
        say(f"looking for transcripts in {name}")
        known |= overlapping(every, list(read_lines(path)))
    folds = {name: fold_of(name, transcripts[name]) for name in HELD_OUT_SETS}
    vocabulary = next(iter(models.values())).vocabulary
    observed: dict[str, list[list[Predictions]]] = {name: [] for name in HELD_OUT_SETS}
    for fold in range(FOLDS):
        say(f"holding out tenth {fold + 1}")
        rest = {
            name: [text for text, at in zip(lines, folds.get(name, ()), strict=False) if at != fold]
            if name in folds
            else lines
            for name, lines in transcripts.items()
        }
        parts = [*models.values()]
        for sets in TRANSCRIPT_GROUPS.values():
            parts.append(train([text for name in sets for text in rest[name]], vocabulary))
        for name, tenths in folds.items():
            held_out = [
                text
                for text, at in zip(transcripts[name], tenths, strict=True)
                if at == fold and text not in known
            ]
            observed[name].append([observe_predictions(part, held_out) for part in parts])
    say("fitting the weights")
    weights = fit_context_weights(
        [joined(by_fold) for by_fold in observed.values()], least_share=_LEAST_SHARE
    )
    kept.write_text(json.dumps(asdict(weights)))
    return weights


def joined(folds: Sequence[Sequence[Predictions]]) -> list[Predictions]:
    """Per model, the predictions of all folds as one text."""
    return [
        Predictions(
            np.concatenate([part.prob for part in parts]),
            np.concatenate([part.frequency for part in parts], axis=1),
        )
        for parts in zip(*folds, strict=True)
    ]


def describe(model: BackoffModel | NgramModel, dev: Mapping[str, list[str]]) -> dict[str, object]:
    """Size, and how well it predicts each dev set."""
    scores = {}
    for name, lines in dev.items():
        result = measure_perplexity(model, lines)
        scores[name] = {
            "perplexity": round(result.perplexity_known, 1),
            "unknown": round(result.unknown_rate, 4),
            "words": result.words,
        }
    say(f"n-grams {model.counts}, {json.dumps(scores)}")
    return {"vocabulary": len(model.vocabulary), "counts": model.counts, "dev": scores}


if __name__ == "__main__":
    main()
