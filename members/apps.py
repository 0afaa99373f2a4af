from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        """Let each app say which notifications are its own: the modules `notifications` register on import."""
        autodiscover_modules("notifications")
