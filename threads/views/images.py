"""Images within texts: taken in by script or with a form, and given out to who may see the post."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from markup.images import file_of, in_markdown, read
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import images
from threads.models import Image
from threads.pictures import made_of

FOR_GOOD = "private, max-age=31536000, immutable"  # another picture has another name
RETRY_AFTER = 30  # seconds
LONGEST_WORDS = 500  # characters of a description

logger = logging.getLogger(__name__)


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    """`/images/<name>`: one file of an image, for who sees the post that shows it.

    A browser keeps what everybody sees; nothing in between does, so that what
    is hidden later is gone at once for who has not seen it.
    """
    picture = read(f"/images/{name}")
    if picture is None:
        raise Http404
    row = get_object_or_404(Image.objects.visible_to(request.user).for_page(), name=picture.name)
    try:
        file = storages["images"].open(picture.file)
        # Here as well: some storages begin to read when the size is asked for.
        response = FileResponse(file, content_type="image/webp", filename=name)
    except FileNotFoundError:
        raise Http404 from None
    except Exception as trouble:  # noqa: BLE001 - what storages raise has no base in common
        logger.error("The place where images lie gives none: %r", trouble)  # noqa: TRY400 - one line for each
        return _away()
    response.headers["Cache-Control"] = FOR_GOOD if row.is_published else "private, no-store"
    return response


def _away() -> HttpResponse:
    said = _("Images cannot be shown at the moment. Try again in a minute; everything else works.")
    response = HttpResponse(f"{said}\n", status=503, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@member_required
@require_POST
def add_image(request: MemberRequest) -> HttpResponse:
    """`/me/images/`: an image sent by static/images.js; answers with its addresses, or with a sentence."""
    try:
        row = _taken_in(request)
    except Refused as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    smallest = file_of(row.name, row.widths[0], row.width)
    return JsonResponse({"address": f"/images/{row.name}", "shown": f"/images/{smallest}"}, status=201)


def with_images(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A form that may bring an image without script: it comes back with the image in its text, and posts nothing yet.

    The view sees what it would see had somebody typed the image and asked for a preview.
    """

    @wraps(view)
    def taking(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and ("add_image" in request.POST or "image" in request.FILES):
            _put_into_text(request)
        return view(request, *args, **kwargs)

    return taking


def _put_into_text(request: MemberRequest) -> None:
    said = request.POST.copy()
    words = said.get("image_words", "").replace("\x00", "")[:LONGEST_WORDS].strip()
    try:
        row = _taken_in(request)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        said["body"] = f"{said.get('body', '').rstrip()}\n\n{in_markdown(row.name, words)}\n\n".lstrip()
        said["image_words"] = ""
        messages.success(request, _("The image stands at the end of your text. Nothing is posted yet."))
        if not words:
            messages.info(request, _("Say what it shows between the brackets of ![ ], for those who cannot see it."))
    said["preview"] = "1"
    request.POST = said  # type: ignore[assignment]


def _taken_in(request: MemberRequest) -> Image:
    """The image that came with a request, kept. Limits as ACCOUNT_RATE_LIMITS says."""
    file = request.FILES.get("image")
    if not isinstance(file, UploadedFile):
        raise Refused(_("Choose an image first."))
    if not ratelimit.consume(request, action="image", user=request.user):
        raise Refused(_("So many images at once. Try again in a while."))
    picture = made_of(file)
    try:
        return images.keep_image(picture, by=request.user)
    except images.NotKeptError as trouble:
        logger.error("An image could not be kept: %s", trouble)  # noqa: TRY400 - as above
        raise Refused(_("The image could not be kept. Try again in a while.")) from trouble
