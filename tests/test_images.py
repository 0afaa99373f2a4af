"""Images within posts: what is taken in, who sees it, what is kept of it and how long."""

import io
import json
import struct
import threading
import zlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from markup.images import in_markdown, read
from members.permissions import Refused
from tests import factories
from tests.factories import picture
from tests.races import at_once
from threads import pictures
from threads.actions import drafts, images, posting
from threads.models import Image, Post

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=25)


@pytest.fixture(autouse=True)
def _no_limits_left():
    cache.clear()


def files():
    return set(storages["images"].listdir("")[1])


def files_of(image):
    return {name for name in files() if (found := read(f"/images/{name}")) and found.name == image.name}


def opened(made, at=None):
    return Pillow.open(io.BytesIO(made.files[at or made.width]))


def sent(data, name="picture.png"):
    return SimpleUploadedFile(name, data, "image/png")


def png_that_claims(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def showing(image, words="A plan"):
    return in_markdown(image.name, words)


def status(person, image, at=None):
    client = Client()
    if person:
        client.force_login(person)
    name = image.name if at is None else image.name.replace(".webp", f"-{at}.webp")
    return client.get(reverse("image", args=[name])).status_code


# --- What is taken in -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_four_kinds_are_read_and_written_anew_as_webp(kind):
    made = pictures.made_of(picture((1000, 500), format=kind))
    assert (made.width, made.height) == (1000, 500)
    assert {at: opened(made, at).size for at in made.files} == {1000: (1000, 500), 480: (480, 240), 960: (960, 480)}
    assert opened(made).format == "WEBP"
    red, green, blue = opened(made).convert("RGB").getpixel((500, 250))
    assert abs(red) < 12
    assert abs(green - 128) < 12
    assert abs(blue - 128) < 12


def test_a_wide_image_is_made_as_wide_as_is_shown_and_a_tall_one_as_tall():
    assert pictures.made_of(picture((4000, 1000), format="JPEG")).width == 1600
    tall = pictures.made_of(picture((300, 9000)))
    assert (tall.width, tall.height) == (166, 5000)


def test_transparency_stays_and_sixteen_bits_of_grey_come_out_as_grey():
    file = io.BytesIO()
    Pillow.new("RGBA", (20, 20), (255, 0, 0, 0)).save(file, "PNG")
    file.seek(0)
    assert opened(pictures.made_of(file)).convert("RGBA").getpixel((5, 5))[3] == 0
    file = io.BytesIO()
    Pillow.new("I;16", (20, 20), 32768).save(file, "PNG")
    file.seek(0)
    assert abs(opened(pictures.made_of(file)).convert("L").getpixel((5, 5)) - 127) < 4


def test_of_an_animation_the_first_picture_is_shown():
    file = io.BytesIO()
    first, second = Pillow.new("RGB", (40, 40), "red"), Pillow.new("RGB", (40, 40), "blue")
    first.save(file, "GIF", save_all=True, append_images=[second])
    file.seek(0)
    made = opened(pictures.made_of(file))
    assert getattr(made, "n_frames", 1) == 1
    assert made.convert("RGB").getpixel((5, 5))[0] > 200


def test_nothing_of_where_and_when_it_was_taken_is_kept_and_it_stands_upright():
    file = io.BytesIO()
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "CANARYMAKER"
    exif.get_ifd(0x8825)[2] = (51.0, 3.0, 43.0)
    Pillow.new("RGB", (600, 300), "teal").save(
        file, "JPEG", exif=exif, comment=b"CANARYCOMMENT", xmp=b"<x>CANARYXMP</x>", icc_profile=b"CANARYPROFILE"
    )
    assert b"CANARYMAKER" in file.getvalue()
    file.seek(0)
    made = pictures.made_of(file)
    assert (made.width, made.height) == (300, 600)
    for data in made.files.values():
        assert b"CANARY" not in data
        assert b"EXIF" not in data
        assert b"ICCP" not in data
        assert b"XMP" not in data
        assert not Pillow.open(io.BytesIO(data)).getexif()


def test_a_file_that_is_two_things_at_once_is_one_afterwards():
    file = picture((50, 50), format="JPEG")
    data = file.getvalue() + b"<script>alert(1)</script>PK\x03\x04canary"
    made = pictures.made_of(io.BytesIO(data))
    assert all(b"script" not in each and b"canary" not in each for each in made.files.values())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 200, "HEIC"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00" + b"\0" * 200, "AVIF"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
        (b"\xef\xbb\xbf  <svg onload='alert(1)'/>", "SVG"),
        (b"%PDF-1.7 and so on", "no image"),
        (b"BM" + b"\0" * 100, "no image"),
        (b"<!doctype html><p>GIF89a", "no image"),
        (b"GIF89a<script>alert(1)</script>", "cannot be read"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read"),
        (b"\xff\xd8\xff\xe0", "cannot be read"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "cannot be read"),
        (png_that_claims(50_000, 50_000), "40 million pixels"),
        (png_that_claims(7_000, 7_000), "40 million pixels"),
        (png_that_claims(10_000, 10_000), "40 million pixels"),
    ],
)
def test_what_is_no_image_or_claims_too_much_is_refused_in_words(data, words):
    with pytest.raises(Refused, match=words):
        pictures.made_of(io.BytesIO(data))


def test_a_file_that_ends_in_the_middle_is_refused():
    for kind in ("JPEG", "PNG", "WEBP"):
        file = io.BytesIO()
        Pillow.effect_noise((300, 300), 80).convert("RGB").save(file, kind)
        with pytest.raises(Refused, match="cannot be read"):
            pictures.made_of(io.BytesIO(file.getvalue()[: len(file.getvalue()) // 2]))


def test_a_file_that_is_too_large_is_refused_and_no_more_of_it_is_kept(settings, client):
    settings.UPLOAD_MOST_BYTES = settings.IMAGE_MOST_BYTES = 1_000_000
    client.force_login(factories.member())
    answer = client.post(reverse("my_images"), {"image": sent(b"\xff\xd8\xff" + b"\0" * 3_000_000)})
    assert answer.status_code == 422
    assert "more than 1 MB" in answer.json()["error"]
    assert answer.wsgi_request.FILES["image"].size == 1_000_001


# --- Sent by script ---------------------------------------------------------------------------------------------------
def test_a_member_sends_an_image_and_gets_its_address(client):
    member = factories.member()
    client.force_login(member)
    answer = client.post(reverse("my_images"), {"image": sent(picture((1000, 500)).getvalue())})
    image = Image.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "address": f"/images/{image.name}",
        "shown": f"/images/{image.name.replace('.webp', '-480.webp')}",
    }
    assert (image.member, image.post, image.widths) == (member, None, [480, 960, 1000])
    assert len(files_of(image)) == 3
    assert image.size == sum(storages["images"].size(name) for name in files_of(image))


def test_names_tell_nothing_and_are_never_the_same():
    member = factories.member()
    names = {factories.image(member).name for _ in range(5)}
    assert len(names) == 5
    assert all(read(f"/images/{name}") for name in names)


def test_who_is_not_signed_in_has_no_token_or_sends_too_many_is_refused(client, settings):
    data = picture().getvalue()
    assert client.post(reverse("my_images"), {"image": sent(data)}).status_code == 403
    member = factories.member()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert strict.post(reverse("my_images"), {"image": sent(data)}).status_code == 403
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "image": "1/h/user"}
    client.force_login(member)
    assert client.post(reverse("my_images"), {"image": sent(data)}).status_code == 201
    answer = client.post(reverse("my_images"), {"image": sent(data)})
    assert answer.status_code == 422
    assert "So many images" in answer.json()["error"]
    assert Image.objects.count() == 1


def test_who_has_not_confirmed_their_address_adds_none():
    with pytest.raises(Refused, match="Confirm"):
        factories.image(factories.member(confirmed=False))
    assert not Image.objects.exists()


# --- How much ---------------------------------------------------------------------------------------------------------
def test_a_member_has_so_much_room_and_is_told_in_words(settings):
    member = factories.member()
    settings.IMAGES_PER_MEMBER = factories.image(member).size
    with pytest.raises(Refused, match=r"take up 0 of 0 MB"):
        factories.image(member)
    assert Image.objects.count() == 1
    factories.image(factories.member("otto"))  # who has room of their own


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_at_once_only_the_one_fits_that_fits(settings):
    member = factories.member()
    made = pictures.made_of(picture())
    settings.IMAGES_PER_MEMBER = made.size
    outcomes = at_once(*[lambda: images.keep_image(made, by=member)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Image", "Refused"]
    assert Image.objects.count() == 1


def test_when_a_file_cannot_be_written_nothing_of_the_image_is_kept(monkeypatch, client):
    member = factories.member()
    storage = storages["images"]
    before = files()
    write = storage.save
    monkeypatch.setattr(storage, "save", lambda name, data: _full() if "-960" in name else write(name, data))
    client.force_login(member)
    answer = client.post(reverse("my_images"), {"image": sent(picture((1000, 500)).getvalue())})
    assert answer.status_code == 422
    assert "could not be kept" in answer.json()["error"]
    assert not Image.objects.exists()
    assert files() == before


def _full():
    raise OSError("No space left on device")


class AwayStorage(Storage):
    """Object storage that does not answer: what its packages raise is no OSError."""

    def _away(self, *_args, **_said):
        raise RuntimeError("Could not connect to the endpoint")

    _open = _save = delete = exists = _away


def test_object_storage_that_is_away_costs_no_text_and_is_told_in_words(settings, client, caplog):
    member = factories.member()
    image = factories.image(member)
    factories.start(member, body=in_markdown(image.name, "A chart"))
    settings.STORAGES = settings.STORAGES | {"images": {"BACKEND": "tests.test_images.AwayStorage"}}
    client.force_login(member)
    assert client.get(f"/images/{image.name}").status_code == 503
    answer = client.post(reverse("my_images"), {"image": sent(picture().getvalue())})
    assert (answer.status_code, "could not be kept" in answer.json()["error"]) == (422, True)
    words = {"title": "Where?", "body": "Long and dear.", "add_image": "1", "image": sent(picture().getvalue())}
    page = client.post(reverse("thread_new"), words).content.decode()
    assert "Long and dear." in page
    assert "could not be kept" in page
    assert Image.objects.count() == 1
    assert "Could not connect" in caplog.text


def test_only_one_image_is_decoded_at_a_time_in_a_process(monkeypatch):
    running, most = [], []
    decoded = pictures._decoded

    def watched(data):
        running.append(1)
        most.append(len(running))
        try:
            return decoded(data)
        finally:
            running.pop()

    monkeypatch.setattr(pictures, "_decoded", watched)
    threads = [threading.Thread(target=pictures.made_of, args=[picture((900, 900))]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


# --- Without script ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("button", ["add_image", "preview", ""])
def test_a_form_that_brings_an_image_comes_back_with_it_in_its_text(client, button):
    thread = factories.thread()
    member = factories.member()
    client.force_login(member)
    count = Post.objects.count()
    said = {"body": "Look:", "image": sent(picture().getvalue()), "image_words": "The *plan* [1]"}
    answer = client.post(reverse("reply", args=[thread.pk]), said | ({button: "1"} if button else {}))
    image = Image.objects.get()
    assert answer.status_code == 200
    assert Post.objects.count() == count
    text = answer.content.decode()
    assert f"Look:\n\n![The \\*plan\\* \\[1\\]](/images/{image.name})" in text
    assert f'<img src="/images/{image.name}"' in text  # the preview
    assert "at the end of your text" in text


def test_a_form_without_words_for_the_image_says_so_in_one_line(client):
    client.force_login(factories.member())
    said = {"title": "A plan", "body": "", "image": sent(picture().getvalue())}
    answer = client.post(reverse("thread_new"), said)
    assert "between the brackets" in answer.content.decode()
    assert f"![](/images/{Image.objects.get().name})" in answer.content.decode()


def test_a_form_whose_image_is_refused_keeps_its_text_and_posts_nothing(client):
    post = factories.start(factories.member())
    client.force_login(post.author)
    said = {"body": "Written anew.", "based_on": 1, "image": sent(b"<svg/>", "drawing.svg")}
    answer = client.post(reverse("post_edit", args=[post.pk]), said)
    text = answer.content.decode()
    assert "SVG drawings are not shown here" in text
    assert "Written anew." in text
    assert factories.again(post).revision == 1


def test_the_button_without_a_file_says_what_is_missing(client):
    thread = factories.thread()
    client.force_login(factories.member())
    answer = client.post(reverse("reply", args=[thread.pk]), {"body": "Look:", "add_image": "1"})
    assert "Choose an image first." in answer.content.decode()
    assert "Look:" in answer.content.decode()


# --- Who sees it ------------------------------------------------------------------------------------------------------
def test_before_it_is_posted_only_who_put_it_there_sees_it():
    member = factories.member()
    image = factories.image(member)
    assert status(member, image) == 200
    assert status(None, image) == status(factories.member("otto"), image) == 404
    assert status(factories.moderator(), image) == 404


def test_an_image_of_a_post_is_seen_by_all_at_each_of_its_widths_and_kept_by_their_browsers():
    member = factories.member()
    image = factories.image(member, (1000, 500))
    post = factories.start(member, body=showing(image))
    assert factories.again(image).post == post
    for at in (None, 480, 960):
        assert status(None, image, at) == 200
    assert status(None, image, 481) == status(None, image, 1000) == 404
    answer = Client(headers={"accept-encoding": "gzip"}).get(f"/images/{image.name}")
    assert answer["Content-Type"] == "image/webp"
    assert answer["Content-Disposition"] == f'inline; filename="{image.name}"'
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Content-Encoding" not in answer
    assert Pillow.open(io.BytesIO(b"".join(answer.streaming_content))).size == (1000, 500)


def test_what_is_hidden_or_withdrawn_is_not_fetched_by_its_address():
    member, moderator = factories.member(), factories.moderator()
    for take_away in (
        lambda post: posting.withdraw(post, by=member),
        lambda post: factories.hidden_post(post, by=moderator),
        lambda post: factories.hidden_thread(post.thread, by=moderator),
    ):
        image = factories.image(member)
        post = factories.start(member, body=showing(image))
        assert status(None, image) == 200
        take_away(post)
        assert status(None, image) == status(factories.member(f"o{post.pk}"), image) == 404
        assert status(member, image) == status(moderator, image) == 200
        client = Client()
        client.force_login(moderator)
        assert client.get(f"/images/{image.name}")["Cache-Control"] == "private, no-store"


def test_a_private_portal_shows_images_to_members_only(settings):
    member = factories.member()
    image = factories.image(member)
    factories.start(member, body=showing(image))
    settings.PORTAL_PRIVATE = True
    assert status(None, image) == 302
    assert status(factories.member("otto"), image) == 200


def test_an_address_of_no_image_is_not_found(client):
    for name in ("x.webp", f"{'a' * 22}-300x200.webp", f"{'a' * 22}-300x200.png", f"..%2F{'a' * 20}-3x2.webp"):
        assert client.get(f"/images/{name}").status_code == 404


def test_whoever_finds_out_a_name_cannot_make_it_theirs():
    member, otto = factories.member(), factories.member("otto")
    image = factories.image(member)
    factories.start(otto, body=showing(image))
    assert factories.again(image).post is None
    assert status(otto, image) == status(None, image) == 404


def test_an_image_stays_with_the_first_post_that_shows_it():
    member = factories.member()
    image = factories.image(member)
    first = factories.start(member, body=showing(image))
    factories.start(factories.member("otto"), body=showing(image, "Another’s words"))
    second = factories.start(member, body=showing(image, "Again"))
    assert factories.again(image).post == first
    posting.edit(first, by=member, body="Words only.", based_on=1)
    assert factories.again(image).post == second
    assert status(None, image) == 200


def test_an_image_of_a_withdrawn_post_goes_along_into_the_next_and_one_of_a_hidden_post_does_not():
    member = factories.member()
    image, hidden = factories.image(member), factories.image(member)
    posting.withdraw(factories.start(member, body=showing(image)), by=member)
    factories.hidden_post(factories.start(member, body=showing(hidden)))
    post = factories.start(member, body=showing(image) + "\n\n" + showing(hidden))
    assert factories.again(image).post == post
    assert status(None, image) == 200
    assert status(None, hidden) == 404


def test_a_moderator_takes_an_image_out_of_a_post_and_may_put_one_in():
    member, moderator = factories.member(), factories.moderator()
    image, other = factories.image(member), factories.image(moderator)
    post = factories.start(member, body=showing(image))
    posting.edit(post, by=moderator, body=showing(other), based_on=1)
    assert status(None, image) == 404
    assert status(None, other) == 200


def test_a_post_without_images_costs_no_statement_for_them(django_assert_num_queries):
    post = factories.start()
    with django_assert_num_queries(0):
        images.claim(post)


def test_the_feed_and_the_page_show_the_image(client, settings):
    member = factories.member()
    image = factories.image(member)
    post = factories.start(member, title="With a plan", body=showing(image))
    assert f'<img src="/images/{image.name}"' in client.get(post.thread.get_absolute_url()).content.decode()
    feed = client.get(reverse("thread_feed", args=[post.thread.pk])).content.decode()
    assert f"{settings.SITE_URL}/images/{image.name}" in feed
    assert '"/images/' not in feed


# --- How long ---------------------------------------------------------------------------------------------------------
def age(image, **columns):
    Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - LONG_AGO, **columns)


def test_tidy_takes_out_what_no_post_has_shown_for_a_day_with_its_files():
    member = factories.member()
    old, young, shown = (factories.image(member, (1000, 500)) for _ in range(3))
    factories.start(member, body=showing(shown))
    age(old)
    age(shown)
    call_command("tidy", verbosity=0)
    assert set(Image.objects.all()) == {young, shown}
    assert not files_of(old)
    assert len(files_of(young)) == len(files_of(shown)) == 3


def test_an_image_of_a_draft_stays_as_long_as_the_draft():
    member = factories.member()
    image = factories.image(member)
    age(image)
    thread = factories.thread()
    draft = _draft(member, thread, showing(image))
    call_command("tidy", verbosity=0)
    assert Image.objects.get() == image
    drafts.discard(draft.pk, by=member)
    call_command("tidy", verbosity=0)
    assert not Image.objects.exists()


def _draft(member, thread, body):
    said = {"title": "", "context": "", "tags": "", "shown_as": "all"}
    return drafts.save(by=member, thread=thread, token=uuid4(), based_on=0, body=body, **said)


def test_an_image_that_an_edit_drops_stays_for_a_day_so_that_the_edit_may_be_taken_back():
    member = factories.member()
    image = factories.image(member)
    post = factories.start(member, body=showing(image))
    age(image)
    posting.edit(post, by=member, body="Words only.", based_on=1)
    call_command("tidy", verbosity=0)
    assert status(member, image) == 200
    assert status(None, image) == 404
    posting.edit(factories.again(post), by=member, body=showing(image), based_on=2)
    assert status(None, image) == 200
    assert factories.again(image).dropped_at is None
    posting.edit(factories.again(post), by=member, body="Words again.", based_on=3)
    Image.objects.update(dropped_at=timezone.now() - LONG_AGO)
    call_command("tidy", verbosity=0)
    assert not Image.objects.exists()


def test_files_that_a_killed_process_left_are_found_and_others_left_alone(monkeypatch):
    image = factories.image(factories.member())
    stray = f"{'s' * 22}-300x200.webp"
    storage = storages["images"]
    for name in (stray, "README.txt"):
        storage.save(name, io.BytesIO(b"x"))
    call_command("tidy", verbosity=0)
    assert stray in files()  # it may belong to an upload of this moment
    monkeypatch.setattr(images, "KEPT_UNUSED", timedelta(seconds=-1))
    age(image)
    factories.start(image.member, body=showing(image))
    call_command("tidy", verbosity=0)
    assert stray not in files()
    assert {"README.txt", image.name} <= files()
    storage.delete("README.txt")


def test_what_is_wrong_is_said_as_json_to_the_script(client):
    member = factories.member()
    client.force_login(member)
    answer = client.post(reverse("my_images"), {})
    assert json.loads(answer.content) == {"error": "Choose an image first."}
