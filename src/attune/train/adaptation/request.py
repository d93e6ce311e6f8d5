"""What is asked for: data, how to use it, and what it is measured on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from attune.bundle import Bundle, file_sha256
from attune.bundle.atomic import replace_file, write_errors
from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.train.adaptation.plan import Method

__all__ = ["AcousticAdaptation", "Progress", "Report", "begin_work", "ignore", "read_rows"]

_JOB = "adaptation.json"


@dataclass(frozen=True)
class AcousticAdaptation:
    """What to learn from, and how.

    `data`: manifest of the user's speech. `held_out`: manifest to measure on and to stop by (None:
    a part of the data). `general`: manifest that shows what is forgotten (None: a part of the
    replay set). `replay`: manifest or zip of the base's kind of speech, `none` for none, None for
    the base's own. `unsupervised`: transcripts are not used, but guessed by the base.
    """

    data: Path
    held_out: Path | None = None
    general: Path | None = None
    replay: str | None = None
    method: Method = Method.AUTO
    unsupervised: bool = False
    name: str | None = None


@dataclass(frozen=True)
class Progress:
    """What is being done; `share` of all the work that is finished, and seconds that are left
    (None while nobody knows). A `message` is worth reading later too."""

    stage: str
    share: float
    eta_seconds: float | None = None
    message: str = ""


def read_rows(manifest: Path, option: str, *, distinct: bool = False) -> list[Utterance]:
    """The rows of a manifest; InputError, naming the option, for one that cannot be used.

    With `distinct` no recording may be listed twice.
    """
    if not manifest.is_file():
        raise InputError(f"{option} {manifest}: no such file: give a manifest")
    Manifest(manifest).check().require(distinct=distinct)
    return list(Manifest(manifest))


def begin_work(base: Bundle, adaptation: AcousticAdaptation, work: Path) -> None:
    """Make the work folder, or see that it was begun for the same thing.

    InputError when it was begun with another base, other data or other settings, or holds something
    else.
    """
    wanted = _settings(base, adaptation)
    job = work / _JOB
    with write_errors(work, "choose another --work folder"):
        if job.exists():
            try:
                known = json.loads(job.read_bytes())
            except ValueError:
                known = {}
            changed = sorted(name for name in wanted if known.get(name) != wanted[name])
            if changed:
                raise InputError(
                    f"{work} was begun with other settings ({', '.join(changed)}): give the same "
                    "ones, remove the folder, or choose another with --work"
                )
            return
        if work.exists() and any(work.iterdir()):
            raise InputError(
                f"{work} holds something else: choose another --work folder, or remove it"
            )
        work.mkdir(parents=True, exist_ok=True)
        replace_file(job, json.dumps(wanted, indent=1).encode())


def _settings(base: Bundle, adaptation: AcousticAdaptation) -> dict[str, object]:
    values = asdict(adaptation)
    del values["name"]
    for field in ("data", "held_out", "general"):
        path = getattr(adaptation, field)
        values[field] = None if path is None else file_sha256(path)
    return {"base": base.hash, **values}


def ignore(progress: Progress) -> None:
    """Tell nobody."""


Report = Callable[[Progress], None]
