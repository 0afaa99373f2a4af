"""Dates in German: “9. Okt. 2026” and “9. Oktober 2026”, the day never at the end of a line without its month."""

DATE_FORMAT = "j.\u00a0N Y"
LONG_DATE_FORMAT = "j.\u00a0F Y"
PLAIN_DATE_FORMAT = "d.m.Y"
YEAR_MONTH_FORMAT = "F Y"
MOMENT_FORMAT = "j.\u00a0N Y, H:i"
ZONED_MOMENT_FORMAT = "j.\u00a0N Y, H:i T"
LONG_MOMENT_FORMAT = "j.\u00a0F Y, H:i T"
