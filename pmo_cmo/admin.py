"""The one site of the Django admin: curators and moderators work here. Every screen is registered here by name."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext

from glossary.admin import SubjectFieldAdmin, SuggestionAdmin, TermAdmin
from glossary.models import Comparison, KnownAcronym, Sense, SubjectField, Suggestion, Term
from members.admin import InvitationAdmin, MemberAdmin
from members.models import Invitation, Member
from pmo_cmo.curation.comparisons import ComparisonAdmin
from pmo_cmo.curation.desk import desk
from pmo_cmo.curation.known import KnownAcronymAdmin
from pmo_cmo.curation.senses import CuratedSenseAdmin
from pmo_cmo.curation.tags import TagWithSenseAdmin
from threads import admin as threads_admin
from threads.models import Claim, Evidence, Flag, ModerationEntry, Post, Tag, TagAlias, Thread


class PortalAdminSite(AdminSite):
    """The admin without doors of its own: staff sign in, and change their password, where every member does."""

    site_header = settings.PORTAL_NAME
    site_title = settings.PORTAL_NAME
    site_url = "/"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  Django's signature
        """Every screen asks for a second factor first where STAFF_MFA_REQUIRED says so."""
        screen: Callable[..., HttpResponse] = super().admin_view(view, cacheable)

        @wraps(screen)
        def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.has_permission(request) and lacks_second_factor(request):
                messages.warning(request, gettext("Set up a passkey or an app with codes: then the admin opens."))
                return redirect("mfa_index")
            return screen(request, *args, **kwargs)

        return asking

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the portal's own page for signing in, with its limits and second factor; never sign in here."""
        del extra_context
        response: HttpResponse = _to_sign_in(request)
        return response

    def password_change(  # type: ignore[override]  # it renders nothing
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        del request, extra_context
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [
            path("desk/", self.admin_view(partial(desk, site=self)), name="desk"),
            path("r/<int:content_type_id>/<path:object_id>/", self.admin_view(self._on_site), name="view_on_site"),
        ]
        return [*own, *(each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site")]

    def _on_site(self, request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
        """Lead to the object's page. Django's own would tell the slug of what is hidden to all staff."""
        model = get_object_or_404(ContentType, pk=content_type_id).model_class()
        screen = self._registry.get(model) if model else None
        if screen is None:
            raise Http404
        if not screen.has_view_permission(request):
            raise PermissionDenied
        found = screen.get_object(request, object_id)
        if found is None or not hasattr(found, "get_absolute_url"):
            raise Http404
        if not screen.has_view_permission(request, found):
            raise PermissionDenied
        return redirect(found.get_absolute_url())


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether staff have still to set one up. Costs a query where STAFF_MFA_REQUIRED is on."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return settings.STAFF_MFA_REQUIRED and not is_mfa_enabled(request.user, kinds)


@secure_admin_login  # type: ignore[untyped-decorator]
def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """What staff reach who are signed in already; the decorator sends everybody else to sign in."""
    if not request.user.is_active:
        raise PermissionDenied
    return redirect("admin:index")


site = PortalAdminSite()
# Deleting what is ticked asks no action of ours; a screen that has one for it lists "delete_selected" itself.
site.disable_action("delete_selected")

site.register(Member, MemberAdmin)
site.register(Invitation, InvitationAdmin)
site.register(Thread, threads_admin.ThreadAdmin)
site.register(Post, threads_admin.PostAdmin)
site.register(Flag, threads_admin.FlagAdmin)
site.register(Claim, threads_admin.ClaimAdmin)
site.register(Evidence, threads_admin.EvidenceAdmin)
site.register(ModerationEntry, threads_admin.ModerationEntryAdmin)
site.register(Tag, TagWithSenseAdmin)
site.register(TagAlias, threads_admin.TagAliasAdmin)
site.register(Sense, CuratedSenseAdmin)
site.register(Term, TermAdmin)
site.register(SubjectField, SubjectFieldAdmin)
site.register(Suggestion, SuggestionAdmin)
site.register(Comparison, ComparisonAdmin)
site.register(KnownAcronym, KnownAcronymAdmin)
