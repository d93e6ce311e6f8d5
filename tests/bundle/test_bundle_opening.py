"""Opening: a good bundle opens, a damaged one is refused by the name of its part."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.bundle import Bundle, cache_folder, hashing
from attune.errors import InputError

Write = Callable[..., Bundle]
FORMS = ("folder", "zip")


def flip(path: Path, at: int, mask: int = 1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= mask
    path.write_bytes(content)


def edit(folder: Path, **changes: object) -> None:
    """Change bundle.json and its hash: what a careful forger or another version would write."""
    file = folder / "bundle.json"
    value = json.loads(file.read_text()) | changes
    value.pop("hash")
    value["hash"] = hashing.content_hash(value)
    file.write_text(json.dumps(value))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("verify", ["full", "sizes"])
def test_opens_with_all_parts(write_bundle: Write, form: str, verify: str) -> None:
    written = write_bundle(form=form)
    bundle = Bundle.open(written.path, verify=verify)  # type: ignore[arg-type]
    assert bundle.hash == written.hash
    assert bundle.description == written.description
    assert bundle.part_path("symbols").read_bytes() == b"<blank>\nAA\nAE\n"
    assert bundle.part_path("lexicon").name == "lexicon.txt"
    assert bundle.settings["decoding"]["lm_weight"] == 0.8
    assert bundle.setting_group("chunking") == {}
    assert bundle.has("encoder") and not bundle.has("g2p")


def test_folder_and_zip_have_one_hash(write_bundle: Write) -> None:
    assert write_bundle("a").hash == write_bundle("b", form="zip").hash


def test_absent_role_names_what_there_is(write_bundle: Write) -> None:
    with pytest.raises(InputError, match=r"no part 'g2p' \(it has: encoder, symbols, lexicon"):
        write_bundle().part_path("g2p")


@pytest.mark.parametrize("form", FORMS)
def test_flipped_byte_names_the_part(write_bundle: Write, form: str, attune_cache: Path) -> None:
    path = write_bundle(form=form).path
    if form == "folder":
        flip(path / "language" / "words.ngram", 50)
    else:
        shutil.rmtree(attune_cache / "bundles", ignore_errors=True)
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("language/words.ngram")
        flip(path, member.header_offset + 30 + len(member.filename) + 3)
    with pytest.raises(InputError, match=r"part 'language_model' .*damaged"):
        Bundle.open(path)


def test_sizes_alone_do_not_see_a_flip_but_full_does(write_bundle: Write) -> None:
    path = write_bundle().path
    flip(path / "encoder.onnx", 7)
    Bundle.open(path, verify="sizes")
    with pytest.raises(InputError, match="'encoder'"):
        Bundle.open(path, verify="full")


@pytest.mark.parametrize("verify", ["full", "sizes"])
def test_missing_part(write_bundle: Write, verify: str) -> None:
    path = write_bundle().path
    (path / "symbols.txt").unlink()
    with pytest.raises(InputError, match=r"part 'symbols' \(symbols.txt\) is missing"):
        Bundle.open(path, verify=verify)  # type: ignore[arg-type]


@pytest.mark.parametrize("verify", ["full", "sizes"])
def test_truncated_part(write_bundle: Write, verify: str) -> None:
    path = write_bundle().path
    os.truncate(path / "encoder.onnx", 2047)
    with pytest.raises(InputError, match=r"'encoder' .* has 2047 bytes instead of 2048"):
        Bundle.open(path, verify=verify)  # type: ignore[arg-type]


@pytest.mark.parametrize("kept", [2, 10, 0.5, 0.99])
def test_truncated_zip(write_bundle: Write, kept: float) -> None:
    path = write_bundle(form="zip").path
    size = path.stat().st_size
    os.truncate(path, int(kept if kept >= 1 else kept * size))
    with pytest.raises(InputError, match="truncated or damaged"):
        Bundle.open(path)


@pytest.mark.parametrize(
    ("version", "advice"), [(2, "upgrade Attune"), (0, "make the bundle again")]
)
def test_other_format_version(write_bundle: Write, version: int, advice: str) -> None:
    path = write_bundle().path
    edit(path, format_version=version)
    with pytest.raises(InputError, match=f"format version {version}, .*reads version 1: {advice}"):
        Bundle.open(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "speaker"}, "unknown kind 'speaker'"),
        ({"name": None}, "'name' must be text, found null"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"settings": {"cooking": {}}}, "unknown setting group 'cooking'"),
        ({"parts": []}, "parts must be a JSON object"),
        ({"parts": {"wheel": {}}}, "lacks the field 'file'|unknown role 'wheel'"),
        ({"lineage": {}}, "lineage lacks the field 'data'"),
    ],
)
def test_wrong_description(write_bundle: Write, changes: dict[str, object], message: str) -> None:
    path = write_bundle().path
    edit(path, **changes)
    with pytest.raises(InputError, match=message):
        Bundle.open(path)


@pytest.mark.parametrize(
    "file",
    ["../../secret", "/etc/passwd", "a\\b", "C:x", "a//b", "", ".hidden", "a/../b", "bundle.json"],
)
def test_part_path_that_could_leave_the_bundle(write_bundle: Write, file: str) -> None:
    path = write_bundle().path
    parts = json.loads((path / "bundle.json").read_text())["parts"]
    parts["encoder"]["file"] = file
    edit(path, parts=parts)
    with pytest.raises(InputError, match=r"not a usable part path|already used"):
        Bundle.open(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not readable as JSON"),
        (b"\xff\xfe", "not readable as JSON"),
        (b"[" * 100_000, "not readable as JSON"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1, "a": 2}', "given twice"),
        (b"[]", "does not describe an Attune bundle"),
        (b'{"name": "something else"}', "does not describe an Attune bundle"),
        (b'{"format_version": "1"}', "'format_version' must be a whole number"),
    ],
)
def test_description_that_is_none(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bundle.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        Bundle.open(tmp_path)


def test_edited_description(write_bundle: Write) -> None:
    file = write_bundle().path / "bundle.json"
    file.write_text(file.read_text().replace("0.8", "0.9"))
    with pytest.raises(InputError, match=r"its hash differs.*derive a new one"):
        Bundle.open(file.parent)


def test_nothing_there_and_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such bundle"):
        Bundle.open(tmp_path / "none")
    with pytest.raises(InputError, match=r"not an Attune bundle: no bundle\.json"):
        Bundle.open(tmp_path)
    note = tmp_path / "note.txt"
    note.write_text("hello")
    with pytest.raises(InputError, match="neither a folder"):
        Bundle.open(note)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "hello")
    with pytest.raises(InputError, match=r"no bundle\.json in it"):
        Bundle.open(tmp_path / "other.zip")


def test_zip_of_the_folder_around_the_files(write_bundle: Write, tmp_path: Path) -> None:
    written = write_bundle()
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        for file in written.path.rglob("*"):
            archive.write(file, f"my model/{file.relative_to(written.path)}")
        archive.writestr("__MACOSX/bundle.json", "rubbish")
    assert Bundle.open(tmp_path / "outer.zip").hash == written.hash


def test_zip_with_one_name_twice(write_bundle: Write) -> None:
    path = write_bundle(form="zip").path
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("encoder.onnx", b"other")
    with pytest.raises(InputError, match="names one file twice"):
        Bundle.open(path)


def test_zip_members_outside_the_description_are_never_written(
    write_bundle: Write, attune_cache: Path
) -> None:
    path = write_bundle(form="zip").path
    shutil.rmtree(attune_cache / "bundles", ignore_errors=True)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../climbed", b"x")
        archive.writestr("bomb", bytes(1 << 20))
    root = Bundle.open(path).root
    assert not list(attune_cache.rglob("climbed"))
    assert sorted(file.name for file in root.rglob("*") if file.is_file()) == [
        "bundle.json",
        "encoder.onnx",
        "lexicon.txt",
        "symbols.txt",
        "words.ngram",
    ]


def test_zip_is_expanded_once_and_again_when_the_copy_is_damaged(write_bundle: Write) -> None:
    path = write_bundle(form="zip").path
    first = Bundle.open(path).part_path("encoder")
    inode = first.stat().st_ino
    assert Bundle.open(path).part_path("encoder").stat().st_ino == inode
    assert first.is_relative_to(cache_folder())
    flip(first, 9)
    assert Bundle.open(path).part_path("encoder").read_bytes() == bytes(range(256)) * 8
    flip(first.parent / "bundle.json", 30)
    assert Bundle.open(path).hash == first.parent.name


def test_zip_opened_by_sizes_is_not_expanded_until_used(
    write_bundle: Write, attune_cache: Path
) -> None:
    path = write_bundle(form="zip").path
    shutil.rmtree(attune_cache / "bundles", ignore_errors=True)
    bundle = Bundle.open(path, verify="sizes")
    assert not (attune_cache / "bundles").exists()
    assert bundle.part_path("symbols").is_file()


def test_cache_that_cannot_be_written(
    write_bundle: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, zipped = write_bundle("a").path, write_bundle("b", form="zip").path
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path / "file" / "cache"))
    Bundle.open(folder)
    with pytest.raises(InputError, match=r"cannot be written .*ATTUNE_CACHE"):
        Bundle.open(zipped)


def count_hashing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    hashed: list[Path] = []
    real = hashing.file_sha256

    def counted(path: Path) -> str:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(hashing, "file_sha256", counted)
    return hashed


def test_hashes_are_remembered_for_unchanged_files_only(
    write_bundle: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "_SETTLED_SECONDS", -1)
    path = write_bundle().path
    Bundle.open(path)
    hashed = count_hashing(monkeypatch)
    Bundle.open(path)
    assert hashed == []
    before = (path / "encoder.onnx").stat()
    flip(path / "encoder.onnx", 3)
    os.utime(path / "encoder.onnx", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(InputError, match=r"'encoder' .* damaged"):
        Bundle.open(path)
    assert [file.name for file in hashed] == ["encoder.onnx"]


def test_freshly_written_files_are_not_remembered(
    write_bundle: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_bundle().path
    Bundle.open(path)
    hashed = count_hashing(monkeypatch)
    Bundle.open(path)
    assert len(hashed) == 4


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b'{"encoder.onnx": 3}'])
def test_damaged_memory_costs_only_time(
    write_bundle: Write, attune_cache: Path, monkeypatch: pytest.MonkeyPatch, rubbish: bytes
) -> None:
    monkeypatch.setattr(hashing, "_SETTLED_SECONDS", -1)
    path = write_bundle().path
    Bundle.open(path)
    for store in (attune_cache / "hashes").iterdir():
        store.write_bytes(rubbish)
    flip(path / "encoder.onnx", 3)
    with pytest.raises(InputError, match="'encoder'"):
        Bundle.open(path)


@settings(max_examples=50)
@given(data=st.data())
def test_any_flipped_bit_is_refused_or_means_nothing(
    write_bundle: Write, data: st.DataObject, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "small", ignore_errors=True)
    path = write_bundle().path
    original = Bundle.open(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    file = data.draw(st.sampled_from(files))
    flip(
        file, data.draw(st.integers(0, file.stat().st_size - 1)), 1 << data.draw(st.integers(0, 7))
    )
    try:
        opened = Bundle.open(path)
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert file.name == "bundle.json"
        assert (opened.hash, opened.description) == (original.hash, original.description)


@settings(max_examples=50)
@given(data=st.data())
def test_any_change_to_a_zip_is_refused_or_means_nothing(
    write_bundle: Write, data: st.DataObject, attune_cache: Path
) -> None:
    path = write_bundle("whole", form="zip", replace=True).path
    original = Bundle.open(path)
    shutil.rmtree(attune_cache / "bundles")
    content = path.read_bytes()
    path = path.with_name("changed")
    start = data.draw(st.integers(0, len(content) - 1))
    changed = data.draw(st.binary(max_size=8))
    path.write_bytes(content[:start] + changed + content[start + len(changed) + 1 :])
    try:
        opened = Bundle.open(path)
    except InputError as error:
        assert str(path) in str(error)
    else:
        assert opened.hash == original.hash
        for role in original.description.parts:
            part = opened.part(role)
            assert hashing.file_sha256(opened.part_path(role)) == part.sha256
