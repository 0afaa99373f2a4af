from django.apps import AppConfig
from django.core.checks import Tags, register

from pmo_cmo import checks


class PortalConfig(AppConfig):
    name = "pmo_cmo"

    def ready(self) -> None:
        register(checks.two_roles, Tags.database)
