"""`attune model show|verify|export` and the shipped bundles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attune.bundle import (
    Bundle,
    export_bundle,
    shipped,
    shipped_bundle_path,
    shipped_languages,
    show_bundle,
    verify_bundle,
)
from attune.errors import InputError

Write = Callable[..., Bundle]


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_show_works_without_opening_parts(write_bundle: Write, form: str) -> None:
    bundle = write_bundle(form=form)
    if form == "folder":
        bundle.part_path("encoder").unlink()
    summary = show_bundle(bundle.path)
    assert (summary.form, summary.hash) == (form, bundle.hash)
    assert summary.bytes == sum(part.bytes for part in bundle.description.parts.values())
    assert summary.description.name == "small"


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_verify_of_a_good_bundle(write_bundle: Write, form: str) -> None:
    result = verify_bundle(write_bundle(form=form).path)
    assert result.ok
    assert [part.role for part in result.parts] == [
        "encoder",
        "symbols",
        "lexicon",
        "language_model",
    ]


def test_verify_reports_all_damage(write_bundle: Write) -> None:
    bundle = write_bundle()
    bundle.part_path("encoder").write_bytes(bytes(2048))
    bundle.part_path("symbols").unlink()
    bundle.part_path("lexicon").write_bytes(b"")
    result = verify_bundle(bundle.path)
    assert not result.ok
    assert {part.role: part.problem for part in result.parts} == {
        "encoder": "damaged: its SHA-256 differs",
        "symbols": "missing",
        "lexicon": "has 0 bytes instead of 19",
        "language_model": None,
    }


def test_verify_reports_damage_inside_a_zip_although_a_good_copy_is_cached(
    write_bundle: Write,
) -> None:
    path = write_bundle(form="zip").path
    Bundle.open(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"symbols.txt") + 14] ^= 1
    path.write_bytes(content)
    problems = {part.role: part.problem for part in verify_bundle(path).parts}
    assert "damaged" in (problems.pop("symbols") or "")
    assert set(problems.values()) == {None}


def test_export_there_and_back_keeps_content_and_hash(write_bundle: Write, tmp_path: Path) -> None:
    bundle = write_bundle()
    zipped = export_bundle(bundle.path, tmp_path / "small.zip")
    folder = export_bundle(zipped.path, tmp_path / "again", form="folder")
    assert zipped.hash == folder.hash == bundle.hash
    assert zipped.bytes == zipped.path.stat().st_size
    assert Bundle.open(folder.path).description == bundle.description
    names = {str(file.relative_to(bundle.path)) for file in bundle.path.rglob("*")}
    assert {str(file.relative_to(folder.path)) for file in folder.path.rglob("*")} == names


def test_export_refuses_damage_and_existing_files(write_bundle: Write, tmp_path: Path) -> None:
    bundle = write_bundle()
    (tmp_path / "taken").write_text("x")
    with pytest.raises(InputError, match="already exists"):
        export_bundle(bundle.path, tmp_path / "taken")
    bundle.part_path("encoder").write_bytes(bytes(2048))
    with pytest.raises(InputError, match="'encoder'"):
        export_bundle(bundle.path, tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_shipped_bundles_are_found_by_language(
    write_bundle: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"no bundle for 'en-US' .*there is: none"):
        shipped_bundle_path()
    path = write_bundle("en-US").path
    assert shipped_languages() == ("en-US",)
    assert shipped_bundle_path() == path
    with pytest.raises(InputError, match=r"no bundle for 'de-DE' .*there is: en-US"):
        shipped_bundle_path("de-DE")


@pytest.mark.parametrize("language", shipped_languages())
def test_shipped_bundle_is_whole_and_within_its_budget(language: str) -> None:
    path = shipped_bundle_path(language)
    assert verify_bundle(path).ok
    assert sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) <= 60e6
