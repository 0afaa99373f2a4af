"""All addresses. They are promises: what stands here stays."""

from django.urls import include, path

from pmo_cmo.admin import site
from pmo_cmo.views import answering, compare, home, machines, proposals, search, term

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("threads/<int:pk>/answer/", answering.answer_word, name="thread_answer"),
    path("me/proposals/", proposals.my_proposals, name="my_proposals"),
    path("", include("threads.urls")),
    path("", include("glossary.urls")),
    # Behind the glossary's own addresses, some of which look like a term's; here, since it shows discussions.
    path("glossary/<term_name:slug>/", term.term, name="term"),
    path("", include("members.urls")),
    path("compare/<term_name:one>/<term_name:other>/", compare.compare, name="compare"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", site.urls),
    path("sitemap.xml", machines.sitemap_xml, name="sitemap"),
    path("robots.txt", machines.robots, name="robots"),
    path("healthz", machines.healthz, name="healthz"),
]

handler400 = "pmo_cmo.views.errors.bad_request"
handler403 = "pmo_cmo.views.errors.permission_denied"
handler404 = "pmo_cmo.views.errors.not_found"
handler500 = "pmo_cmo.views.errors.server_error"
