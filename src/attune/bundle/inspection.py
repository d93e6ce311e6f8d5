"""What `attune model show`, `verify` and `export` tell and do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attune.bundle.archive import DESCRIPTION_FILE, ZipBundle, write_zip
from attune.bundle.atomic import link_or_copy, new_file, new_folder, write_errors
from attune.bundle.description import KINDS, BundleDescription, Part
from attune.bundle.hashing import file_sha256
from attune.bundle.opening import Bundle, parse_description, read_description
from attune.bundle.writing import BundleForm, check_free
from attune.errors import InputError

__all__ = [
    "BundleSummary",
    "ExportResult",
    "PartCheck",
    "VerifyResult",
    "export_bundle",
    "show_bundle",
    "verify_bundle",
]


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """What a bundle says of itself; `bytes` is the size of all its parts, expanded."""

    path: Path
    form: BundleForm
    hash: str
    bytes: int
    description: BundleDescription


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One part compared with what bundle.json says; `problem` is None when they agree."""

    role: str
    file: str
    bytes: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Every part's check; `missing_roles` are those that the kind of bundle cannot do without."""

    path: Path
    hash: str
    parts: tuple[PartCheck, ...]
    missing_roles: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged or missing."""
        return not self.missing_roles and all(part.problem is None for part in self.parts)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A bundle written in another place or form; `bytes` is the size of what was written."""

    path: Path
    form: BundleForm
    hash: str
    bytes: int


def show_bundle(path: str | Path) -> BundleSummary:
    """Describe a bundle without expanding or hashing its parts.

    Raises InputError when there is no bundle or its description is damaged.
    """
    bundle = _describe(Path(path))
    parts = bundle.description.parts.values()
    return BundleSummary(
        path=bundle.path,
        form="zip" if bundle.is_zip else "folder",
        hash=bundle.hash,
        bytes=sum(part.bytes for part in parts),
        description=bundle.description,
    )


def verify_bundle(path: str | Path) -> VerifyResult:
    """Hash every part anew, trusting no memory of earlier checks, and report all damage.

    Raises InputError when there is no bundle or its description is damaged.
    """
    bundle = _describe(Path(path))
    check = _zip_problems if bundle.is_zip else _folder_problems
    parts = bundle.description.parts
    problems = dict(check(bundle))
    return VerifyResult(
        path=bundle.path,
        hash=bundle.hash,
        parts=tuple(
            PartCheck(role, part.file, part.bytes, problems[role]) for role, part in parts.items()
        ),
        missing_roles=tuple(role for role in KINDS[bundle.description.kind] if role not in parts),
    )


def export_bundle(
    path: str | Path, out: str | Path, *, form: BundleForm = "zip", replace: bool = False
) -> ExportResult:
    """Write a bundle as one zip, or a zip as a folder; the content and its hash stay the same.

    Raises InputError when a part is damaged or `out` exists (unless `replace`).
    """
    bundle = Bundle.open(path)
    out = Path(out)
    check_free(out, form, replace)
    files = [DESCRIPTION_FILE, *(part.file for part in bundle.description.parts.values())]
    with write_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        if form == "zip":
            with new_file(out) as target:
                write_zip(target, bundle.root, bundle.description)
            size = out.stat().st_size
        else:
            with new_folder(out, replace=replace) as folder:
                for name in files:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(bundle.root / name, folder / name)
            size = sum((out / name).stat().st_size for name in files)
    return ExportResult(path=out, form=form, hash=bundle.hash, bytes=size)


def _describe(path: Path) -> Bundle:
    """Open the description alone: damaged or missing parts are for the caller to find."""
    content, is_zip = read_description(path)
    description, digest = parse_description(content, f"{path}: {DESCRIPTION_FILE}")
    return Bundle(path, digest, description, is_zip, "sizes")


def _folder_problem(bundle: Bundle, part: Part) -> str | None:
    file = bundle.path / part.file
    if not file.is_file():
        return "missing"
    try:
        size, digest = file.stat().st_size, file_sha256(file)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if size != part.bytes:
        return f"has {size} bytes instead of {part.bytes}"
    return None if digest == part.sha256 else "damaged: its SHA-256 differs"


def _folder_problems(bundle: Bundle) -> Iterator[tuple[str, str | None]]:
    for role, part in bundle.description.parts.items():
        yield role, _folder_problem(bundle, part)


def _zip_problems(bundle: Bundle) -> Iterator[tuple[str, str | None]]:
    with ZipBundle.open(bundle.path) as archive:
        for role, part in bundle.description.parts.items():
            try:
                for _ in archive.blocks(role, part):
                    pass
            except InputError as error:
                yield role, str(error)
            else:
                yield role, None
