"""How each language of the portal writes dates: the names that templates give to the filter `date`.

A folder a language; the first one, `en`, says what each name is for. Files for machines name their format themselves.
"""
