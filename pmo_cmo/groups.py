"""The groups of staff, and the rows that the code needs.

They are set after every `migrate` and every flush, not in a migration: there
permissions do not exist yet, and a flush takes rows away. This is the only
signal that the portal listens to.
"""

from typing import Any

from django.apps import apps as installed_apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from members.actions.site import grow_site_version

# By app and model: what each group may do there. The acts of moderators (hide, lock, …) ask `members.moderate`, so
# they need only see the rows; publishing asks `glossary.publish_sense`.
GROUPS: dict[str, dict[str, str]] = {
    "Moderators": {
        "members.member": "moderate",
        "threads.thread": "view change",
        "threads.post": "view",
        "threads.flag": "view",
        "threads.claim": "view",
        "threads.moderationentry": "view",
    },
    "Curators": {
        "glossary.term": "view add change delete",
        "glossary.sense": "view add change delete publish_sense",
        "glossary.spelling": "view add change delete",
        "glossary.termsense": "view add change delete",
        "glossary.relation": "view add change delete",
        "glossary.externalreference": "view add change delete",
        "glossary.subjectfield": "view add change delete",
        "glossary.comparison": "view add change delete",
        "glossary.comparisonrow": "view add change delete",
        "glossary.knownacronym": "view add delete",
        "glossary.suggestion": "view change",
        "threads.evidence": "view",
        "threads.tag": "view add change",
        "threads.tagalias": "view delete",
    },
}
_OF_DJANGO = {"view", "add", "change", "delete"}


def permissions_of(group: str) -> set[tuple[str, str]]:
    """The app and codename of everything that a group may do."""
    allowed: set[tuple[str, str]] = set()
    for model_label, verbs in GROUPS[group].items():
        app, model = model_label.split(".")
        allowed |= {(app, f"{verb}_{model}" if verb in _OF_DJANGO else verb) for verb in verbs.split()}
    return allowed


def set_up_groups(**kwargs: Any) -> None:
    """Make the groups and give them exactly their permissions, and make the row of `SiteVersion`.

    It may run any number of times. The receiver of `post_migrate`, connected for the sender `django.contrib.auth`:
    its tables and the permissions of the apps before it exist then. After a
    `migrate` that stopped early it leaves out what is not there yet.
    """
    using = kwargs.get("using", DEFAULT_DB_ALIAS)
    migrated = kwargs.get("apps", installed_apps)
    if using != DEFAULT_DB_ALIAS or not _is_there(migrated, "members", "SiteVersion"):
        return
    # Asked for by name: this module is loaded before the models are.
    groups: Any = installed_apps.get_model("auth.Group")
    permissions: Any = installed_apps.get_model("auth.Permission")
    site_versions: Any = installed_apps.get_model("members.SiteVersion")
    for name in GROUPS:
        group, _made = groups.objects.get_or_create(name=name)
        wanted = Q(pk__in=[])
        for app, codename in permissions_of(name):
            wanted |= Q(content_type__app_label=app, codename=codename)
        group.permissions.set(permissions.objects.filter(wanted))
    _version, made = site_versions.objects.get_or_create(pk=1)
    if made:  # its number comes from the sequence from the first: 1 may name a page from before a flush
        grow_site_version(lexicon=True)


def _is_there(registry: Any, app: str, model: str) -> bool:
    try:
        registry.get_model(app, model)
    except LookupError:
        return False
    return True
