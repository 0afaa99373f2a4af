"""Dates in German: “9. Okt. 2026”, as Duden shortens months, and “9. Oktober 2026”."""

DATE_FORMAT = "j. N Y"
LONG_DATE_FORMAT = "j. F Y"
PLAIN_DATE_FORMAT = "d.m.Y"
YEAR_MONTH_FORMAT = "F Y"
MOMENT_FORMAT = "j. N Y, H:i"
ZONED_MOMENT_FORMAT = "j. N Y, H:i T"
LONG_MOMENT_FORMAT = "j. F Y, H:i T"
