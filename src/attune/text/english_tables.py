"""Word tables of the en-US normaliser: abbreviations, initialisms, names, units and currencies."""

from __future__ import annotations

__all__ = [
    "BEFORE_NUMBER",
    "DIRECTIONS",
    "INITIALISMS",
    "LETTERS_IN_CAPITALS",
    "MONTHS",
    "MONTH_ABBREVIATIONS",
    "NUMBERED_PARTS",
    "REGNAL_NAMES",
    "ROMAN",
    "SAINTS",
    "STATES",
    "STREETS",
    "SUFFIXES",
    "TITLES",
    "TOP_LEVEL_DOMAINS",
    "UNITS",
    "WEEKDAY_ABBREVIATIONS",
    "WORDS",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS = {
    "mr": "mister",
    "mrs": "missus",
    "messrs": "messieurs",
    "mme": "madame",
    "mlle": "mademoiselle",
    "mdlle": "mademoiselle",
    "dr": "doctor",
    "prof": "professor",
    "sgt": "sergeant",
    "capt": "captain",
    "ok": "okay",
    "vs": "versus",
    "etc": "et cetera",
    "jr": "junior",
    "sr": "senior",
    "esq": "esquire",
    "blvd": "boulevard",
    "hwy": "highway",
    "pkwy": "parkway",
    "dept": "department",
    "bldg": "building",
    "approx": "approximately",
    "feb": "february",
    "thurs": "thursday",
    "mph": "miles per hour",
}
"""Words whose spoken form is the same in any letter case and context."""

INITIALISMS = _words(
    "amd api apis atm atms bbc bmw bmws cbs cctv cd cds cdc ceo ceos cfo cia cnn cpu cpus cto ddt "
    "diy dj djs dna dsl dvd dvds dvr ekg espn eu faq faqs fbi fcc fda fm gmo gmos gmt gop gps gpu "
    "gpus hbo hdmi hdtv hdtvs hiv hp hq hr html http https ibm ip ipo irc irs jfk kfc kgb lcd lcds "
    "lgbt lgbtq llc lng lsd mba mbas mlb mp mps mri mtv mvp nba nbc ncaa nfl ngo ngos nhl npr nra "
    "nsa nsf nyc nypd pbs pc pcs pdf pdfs phd ptsd pvc qb qbs rpg rpm rsvp sms sos sql std stds "
    "suv suvs tcp tnt tv tvs ufc ufo ufos uhf uk url urls usa usb usd ussr vcr vhf vhs vip vips "
    "vpn wto wwf www xml ymca"
)
"""Acronyms said letter by letter that are no word in lower case; a final s makes the plural."""

LETTERS_IN_CAPITALS = _words("US UN LA DC NY SF UV AI PR AC MD VP GM PA IQ EQ TB")
"""Said letter by letter when written in capitals in a line that is not all capitals."""

TITLES = {
    "gen": "general",
    "maj": "major",
    "col": "colonel",
    "lt": "lieutenant",
    "cpl": "corporal",
    "rev": "reverend",
    "hon": "honorable",
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "pres": "president",
    "supt": "superintendent",
    "mt": "mount",
    "ft": "fort",
}
"""In front of a capitalised word."""

SUFFIXES = {
    "co": "company",
    "inc": "incorporated",
    "ltd": "limited",
    "corp": "corporation",
    "bros": "brothers",
    "univ": "university",
}
"""After a capitalised word, with a full stop."""

STREETS = {
    "ave": "avenue",
    "rd": "road",
    "ln": "lane",
    "sq": "square",
    "ct": "court",
    "dr": "drive",
    "st": "street",
}
"""After a capitalised word or an ordinal."""

DIRECTIONS = {
    "N": "north",
    "S": "south",
    "E": "east",
    "W": "west",
    "NE": "northeast",
    "NW": "northwest",
    "SE": "southeast",
    "SW": "southwest",
}

BEFORE_NUMBER = {
    "no": "number",
    "nos": "numbers",
    "vol": "volume",
    "vols": "volumes",
    "fig": "figure",
    "figs": "figures",
    "ch": "chapter",
    "chap": "chapter",
    "p": "page",
    "pp": "pages",
    "sec": "section",
    "art": "article",
    "ext": "extension",
    "apt": "apartment",
    "ver": "version",
}
"""In front of a number, with a full stop."""

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MONTH_ABBREVIATIONS = {
    "jan": "january",
    "feb": "february",
    "mar": "march",
    "apr": "april",
    "jun": "june",
    "jul": "july",
    "aug": "august",
    "sep": "september",
    "sept": "september",
    "oct": "october",
    "nov": "november",
    "dec": "december",
}

WEEKDAY_ABBREVIATIONS = {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
"""In front of a date."""

STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california",
    "CO": "colorado", "CT": "connecticut", "DE": "delaware", "FL": "florida", "GA": "georgia",
    "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa",
    "KS": "kansas", "KY": "kentucky", "LA": "louisiana", "ME": "maine", "MD": "maryland",
    "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS": "mississippi",
    "MO": "missouri", "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire",
    "NJ": "new jersey", "NM": "new mexico", "NY": "new york", "NC": "north carolina",
    "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon", "PA": "pennsylvania",
    "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee",
    "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA": "washington",
    "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming",
}  # fmt: skip
"""After a place name and a comma."""

TOP_LEVEL_DOMAINS = _words("com org net edu gov io co.uk uk us de fr info biz app dev")

NUMBERED_PARTS = _words(
    "chapter part act scene volume vol book section article phase stage type war appendix canto "
    "psalm title class apollo gemini"
)
"""Words whose Roman numeral is a count, even of one letter ("World War I", "Act V")."""

REGNAL_NAMES = _words(
    "alexander alfonso benedict boniface catherine charles christian clement constantine edward "
    "elizabeth eugene eugenius ferdinand francis franz frederick george gregory gustav gustavus "
    "haakon harold henri henry innocent isabella ivan james john juan julius leo leopold lewis "
    "louis margaret maximilian murad napoleon nicholas olaf otto paul pedro peter philip pius "
    "ramses richard robert rudolf sigismund sixtus stephen urban victor wilhelm william xerxes "
    "darius cleopatra ptolemy antiochus"
)
SAINTS = _words(
    "albans andrew andrews anne anthony augustine bartholomew benedict bernard catherine "
    "catharines charles clair cloud croix david denis dunstan francis gabriel george georges "
    "germain giles gregory helena helens james jean jerome joan joe john johns joseph kitts "
    "laurence lawrence louis lucia luke lukes malo margaret mark marks martin mary marys matthew "
    "michael michaels moritz nicholas olaf pancras patrick patricks paul pauls peter peters "
    "petersburg philip stephen stephens swithin theresa thomas tropez valentine valentines "
    "vincent"
)
ROMAN = {
    "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10,
    "XI": 11, "XII": 12, "XIII": 13, "XIV": 14, "XV": 15, "XVI": 16, "XVII": 17, "XVIII": 18,
    "XIX": 19, "XX": 20, "XXI": 21, "XXII": 22, "XXIII": 23, "XXIV": 24, "XXV": 25,
}  # fmt: skip

UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "m/s": ("meter per second", "meters per second"),
    "mph": ("mile per hour", "miles per hour"),
    "mpg": ("mile per gallon", "miles per gallon"),
    "rpm": ("r p m", "r p m"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "nm": ("nanometer", "nanometers"),
    "m": ("meter", "meters"),
    "mi": ("mile", "miles"),
    "yd": ("yard", "yards"),
    "yds": ("yard", "yards"),
    "ft": ("foot", "feet"),
    "kg": ("kilogram", "kilograms"),
    "kgs": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ml": ("milliliter", "milliliters"),
    "l": ("liter", "liters"),
    "gal": ("gallon", "gallons"),
    "sq ft": ("square foot", "square feet"),
    "kb": ("kilobyte", "kilobytes"),
    "mb": ("megabyte", "megabytes"),
    "gb": ("gigabyte", "gigabytes"),
    "tb": ("terabyte", "terabytes"),
    "kbps": ("kilobit per second", "kilobits per second"),
    "mbps": ("megabit per second", "megabits per second"),
    "gbps": ("gigabit per second", "gigabits per second"),
    "hz": ("hertz", "hertz"),
    "khz": ("kilohertz", "kilohertz"),
    "mhz": ("megahertz", "megahertz"),
    "ghz": ("gigahertz", "gigahertz"),
    "kw": ("kilowatt", "kilowatts"),
    "kwh": ("kilowatt hour", "kilowatt hours"),
    "mw": ("megawatt", "megawatts"),
    "w": ("watt", "watts"),
    "v": ("volt", "volts"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"),
    "dpi": ("d p i", "d p i"),
}
"""Written unit -> spoken singular and plural, after a number."""
