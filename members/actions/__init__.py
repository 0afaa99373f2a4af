"""The only place of this app that writes."""
