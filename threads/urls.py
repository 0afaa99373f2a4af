"""Addresses of discussions. They are promises: what is here stays."""

from django.urls import path

from threads import feeds
from threads.views import evidence, following, heading, moderation, naming, noticing, posting, reading, words

urlpatterns = [
    path("threads/", reading.thread_list, name="threads"),
    path("threads/new/", posting.start, name="thread_new"),
    path("threads/words/", noticing.undefined_words, name="undefined_words"),
    path("threads/<int:pk>/", reading.thread_page, name="thread_short"),
    path("threads/<int:pk>/reply/", posting.reply, name="reply"),
    path("threads/<int:pk>/edit/", heading.edit, name="thread_edit"),
    path("threads/<int:pk>/history/", heading.history, name="thread_history"),
    path("threads/<int:pk>/words/", words.thread_words, name="thread_words"),
    path("threads/<int:pk>/ask/", words.ask_word, name="thread_ask"),
    path("threads/<int:pk>/follow/", following.follow_thread, name="thread_follow"),
    path("threads/<int:pk>/feed.atom", feeds.thread_feed, name="thread_feed"),
    path("threads/<int:pk>/<str:slug>/", reading.thread_page, name="thread"),
    path("posts/<int:pk>/", reading.post_redirect, name="post"),
    path("posts/<int:pk>/edit/", posting.edit, name="post_edit"),
    path("posts/<int:pk>/history/", reading.post_history, name="post_history"),
    path("posts/<int:pk>/withdraw/", posting.withdraw, name="post_withdraw"),
    path("posts/<int:pk>/shown/", posting.show_less, name="post_shown"),
    path("posts/<int:pk>/author/", moderation.look_up, name="post_author"),
    path("posts/<int:pk>/report/", moderation.report, name="post_report"),
    path("posts/<int:pk>/evidence/", evidence.propose, name="post_evidence"),
    path("posts/<int:pk>/claim/", moderation.claim, name="post_claim"),
    path("me/names/", naming.names, name="my_names"),
    path("me/words/", words.my_words, name="my_words"),
    path("tags/", reading.tag_list, name="tags"),
    path("tags/<str:slug>/follow/", following.follow_tag, name="tag_follow"),
    path("glossary/<str:slug>/follow/", following.follow_term, name="term_follow"),
    path("people/<str:username>/follow/", following.follow_person, name="person_follow"),
    path("people/<str:username>/feed.atom", feeds.person_feed, name="person_feed"),
    path("mail/stop/<str:token>/", following.mail_stop, name="mail_stop"),
    path("tags/<str:slug>/feed.atom", feeds.tag_feed, name="tag_feed"),
    path("tags/<str:slug>/", reading.tag_page, name="tag"),
    path("feeds/threads.atom", feeds.threads_feed, name="threads_feed"),
]
