from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from markup import links


class ThreadsConfig(AppConfig):
    name = "threads"
    verbose_name = _("Threads")

    def ready(self) -> None:
        links.be_at(settings.SITE_URL)
