"""Subject fields: the short list that curators keep."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.models import SubjectField
from glossary.permissions import may_keep_fields
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused


@transaction.atomic(durable=True)
def save_field(field: SubjectField | None, *, by: Member, name: str, is_foreign: bool) -> SubjectField:
    """Add a subject field, or change one; raises ValidationError on `name` when another has it."""
    _ask(by)
    found = SubjectField.objects.filter(pk=field.pk).first() if field else SubjectField()
    if found is None:
        raise Refused(_("This field was deleted meanwhile."))
    field = found
    field.name, field.is_foreign = steps.line(name), is_foreign
    field.clean_fields()
    if SubjectField.objects.filter(name__iexact=field.name).exclude(pk=field.pk).exists():
        raise ValidationError({"name": _("This field exists already.")})
    field.save()
    grow_site_version(lexicon=True)
    return field


@transaction.atomic(durable=True)
def delete_field(field: SubjectField, *, by: Member) -> None:
    """Delete a subject field that no sense belongs to."""
    _ask(by)
    if field.senses.exists():
        raise Refused(_("Senses belong to this field. Give them another one first."))
    field.delete()
    grow_site_version(lexicon=True)


def _ask(by: Member) -> None:
    if not may_keep_fields(by):
        raise PermissionDenied(_("You may not change subject fields."))
    steps.lock_structure()
