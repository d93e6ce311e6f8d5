"""Token lists as they lie beside models: tokens.txt, vocab.json, tokenizer.json.

The order is that of the network's columns. Formats: `token id` lines (sherpa-onnx, icefall, WeNet's
units.txt), one token a line (NeMo), a JSON object of token to id (Hugging Face's vocab.json), and
the vocabulary of a Hugging Face tokenizer.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attune.errors import InputError

__all__ = ["BLANKS", "find_blank", "plain_tokens", "read_json", "read_token_file", "tokens_by_id"]

BLANKS = ("<blk>", "<blank>", "<eps>", "<ctc_blank>", "<pad>", "[PAD]", "[blank]", "_")
"""Names of the CTC blank, in the order in which they are looked for."""

_WITH_ID = re.compile(r"(.*)[ \t](\d+)")
_SPACE = "<space>"


def read_token_file(path: Path) -> list[str]:
    """The tokens of a file, column by column; InputError names the line that cannot be read."""
    if path.suffix == ".json":
        return tokens_by_id(_json_vocabulary(path), str(path))
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text: give a token list, one token a line") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    lines = text.removesuffix("\n").split("\n") if text else []
    lines = [line.removesuffix("\r") for line in lines]
    if not any(lines):
        raise InputError(f"{path}: no token in it: give one token a line")
    numbered = [_WITH_ID.fullmatch(line) for line in lines if line]
    if all(numbered):
        pairs = [(match[1], int(match[2])) for match in numbered if match is not None]
        return tokens_by_id(pairs, str(path))
    empty = next((number for number, line in enumerate(lines, start=1) if not line), None)
    if empty is not None:
        raise InputError(f"{path}:{empty}: no token in this line: give one token a line")
    return lines


def tokens_by_id(
    vocabulary: Mapping[str, int] | Sequence[tuple[str, int]], where: str
) -> list[str]:
    """Tokens in the order of their ids; InputError for ids that are missing or there twice."""
    pairs = list(vocabulary.items()) if isinstance(vocabulary, Mapping) else list(vocabulary)
    found: dict[int, str] = {}
    for token, number in pairs:
        if number in found:
            raise InputError(f"{where}: the id {number} is there twice, of {found[number]!r} too")
        found[number] = token
    missing = next((i for i in range(len(found)) if i not in found), None)
    if missing is not None:
        raise InputError(
            f"{where}: no token has the id {missing}: give ids from 0 to {len(found) - 1}"
        )
    return [found[i] for i in range(len(found))]


def find_blank(tokens: Sequence[str], wanted: str | None) -> int | None:
    """The blank's column: `wanted` (a token or its column), or the first of `BLANKS`.

    None when there is none of them; InputError when `wanted` is not there.
    """
    if wanted is None:
        return next((tokens.index(name) for name in BLANKS if name in tokens), None)
    if wanted in tokens:
        return tokens.index(wanted)
    if wanted.isascii() and wanted.isdigit() and int(wanted) < len(tokens):
        return int(wanted)
    raise InputError(
        f"--blank {wanted!r} is no token and no column from 0 to {len(tokens) - 1}: name the "
        "token of the CTC blank"
    )


def plain_tokens(tokens: Sequence[str]) -> list[str]:
    """The tokens without white space, none twice, so that each is one word of a line."""
    plain: list[str] = []
    seen = set(tokens)
    for number, token in enumerate(tokens):
        name = _SPACE if token == " " and _SPACE not in seen else token
        if not name or name != "".join(name.split()) or name in plain:
            name = f"<{number}>"
        plain.append(name)
    return plain


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a model's directory; InputError when it is missing or no object."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path.parent} has no {path.name}: copy the whole model") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: not readable as JSON ({error}): copy it again") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: not a JSON object: copy it again")
    return value


def _json_vocabulary(path: Path) -> list[tuple[str, int]]:
    value = read_json(path)
    model = value.get("model")
    vocabulary: Any = value
    if isinstance(model, dict) and "vocab" in model:  # a tokenizer.json
        vocabulary = model["vocab"]
        if isinstance(vocabulary, list):  # Unigram: [piece, score] in the order of ids
            vocabulary = {pair[0]: number for number, pair in enumerate(vocabulary)}
        vocabulary = dict(vocabulary)
        for added in value.get("added_tokens") or []:
            vocabulary.setdefault(added["content"], added["id"])
    if any(isinstance(number, dict) for number in vocabulary.values()):
        raise InputError(
            f"{path}: a vocabulary for each of several languages: keep the object of yours alone"
        )
    if not vocabulary or not all(type(number) is int for number in vocabulary.values()):
        raise InputError(f"{path}: not an object of token to id: give vocab.json or tokenizer.json")
    return list(vocabulary.items())
