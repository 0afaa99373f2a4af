"""Addresses of people and of one's own things. They are promises: what is here stays."""

from django.urls import path

from members.views import account, inbox, people, security

urlpatterns = [
    path("me/settings/", account.settings_page, name="settings"),
    path("me/display/", account.display_page, name="display"),
    path("me/inbox/", inbox.inbox, name="inbox"),
    path("me/mail/", inbox.mail_page, name="mail_settings"),
    path("me/sessions/", security.sessions_page, name="sessions"),
    path("invited/<str:key>/", security.invited, name="invited"),
    path("accounts/oidc/<str:provider_id>/login/", security.sign_on, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", security.signed_on, name="openid_connect_callback"),
    path("accounts/sign-on/", security.SignOnView.as_view(), name="socialaccount_connections"),
    path("people/<str:username>/", people.person, name="person"),
]
