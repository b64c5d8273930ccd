"""How the edge-case generator writes values: every notation that the rules allow, and many that they do not."""

import datetime
from decimal import Decimal
from random import Random

BAD_TIMESTAMPS = [
    "2024-1-05",
    "2024-02-30",
    "２０２４-01-05",
    "2024-01-05\n09:30",
    "2024-01-05 09:30+05:30:00",
    "2024-01-05 09:30:00-",
    "2024-01-05 +02:00",
    "2023-02-29",
    "2024-01-05 24:00",
    "2024-01-05 9:30",
    "2024-01-05 09:30:60",
    "2024-01-05T09:30:00.1234567",
    "2024-01-05  09:30",
    "2024-01-05 09:30 +02:00",
    "2024-01-05 09:30 PM",
    "3/4/2024",
    "2024/01/05",
    "20240105",
    "01/05/24",
    "13/01/2024",
    "00/10/2024",
    "05-01-2024",
    "unknown",
    "2024-01-05T",
    "2024-01-05t09:30",
    "2024-01-05T09:30z",
    "2024-01-05 09:30:00,5",
    "2024-01-05 09:30:00.",
    "2024-01-05 09:60",
    "2024-01-05T09",
    "2024-01-05 09:30+2",
    "2024-01-05 09:30+02:0",
    "0000-01-01",
    "45321",
    "N/A",
    "2024-01-05-10:00",
]
BAD_NUMBERS = [
    "1,02",
    "1e3",
    "NaN",
    "47/80",
    "180 lb",
    "0x10",
    "1.2.3",
    "--5",
    "5-",
    ".",
    "+",
    "inf",
    "1_000",
    "½",
    "٣",
    "1 000",
    "1\n2",
    "0b1",
    "5e",
    "Infinity",
    "1.5.",
    "5%",
    "$5",
    "１２",
    "- 5",
    "N/A",
    "-",
]
BAD_INTEGERS = [*BAD_NUMBERS, "2.5", "3.01", ".5"]
BAD_BOOLEANS = ["maybe", "2", "tru", "N/A", "-", "yes.", "on"]
OFFSETS = ["", "", "", "Z", "+02", "-05", "-0500", "+05:30", "-12:00", "+00:00"]
UNMAPPED = ["zebra", "Blorp", "-", "N/A", "???", "blorp", "fémale", " Blorp", "quux 7"]


def day_text(rng: Random, day: datetime.date) -> str:
    """A calendar day in one of the two notations; sometimes with a time that a date column ignores."""
    text = day.isoformat() if rng.random() < 0.6 else f"{day.month:02d}/{day.day:02d}/{day.year:04d}"
    return text + rng.choice([" 14:30", "T23:59:59Z", " 00:00"]) if rng.random() < 0.06 else text


def moment_text(rng: Random, day: datetime.date, time: datetime.time | None) -> str:
    """A timestamp in one of the allowed notations; `time` None gives a notation of an unknown time."""
    text = day.isoformat() if rng.random() < 0.7 else f"{day.month:02d}/{day.day:02d}/{day.year:04d}"
    between = rng.choice(" T")
    if time is None:
        ends = ["", "", "", "00:00", "00:00:00", "00:00:00.000", "00:00:00+02:00", "00:00Z", "00:00:00.000000-0500"]
        end = rng.choice(ends)
        return text + between + end if end else text
    clock = time.strftime("%H:%M")
    if time.microsecond:
        digits = f"{time.microsecond:06d}"
        shortest = digits.rstrip("0")
        clock += time.strftime(":%S.") + digits[: rng.randint(len(shortest), 6)]
    elif time.second or rng.random() < 0.5:
        clock += time.strftime(":%S") + rng.choice(["", "", ".0", ".000", ".000000"])
    return text + between + clock + rng.choice(OFFSETS)


def number_text(rng: Random, number: Decimal | int | str) -> str:
    """A number with an optional sign, leading zero, trailing zeros or a bare point."""
    text = format(Decimal(number), "f")
    if rng.random() < 0.75:
        return text
    if rng.random() < 0.1:
        return "0" * 45 + text if text[0].isdigit() else text
    if "." in text:
        return rng.choice([text + "0", "+" + text, text.removeprefix("0")])
    return rng.choice([text + ".0", text + ".", "+" + text if text[0] != "-" else text, text + ".00"])


def integer_text(rng: Random, number: int) -> str:
    """A whole number as people and programs write it: 3, 03, 3.0, +3."""
    text = str(number)
    if rng.random() < 0.8 or number < 0:
        return text
    return rng.choice(["0" + text, text + ".0", "+" + text, text + ".", text + ".000"])


def word_text(rng: Random, word: str) -> str:
    """A word of a value list in another case, with other blanks and punctuation: it still means the same."""
    if rng.random() < 0.6:
        return word
    return rng.choice(
        [
            word.upper(),
            word.lower(),
            word.title(),
            word.replace("-", " "),
            word.replace("_", " "),
            word.replace(" ", "_"),
            f" {word} ",
            word.replace("-", ""),
            f"({word})",
            f"{word}.",
        ]
    )
