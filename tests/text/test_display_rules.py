"""Display rules of one's own: patterns, rewritings, profanity, and what is wrong with a file."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.errors import InputError
from attune.text import DisplayRules, Formatter, ProfanityMode, read_display_rules
from attune.text.inverse import WrittenToken
from attune.text.itn_patterns import parse_pattern

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", "../shared/corpus"))
SAMPLE = (
    CORPUS / "azure-customspeech-sample/en-US/display formatting/training/data_display format.txt"
)


def shown(rules: str, spoken: str, profanity: ProfanityMode = "masked") -> str:
    formatter = Formatter(rules=DisplayRules.parse(rules), profanity=profanity)
    return formatter.format(spoken.split(), final=False).text


PATTERNS = [
    (r"\d\d\d-\d\d\d", "cadence one oh five one fifteen", "Cadence 105-115"),
    (r"\d\d\d-\d\d\d", "five hundred one fifteen", "500-115"),
    ("JO:500", "the j o five hundred", "The JO:500"),
    ("JO:500", "j o five zero zero please", "JO:500 please"),
    ("JO:500", "j o five oh oh", "JO:500"),
    ("JO:500", "j o five double zero", "JO:500"),
    ("JO:500", "jo five hundred", "JO:500"),
    ("JO:500", "j o five hundred ten", "JO5 hundred 10"),
    ("JO:[5-7]00", "j o seven hundred", "JO:700"),
    (r"JO:\d00", "j o nine hundred", "JO:900"),
    ("Space: 1999", "watching space nineteen ninety nine", "Watching Space: 1999"),
    (r"AK-\d\d", "a k forty seven", "AK-47"),
    (r"cat-\d", "do you like cat nine", "Do you like cat-9"),
    (r"cat-\d", "cat nine hundred", "Cat 900"),
    (r"cat-\d", "cat nine five", "Cat nine five"),
    (r"(AB|CD)-(\d)+", "a b nine", "AB-9"),
    (r"(AB|CD)-(\d)+", "c d twenty two", "CD-22"),
    (r"(AB|CD)-(\d)+", "c d two two and more", "CD-22 and more"),
    (r"{zippy>ZPI}-\d\d", "zippy twenty two", "ZPI-22"),
    (r"\d0{to>-}\d0", "twenty to thirty", "20-30"),
    (r"\d[05]{ to >-}\d[05]", "fifteen to twenty", "15-20"),
    (r"\d[05]{ to >-}\d[05]", "sixteen to twenty", "16 to 20"),
    (r"{write} (\u.)+", "write a b c", "A.B.C"),
    (r"{write} (\l.)+ now", "write a b c now", "A.b.c. now"),
    (r"\d\d{to>-}\d\d {K>cadence}", "twenty to thirty k", "20-30 cadence"),
    (r"(\a)?\d\d", "gate b twelve", "Gate B12"),
    (r"(\a)?\d\d", "gate twelve", "Gate 12"),
    (r"x(\d)*", "x", "X"),
    (r"\(\d\d\d\) \d\d\d", "five five five one two three", "(555) 123"),
    (r"\\\|\+\?\*\{\}A\d", "a one", r"\|+?*{}A1"),
    (r"C\+\+ \d\d", "c eleven", "C++ 11"),
    (r"US\$\d\d", "u s twenty dollars", "US$20"),
    ("Ö-[A-C]\\d", "ö b two", "Ö-B2"),
    ("[abC]-1", "c one", "C-1"),
    ("nowhere", "that is nothing", "That is nothing"),
]


@pytest.mark.parametrize(("pattern", "spoken", "text"), PATTERNS)
def test_patterns(pattern: str, spoken: str, text: str) -> None:
    assert shown(f"#itn\n{pattern}\n", spoken) == text


def test_the_longest_match_wins_then_the_first_rule() -> None:
    rules = "#itn\nAB\nAB-\\d\n{a b}C\\d\nA.B.\\d\n"
    assert shown(rules, "a b one") == "AB-1"


def test_words_of_a_number_that_a_pattern_leaves_are_written_anew() -> None:
    # By default "$5".
    assert shown("#itn\n{mark>M}\\d\n", "mark five dollars") == "M5 dollars"
    rules = DisplayRules.parse("#itn\nK\\d\n")
    tokens = [WrittenToken("AK 47 5", 0, 5, "letters")]
    assert [token.text for token in rules.apply(["a", "k", "four", "x", "five"], tokens)] == [
        "a",
        "K4",
        "X",
        "five",
    ]


def test_tokens_keep_their_words() -> None:
    display = Formatter(rules=DisplayRules.parse("#itn\nJO:\\d00\n")).format(
        ["the", "j", "o", "five", "hundred", "now"]
    )
    assert [(token.text, token.start, token.end) for token in display.tokens] == [
        ("The", 0, 1),
        ("JO:500", 1, 5),
        ("now.", 5, 6),
    ]


REWRITINGS = [
    ("covered 19\tCOVID-19", "covered nineteen is a virus", "COVID-19 is a virus"),
    ("gottfried leibniz\tGottfried Leibniz", "ask gottfried leibniz", "Ask Gottfried Leibniz"),
    ("End, to END.\tE2E", "the end to end system", "The E2E system"),
    ("1 star motors\t1 Star Motors", "go to one star motors", "Go to 1 Star Motors"),
    ("svc-child\tSvc-child", "department svc child", "Department Svc-child"),
    ("a & b\tA&B", "it is a and b", "It is A&B"),
    ("my\tMY\nmy own\tOwn", "my my own", "MY Own"),
    ("i phone\tiPhone", "i phone", "iPhone"),
    ("big apple\tcity", "big apple", "City"),
    ("monday\tmonday", "on monday", "On monday"),
    ("five hundred\t500!", "twenty five hundred", "2,500"),
    ("mr smith\tSmith", "ask mister smith", "Ask Smith"),
]


@pytest.mark.parametrize(("rules", "spoken", "text"), REWRITINGS)
def test_rewritings(rules: str, spoken: str, text: str) -> None:
    assert shown(f"#rewrite\n{rules}\n", spoken) == text


def test_rewritings_see_what_patterns_wrote() -> None:
    rules = "#itn\nJO:\\d00\n#rewrite\njo:500\tThe Five Hundred\n"
    assert shown(rules, "buy j o five hundred") == "Buy The Five Hundred"


PROFANITY: list[tuple[str, str, ProfanityMode, str]] = [
    ("xyz", "i never say xyz", "masked", "I never say ***"),
    ("XYZ", "i never say xyz", "removed", "I never say"),
    ("xyz", "i never say xyz", "raw", "I never say xyz"),
    ("abc lmn", "abc then abc lmn", "masked", "Abc then *** ***"),
    ("abc\nabc lmn", "abc lmn it is", "removed", "It is"),
    ("xyz", "xyz", "removed", ""),
    ("500", "say five hundred", "masked", "Say ***"),
]


@pytest.mark.parametrize(("rules", "spoken", "mode", "text"), PROFANITY)
def test_profanity(rules: str, spoken: str, mode: ProfanityMode, text: str) -> None:
    assert shown(f"#profanity\n{rules}\n", spoken, mode) == text


def test_profanity_comes_last_and_looks_into_what_was_written() -> None:
    rules = "#itn\n{zippy>Bad}-\\d\n#rewrite\nold name\tVery Bad Name\n#profanity\nbad\nbad-1\n"
    assert shown(rules, "the old name and zippy one") == "The Very *** Name and *****"
    assert shown(rules, "the old name and zippy one", "removed") == "The Very Name and"


def test_a_removed_word_leaves_its_full_stop_behind() -> None:
    formatter = Formatter(rules=DisplayRules.parse("#profanity\nxyz\n"), profanity="removed")
    assert formatter.format(["you", "are", "xyz"]).text == "You are."
    assert formatter.format(["xyz"]).text == ""


FAULTS = [
    ("abc", 1, "stands before the first section"),
    ("#itn\nab)", 2, "')' at character 3 closes nothing"),
    ("#itn\n(ab", 2, "'(' at character 1 is not closed: add )"),
    ("#itn\n{ab", 2, "'{' at character 1 is not closed: add }"),
    ("#itn\n[ab", 2, "'[' at character 1 is not closed: add ]"),
    ("#itn\nab]", 2, "']' at character 3 closes nothing"),
    ("#itn\nab}", 2, "'}' at character 3 closes nothing"),
    ("#itn\n[7-5]", 2, "write ranges as [5-7] or [A-C]"),
    ("#itn\n[a-Z]", 2, "write ranges as [5-7] or [A-C]"),
    ("#itn\n[]", 2, "'[' at character 1 opens an empty set"),
    ("#itn\na+", 2, "'+' at character 2 follows no group: write (...)+, or \\+ for itself"),
    ("#itn\na|b", 2, "'|' outside a group: put the alternatives between ( and )"),
    ("#itn\n\\w", 2, "'\\\\' at character 1 escapes nothing"),
    ("#itn\na\\", 2, "'\\\\' at character 2 escapes nothing"),
    ("#itn\n{>x}a", 2, "names nothing that is said"),
    ("#itn\n(a)?-", 2, "matches even when nothing is said"),
    ("#itn\n--", 2, "matches even when nothing is said"),
    ("#itn\n(a|)+b", 2, "may repeat nothing"),
    ("#itn\n()b", 2, "opens an empty group"),
    ("#itn\n" + "(" * 21 + "a" + ")" * 21, 2, "opens a group inside 20 others"),
    ("#itn\n" + "a" * 501, 2, "a pattern of 501 characters: at most 500"),
    ("#itn\na\n\n// again\na", 5, "came first in line 2"),
    ("#rewrite\nno tab", 2, "expected two fields with one tab between them"),
    ("#rewrite\nto\tmany\ttabs", 2, "expected two fields"),
    ("#rewrite\nempty\t", 2, "expected two fields"),
    ("#rewrite\n?!\tx", 2, "'?!' holds no word"),
    ("#rewrite\nA b\tx\na, B\ty", 3, "came first in line 2"),
    ("#profanity\nwhat?", 2, "holds '?': write the word or phrase without it"),
    ("#profanity\nxyz\nXYZ", 3, "came first in line 2"),
    ("#profanity\nx\x07z", 2, "holds control characters"),
    ("#macros\nx", 1, "'#macros' is not a section: use one of #itn, #rewrite, #profanity, #test"),
]


@pytest.mark.parametrize(("text", "line", "detail"), FAULTS)
def test_faults_are_told_with_their_lines(text: str, line: int, detail: str) -> None:
    _, faults = read_display_rules(text.split("\n"))
    assert faults[0].line == line
    assert detail in faults[0].detail
    with pytest.raises(InputError, match=rf"display rules, line {line}: "):
        DisplayRules.parse(text)


def test_what_is_wrong_does_not_cost_the_rest() -> None:
    rules, faults = read_display_rules(["\ufeff# ITN ", "AB)", "AB", "# Rewrite", "x", "x\ty\r"])
    assert [pattern.text for pattern in rules.patterns] == ["AB"]
    assert [(item.original, item.new) for item in rules.rewritings] == [("x", "y")]
    assert [fault.line for fault in faults] == [2, 5]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "rules.txt"
    path.write_text("#itn\nAB\n#test\na b\tAB\n", "utf-8-sig")
    rules = DisplayRules.load(path)
    assert (rules.patterns[0].text, rules.examples[0].display) == ("AB", "AB")
    assert Formatter.load(None, rules=path).format(["a", "b"]).text == "AB."
    path.write_text("#itn\n(\n", "utf-8")
    with pytest.raises(InputError, match=r"rules.txt: display rules, line 2: '\('"):
        DisplayRules.load(path)
    path.write_bytes(b"#itn\n\xff\n")
    with pytest.raises(InputError, match=r"rules.txt: not UTF-8 text"):
        DisplayRules.load(path)
    with pytest.raises(InputError, match="cannot read the display rules: No such file"):
        DisplayRules.load(tmp_path / "none.txt")


HOSTILE = [
    "(\\d(\\d)*(\\d)*(\\d)*(\\d)*(\\d)*(\\d)*)+x",
    "(\\d)?" * 99 + "x",
    "(" * 20 + "\\d" + ")+" * 20 + "x",
    "(((\\a)+)+)+-\\d\\d\\d",
    "(\\a|\\a|\\a|\\a|\\a)+" * 20 + "9",
    "([0-9]|\\d|\\d\\d|(\\d\\d\\d)+)+!{zzz}",
]


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_pattern_takes_long(pattern: str) -> None:
    rules = DisplayRules.parse(f"#itn\n{pattern}\n")
    words = ["one", "a", "b", "twenty", "two", "double", "oh"] * 60
    before = time.perf_counter()
    rules.apply(words, [])
    assert time.perf_counter() - before < 5.0


def test_many_rules_are_looked_up_not_tried_one_by_one() -> None:
    lines = [f"{a}{b}-{number}" for a in "ABCDEFGH" for b in "KLMN" for number in range(100, 200)]
    rules = DisplayRules.parse("#itn\n" + "\n".join(lines))
    words = ["left", "at", "h", "n", "one", "hundred", "ninety", "nine", "and", "right"]
    tokens = [WrittenToken(word, i, i + 1) for i, word in enumerate(words)]
    assert "HN-199" in [token.text for token in rules.apply(words, tokens)]


ALPHABET = st.sampled_from(list("ab1-9 \\dlua()[]{}|?+*>AB:"))


@given(st.text(ALPHABET, max_size=30))
@settings(max_examples=300)
def test_any_text_is_a_pattern_or_an_input_error(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except InputError:
        return
    assert len(pattern.nodes) <= 4 * len(text) + 1
    words = ["a", "one", "b", "ninety", "nine", "ab", "d"]
    rules = DisplayRules(patterns=(pattern,))
    tokens = rules.apply(words, [WrittenToken(word, i, i + 1) for i, word in enumerate(words)])
    assert [index for token in tokens for index in range(token.start, token.end)] == list(range(7))


LINES = st.one_of(
    st.text(max_size=20),
    st.text(ALPHABET, max_size=10),
    st.sampled_from(["#itn", "# rewrite", "#profanity", "#test", "a\tb", "one two\tTwo"]),
)


@given(st.lists(LINES))
@settings(max_examples=200)
def test_any_file_is_read_and_its_rules_read_back(lines: list[str]) -> None:
    rules, _ = read_display_rules(line for text in lines for line in text.split("\n"))
    again, faults = read_display_rules(rules.to_text().split("\n"))
    assert not faults
    assert again.to_text() == rules.to_text()
    assert again.patterns == rules.patterns
    rules.apply(["one", "two"], [WrittenToken("one", 0, 1), WrittenToken("two", 1, 2)])


@pytest.mark.corpus
def test_the_published_sample() -> None:
    if not SAMPLE.is_file():
        pytest.skip(f"needs {SAMPLE}: set ATTUNE_CORPUS to the corpus folder")
    rules, faults = read_display_rules(SAMPLE.read_text("utf-8-sig").split("\n"))
    assert (len(rules.patterns), len(rules.rewritings), len(rules.profanity)) == (2, 16, 2)
    assert not faults
    formatter = Formatter(rules=rules)
    wrong = {
        example.spoken: text
        for example in rules.examples
        if (text := formatter.format(example.spoken.lower().split(), final=False).text)
        != example.display
    }
    # A number below ten stays a word by default.
    assert wrong == {"do you like dog nine": "Do you like dog nine"}


@pytest.mark.parametrize(
    ("words", "masked"),
    [("what the heck", True), ("oh my gosh darn", True), ("my gosh", False), ("", False)],
)
def test_words_to_mask_are_known_before_they_are_written(words: str, masked: bool) -> None:
    rules = DisplayRules.parse("#profanity\nheck\ngosh darn\n")
    assert rules.masks(words.split()) is masked
