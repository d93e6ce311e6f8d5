"""The de-DE normaliser, case by case: display text in, lower-case spoken words out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attune.text import Change, explain, normalize

# The published de-DE vectors of Custom Speech. They spell each part of a number as a word.
CUSTOM_SPEECH = [
    ("Das macht $10", "das macht dollar zehn"),
    ("12:23Uhr", "zwölf uhr drei und zwanzig uhr"),
    ("{12,45}", "zwölf komma vier fünf"),
    ("Frankfurter Ring", "frankfurter ring"),
    ("¡Eine Frage!", "eine frage"),
    ("Wir, haben", "wir haben"),
    # The service drops + - * / = < > and asks its users to write "plus" and "minus".
    ("2 + 3 - 4", "zwei drei vier"),
    ("2 * 3 / 4 = 1", "zwei drei vier eins"),
    ("a < b > c", "a b c"),
    ("12:00 Uhr", "zwölf uhr"),
    # It leaves abbreviations to its users too.
    ("Dr. Müller wohnt z.B. in der Hauptstr.", "dr müller wohnt z b in der hauptstr"),
    # And fractions, which are spelled out: a rule cannot tell them from dates and ratios.
    ("1/2 Liter", "eins zwei liter"),
    ("½ Liter", "eins zwei liter"),
]

LETTERS_AND_MARKS = [
    ("", ""),
    ("   ", ""),
    ("¿Was?", "was"),
    ("„Hallo“, ‚sagte‘ »er« ›da‹ «dort» ‹hier›", "hallo sagte er da dort hier"),  # noqa: RUF001
    ("\"doppelt\" 'einfach' ”so” ’auch’", "doppelt einfach so auch"),
    ("ÄRGER Öl Übung", "ärger öl übung"),
    ("Straße STRASSE GROẞ", "straße strasse groß"),
    ("u\u0308ber", "über"),
    ("Café, Noël, naïve, señor", "cafe noel naive senor"),
    ("ǖ", "ü"),
    ("Łódź, smørrebrød, œuvre", "lodz smorrebrod oeuvre"),
    # An apostrophe stands for letters that nobody says: the word stays one.
    ("Wie geht's?", "wie gehts"),
    ("Wie geht’s am Ku’damm?", "wie gehts am kudamm"),
    ("E-Mail", "e mail"),
    ("Wort\u00adtrennung", "worttrennung"),
    ("Nord–Süd — los…", "nord süd los"),
    ("Mayer & Söhne", "mayer und söhne"),
    ("info@firma.de", "info at firma de"),
    ("привет 北京", ""),
]

NUMBERS = [
    ("0", "null"),
    ("1", "eins"),
    ("12", "zwölf"),
    ("16 17 30 60 70", "sechzehn siebzehn dreißig sechzig siebzig"),
    ("21", "ein und zwanzig"),
    ("99", "neun und neunzig"),
    ("100", "ein hundert"),
    ("101", "ein hundert eins"),
    ("256", "zwei hundert sechs und fünfzig"),
    ("1000", "ein tausend"),
    ("1001", "ein tausend eins"),
    ("12.345", "zwölf tausend drei hundert fünf und vierzig"),
    ("21.000", "ein und zwanzig tausend"),
    ("101.000 Menschen", "ein hundert ein tausend menschen"),
    ("1.000.000", "eine million"),
    ("2.000.001", "zwei millionen eins"),
    ("21.000.000", "ein und zwanzig millionen"),
    ("1.000.000.000", "eine milliarde"),
    ("3.500.000.000", "drei milliarden fünf hundert millionen"),
    ("1.000.000.000.000", "eins" + " null" * 12),
    ("1234567", "eins zwei drei vier fünf sechs sieben"),
    ("007", "null null sieben"),
    ("-5", "minus fünf"),
    ("−3,5 Grad", "minus drei komma fünf grad"),
    ("5-10 Tage", "fünf zehn tage"),
    ("3,14", "drei komma eins vier"),
    ("0,5", "null komma fünf"),
    ("1.234,5", "ein tausend zwei hundert vier und dreißig komma fünf"),
    ("1, 2, 3", "eins zwei drei"),
    ("1,2,3", "eins zwei drei"),
    ("Version 2.0", "version zwei punkt null"),
    (
        "192.168.0.1",
        "ein hundert zwei und neunzig punkt ein hundert acht und sechzig punkt null punkt eins",
    ),
    ("20%", "zwanzig prozent"),
    ("3,5 %", "drei komma fünf prozent"),
    ("030 1234567", "null drei null eins zwei drei vier fünf sechs sieben"),
    ("+49 170 1234567", "vier neun eins sieben null eins zwei drei vier fünf sechs sieben"),
    ("H2O", "h zwei o"),
    ("mp3", "mp drei"),
    ("10³", "zehn drei"),
]

ORDINALS = [
    ("am 3. Oktober", "am dritten oktober"),
    ("Der 3. Oktober", "der dritte oktober"),
    ("3. Oktober", "dritter oktober"),
    ("ab 1. März", "ab ersten märz"),
    ("der 31.Dezember", "der ein und dreißigste dezember"),
    ("vom 1. bis 3. Mai", "vom ersten bis dritten mai"),
    ("1.-3. Mai", "erster bis dritter mai"),
    ("im 3. Stock", "im dritten stock"),
    ("der 2. Weltkrieg", "der zweite weltkrieg"),
    ("in der 7. Klasse", "in der siebten klasse"),
    ("die 3. und 4. Klasse", "die dritte und vierte klasse"),
    ("zum 100. Mal", "zum ein hundertsten mal"),
    ("das 101. Haus", "das ein hundert erste haus"),
    ("jeder 8. Deutsche", "jeder achte deutsche"),
    ("die 20. große Frage", "die zwanzigste große frage"),
    ("3. große Frage", "dritte große frage"),
    ("der 3te und die 20sten", "der dritte und die zwanzigsten"),
    # Undecidable: a sentence may end after the number.
    ("Er wurde 3. Dann ging er.", "er wurde drei dann ging er"),
    ("1. Liga", "eins liga"),
    ("ich zähle bis 3. dann komme ich", "ich zähle bis drei dann komme ich"),
    ("Es waren 3.", "es waren drei"),
]

DATES_AND_TIMES = [
    ("1992", "neunzehn hundert zwei und neunzig"),
    ("im Jahr 1900", "im jahr neunzehn hundert"),
    ("1066", "ein tausend sechs und sechzig"),
    ("2018", "zwei tausend achtzehn"),
    ("1.984 Seiten", "ein tausend neun hundert vier und achtzig seiten"),
    ("die 90er Jahre", "die neunziger jahre"),
    ("in den 1920ern", "in den neunzehn hundert zwanzigern"),
    ("am 3.10.1990", "am dritten zehnten neunzehn hundert neunzig"),
    ("der 24. 12. 2018", "der vier und zwanzigste zwölfte zwei tausend achtzehn"),
    ("3.10.90", "dritter zehnter neunzig"),
    ("am 3.10. kommt er", "am dritten zehnten kommt er"),
    ("Version 2.10.", "version zwei punkt zehn"),
    ("1990-10-03", "dritter zehnter neunzehn hundert neunzig"),
    ("12:00", "zwölf uhr"),
    ("12:23", "zwölf uhr drei und zwanzig"),
    ("12:23 Uhr", "zwölf uhr drei und zwanzig uhr"),
    ("12.30 Uhr", "zwölf uhr dreißig uhr"),
    ("21:05", "ein und zwanzig uhr fünf"),
    ("1:01", "ein uhr eins"),
    ("um 1 Uhr", "um ein uhr"),
    ("um 9 Uhr", "um neun uhr"),
    ("0:30", "null uhr dreißig"),
    ("10:15:30", "zehn uhr fünfzehn und dreißig sekunden"),
    ("Es steht 3:2", "es steht drei zwei"),
]

MONEY = [
    ("10 €", "zehn euro"),
    ("10€", "zehn euro"),
    ("€10", "euro zehn"),
    ("10 $", "zehn dollar"),
    ("1 €", "ein euro"),
    ("21 €", "ein und zwanzig euro"),
    ("3,50 €", "drei euro fünfzig"),
    ("3,05 €", "drei euro fünf"),
    ("3,00 €", "drei euro"),
    ("0,99 €", "neun und neunzig cent"),
    ("0,01 €", "ein cent"),
    ("2,5 €", "zwei komma fünf euro"),
    ("$3,50", "dollar drei fünfzig"),
    ("1.234,56 €", "ein tausend zwei hundert vier und dreißig euro sechs und fünfzig"),
    ("-5 €", "minus fünf euro"),
    ("1,5 Millionen €", "eins komma fünf millionen euro"),
]

CASES = [*CUSTOM_SPEECH, *LETTERS_AND_MARKS, *NUMBERS, *ORDINALS, *DATES_AND_TIMES, *MONEY]


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_case(text: str, spoken: str) -> None:
    assert normalize(text, "de-DE") == spoken


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_explanation_agrees_with_the_result(text: str, spoken: str) -> None:
    assert explain(text, "de-DE")[0] == spoken


@pytest.mark.parametrize("character", "^¢£¤¥¦§©ª¬®°±²µ×ÿØ")
def test_a_barred_character_empties_the_line(character: str) -> None:
    line = f"Hier steht {character} im Text."
    assert normalize(line, "de-DE") == ""
    assert explain(line, "de-DE") == ("", (Change(f"line_with_{character}", line, ""),))


@pytest.mark.parametrize("line", ["y\u0308", "ÿ", "5²", "1°"])
def test_a_barred_character_is_found_however_it_is_encoded(line: str) -> None:
    assert normalize(line, "de-DE") == ""


def test_explanation_names_rules() -> None:
    text, changes = explain("Café am 3. Mai: 2 + 3 = 5 €", "de-DE")
    assert text == "cafe am dritten mai zwei drei fünf euro"
    assert changes == (
        Change("characters", "Café", "Cafe"),
        Change("ordinal", "3.", "dritten"),
        Change("dropped_sign", "+", ""),
        Change("dropped_sign", "=", ""),
        Change("money", "5 €", "fünf euro"),
        Change("number", "2", "zwei"),
        Change("number", "3", "drei"),
    )


_TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="abEuUhrtMsßäÖéø0123456789.,:;'’„“\"-–/$€%&@+*=<>()½²³^ ", max_size=40),
    st.lists(st.sampled_from([text for text, _ in CASES]), max_size=4).map(" ".join),
)


@settings(max_examples=150, deadline=None)
@given(_TEXT)
def test_output_is_spoken_words_and_stays_so(text: str) -> None:
    spoken = normalize(text, "de-DE")
    assert re.fullmatch(r"(?:[a-zäöüß]+(?: (?!$))?)*", spoken), spoken
    assert normalize(spoken, "de-DE") == spoken
    assert explain(text, "de-DE")[0] == spoken


@pytest.mark.parametrize("piece", ["1", "1.", "1,", "12:", "0-", "a1", "$", "am 3. ", "€1"])
def test_endless_repetition_is_read_and_stays_so(piece: str) -> None:
    spoken = normalize(piece * 5000, "de-DE")
    assert normalize(spoken, "de-DE") == spoken
