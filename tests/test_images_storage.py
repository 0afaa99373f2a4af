"""Images in object storage: moto's S3 over a socket of this machine, and servers that hang, trickle or are away."""

import asyncio
import contextlib
import json
import re
import socket
from datetime import timedelta
from io import StringIO

import boto3
import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from moto.server import ThreadedMotoServer

from markup.images import in_markdown
from pmo_cmo import checks, images_place, object_storage
from pmo_cmo.management.commands import prepare
from tests import factories
from tests.factories import picture
from tests.mail_servers import HOST, serving
from tests.races import at_once
from tests.test_ground import python
from threads import pictures
from threads.actions import images, posting
from threads.models import Image, Thread

pytestmark = pytest.mark.django_db
KEYS = {"AWS_ACCESS_KEY_ID": "portal", "AWS_SECRET_ACCESS_KEY": "a secret"}
BUCKET = "portal-images"
OURS = [*KEYS, "IMAGES_STORAGE", "IMAGES_STORAGE_OPTIONS", "IMAGES_BUCKET", "IMAGES_ENDPOINT", "IMAGES_REGION"]


@pytest.fixture(scope="session")
def s3():
    """The address of a service that speaks S3, in this process."""
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    """Neither by whoever runs the tests nor in their home; and no limit is used up."""
    cache.clear()
    for name in (*OURS, "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def place(settings, monkeypatch, tmp_path):
    """Images lie where these variables of the environment say."""

    def put(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = settings.STORAGES | {"images": images_place.from_environment(tmp_path)}
        return storages["images"]

    return put


@pytest.fixture
def bucket(s3, place, monkeypatch):
    """An empty bucket in which images lie; a busy machine makes nobody give up."""
    for module, name in ((object_storage, "LONGEST"), (object_storage, "ANSWER"), (images, "LONGEST_WRITING")):
        monkeypatch.setattr(module, name, 60)
    made = boto3.resource(
        "s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    ).Bucket(BUCKET)
    made.create()
    place(IMAGES_BUCKET=BUCKET, IMAGES_ENDPOINT=s3, **KEYS)
    yield made
    made.objects.delete()
    made.delete()


def names(bucket):
    return {each.key for each in bucket.objects.all()}


def sent(size=(300, 200)):
    return SimpleUploadedFile("plan.png", picture(size).getvalue(), "image/png")


def client_of(member):
    client = Client()
    client.force_login(member)
    return client


def showing(image):
    return in_markdown(image.name, "A plan")


def file_at(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


# --- In a bucket ------------------------------------------------------------------------------------------------------
def test_what_a_member_sends_lies_in_the_bucket_and_the_page_shows_it_by_the_portals_own_addresses(bucket, s3, client):
    member = factories.member()
    answer = client_of(member).post(reverse("my_images"), {"image": sent((1000, 500))})
    assert answer.status_code == 201
    image = Image.objects.get()
    stem = image.name.removesuffix(".webp")
    assert names(bucket) == {f"{stem}.webp", f"{stem}-480.webp", f"{stem}-960.webp"}
    assert {each.Object().content_type for each in bucket.objects.all()} == {"image/webp"}

    post = factories.start(member, body=showing(image))
    answer = client.get(post.thread.get_absolute_url())
    page = answer.content.decode()
    assert s3 not in page
    assert BUCKET not in page
    assert "img-src 'self'" in answer["Content-Security-Policy"]
    addresses = re.findall(r"(\S+) \d+w", re.search(r'<img[^>]*\bsrcset="([^"]*)"', page)[1])
    assert len(addresses) == 3
    for address in addresses:
        kept = bucket.Object(address.removeprefix("/images/")).get()["Body"].read()
        assert file_at(client, address) == kept
    answer = client.get(addresses[0])
    assert (answer["Content-Type"], answer["Content-Length"]) == ("image/webp", str(len(b"".join(answer))))
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_what_may_not_be_seen_is_not_given_out_of_the_bucket(bucket, client):
    member = factories.member()
    image = factories.image(member)
    assert client.get(f"/images/{image.name}").status_code == 404
    posting.withdraw(factories.start(member, body=showing(image)), by=member)
    assert client.get(f"/images/{image.name}").status_code == 404
    assert file_at(client_of(member), f"/images/{image.name}")


def test_a_file_that_is_not_in_the_bucket_is_not_found_and_a_bucket_that_is_missing_is_no_answer(bucket, place, client):
    member = factories.member()
    image = factories.image(member)
    factories.start(member, body=showing(image))
    bucket.objects.delete()
    assert client.get(f"/images/{image.name}").status_code == 404
    place(IMAGES_BUCKET="another-bucket")
    assert client.get(f"/images/{image.name}").status_code == 503


def test_a_folder_within_the_bucket_is_an_option(bucket, place):
    place(IMAGES_STORAGE_OPTIONS='{"location": "portal/images"}')
    image = factories.image(factories.member())
    assert names(bucket) == {f"portal/images/{image.name}"}
    assert storages["images"].listdir("")[1] == [image.name]
    age(image)
    call_command("tidy", verbosity=0)
    assert not names(bucket)


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_at_once_that_do_not_both_fit_one_leaves_nothing_in_the_bucket(bucket, settings):
    member = factories.member()
    made = pictures.made_of(picture())
    settings.IMAGES_PER_MEMBER = made.size
    outcomes = at_once(*[lambda: images.keep_image(made, by=member)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Image", "Refused"]
    assert names(bucket) == {Image.objects.get().name}


def test_what_does_not_fit_is_not_even_sent(bucket, settings):
    settings.IMAGES_PER_MEMBER = 10
    answer = client_of(factories.member()).post(reverse("my_images"), {"image": sent()})
    assert (answer.status_code, "take up" in answer.json()["error"]) == (422, True)
    assert not names(bucket)


def age(image):
    Image.objects.filter(pk=image.pk).update(created_at=timezone.now() - timedelta(hours=25))


def test_tidying_takes_out_of_the_bucket_what_no_post_shows_and_leaves_what_is_not_the_portals(bucket, monkeypatch):
    member = factories.member()
    old, shown = factories.image(member, (1000, 500)), factories.image(member)
    factories.start(member, body=showing(shown))
    age(old)
    stray = f"{'s' * 22}-300x200.webp"
    for name in (stray, "README.txt", f"elsewhere/{stray}"):
        bucket.put_object(Key=name, Body=b"x")
    call_command("tidy", verbosity=0)
    assert Image.objects.get() == shown
    assert names(bucket) == {shown.name, stray, "README.txt", f"elsewhere/{stray}"}  # a stray of this very moment
    monkeypatch.setattr(images, "KEPT_UNUSED", timedelta(days=-1))
    call_command("tidy", verbosity=0)
    assert names(bucket) == {shown.name, "README.txt", f"elsewhere/{stray}"}


# --- Servers that are no good ----------------------------------------------------------------------------------------
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


class Trouble:
    """Takes connections and answers after twenty seconds; with `trickles` it begins at once and ends as late."""

    def __init__(self):
        self.trickles = self.works = False
        self.met = 0

    @contextlib.contextmanager
    def listening(self):
        with serving(lambda: asyncio.start_server(self._talk, HOST, 0)) as port:
            yield f"http://{HOST}:{port}"

    async def _talk(self, reader, writer):
        self.met += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            if self.works:
                writer.write(HEAD % 4 + b"WEBP")
                return
            writer.write(HEAD % 400 if self.trickles else b"")
            for _each in range(400):
                writer.write(b"x" if self.trickles else b"")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.write(b"" if self.trickles else HEAD % 4 + b"WEBP")
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # whoever asked has gone, or the test has ended
        finally:
            writer.close()


@pytest.fixture
def hanging(place, monkeypatch):
    monkeypatch.setattr(object_storage, "LONGEST", 0.3)
    monkeypatch.setattr(object_storage, "TRIES", 1)
    monkeypatch.setattr(object_storage, "ANSWER", 1)  # so that no thread outlives the tests for long
    server = Trouble()
    with server.listening() as address:
        place(IMAGES_BUCKET=BUCKET, IMAGES_ENDPOINT=address, **KEYS)
        yield server


def closed_port():
    with socket.socket() as line:
        line.bind((HOST, 0))
        return line.getsockname()[1]


def posted_image(member, settings):
    """An image whose storage was all right when it came."""
    kept = settings.STORAGES
    settings.STORAGES = kept | {"images": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    image = factories.image(member)
    settings.STORAGES = kept
    factories.start(member, body=showing(image))
    return image


def is_said_and_nothing_lost(client, image):
    answer = client.get(f"/images/{image.name}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer["Cache-Control"] == "private, no-store"
    assert "Images cannot be shown at the moment" in answer.content.decode()
    storages["images"]._refused_until = 0.0  # an upload meets it first
    answer = client.post(reverse("my_images"), {"image": sent()})
    assert (answer.status_code, "could not be kept" in answer.json()["error"]) == (422, True)
    words = {"title": "Where?", "body": "Long and dear.", "add_image": "1", "image": sent()}
    answer = client.post(reverse("thread_new"), words)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Long and dear." in page
    assert "could not be kept" in page
    assert Image.objects.get() == image
    assert Thread.objects.count() == 1
    assert client.post(reverse("thread_new"), {"title": "Where?", "body": "Long and dear."}).status_code == 302


@pytest.mark.parametrize("trickles", [False, True])
def test_a_storage_that_hangs_or_trickles_is_given_up_told_in_words_and_costs_no_text(
    hanging, settings, caplog, trickles
):
    hanging.trickles = trickles
    member = factories.member()
    image = posted_image(member, settings)
    is_said_and_nothing_lost(client_of(member), image)
    assert "does not answer" in caplog.text


def test_a_storage_that_is_not_there_is_told_in_words_and_costs_no_text(place, settings, caplog):
    place(IMAGES_BUCKET=BUCKET, IMAGES_ENDPOINT=f"http://{HOST}:{closed_port()}", **KEYS)
    member = factories.member()
    image = posted_image(member, settings)
    is_said_and_nothing_lost(client_of(member), image)
    assert "Could not connect" in caplog.text


def test_a_storage_that_refuses_the_keys_is_told_in_words(bucket, monkeypatch, caplog):
    def refuse(**_said):
        answer = {"Error": {"Code": "InvalidAccessKeyId", "Message": "No such key."}, "ResponseMetadata": {}}
        raise object_storage.ClientError(answer, "PutObject")

    monkeypatch.setattr(storages["images"].connection.meta.client, "put_object", refuse)
    answer = client_of(factories.member()).post(reverse("my_images"), {"image": sent()})
    assert (answer.status_code, "could not be kept" in answer.json()["error"]) == (422, True)
    assert "InvalidAccessKeyId" in caplog.text


def test_what_hung_is_not_asked_again_for_a_while_and_then_by_one_only(hanging, settings, client, monkeypatch):
    image = posted_image(factories.member(), settings)
    address = f"/images/{image.name}"
    for _again in range(5):
        assert client.get(address).status_code == 503
    assert hanging.met == 1
    hanging.works = True
    assert client.get(address).status_code == 503  # nobody knows yet
    storages["images"]._refused_until = 0.001  # the pause is over
    assert file_at(client, address) == b"WEBP"
    assert hanging.met == 2
    assert file_at(client, address) == b"WEBP"


def test_while_one_asks_whether_it_is_back_the_others_are_refused(hanging):
    storage = storages["images"]
    storage._refused_until = 0.001
    outcomes = at_once(*[lambda: storage.delete("x")] * 6)
    assert {type(outcome) for outcome in outcomes} == {object_storage.AwayError}
    assert hanging.met < 6


def test_a_refusal_is_an_answer_and_stops_nobody_else(bucket):
    storage = storages["images"]
    with pytest.raises(FileNotFoundError):
        storage.open("nothing.webp")
    assert storage.open(storage.save("a.webp", picture())).read() == picture().getvalue()


def test_tidying_says_that_the_storage_is_away_and_holds_nobody_up(hanging, settings):
    image = posted_image(factories.member(), settings)
    Image.objects.filter(pk=image.pk).update(post=None)
    age(image)
    with pytest.raises(CommandError, match="does not answer"):
        call_command("tidy", verbosity=0)
    assert not Image.objects.exists()  # its files are strays from now on


# --- How long, and what waits ----------------------------------------------------------------------------------------
def test_every_wait_has_an_end_and_together_they_stay_below_what_a_request_may_take(place):
    config = place(IMAGES_BUCKET=BUCKET, IMAGES_REGION="eu-central-1", **KEYS).client.meta.config
    assert 0 < config.connect_timeout <= 2
    assert 0 < config.read_timeout <= 4
    assert config.retries["total_max_attempts"] <= 2
    decoding, lock = 2, 3
    assert decoding + images.LONGEST_WRITING + object_storage.LONGEST + lock <= 12


def test_no_file_is_begun_after_its_time(settings, monkeypatch, tmp_path):
    settings.STORAGES = settings.STORAGES | {"images": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    monkeypatch.setattr(images, "LONGEST_WRITING", -1)
    with pytest.raises(images.NotKeptError, match="too slow"):
        factories.image(factories.member())
    assert not Image.objects.exists()


class WatchedStorage(FileSystemStorage):
    """Notes each time it is asked within a transaction, which would hold locks while it takes long."""

    asked = []

    def _note(self):
        self.asked.append(connection.in_atomic_block)

    def _save(self, name, content):
        self._note()
        return super()._save(name, content)

    def delete(self, name):
        self._note()
        super().delete(name)

    def listdir(self, path):
        self._note()
        return super().listdir(path)

    def _open(self, name, mode="rb"):
        self._note()
        return super()._open(name, mode)


@pytest.mark.django_db(transaction=True)
def test_no_lock_is_held_while_the_storage_is_asked(settings, tmp_path, monkeypatch):
    watched = {"BACKEND": "tests.test_images_storage.WatchedStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"images": watched}
    monkeypatch.setattr(WatchedStorage, "asked", [])
    member = factories.member()
    image = factories.image(member, (1000, 500))
    assert file_at(client_of(member), f"/images/{image.name}")
    age(image)
    storages["images"].save(f"{'s' * 22}-300x200.webp", picture())
    monkeypatch.setattr(images, "KEPT_UNUSED", timedelta(days=-1))
    call_command("tidy", verbosity=0)
    assert list(tmp_path.iterdir()) == []
    assert len(WatchedStorage.asked) >= 3 + 1 + 3 + 1 + 1 + 1
    assert not any(WatchedStorage.asked)


# --- What is set ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"IMAGES_ENDPOINT": "https://s3.example"}, "IMAGES_ENDPOINT is set, but not IMAGES_BUCKET"),
        ({"IMAGES_REGION": "eu-central-1"}, "IMAGES_REGION is set, but not IMAGES_BUCKET"),
        ({"IMAGES_STORAGE": "storages.backends.s3.S3Storage"}, "no bucket is named. Set IMAGES_BUCKET"),
        ({"IMAGES_BUCKET": "https://s3.example/portal"}, "called by its name alone"),
        ({"IMAGES_BUCKET": "Portal"}, "small letters"),
        ({"IMAGES_BUCKET": BUCKET, "IMAGES_ENDPOINT": "s3.example"}, "Write it like https://s3.example"),
        ({"IMAGES_BUCKET": BUCKET, "IMAGES_ENDPOINT": "https://s3.example/portal"}, "without the bucket"),
        ({"IMAGES_BUCKET": BUCKET, "IMAGES_ENDPOINT": "https://s3.example:x"}, "Write it like"),
        ({"IMAGES_BUCKET": BUCKET, "IMAGES_ENDPOINT": "https://key:secret@s3.example"}, "holds a name or password"),
        ({"IMAGES_BUCKET": BUCKET, "IMAGES_STORAGE": "some.Storage"}, "name two places"),
        ({"IMAGES_BUCKET": BUCKET, "AWS_ACCESS_KEY_ID": "portal"}, "Set both, or none"),
        ({"IMAGES_BUCKET": BUCKET, "AWS_SECRET_ACCESS_KEY": "secret"}, "Set both, or none"),
        ({"IMAGES_STORAGE_OPTIONS": "{"}, "is not JSON like"),
        ({"IMAGES_STORAGE_OPTIONS": '["bucket"]'}, "is not JSON like"),
        ({"IMAGES_STORAGE_OPTIONS": '{"location": "x"}'}, "neither IMAGES_BUCKET nor IMAGES_STORAGE"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(place, environment, sentence):
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        place(**environment)


def test_without_a_setting_it_is_a_folder_and_with_one_any_storage_of_django(place, tmp_path):
    assert place().location == str(tmp_path)
    other = place(
        IMAGES_STORAGE="django.core.files.storage.InMemoryStorage", IMAGES_STORAGE_OPTIONS='{"base_url": "/x/"}'
    )
    assert (type(other).__name__, other.base_url) == ("InMemoryStorage", "/x/")


def test_the_storage_of_django_storages_by_its_own_name_has_our_limits_too(place):
    said = json.dumps({"bucket_name": BUCKET, "endpoint_url": "https://s3.example", "addressing_style": "virtual"})
    storage = place(IMAGES_STORAGE="storages.backends.s3.S3Storage", IMAGES_STORAGE_OPTIONS=said)
    assert isinstance(storage, object_storage.ObjectStorage)
    assert storage.client_config.s3["addressing_style"] == "virtual"
    assert storage.client_config.connect_timeout == object_storage.CONNECT


@pytest.mark.parametrize(
    "environment",
    [
        {"IMAGES_STORAGE": "nowhere.Storage"},
        {"IMAGES_STORAGE": "django.core.files.storage.InMemoryStorage", "IMAGES_STORAGE_OPTIONS": '{"colour": "red"}'},
        {"IMAGES_BUCKET": BUCKET, "IMAGES_STORAGE_OPTIONS": '{"colour": "red"}'},
    ],
)
def test_a_package_that_is_missing_or_an_option_that_is_unknown_is_found_by_the_check(settings, place, environment):
    assert checks.images_storage(None) == []
    with contextlib.suppress(Exception):
        place(**environment)
    found = checks.images_storage(None)
    assert [error.id for error in found] == ["pmo_cmo.E001"]
    assert "colour" in found[0].msg or "nowhere" in found[0].msg


def test_at_the_start_a_file_is_tried_and_nothing_stays_of_it(bucket):
    said = StringIO()
    prepare.Command(stderr=said)._try_images()
    assert said.getvalue() == ""
    assert not names(bucket)


def test_at_the_start_it_is_said_why_images_cannot_be_kept(bucket, place):
    place(IMAGES_BUCKET="another-bucket")
    said = StringIO()
    prepare.Command(stderr=said)._try_images()
    assert "NoSuchBucket" in said.getvalue()
    assert "See “Images” in docs/operators.md." in said.getvalue()


def test_at_the_start_a_storage_that_hangs_does_not_keep_the_portal_from_starting(hanging):
    said = StringIO()
    prepare.Command(stderr=said)._try_images()
    assert "does not answer" in said.getvalue()


def test_no_process_loads_the_packages_of_object_storage_unless_it_is_set(tmp_path):
    program = """import sys, pmo_cmo.wsgi
from django.core.files.storage import storages
storages["images"]
print([name for name in ("boto3", "botocore", "storages") if name in sys.modules])"""
    given = {"DJANGO_SETTINGS_MODULE": "pmo_cmo.settings", "PORTAL_VAR": str(tmp_path), "SITE_URL": "http://127.0.0.1"}
    assert python("-c", program, **given).stdout == "[]\n"
    loaded = python("-c", program, **given, IMAGES_BUCKET=BUCKET, **KEYS).stdout
    assert loaded == "['boto3', 'botocore', 'storages']\n"
