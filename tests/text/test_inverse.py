"""Inverse text normalisation, case by case: spoken words in, written tokens out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.errors import InputError
from attune.text import WrittenToken, inverse_normalize, normalize
from attune.text.english_numbers import cardinal, decimal, ordinal

LEFT_AS_SAID = [
    "one of them",
    "a second",
    "wait a second",
    "for one thing",
    "one day",
    "no one",
    "two men",
    "the three of us",
    "one or two people",
    "three or four hundred men",
    "five and twenty years",
    "first of all",
    "the second time",
    "in the third row",
    "second to none",
    "one in a million",
    "a hundred times",
    "a thousand thanks",
    "a million dollars",
    "hundreds of people",
    "at one point he left",
    "the point is clear",
    "two thirds of it",
    "half past nine",
    "a quarter to eight",
    "two and a half hours",
    "one two three",
    "one two three four five",
    "five six seven eight",
    "oh my",
    "oh one moment",
    "may be",
    "you may second that",
    "they march on",
    "he is one at heart",
    "number one",
    "step one",
    "part one of two",
    "seven brides for seven brothers",
    "one tenth of it",
    "a tenth of it",
    "connect the dots",
    "look at me",
    "meet me at home",
    "mark dot the page",
    "one foot in the grave",
    "john the second time around",
    "double trouble",
    "two to one",
    "two or three miles",
    "five or six dollars",
    "five times",
    "i'm here",
    "the sixties",
]

CARDINALS = [
    ("ten", "10"),
    ("twenty one people", "21 people"),
    ("one hundred", "100"),
    ("one hundred and five", "105"),
    ("one hundred five", "105"),
    ("a hundred and five", "105"),
    ("three hundred sixty five days", "365 days"),
    ("one thousand two hundred thirty four", "1,234"),
    ("five thousand", "5,000"),
    ("fifteen hundred men", "1,500 men"),
    ("twenty five hundred", "2,500"),
    ("ten thousand", "10,000"),
    ("two hundred fifty thousand", "250,000"),
    ("one million", "1 million"),
    ("five million people", "5 million people"),
    ("one million two hundred thousand", "1,200,000"),
    ("three billion", "3 billion"),
    ("two point five million", "2.5 million"),
    ("three point one four", "3.14"),
    ("three point fourteen", "3.14"),
    ("zero point five", "0.5"),
    ("one hundred two point seven", "102.7"),
    ("two plus two", "2 + 2"),
    ("ten minus three", "10 − 3"),
    ("five times seven", "5 × 7"),
    ("five to ten minutes", "5 to 10 minutes"),
    ("page seven", "page 7"),
    ("chapter one", "chapter 1"),
    ("season three of it", "season 3 of it"),
    ("number five", "number 5"),
    ("gate two", "gate 2"),
    ("remind me to buy five pencils", "remind me to buy 5 pencils"),
    ("i need three tickets", "I need 3 tickets"),
    ("between five hundred and two thousand", "between 500 and 2,000"),
    ("from one to ten", "from 1 to 10"),
    ("minus five", "-5"),
    ("ten minus a few", "10 minus a few"),
    ("twenty thirty people", "20 30 people"),
]

ORDINALS = [
    ("tenth", "10th"),
    ("eleventh", "11th"),
    ("twelfth night", "12th night"),
    ("thirteenth", "13th"),
    ("twentieth", "20th"),
    ("the twenty first century", "the 21st century"),
    ("the forty second street", "the 42nd street"),
    ("twenty third", "23rd"),
    ("one hundredth", "one hundredth"),
    ("one hundred and first", "101st"),
    ("two hundred fiftieth", "250th"),
    ("a twenty second timer", "a 20 second timer"),
    ("king henry the eighth", "king Henry VIII"),
    ("louis the fourteenth", "Louis XIV"),
    ("queen elizabeth the second", "queen Elizabeth II"),
    ("world war two", "World War II"),
]

TIMES = [
    ("seven am", "7 AM"),
    ("seven thirty pm", "7:30 PM"),
    ("seven thirty p m", "7:30 PM"),
    ("seven oh five a m", "7:05 AM"),
    ("twelve fifteen pm", "12:15 PM"),
    ("one to three pm", "1 to 3 PM"),
    ("seven thirty to nine pm", "7:30 to 9 PM"),
    ("at seven thirty", "at 7:30"),
    ("at ten fifteen", "at 10:15"),
    ("at one twenty", "at 1:20"),
    ("at six oh seven", "at 6:07"),
    ("by eleven forty five", "by 11:45"),
    ("six thirty tomorrow", "6:30 tomorrow"),
    ("five o'clock", "5 o'clock"),
    ("at twelve o'clock", "at 12 o'clock"),
    ("at fourteen forty five", "at 14:45"),
    ("at fifteen hundred hours", "at 15:00"),
    ("no one am i", "no one am I"),
    ("i am", "I am"),
]

DATES = [
    ("march second", "March 2nd"),
    ("march the second", "March the 2nd"),
    ("on july fourth", "on July 4th"),
    ("july fourth seventeen seventy six", "July 4, 1776"),
    ("december twenty fifth twenty twenty", "December 25, 2020"),
    ("september eleventh two thousand one", "September 11, 2001"),
    ("october three", "October 3"),
    ("on may five", "on May 5"),
    ("june twenty one twenty nineteen", "June 21, 2019"),
    ("the fifth of june", "the 5th of June"),
    ("the fifth of june eighteen thirty five", "the 5th of June 1835"),
    ("the first of may", "the 1st of May"),
    ("march eighteen ninety five", "march 1895"),
    ("in april twenty nineteen", "in April 2019"),
    ("eighteen ninety five", "1895"),
    ("nineteen oh five", "1905"),
    ("in nineteen hundred", "in 1900"),
    ("in ten sixty six", "in 1066"),
    ("two thousand five", "2005"),
    ("two thousand and five", "2005"),
    ("in two thousand", "in 2000"),
    ("twenty eighteen", "2018"),
    ("twenty twenty one", "2021"),
    ("the nineteen eighties", "the 1980s"),
    ("the eighteen hundreds", "the 1800s"),
    ("fifteen twenty minutes", "15 20 minutes"),
    ("friday the thirteenth", "friday the 13th"),
]

MONEY_AND_MEASURES = [
    ("five dollars", "$5"),
    ("one dollar", "$1"),
    ("ten cents", "10 cents"),
    ("five dollars and twenty five cents", "$5.25"),
    ("five dollars twenty five cents", "$5.25"),
    ("a hundred and fifty dollars", "$150"),
    ("twelve hundred dollars", "$1,200"),
    ("twenty thousand dollars", "$20,000"),
    ("one point six billion dollars", "$1.6 billion"),
    ("five million dollars", "$5 million"),
    ("a twenty dollar bill", "a $20 bill"),
    ("twenty five euros", "€25"),
    ("five hundred yen", "¥500"),
    ("ten pounds", "10 pounds"),
    ("fifty percent", "50%"),
    ("one percent", "1%"),
    ("minus forty degrees celsius", "-40°C"),
    ("it costs three fourteen", "it costs $3.14"),
    ("i paid nineteen ninety nine", "I paid $19.99"),
    ("it costs five oh five", "it costs $5.05"),
    ("i paid fifteen twenty minutes ago", "I paid 15 20 minutes ago"),
    ("three point five percent", "3.5%"),
    ("a hundred percent", "100%"),
    ("five per cent", "5%"),
    ("twenty five degrees celsius", "25°C"),
    ("seventy two degrees fahrenheit", "72°F"),
    ("forty five degrees", "45 degrees"),
    ("five kilometers", "5 km"),
    ("one kilometer", "1 km"),
    ("a hundred kilometers per hour", "100 km/h"),
    ("sixty miles an hour", "60 mph"),
    ("two feet", "2 feet"),
    ("five foot ten", "5'10\""),
    ("six miles", "6 miles"),
    ("sixteen gigabytes", "16 GB"),
    ("two point four gigahertz", "2.4 GHz"),
    ("five hundred milliliters", "500 ml"),
    ("set a timer for five minutes", "set a timer for 5 minutes"),
    ("after five minutes", "after five minutes"),
]

DIGIT_STRINGS = [
    ("zero three five one", "0351"),
    ("two eight nine one", "2891"),
    ("five five five one two three four", "555-1234"),
    ("four one five five five five two six seven one", "415-555-2671"),
    ("four one five double five five two six seven one", "415-555-2671"),
    ("one four one five five five five two six seven one", "1-415-555-2671"),
    ("eight hundred five five five one two one two", "800-555-1212"),
    ("four one five five five five twenty six seventy one", "415-555-2671"),
    ("call nine one one", "call 911"),
    ("four two seven", "427"),
    ("code one two three", "code one two three"),
    ("room one two three", "room 123"),
    ("one oh four main street", "104 main street"),
    ("forty nine oh two clayton road", "4902 clayton road"),
    ("twelve eighty newell avenue", "1280 newell avenue"),
    ("flight three seventy", "flight 370"),
    ("double oh seven", "007"),
    ("twenty four seven", "24/7"),
    ("nine eleven", "9/11"),
    ("at nine eleven", "at 9:11"),
]

LETTERS = [
    ("u s a", "USA"),
    ("the u s", "the US"),
    ("the f b i", "the FBI"),
    ("the f b i i think", "the FBI I think"),
    ("a t v show", "a TV show"),
    ("two d v d's", "two DVDs"),
    ("b b c news", "BBC news"),
    ("i b m's new p c", "IBM's new PC"),
    ("flight u a four fifty two", "flight UA 452"),
    ("b b c three", "BBC 3"),
    ("a t and t", "AT&T"),
    ("r and b music", "R&B music"),
    ("q and a", "Q&A"),
    ("c plus plus", "C++"),
    ("dot net", ".NET"),
    ("m p three", "MP3"),
    ("three d", "3D"),
    ("h two o", "H2O"),
    ("covid nineteen", "COVID-19"),
    ("x rays", "X-rays"),
    ("wi fi", "Wi-Fi"),
    ("c n t k", "CNTK"),
    ("u m n y h six", "UMNYH6"),
    ("b c eight seven four", "BC874"),
    ("vitamin c", "vitamin C"),
    ("plan b", "plan B"),
    ("you and i", "you and I"),
    ("pens paper et cetera", "pens paper etc."),
]

ADDRESSES = [
    ("john at example dot com", "john@example.com"),
    ("write to john at example dot com", "write to john@example.com"),
    ("john dot smith at gmail dot com", "john.smith@gmail.com"),
    ("j dot smith at gmail dot com", "j.smith@gmail.com"),
    ("jane underscore doe at mail dot example dot org", "jane_doe@mail.example.org"),
    ("bob four two at example dot net", "bob42@example.net"),
    ("info at example dot co dot u k", "info@example.co.uk"),
    ("w w w dot example dot com", "www.example.com"),
    ("go to example dot com slash help", "go to example.com/help"),
    ("example dot io", "example.io"),
    ("my dash site dot com", "my-site.com"),
    ("meet me at example dot com", "meet me at example.com"),
]

CASES = [
    *((text, text) for text in LEFT_AS_SAID),
    *CARDINALS,
    *ORDINALS,
    *TIMES,
    *DATES,
    *MONEY_AND_MEASURES,
    *DIGIT_STRINGS,
    *LETTERS,
    *ADDRESSES,
]


def written(spoken: str) -> str:
    return " ".join(token.text for token in inverse_normalize(spoken.split()))


@pytest.mark.parametrize(("spoken", "text"), CASES)
def test_case(spoken: str, text: str) -> None:
    assert written(spoken) == text


def test_tokens_say_which_words_they_stand_for_and_which_rule_wrote_them() -> None:
    spoken = "pay five dollars by march second nineteen ninety five"
    assert inverse_normalize(spoken.split()) == [
        WrittenToken("pay", 0, 1),
        WrittenToken("$5", 1, 3, "money"),
        WrittenToken("by", 3, 4),
        WrittenToken("March", 4, 5, "date"),
        WrittenToken("2,", 5, 6, "date"),
        WrittenToken("1995", 6, 9, "date"),
    ]


_WORDS = sorted({word for spoken, _ in CASES for word in spoken.split()})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_tokens_cover_the_words_in_order(words: list[str]) -> None:
    tokens = inverse_normalize(words)
    position = 0
    for token in tokens:
        assert token.start == position < token.end
        assert token.text
        position = token.end
    assert position == len(words)


@given(st.integers(10, 999_999))
def test_cardinals_return_to_their_digits(value: int) -> None:
    expected = str(value) if 2000 < value < 2100 else f"{value:,}"
    assert written(cardinal(value)) == expected


@given(st.integers(10, 9_999).filter(lambda value: value not in (100, 1000)))
def test_ordinals_return_to_their_digits(value: int) -> None:
    text = written(f"the {ordinal(value)}")
    assert normalize(text) == f"the {ordinal(value)}"


@given(st.integers(0, 999), st.text("0123456789", min_size=1, max_size=5))
def test_decimals_return_to_their_digits(whole: int, fraction: str) -> None:
    assert written(decimal(str(whole), fraction)) == f"{whole}.{fraction}"


@given(st.integers(1, 12), st.integers(0, 59), st.sampled_from(["am", "pm"]))
def test_times_return_to_their_digits(hour: int, minute: int, half: str) -> None:
    text = f"{hour}:{minute:02d} {half.upper()}" if minute else f"{hour} {half.upper()}"
    assert written(normalize(text)) == text


@given(st.integers(1, 9_999), st.integers(1, 99))
def test_prices_return_to_their_digits(dollars: int, cents: int) -> None:
    spoken = f"{cardinal(dollars)} dollars and {cardinal(cents)} cents"
    assert written(spoken) == f"${dollars:,}.{cents:02d}"


def test_empty() -> None:
    assert inverse_normalize([]) == []


def test_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match=r"'tlh'.*en-US"):
        inverse_normalize(["qapla"], language="tlh")
