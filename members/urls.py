"""Addresses of people and of one's own things. They are promises: what is here stays."""

from django.urls import path

from members.views import account, people

urlpatterns = [
    path("me/settings/", account.settings_page, name="settings"),
    path("me/display/", account.display_page, name="display"),
    path("people/<str:username>/", people.person, name="person"),
]
