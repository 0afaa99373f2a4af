"""The curators' screens that need glossary and discussions at once: the desk, comparisons, impact, tags and senses."""
