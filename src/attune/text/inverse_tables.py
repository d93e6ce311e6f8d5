"""Word tables of the en-US inverse text normalisation."""

from __future__ import annotations

__all__ = [
    "CONNECTORS",
    "COUNTED",
    "COUNTING_VERBS",
    "DURATIONS",
    "EMAIL_STOP_WORDS",
    "LETTER_PHRASES",
    "NOT_AN_HOUR",
    "NUMBERED",
    "NUMBERED_FROM_TWO",
    "OPERATORS",
    "PHRASES",
    "PRICE_CUES",
    "PRONOUNS",
    "RULERS",
    "SAID_IN_PARTS",
    "STREET_WORDS",
    "SYMBOL_UNITS",
    "TIME_CUES",
    "TIME_FOLLOWERS",
    "TOP_LEVEL",
    "TWO_WORD_TOP_LEVEL",
    "UNIT_WORDS",
    "YEAR_CUES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMBOL_UNITS: dict[tuple[str, ...], str] = {
    ("percent",): "%",
    ("per", "cent"): "%",
    ("degrees", "celsius"): "°C",
    ("degree", "celsius"): "°C",
    ("degrees", "fahrenheit"): "°F",
    ("degree", "fahrenheit"): "°F",
    ("kilometers", "per", "hour"): " km/h",
    ("kilometers", "an", "hour"): " km/h",
    ("miles", "per", "hour"): " mph",
    ("miles", "an", "hour"): " mph",
    ("meters", "per", "second"): " m/s",
    ("megabits", "per", "second"): " Mbps",
    ("gigabits", "per", "second"): " Gbps",
    ("kilometer",): " km",
    ("kilometers",): " km",
    ("centimeter",): " cm",
    ("centimeters",): " cm",
    ("millimeter",): " mm",
    ("millimeters",): " mm",
    ("kilogram",): " kg",
    ("kilograms",): " kg",
    ("milligram",): " mg",
    ("milligrams",): " mg",
    ("milliliter",): " ml",
    ("milliliters",): " ml",
    ("millisecond",): " ms",
    ("milliseconds",): " ms",
    ("kilobyte",): " KB",
    ("kilobytes",): " KB",
    ("megabyte",): " MB",
    ("megabytes",): " MB",
    ("gigabyte",): " GB",
    ("gigabytes",): " GB",
    ("terabyte",): " TB",
    ("terabytes",): " TB",
    ("hertz",): " Hz",
    ("kilohertz",): " kHz",
    ("megahertz",): " MHz",
    ("gigahertz",): " GHz",
    ("kilowatts",): " kW",
    ("megawatts",): " MW",
    ("kilowatt", "hours"): " kWh",
    ("decibels",): " dB",
}
"""Units that are written as symbols after any number."""

UNIT_WORDS = _words(
    "feet inches yards miles meters pounds ounces gallons liters grams degrees volts watts amps "
    "acres calories horsepower knots pixels cents tons euros kilos"
)
"""Units that stay words but put the number in front of them, from two up, into digits."""

DURATIONS = _words("seconds minutes hours days weeks")
"""Written with digits below ten only in commands about timers and reminders."""

COUNTED = UNIT_WORDS | _words(
    "seconds second minutes minute hours hour days day weeks week months month years year people "
    "men women children dollars dollar percent times thousand million billion trillion hundred "
    "kilometers kilometer centimeters kilograms gigabytes megabytes mile foot inch pound ton "
    "dollars euros bucks or and"
)
"""After two numbers in a row, the sign that they are a count and not one longer number."""

STREET_WORDS = _words(
    "street avenue road drive boulevard lane way court place highway parkway terrace square circle"
)

NUMBERED = _words(
    "chapter page room gate flight terminal platform channel version route highway interstate "
    "apartment suite episode season volume verse track zone apollo gemini extension section "
    "figure grade windows exit"
)
"""Nouns whose number follows in digits, even "one"."""

NUMBERED_FROM_TWO = _words(
    "row note number step level part act scene phase option item question line table unit district "
    "model lane stage type class size floor round quarter day week"
)
"""The same, except that "number one" or "step one" stays as said."""

COUNTING_VERBS = _words("buy order add get need want send book reserve purchase")
"""A command to fetch so many of something: "buy five pencils" is written "buy 5 pencils"."""

YEAR_CUES = _words(
    "in since year before after until till by during of from around about circa spring summer "
    "autumn fall winter january february march april may june july august september october "
    "november december"
)

TIME_CUES = _words("at by until till around before after from about past between")
TIME_FOLLOWERS = _words(
    "tonight tomorrow today in on this every daily sharp monday tuesday wednesday thursday friday "
    "saturday sunday"
)
NOT_AN_HOUR = _words("no any every this that the which each some someone")
"""In front of "one am", the sign that it is no time."""
CONNECTORS = _words("to and or through until till")
PRONOUNS = _words("i you he she it we they who that one")
RULERS = _words("king queen pope emperor tsar czar kaiser sultan prince")

PRICE_CUES = _words("cost costs costing paid pay paying charge charged charges")
SAID_IN_PARTS = {("nine", "eleven"): "9/11", ("seven", "eleven"): "7-Eleven"}
OPERATORS = {"plus": "+", "minus": "−", "times": "×"}

TOP_LEVEL = _words(
    "com org net edu gov io de fr info biz app dev ca eu ch nl it es co me us uk ai tv"
)
TWO_WORD_TOP_LEVEL = {
    ("u", "k"): "uk",
    ("u", "s"): "us",
    ("i", "o"): "io",
    ("a", "i"): "ai",
    ("t", "v"): "tv",
    ("d", "e"): "de",
    ("e", "u"): "eu",
}
EMAIL_STOP_WORDS = _words(
    "me you him her it them us i we they he she is are was were be been am look looking meet "
    "available visit live lives find found here there out up down website site online order "
    "book arrived again one more people work works shop buy join page and or that this read"
)
"""Words that come in front of "at example dot com" without being the name of a mailbox."""

PHRASES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("et", "cetera"): ("etc.",),
    ("c", "plus", "plus"): ("C++",),
    ("c", "sharp"): ("C#",),
    ("dot", "net"): (".NET",),
    ("covid", "nineteen"): ("COVID-19",),
    ("m", "p", "three"): ("MP3",),
    ("m", "p", "four"): ("MP4",),
    ("h", "two", "o"): ("H2O",),
    ("c", "o", "two"): ("CO2",),
    ("three", "d"): ("3D",),
    ("two", "d"): ("2D",),
    ("four", "k"): ("4K",),
    ("five", "g"): ("5G",),
    ("four", "g"): ("4G",),
    ("e", "g"): ("e.g.",),
    ("i", "e"): ("i.e.",),
    ("wi", "fi"): ("Wi-Fi",),
    ("e", "mail"): ("email",),
    ("e", "mails"): ("emails",),
    ("x", "ray"): ("X-ray",),
    ("x", "rays"): ("X-rays",),
    ("t", "shirt"): ("T-shirt",),
    ("t", "shirts"): ("T-shirts",),
    ("twenty", "four", "seven"): ("24/7",),
    ("fifty", "fifty"): ("50/50",),
    ("nine", "one", "one"): ("911",),
    ("double", "oh", "seven"): ("007",),
    ("a", "t", "and", "t"): ("AT&T",),
    ("r", "and", "b"): ("R&B",),
    ("r", "and", "d"): ("R&D",),
    ("q", "and", "a"): ("Q&A",),
    ("b", "and", "b"): ("B&B",),
    ("h", "and", "m"): ("H&M",),
    ("m", "and", "m's"): ("M&M's",),
    ("p", "and", "l"): ("P&L",),
    ("world", "war", "one"): ("World", "War", "I"),
    ("world", "war", "two"): ("World", "War", "II"),
    ("world", "war", "three"): ("World", "War", "III"),
}
"""Fixed phrases; as many written tokens as words, or one for all of them."""

LETTER_PHRASES = _words(
    "us un la dc ny sf uv ai pr ac md vp gm iq tb ph pg id io os ui ux hd abc aaa aol"
)
"""Two-letter abbreviations to find inside longer runs of letters, with the initialisms."""
