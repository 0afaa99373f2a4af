"""One form post that inserts one row, as anybody writes it in Django: what bench.reply measures a reply against.

A WSGI application on the portal's database. Somebody signed in sends a form of one field with its CSRF token; one row
is inserted in a transaction of its own; the answer is a redirect. The middleware is what `startproject` gives, and the
account is one plain row. With BARE=yes there is no middleware, and nobody asks who sends the form.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_cmo.settings")
django.setup()

from django import forms  # noqa: E402  Django's settings come first
from django.conf import settings  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.db import transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect  # noqa: E402
from django.urls import path  # noqa: E402

from threads.models import Draft  # noqa: E402

BARE = bool(os.environ.get("BARE"))
STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


class RowForm(forms.Form):
    body = forms.CharField()


def insert_a_row(request: HttpRequest, member: int) -> HttpResponse:
    form = RowForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    with transaction.atomic():
        row = Draft.objects.create(member_id=member, body=form.cleaned_data["body"])
    return HttpResponseRedirect(f"/rows/{row.pk}/")


@login_required
def insert_as_member(request: HttpRequest) -> HttpResponse:
    return insert_a_row(request, request.user.pk)  # type: ignore[arg-type]  # signed in


urlpatterns = [path("row/", insert_as_member), path("bare/<int:member>/", insert_a_row)]

settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = [] if BARE else STARTPROJECT
settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
application = WSGIHandler()
