from django.apps import AppConfig, apps
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate

from pmo_cmo import checks
from pmo_cmo.groups import set_up_groups


class PortalConfig(AppConfig):
    name = "pmo_cmo"

    def ready(self) -> None:
        register(checks.two_roles, Tags.database)
        register(checks.images_storage, Tags.files)
        post_migrate.connect(set_up_groups, sender=apps.get_app_config("auth"), dispatch_uid="set_up_groups")
