"""Addresses of the glossary. They are promises: what is here stays."""

from django.urls import path, register_converter

from glossary.feeds import glossary_feed
from glossary.views import exports, reading, suggestions


class NameInAddress:
    """A term's part of an address, in any script; never a control character, which the database would refuse."""

    regex = r"[^/\s\x00-\x1f]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(NameInAddress, "term_name")

urlpatterns = [
    path("glossary.csv", exports.glossary_csv, name="glossary_csv"),
    path("glossary.jsonld", exports.glossary_jsonld, name="glossary_jsonld"),
    path("feeds/glossary.atom", glossary_feed, name="glossary_feed"),
    path("glossary/", reading.glossary, name="glossary"),
    path("glossary/suggest/", suggestions.suggest_term, name="suggest_term"),
    path("glossary/<term_name:slug>/history/", reading.term_history, name="term_history"),
    path("glossary/<term_name:slug>/suggest/", suggestions.suggest_change, name="suggest_change"),
]
