from django.apps import AppConfig
from django.conf import settings

from markup import links


class ThreadsConfig(AppConfig):
    name = "threads"

    def ready(self) -> None:
        links.be_at(settings.SITE_URL)
