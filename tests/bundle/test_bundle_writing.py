"""Writing: whole or not at all, round trips, and derived bundles that share parts."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.bundle import (
    FORMAT_VERSION,
    Bundle,
    BundleDescription,
    BundleWriter,
    DataSet,
    Lineage,
    Measurement,
    ModelCard,
    NewPart,
    Part,
    TrainingSet,
    derive,
    writing,
)
from attune.bundle.description import ROLES, description_from_json, description_to_json
from attune.bundle.hashing import content_hash
from attune.errors import AttuneError, InputError

Write = Callable[..., Bundle]
ADAPTED = Lineage(command="attune adapt language", date="2025-02-03")

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
number = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | number | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
settings_of_group = st.dictionaries(text, json_values, max_size=3)
sha256 = st.text("0123456789abcdef", min_size=64, max_size=64)
parts = st.sets(st.sampled_from(sorted(ROLES))).flatmap(
    lambda roles: st.fixed_dictionaries(
        {
            role: st.builds(
                Part,
                file=st.just(f"{role}.bin"),
                sha256=sha256,
                bytes=st.integers(0, 2**63),
                format=text,
            )
            for role in roles
        }
    )
)
descriptions = st.builds(
    BundleDescription,
    kind=st.sampled_from(["recognizer", "keyword"]),
    language=text,
    name=text,
    version=text,
    created=text,
    parts=parts,
    settings=st.dictionaries(
        st.sampled_from(["features", "chunking", "decoding"]), settings_of_group
    ),
    lineage=st.builds(
        Lineage,
        command=text,
        date=text,
        base=st.none() | sha256,
        data=st.lists(st.builds(DataSet, text, sha256, st.none() | number), max_size=2).map(tuple),
        settings=settings_of_group,
    ),
    model_card=st.builds(
        ModelCard,
        description=text,
        licence=text,
        trained_on=st.lists(
            st.builds(TrainingSet, text, st.none() | number, text, text), max_size=2
        ).map(tuple),
        measured=st.lists(st.builds(Measurement, text, text, number, text, text), max_size=2).map(
            tuple
        ),
        limits=st.lists(text, max_size=2).map(tuple),
        serves_badly=st.lists(text, max_size=2).map(tuple),
    ),
    format_version=st.just(FORMAT_VERSION),
)


@given(descriptions)
def test_description_round_trips(description: BundleDescription) -> None:
    value = description_to_json(description)
    again = json.loads(json.dumps(value, ensure_ascii=False))
    assert description_from_json(again, "here") == description
    assert content_hash(again) == content_hash(value)


@given(json_values)
def test_no_json_value_is_taken_for_a_description(value: object) -> None:
    with pytest.raises(InputError):
        description_from_json(value, "here")


@given(descriptions, st.data())
def test_hash_depends_on_every_leaf_and_on_no_order(
    description: BundleDescription, data: st.DataObject
) -> None:
    value = description_to_json(description)
    shuffled = dict(data.draw(st.permutations(list(value.items()))))
    assert content_hash(shuffled) == content_hash(value)
    key = data.draw(st.sampled_from(["language", "name", "version", "created"]))
    other = value | {key: str(value[key]) + "x"}
    assert content_hash(other) != content_hash(value)


def test_written_json_holds_its_own_hash(write_bundle: Write) -> None:
    bundle = write_bundle()
    value = json.loads((bundle.path / "bundle.json").read_text())
    assert value.pop("hash") == bundle.hash == content_hash(value)


def test_same_content_gives_the_same_zip(write_bundle: Write) -> None:
    first, second = write_bundle("a", form="zip"), write_bundle("b", form="zip")
    assert first.path.read_bytes() == second.path.read_bytes()


def test_derived_bundle_shares_unchanged_parts(write_bundle: Write, tmp_path: Path) -> None:
    base = write_bundle()
    words = NewPart(b"attune\t1\tAH T UW N\n", "text", "language/lexicon.txt")
    new = derive(
        base,
        tmp_path / "mine",
        name="mine",
        lineage=ADAPTED,
        parts={"lexicon": words},
        settings={"decoding": {"beam": 300}, "chunking": {"frames": 16}},
    )
    assert new.hash != base.hash
    assert new.description.lineage.base == base.hash
    assert new.part("encoder") == base.part("encoder")
    assert new.part_path("encoder").stat().st_ino == base.part_path("encoder").stat().st_ino
    assert new.part_path("lexicon").read_bytes() == words.content
    assert base.part_path("lexicon").read_bytes() == b"hello\t1\tHH AH L OW\n"
    assert new.settings["decoding"] == {"lm_weight": 0.8, "beam": 300}
    assert new.settings["chunking"] == {"frames": 16}
    assert Bundle.open(new.path).description == new.description
    assert Bundle.open(base.path).hash == base.hash


def test_derived_from_zip_to_zip(write_bundle: Write, tmp_path: Path) -> None:
    base = write_bundle(form="zip")
    new = derive(base, tmp_path / "mine.attune", name="mine", lineage=ADAPTED, form="zip")
    assert Bundle.open(new.path).part("encoder") == base.part("encoder")


def test_derived_card_drops_figures_measured_on_the_base(
    write_bundle: Write, tmp_path: Path
) -> None:
    base = write_bundle()
    card = ModelCard(
        description="Measured.",
        licence="CC0-1.0",
        measured=(Measurement("dev", "wer", 0.1, "streaming", "attune evaluate dev.tsv"),),
        limits=("English only",),
    )
    measured = derive(base, tmp_path / "m", name="m", lineage=ADAPTED, model_card=card)
    assert measured.description.model_card == card
    new = derive(measured, tmp_path / "n", name="n", lineage=ADAPTED).description.model_card
    assert new.measured == ()
    assert new.limits == ("English only",)
    assert new.description == "Derived from m 1. Measured."


def test_part_left_out_of_a_derived_bundle(write_bundle: Write, tmp_path: Path) -> None:
    base = write_bundle()
    g2p = {"g2p": NewPart(b"model", "g2p", "g2p.bin")}
    more = derive(base, tmp_path / "more", name="more", lineage=ADAPTED, parts=g2p)
    less = derive(more, tmp_path / "less", name="less", lineage=ADAPTED, without=["g2p"])
    assert more.has("g2p") and not less.has("g2p")
    with pytest.raises(InputError, match="no part 'g2p'"):
        derive(base, tmp_path / "x", name="x", lineage=ADAPTED, without=["g2p"])
    with pytest.raises(InputError, match="needs the part 'lexicon'"):
        derive(base, tmp_path / "x", name="x", lineage=ADAPTED, without=["lexicon"])


def test_derive_refuses_a_damaged_base_and_another_base(
    write_bundle: Write, tmp_path: Path
) -> None:
    base = write_bundle()
    with pytest.raises(InputError, match="has the hash"):
        derive(base, tmp_path / "x", name="x", lineage=Lineage("c", "d", base="0" * 64))
    base.part_path("encoder").write_bytes(bytes(2048))
    with pytest.raises(InputError, match=r"'encoder' of the base is damaged"):
        derive(base, tmp_path / "x", name="x", lineage=ADAPTED)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_existing_path_is_kept_unless_replaced(write_bundle: Write, form: str) -> None:
    path = write_bundle(form=form).path
    with pytest.raises(InputError, match="already exists"):
        write_bundle(form=form)
    assert write_bundle(form=form, replace=True).path == path
    assert [file.name for file in path.parent.iterdir()] == ["small"]


def test_replace_takes_nothing_but_a_bundle_of_the_form(
    write_bundle: Write, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"picture")
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(InputError, match="is not a bundle"):
        write_bundle("photos", replace=True)
    with pytest.raises(InputError, match="is not a zip"):
        write_bundle("photos", form="zip", replace=True)
    with pytest.raises(InputError, match="not an Attune bundle"):
        write_bundle("letter", form="zip", replace=True)
    assert (tmp_path / "photos" / "one.jpg").is_file()
    assert (tmp_path / "letter").read_text() == "dear"


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_full_disk_leaves_nothing_behind(
    write_bundle: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "write_synced", full)
    with pytest.raises(AttuneError, match="disk is full"):
        write_bundle(form=form)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_write_leaves_the_old_bundle(
    write_bundle: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_bundle()

    def interrupted(path: Path, content: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "write_synced", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(replace=True)
    assert Bundle.open(old.path).hash == old.hash
    assert list(tmp_path.iterdir()) == [old.path]


def writer() -> BundleWriter:
    return BundleWriter(
        kind="keyword",
        language="en-US",
        name="hey",
        version="1",
        lineage=ADAPTED,
        model_card=ModelCard(description="", licence="CC0-1.0"),
    )


@pytest.mark.parametrize(
    ("role", "part", "message"),
    [
        ("wheel", NewPart(b"", "x", "x"), "unknown role 'wheel'"),
        ("encoder", NewPart(b"", "x"), "needs a file name"),
        ("encoder", NewPart(b"", "x", "../x"), "not a usable part path"),
    ],
)
def test_unusable_part(role: str, part: NewPart, message: str) -> None:
    with pytest.raises(InputError, match=message):
        writer().add(role, part)


def test_incomplete_clashing_or_missing_parts(tmp_path: Path) -> None:
    new = writer()
    new.add("encoder", NewPart(b"1", "onnx", "encoder.onnx"))
    with pytest.raises(InputError, match="keyword bundle needs the part 'keyword_graph'"):
        new.write(tmp_path / "out")
    new.add("keyword_graph", NewPart(b"2", "json", "Encoder.onnx"))
    with pytest.raises(InputError, match="both use the file"):
        new.write(tmp_path / "out")
    new.add("keyword_graph", NewPart(tmp_path / "none.json", "json"))
    with pytest.raises(InputError, match=r"none\.json is no file"):
        new.write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_json_cannot_hold(tmp_path: Path) -> None:
    new = BundleWriter(
        kind="keyword",
        language="en-US",
        name="hey",
        version="1",
        lineage=ADAPTED,
        model_card=ModelCard(description="", licence="CC0-1.0"),
        settings={"decoding": {"weight": float("nan")}},
    )
    new.add("encoder", NewPart(b"1", "onnx", "encoder.onnx"))
    new.add("keyword_graph", NewPart(b"2", "json", "graph.json"))
    with pytest.raises(InputError, match="not writable as JSON"):
        new.write(tmp_path / "out")
