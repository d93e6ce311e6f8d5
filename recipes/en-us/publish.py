"""Last stage: write the measured figures into the model card and put the bundle into the package.

    python benchmarks/accuracy.py --model exp/en-US --json exp/accuracy.json
    python benchmarks/word_times.py --model exp/en-US --fit
    python recipes/en-us/publish.py [--bundle exp/en-US] [--figures exp/accuracy.json]
        [--shifts START END]

Refuses to replace a shipped bundle when a set got worse, unless --worse allows it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from attune.bundle import (
    Bundle,
    BundleWriter,
    Measurement,
    NewPart,
    shipped_bundle_path,
    shipped_languages,
)
from attune.errors import InputError

_ROOT = Path(__file__).resolve().parents[2]
_LANGUAGE = "en-US"
_SHIPPED = _ROOT / "src" / "attune" / "models" / _LANGUAGE
_MODES = {"whole": "whole-file", "streaming": "streaming"}
_COMMAND = "benchmarks/accuracy.py"
_DESCRIPTION = "bundle.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=_ROOT / "exp" / "en-US")
    parser.add_argument("--figures", type=Path, default=_ROOT / "exp" / "accuracy.json")
    parser.add_argument(
        "--shifts",
        type=float,
        nargs=2,
        metavar=("START", "END"),
        help="seconds to add to the starts and ends of words: what word_times.py --fit found",
    )
    parser.add_argument("--worse", action="store_true", help="replace even a better bundle")
    arguments = parser.parse_args()
    measured = tuple(
        Measurement(name, "wer", round(values[key], 4), mode, _COMMAND)
        for name, values in json.loads(arguments.figures.read_text("utf-8")).items()
        for key, mode in _MODES.items()
    )
    if not arguments.worse and _LANGUAGE in shipped_languages():
        refuse_worse(Bundle.open(shipped_bundle_path(_LANGUAGE)), measured)
    with tempfile.TemporaryDirectory(dir=arguments.bundle.parent) as scratch:
        bundle, out = Bundle.open(arguments.bundle), Path(scratch) / "bundle"
        folder = with_figures(bundle, measured, arguments.shifts, out)
        # The description last: until then the shipped bundle is the old one, or none.
        (_SHIPPED / _DESCRIPTION).unlink(missing_ok=True)
        for path in sorted(folder.iterdir(), key=lambda p: p.name == _DESCRIPTION):
            target = _SHIPPED / path.name
            if not (target.exists() and target.samefile(path)):
                shutil.copyfile(path, target)
    shipped = Bundle.open(_SHIPPED)
    megabytes = sum(part.bytes for part in shipped.description.parts.values()) / 1e6
    print(f"{_SHIPPED}: {shipped.hash}, {megabytes:.1f} MB")


def refuse_worse(shipped: Bundle, measured: tuple[Measurement, ...]) -> None:
    """InputError naming the sets where the new figures are higher than the shipped bundle's."""
    before = {(m.set, m.mode): m.value for m in shipped.description.model_card.measured}
    worse = [
        f"{m.set} {m.mode} {before[m.set, m.mode]:.1%} -> {m.value:.1%}"
        for m in measured
        if m.value > before.get((m.set, m.mode), 1e9)
    ]
    if worse:
        raise InputError(f"worse than the shipped bundle: {'; '.join(worse)} (--worse allows it)")


def with_figures(
    bundle: Bundle, measured: tuple[Measurement, ...], shifts: list[float] | None, out: Path
) -> Path:
    """The bundle with `measured` in its card and `shifts` in its calibration, as a folder."""
    old = bundle.description
    writer = BundleWriter(
        kind=old.kind,
        language=old.language,
        name=old.name,
        version=old.version,
        lineage=old.lineage,
        model_card=replace(old.model_card, measured=measured),
        settings={group: dict(values) for group, values in old.settings.items()},
        created=old.created,
    )
    for role in old.parts:
        writer.share(role, bundle)
    if shifts is not None:
        path = bundle.part_path("calibration")
        values = json.loads(path.read_text("utf-8"))
        values["start_shift"], values["end_shift"] = shifts
        content = (json.dumps(values, indent=1) + "\n").encode()
        writer.add("calibration", NewPart(content, "json", path.name))
    return writer.write(out).path


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"publish: {error}")
