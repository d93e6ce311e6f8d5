"""Language customisation: new words, what they do to the domain, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attune.bundle import (
    Bundle,
    BundleWriter,
    Lineage,
    ModelCard,
    NewPart,
    shipped_bundle_path,
    shipped_languages,
)
from attune.customize import LanguageAdaptation, adapt_language, read_domain_text
from attune.data import PronunciationEntry
from attune.errors import InputError
from attune.language import (
    BackoffModel,
    NgramModel,
    count_ngrams,
    encode_text,
    estimate,
    measure_perplexity,
    sample_sentences,
    with_expected_frequencies,
    with_words,
    write_trie_file,
)
from attune.lexicon import CompiledLexicon, Lexicon, Pronunciation, write_extended
from attune.text import normalize

GENERAL = [
    f"{who} {what} the {thing}"
    for who in ("we", "they", "you", "people", "i")
    for what in ("see", "want", "hear", "like")
    for thing in ("house", "garden", "music", "road", "weather", "city")
]
DOMAIN = [
    f"the {adjective} patient needs {drug} {when}"
    for adjective in ("new", "old", "young")
    for drug in ("amoxil", "zestrol", "music")
    for when in ("daily", "now")
]
PHONES = {"amoxil": "AH M AA K S IH L", "zestrol": "Z EH S T R AO L"}


def model_of(sentences: list[str], words: list[str] | None = None) -> BackoffModel:
    text = encode_text(sentences)
    if words is not None:
        text = text.with_vocabulary(type(text.vocabulary)(words))
    return estimate(count_ngrams(text, 3)).model


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("base")
    model = model_of(GENERAL)
    write_trie_file(model, folder / "words.ngram")
    lexicon = Lexicon()
    for word in model.vocabulary.words[3:]:
        lexicon.add(word, ["AH", "B"])
    lexicon.compile(folder / "lexicon.bin")
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name="general",
        version="1",
        lineage=Lineage(command="test", date="2026-01-01"),
        model_card=ModelCard(description="A model for tests.", licence="CC0-1.0"),
    )
    writer.add("encoder", NewPart(b"encoder", "onnx", "encoder.onnx"))
    writer.add("symbols", NewPart(b"<blank>\n", "text", "symbols.txt"))
    writer.add("lexicon", NewPart(folder / "lexicon.bin", "lexicon"))
    writer.add("language_model", NewPart(folder / "words.ngram", "ngram-trie"))
    return writer.write(folder / "bundle")


def given(*words: str) -> tuple[PronunciationEntry, ...]:
    said = ((word, tuple(PHONES.get(word, "AH B").split())) for word in words)
    return tuple(PronunciationEntry(word, phones=phones) for word, phones in said)


UNKNOWN = sorted({w for line in DOMAIN for w in line.split()} - {"the", "music"})


def adapted(base: Bundle, folder: Path, lines: list[str], **changes: object) -> Bundle:
    path = folder / "domain.txt"
    path.write_text("\n".join(lines) + "\n")
    values = {"texts": (path,), "terms": given(*UNKNOWN), **changes}
    adapt_language(base, LanguageAdaptation(**values), folder / "new")  # type: ignore[arg-type]
    return Bundle.open(folder / "new")


def language_of(bundle: Bundle) -> NgramModel:
    return NgramModel.open(bundle.part_path("language_model"))


def test_domain_is_predicted_far_better_and_the_rest_nearly_as_well(
    base: Bundle, tmp_path: Path
) -> None:
    new = language_of(adapted(base, tmp_path, DOMAIN))
    before = language_of(base)
    # To the base most of the domain's words are unknown: it is measured on what it knows.
    assert new.perplexity(DOMAIN).perplexity_known < 20
    assert new.perplexity(DOMAIN).unknown == 0
    ratio = new.perplexity(GENERAL).perplexity / before.perplexity(GENERAL).perplexity
    assert ratio < 1.25


def test_new_words_have_the_pronunciations_given(base: Bundle, tmp_path: Path) -> None:
    lexicon = CompiledLexicon.load(adapted(base, tmp_path, DOMAIN).part_path("lexicon"))
    assert str(lexicon.pronunciations("zestrol")[0]) == PHONES["zestrol"]
    assert str(lexicon.pronunciations("house")[0]) == "AH B"
    assert list(lexicon) == sorted(lexicon)


def test_parts_that_do_not_change_are_the_base_s(base: Bundle, tmp_path: Path) -> None:
    new = adapted(base, tmp_path, DOMAIN)
    assert new.description.lineage.base == base.hash
    assert new.part("encoder").sha256 == base.part("encoder").sha256
    assert new.description.lineage.data[0].name == "domain.txt"


def test_repeated_lines_weigh_more(base: Bundle, tmp_path: Path) -> None:
    (tmp_path / "once").mkdir()
    (tmp_path / "often").mkdir()
    line = "the old patient needs zestrol daily"
    once = language_of(adapted(base, tmp_path / "once", DOMAIN))
    often = language_of(adapted(base, tmp_path / "often", DOMAIN + [line] * 30))
    assert often.score(line) > once.score(line)


def test_a_size_can_be_kept(base: Bundle, tmp_path: Path) -> None:
    largest = base.part_path("language_model").stat().st_size + 2_000
    new = adapted(base, tmp_path, DOMAIN, max_bytes=largest)
    assert new.part_path("language_model").stat().st_size <= largest


def test_words_that_cannot_be_said_are_an_error_without_g2p(base: Bundle, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no g2p model: give its pronunciation"):
        adapted(base, tmp_path, DOMAIN, terms=())


@pytest.mark.parametrize(("lines", "said"), [([], "no words in it"), (["...", "!"], "no words")])
def test_text_without_words_is_an_error(
    base: Bundle, tmp_path: Path, lines: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        adapted(base, tmp_path, lines)


def test_a_bundle_that_is_there_is_kept(base: Bundle, tmp_path: Path) -> None:
    adapted(base, tmp_path, DOMAIN)
    with pytest.raises(InputError, match="already exists"):
        adapted(base, tmp_path, DOMAIN)


def test_repeats_of_a_line_are_never_on_both_sides() -> None:
    text = read_domain_text([], str.strip, sentences=[*DOMAIN, *DOMAIN])
    for training, held_out in text.folds():
        assert held_out
        trained = " ".join(training.words[i] for i in training.tokens)
        assert not [line for line in held_out if f"<s> {line} </s>" in trained]


def test_growing_a_model_changes_nothing_else() -> None:
    model = model_of(GENERAL)
    grown = with_words(model, ["aaa", "zebra", "house"])
    assert len(grown.vocabulary) == len(model.vocabulary) + 2
    before, after = (measure_perplexity(m, GENERAL) for m in (model, grown))
    assert after.log_prob_known == pytest.approx(before.log_prob_known, abs=1e-4)
    total = np.power(10.0, grown.orders[0].log_prob.astype(np.float64))[2:].sum()
    total += 10.0 ** float(grown.orders[0].log_prob[0])
    assert total == pytest.approx(1.0, abs=1e-3)


def test_expected_frequencies_are_near_the_counted_ones() -> None:
    model = model_of(GENERAL)
    expected = with_expected_frequencies(model)
    counted = model.orders[0].frequency
    assert counted is not None and expected.orders[0].frequency is not None
    at = [model.vocabulary.id(word) for word in ("the", "music", "see", "<s>")]
    np.testing.assert_allclose(expected.orders[0].frequency[at], counted[at], rtol=0.5)


def test_sampled_sentences_follow_the_model() -> None:
    model = model_of(GENERAL)
    sentences = sample_sentences(model, 300, seed=1)
    assert sentences == sample_sentences(model, 300, seed=1)
    assert len(sentences) == 300 and all(sentences)
    # What a model says is what it expects: not much more surprising than its own training text.
    ratio = (
        measure_perplexity(model, sentences).perplexity
        / measure_perplexity(model, GENERAL).perplexity
    )
    assert 0.5 < ratio < 3.0
    starts = [sentence.split()[0] for sentence in sentences]
    assert starts.count("we") / 300 == pytest.approx(0.2, abs=0.08)


def test_an_extended_lexicon_reads_back(tmp_path: Path) -> None:
    lexicon = Lexicon()
    lexicon.add("apple", ["AE", "P", "AH", "L"])
    lexicon.add("pear", ["P", "EH", "R"])
    lexicon.add("pear", ["P", "ER"], 0.5)
    lexicon.compile(tmp_path / "base.bin")
    entries = {
        "orange": [Pronunciation(("AO", "R", "IH", "N", "JH"))],
        "apple": [Pronunciation(("AE", "P", "L")), Pronunciation(("AE", "P"), -1.0)],
    }
    base = CompiledLexicon.load(tmp_path / "base.bin")
    write_extended(base, entries.items(), tmp_path / "new.bin")
    new = CompiledLexicon.load(tmp_path / "new.bin")
    assert list(new) == ["apple", "orange", "pear"]
    assert [str(p) for p in new.pronunciations("apple")] == ["AE P L", "AE P"]
    assert new.pronunciations("pear") == base.pronunciations("pear")


needs_bundle = pytest.mark.skipif(
    "en-US" not in shipped_languages(), reason="no en-US bundle is in src/attune/models"
)


@needs_bundle
def test_terms_and_lists_are_recognised_and_written_as_given(tmp_path: Path) -> None:
    from attune.data import read_structured_text
    from attune.recognize import load

    (tmp_path / "lists.md").write_text(
        "@ list droid =\n- C3PO\n- R2D2\n\n# orders\n- bring {@droid} here\n- repair {@droid}\n"
    )
    entries = (
        PronunciationEntry("C3PO", spoken="see three pea o"),
        PronunciationEntry("R2D2", spoken="r two d two"),
    )
    structured = (read_structured_text(tmp_path / "lists.md"),)
    report = adapt_language(
        Bundle.open(shipped_bundle_path("en-US"), verify="sizes"),
        LanguageAdaptation(structured=structured, terms=entries),
        tmp_path / "droids",
    )
    assert {"c3po", "r2d2"} <= set(report.new_words)
    assert report.sentences == 4
    model = load(tmp_path / "droids")
    assert model._display(["bring", "c3po", "here"], [0.0] * 3).text.startswith("Bring C3PO here")
    language = language_of(Bundle.open(tmp_path / "droids", verify="sizes"))
    assert language.score("bring c3po here") > language.score("bring potatoes here")


@needs_bundle
def test_shipped_bundle_learns_words_and_keeps_the_rest(tmp_path: Path) -> None:
    from attune.recognize import load

    lines = [
        f"{animal} {rest}"
        for animal in ("Acinonyx", "Agkistrodon", "The Abelisaurus", "A Brontosaurus")
        for rest in ("is a genus", "lived in Argentina", "hunts at night", "has long teeth")
    ]
    (tmp_path / "biology.txt").write_text("\n".join(lines))
    report = adapt_language(
        Bundle.open(shipped_bundle_path("en-US"), verify="sizes"),
        LanguageAdaptation(texts=(tmp_path / "biology.txt",)),
        tmp_path / "biology",
    )
    assert {"acinonyx", "agkistrodon", "abelisaurus"} <= set(report.new_words)
    assert report.domain_after < report.domain_before
    # Two per cent of word error, which this stands for here, take far more perplexity.
    assert report.general_after < 1.15 * report.general_before
    model = load(tmp_path / "biology")
    assert "acinonyx" in model.vocabulary and model.pronunciations("acinonyx")
    assert normalize("Acinonyx") == "acinonyx"
