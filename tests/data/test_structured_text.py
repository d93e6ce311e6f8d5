"""Structured text: parsed, counted, sampled, expanded, written and read back."""

from __future__ import annotations

import io
import itertools
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.data import Reason, StructuredText, read_structured_text
from attune.data.structured_parsing import StructuredLimits, parse_structured
from attune.data.structured_text import ListUse, Sentence, TextList
from attune.errors import InputError

EXAMPLE = """\
// what people ask for
@ list city =
- Paris
- New York

@ list airline =
- Blue
- Red
- Green

@ speech:phoneticlexicon
- cntk/S IY EH N T IY K EY
- .net/D AO T N EH T

# Flights
- fly to {@city} with {@airline}
- from {@city} to { @CITY }
# Other
- help me
"""


def parse(text: str, limits: StructuredLimits | None = None) -> tuple[StructuredText, list[str]]:
    """What `text` holds, and "line reason: detail" of every problem."""
    found, problems = parse_structured(enumerate(text.split("\n"), start=1), "s", limits=limits)
    return found, [f"{p.where.removeprefix('s:')} {p.reason.value}: {p.detail}" for p in problems]


def written(text: StructuredText) -> str:
    stream = io.StringIO()
    text.write(stream)
    return stream.getvalue()


def test_everything_that_the_format_has() -> None:
    text, problems = parse(EXAMPLE)
    assert problems == []
    assert text.lists == (
        TextList("city", ("Paris", "New York")),
        TextList("airline", ("Blue", "Red", "Green")),
    )
    assert [(entry.display, " ".join(entry.phones)) for entry in text.pronunciations] == [
        ("cntk", "S IY EH N T IY K EY"),
        (".net", "D AO T N EH T"),
    ]
    assert text.sentences == (
        Sentence(("fly to ", ListUse("city"), " with ", ListUse("airline")), "Flights"),
        Sentence(("from ", ListUse("city"), " to ", ListUse("city")), "Flights"),
        Sentence(("help me",), "Other"),
    )
    assert text.count == 2 * 3 + 2 * 2 + 1
    assert list(text.expand()) == [
        *(f"fly to {c} with {a}" for c in ("Paris", "New York") for a in ("Blue", "Red", "Green")),
        "from Paris to Paris",
        "from Paris to New York",
        "from New York to Paris",
        "from New York to New York",
        "help me",
    ]


def test_the_canonical_form_reads_back(tmp_path: Path) -> None:
    text, _ = parse(EXAMPLE)
    path = tmp_path / "s.md"
    path.write_text(written(text), "utf-8")
    assert read_structured_text(path) == text
    path.write_text("# s\n- {@none}\n", "utf-8")
    with pytest.raises(InputError, match=r"s\.md:2: the list 'none' is not defined"):
        read_structured_text(path)


WRONG = [
    ("what is this", "1 not understood: 'what is this': expected '@ list NAME ='"),
    ("- an item", "1 not understood: 'an item' stands under no list and no section"),
    ("@ list a", "1 not understood: '@ list a': expected '@ list NAME ='"),
    ("@ intent x\n- y", "1 not understood: '@ intent x': expected '@ list NAME ='"),
    ("@ list two words =", "1 list that cannot be used: 'two words' is no name"),
    ("@ list =", "1 list that cannot be used: '' is no name"),
    ("@ list a =\n@ list b =\n- x", "1 list that cannot be used: the list 'a' has no items"),
    ("@ list a =\n- x\n@ list A =\n- y", "3 list that cannot be used: the list 'A' was defined at"),
    ("@ list a =\n- x\n- x", "3 the same entry again: 'x' is in the list 'a' already"),
    ("@ list a =\n- {@b}", "2 not understood: '{@b}': an item of a list cannot hold braces"),
    ("@ list a =\n- x", "1 list that no sentence uses: 'a'"),
    ("# s\n- go to {@city}", "2 list that cannot be used: the list 'city' is not defined: 'go"),
    ("# s\n- go to {city}", "2 not understood: 'go to {city}': '{city}' at character 7 names no"),
    ("# s\n- go {@a", "2 not understood: 'go {@a': '{' at character 4 has no '}'"),
    ("# s\n- go a}", "2 not understood: 'go a}': '}' at character 5 has no '{'"),
    ("# s\n- go {{@a}}", "2 not understood: 'go {{@a}}': '{{@a}' at character 4 names no list"),
    ("# s\n- ?!", "2 empty transcript: '?!' holds no word"),
    ("# s\n- bell \x07", "2 control characters: (U+0007)"),
    ("# s\n- see https://x.org", "2 web address: https://… in 'see https://x.org'"),
    ("@ speech:phoneticlexicon\n- word", "2 malformed line: 'word': expected word/P H O N E S"),
    ("@ speech:phoneticlexicon\n- w/W QQ", "2 unknown phones: 'w': 'QQ' is not a UPS phone"),
    ("@ speech:phoneticlexicon\n- a/EY\n- a/AH\n- a/AA", "4 beyond the limits: 'a' has 2 pron"),
    ("@ speech:phoneticlexicon\n- a/EY\n- a/ey", "3 the same entry again: 'a' came first at s:2"),
    ("@ speech:phoneticlexicon\n- a~b/EY", "2 characters outside the symbol set: 'a~b' holds '~'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    _, problems = parse(text)
    assert problems[-1].startswith(problem) or problems[0].startswith(problem)


def test_limits_leave_out_what_is_beyond_them() -> None:
    limits = StructuredLimits(sentences=1, lists=1, items=2, pronunciations=1)
    text, problems = parse(
        "@ list a =\n- x\n- y\n- z\n@ list b =\n- x\n"
        "@ speech:phoneticlexicon\n- a/EY\n- b/B IY\n# s\n- {@a}\n- more",
        limits,
    )
    assert text.count == 2
    assert problems == [
        "4 beyond the limits: the list 'a' has 2 items already",
        "5 beyond the limits: the list 'b' is one more than the 1 allowed",
        "9 beyond the limits: one more than the 1 pronunciations allowed",
        "12 beyond the limits: one more than the 1 sentences allowed",
    ]


def test_the_published_limits_are_those_of_the_larger_statement() -> None:
    assert StructuredLimits() == StructuredLimits(50_000, 20, 4_000, 15_000, 2, 20)


def test_places_of_a_list_may_repeat() -> None:
    digits = "@ list d =\n- one\n- two\n# s\n- call {@d} {@d} {@d} {@d} {@d}\n- go go go go go"
    text, problems = parse(digits)
    assert text.count == 32
    assert problems[0].startswith("6 one character or phrase over and over")


def made(lists: dict[str, int], *sentences: tuple[str, ...]) -> StructuredText:
    """Lists of so many items, and sentences that use the lists named."""
    return StructuredText(
        tuple(TextList(name, tuple(f"{name}{i}" for i in range(n))) for name, n in lists.items()),
        tuple(
            Sentence((f"s{i}", *itertools.chain(*((" ", ListUse(name)) for name in uses))))
            for i, uses in enumerate(sentences)
        ),
    )


def test_samples_are_the_same_for_the_same_seed() -> None:
    text = made({"a": 10, "b": 7}, ("a", "b"), ("b",), ())
    assert list(text.sample(50, seed=1)) == list(text.sample(50, seed=1))
    assert list(text.sample(50, seed=1)) != list(text.sample(50, seed=2))
    assert list(StructuredText().sample(5)) == []
    assert list(text.sample(0)) == []


@pytest.mark.parametrize("count", [12, 13, 40, 500])
def test_every_item_and_sentence_comes_when_the_count_allows_it(count: int) -> None:
    text = made({"a": 12, "b": 5}, ("a", "b"), ("b",), (), ())
    sample = list(text.sample(count, seed=3))
    assert len(sample) == count
    words = {word for sentence in sample for word in sentence.split()}
    assert words >= {*(f"a{i}" for i in range(12)), *(f"b{i}" for i in range(5))}
    if count >= 15:
        assert words >= {"s0", "s1", "s2", "s3"}


def test_a_long_list_does_not_crowd_out_other_sentences() -> None:
    text = made({"a": 4_000}, ("a",), (), (), ())
    first_words = [sentence.split()[0] for sentence in text.sample(100, seed=1)]
    assert all(20 <= first_words.count(f"s{i}") <= 30 for i in range(4))


def test_numbers_beyond_memory() -> None:
    text = made({name: 4_000 for name in "abcdefgh"}, tuple("abcdefgh"), tuple("hgfedcba"))
    tracemalloc.start()
    assert text.count == 2 * 4_000**8
    assert len(list(itertools.islice(text.expand(), 1_000))) == 1_000
    assert len(list(text.sample(1_000))) == 1_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["@ list a =", "@ list b =", "@ speech:phoneticlexicon", "# s", "- x", "- y {@a}", "-",
         "- {@b} and {@a}", "- word/W ER D", "// c", "- {@a", "- a\tb"]
    ),
)  # fmt: skip


@given(st.lists(LINES, max_size=20))
@settings(max_examples=300)
def test_any_lines_are_parsed_and_read_back(lines: list[str]) -> None:
    text, _ = parse("\n".join(lines))
    again, problems = parse(written(text))
    assert again == text
    assert all(Reason.UNUSED.value in problem for problem in problems)
    assert len(list(itertools.islice(text.expand(), 2_000))) == min(text.count, 2_000)
    assert len(list(text.sample(10))) == (10 if text.sentences else 0)
