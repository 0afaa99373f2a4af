"""Dates in English. Each other language has every name that stands here."""

DATE_FORMAT = "j M Y"  # in lists and beside names, where there is little room
LONG_DATE_FORMAT = "j F Y"  # in sentences
PLAIN_DATE_FORMAT = "Y-m-d"  # for curators
YEAR_MONTH_FORMAT = "F Y"
MOMENT_FORMAT = "j M Y, H:i"  # DATETIME_FORMAT is the one of Django's admin
ZONED_MOMENT_FORMAT = "j M Y, H:i T"  # where the reader cannot know whose time it is
LONG_MOMENT_FORMAT = "j F Y, H:i T"  # exactly, on hover
