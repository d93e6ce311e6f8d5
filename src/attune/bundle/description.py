"""What `bundle.json` says: parts, settings, lineage and model card, read and written strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from attune.bundle.fields import Fields, JsonValue
from attune.errors import InputError

__all__ = [
    "FORMAT_VERSION",
    "KINDS",
    "ROLES",
    "SETTING_GROUPS",
    "BundleDescription",
    "BundleKind",
    "DataSet",
    "Lineage",
    "Measurement",
    "ModelCard",
    "Part",
    "Settings",
    "TrainingSet",
    "check_part_file",
    "description_from_json",
    "description_to_json",
]

FORMAT_VERSION = 1
"""The version of `bundle.json` that this code writes, and the only one that it reads."""

BundleKind = Literal["recognizer", "keyword"]
Settings = Mapping[str, Mapping[str, JsonValue]]
"""Setting group -> name -> value; the groups are `SETTING_GROUPS`."""

ROLES: Mapping[str, str] = {
    "encoder": "the network, ONNX with explicit state tensors",
    "features": "parameters of the acoustic features",
    "symbols": "the network's output symbols, one a line, the blank first",
    "lexicon": "words and their pronunciations",
    "language_model": "the word n-gram model",
    "g2p": "the grapheme-to-phoneme model",
    "formatter": "the display model: capitals and punctuation",
    "display_rules": "display rules of one's own: patterns, rewritings, words to mask",
    "calibration": "maps of scores to probabilities and thresholds",
    "settings": "further defaults that are too large for bundle.json",
    "replay": "speech of the kind that the encoder was trained on, for adaptation not to forget it",
    "keyword_graph": "the pronunciations of a keyword and their scoring graph",
    "closer_encoder": "a second network that hears again what may have been a keyword",
    "second_pass": "classifiers that look again at what may have been a keyword",
    "negative_bank": "what the encoder hears in speech without a keyword, to calibrate keywords on",
    "hidden_bank": "the hidden activations of the negative bank, to teach second passes with",
}
"""Role of a part -> what the part holds."""

KINDS: Mapping[BundleKind, tuple[str, ...]] = {
    "recognizer": ("encoder", "symbols", "lexicon", "language_model"),
    "keyword": ("encoder", "keyword_graph"),
}
"""Kind of bundle -> the roles without which it cannot be used."""

SETTING_GROUPS: Mapping[str, str] = {
    "encoder": "how a network that was made elsewhere is fed, and what its symbols are",
    "features": "parameters of the acoustic features",
    "chunking": "how much audio the encoder takes at a time, and what it may look ahead",
    "decoding": "defaults of the beam search, endpointing and formatting",
}

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a bundle: its path inside the bundle, SHA-256, size in bytes and format."""

    file: str
    sha256: str
    bytes: int
    format: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set that a bundle was made from: its name, SHA-256 and hours (None for text)."""

    name: str
    sha256: str
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a bundle comes from.

    `base` is the hash of the bundle that it was derived from (None: from scratch), `command` what
    made it, `settings` what that command was told, `date` the day in UTC as ``YYYY-MM-DD``.
    """

    command: str
    date: str
    base: str | None = None
    data: tuple[DataSet, ...] = ()
    settings: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """One line of the card's `trained_on`: a set, its hours (None for text), licence, source."""

    name: str
    hours: float | None
    licence: str
    source: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure measured on one set.

    `metric` names the figure ("wer", "cer", "correct_accept_rate", "false_accepts_per_hour", ...;
    rates as fractions), `mode` how it was run ("streaming", "whole-file"), `command` what printed
    it.
    """

    set: str
    metric: str
    value: float
    mode: str
    command: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a person should know before relying on the model (after Mitchell et al. 2019,
    "Model Cards for Model Reporting")."""

    description: str
    licence: str
    trained_on: tuple[TrainingSet, ...] = ()
    measured: tuple[Measurement, ...] = ()
    limits: tuple[str, ...] = ()
    serves_badly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BundleDescription:
    """The content of `bundle.json`; `created` is UTC in ISO 8601, `parts` maps role to part."""

    kind: BundleKind
    language: str
    name: str
    version: str
    created: str
    parts: Mapping[str, Part]
    settings: Settings
    lineage: Lineage
    model_card: ModelCard
    format_version: int = FORMAT_VERSION


def check_part_file(file: str, where: str) -> None:
    """Refuse a part's path that could leave the bundle or that some file system cannot hold.

    Raises InputError; `where` begins the message.
    """
    if not _PART_FILE.fullmatch(file) or len(file) > 200:
        raise InputError(
            f"{where}: {file!r} is not a usable part path: use letters, digits, '.', '_', '-' and "
            "'/' for folders, relative to the bundle"
        )


def description_from_json(value: object, where: str) -> BundleDescription:
    """Read what `bundle.json` holds, without its `hash`; raises InputError naming the field."""
    fields = Fields(value, where)
    version = fields.count("format_version")
    if version != FORMAT_VERSION:
        raise InputError(
            f"{where}: format version {version}, but this Attune reads version {FORMAT_VERSION}: "
            + ("upgrade Attune" if version > FORMAT_VERSION else "make the bundle again")
        )
    kind_text = fields.text("kind")
    kind = next((known for known in KINDS if known == kind_text), None)
    if kind is None:
        raise InputError(f"{where}: unknown kind {kind_text!r}, expected one of {', '.join(KINDS)}")
    description = BundleDescription(
        kind=kind,
        language=fields.text("language"),
        name=fields.text("name"),
        version=fields.text("version"),
        created=fields.text("created"),
        parts=_parts(fields.fields("parts"), where),
        settings=_settings(fields.fields("settings"), where),
        lineage=_lineage(fields.fields("lineage")),
        model_card=_card(fields.fields("model_card")),
        format_version=version,
    )
    fields.finish()
    return description


def _parts(fields: Fields, where: str) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    files: set[str] = set()
    for role in fields.names():
        one = fields.fields(role)
        if role not in ROLES:
            raise InputError(f"{where}: unknown role {role!r}, expected one of {', '.join(ROLES)}")
        part = Part(one.text("file"), one.text("sha256"), one.count("bytes"), one.text("format"))
        one.finish()
        here = f"{where}: part {role!r}"
        check_part_file(part.file, here)
        if part.file.lower() in files or part.file.lower() == "bundle.json":
            raise InputError(f"{here}: the file {part.file!r} is already used")
        files.add(part.file.lower())
        _check_sha256(part.sha256, here)
        parts[role] = part
    return parts


def _settings(fields: Fields, where: str) -> dict[str, Mapping[str, JsonValue]]:
    groups = {group: fields.object(group) for group in fields.names()}
    for group in groups:
        if group not in SETTING_GROUPS:
            raise InputError(
                f"{where}: unknown setting group {group!r}, "
                f"expected one of {', '.join(SETTING_GROUPS)}"
            )
    return groups


def _lineage(fields: Fields) -> Lineage:
    data = []
    for one in fields.list_of_fields("data"):
        data.append(DataSet(one.text("name"), one.text("sha256"), one.optional_number("hours")))
        one.finish()
    lineage = Lineage(
        command=fields.text("command"),
        date=fields.text("date"),
        base=fields.optional_text("base"),
        data=tuple(data),
        settings=fields.object("settings"),
    )
    fields.finish()
    return lineage


def _card(fields: Fields) -> ModelCard:
    trained_on = []
    for one in fields.list_of_fields("trained_on"):
        trained_on.append(
            TrainingSet(
                name=one.text("name"),
                hours=one.optional_number("hours"),
                licence=one.text("licence"),
                source=one.text("source"),
            )
        )
        one.finish()
    measured = []
    for one in fields.list_of_fields("measured"):
        measured.append(
            Measurement(
                set=one.text("set"),
                metric=one.text("metric"),
                value=one.number("value"),
                mode=one.text("mode"),
                command=one.text("command"),
            )
        )
        one.finish()
    card = ModelCard(
        description=fields.text("description"),
        licence=fields.text("licence"),
        trained_on=tuple(trained_on),
        measured=tuple(measured),
        limits=fields.texts("limits"),
        serves_badly=fields.texts("serves_badly"),
    )
    fields.finish()
    return card


def _check_sha256(digest: str, where: str) -> None:
    if not _SHA256.fullmatch(digest):
        raise InputError(f"{where}: {digest!r} is not a SHA-256 in lower-case hexadecimal")


def description_to_json(description: BundleDescription) -> dict[str, JsonValue]:
    """The object that `bundle.json` holds, without its `hash`.

    Raises InputError when the settings hold something that JSON cannot (NaN, an array, a path).
    """
    try:
        text = json.dumps(asdict(description), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"bundle {description.name!r}: not writable as JSON: {error}") from error
    value: dict[str, JsonValue] = json.loads(text)
    return value
