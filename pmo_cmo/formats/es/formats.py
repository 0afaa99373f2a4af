"""Dates in Spanish: “9 de octubre de 2026” everywhere, for Django shortens its months unevenly (“Ene.”, “oct.”)."""

DATE_FORMAT = LONG_DATE_FORMAT = r"j \d\e F \d\e Y"
PLAIN_DATE_FORMAT = "d/m/Y"
YEAR_MONTH_FORMAT = r"F \d\e Y"
MOMENT_FORMAT = r"j \d\e F \d\e Y, H:i"
ZONED_MOMENT_FORMAT = LONG_MOMENT_FORMAT = r"j \d\e F \d\e Y, H:i T"
