"""All addresses. They are promises: what stands here stays."""

from django.urls import include, path
from django.views.generic import RedirectView

from pmo_cmo.admin import site
from pmo_cmo.views import answering, compare, home, machines, own_data, people, proposals, search, term

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("threads/<int:pk>/answer/", answering.answer_word, name="thread_answer"),
    path("me/proposals/", proposals.my_proposals, name="my_proposals"),
    path("", include("threads.urls")),
    path("", include("glossary.urls")),
    path("people/", people.people, name="people"),
    path("me/data/", own_data.own_data, name="my_data"),
    path("me/data/file/", own_data.download, name="my_data_file"),
    path("me/data/close/", own_data.close_account, name="close_account"),
    path("closed/", own_data.account_closed, name="account_closed"),
    # Behind the glossary's own addresses, some of which look like a term's; here, since it shows discussions.
    path("glossary/<term_name:slug>/", term.term, name="term"),
    path("", include("members.urls")),
    path("compare/<term_name:one>/<term_name:other>/", compare.compare, name="compare"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sign-on/", include("allauth.socialaccount.urls")),
    path("admin/", site.urls),
    path("sitemap.xml", machines.sitemap_xml, name="sitemap"),
    path("robots.txt", machines.robots, name="robots"),
    path("healthz", machines.healthz, name="healthz"),
]

handler400 = "pmo_cmo.views.errors.bad_request"
handler403 = "pmo_cmo.views.errors.permission_denied"
handler404 = "pmo_cmo.views.errors.not_found"
handler500 = "pmo_cmo.views.errors.server_error"
