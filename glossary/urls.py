"""Addresses of the glossary. They are promises: what is here stays."""

from django.urls import path, register_converter

from glossary import views


class NameInAddress:
    """A term's part of an address, in any script; never a control character, which the database would refuse."""

    regex = r"[^/\s\x00-\x1f]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(NameInAddress, "term_name")

urlpatterns = [
    path("glossary/", views.glossary, name="glossary"),
    path("glossary/<term_name:slug>/", views.term, name="term"),
    path("glossary/<term_name:slug>/history/", views.term_history, name="term_history"),
]
