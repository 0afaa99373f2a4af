"""Where images lie, as the environment says it: a folder, a bucket of object storage, or any storage of Django."""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # the rule of S3, which its likes keep as well
OBJECT_STORAGE = "pmo_cmo.object_storage.ObjectStorage"
# The same without our limits: a page would wait a minute for what hangs.
PLAIN_S3 = frozenset({"storages.backends.s3.S3Storage", "storages.backends.s3boto3.S3Boto3Storage"})


def from_environment(folder: Path) -> dict[str, Any]:
    """What stands in `STORAGES["images"]`; `folder` where nothing is set.

    Raises `ImproperlyConfigured` for what cannot work, with a sentence that names the setting. Nothing is imported and
    nothing asked over the network here: `pmo_cmo.checks` and `manage.py prepare` do.
    """
    backend, bucket = os.environ.get("IMAGES_STORAGE", ""), os.environ.get("IMAGES_BUCKET", "")
    endpoint, region = os.environ.get("IMAGES_ENDPOINT", ""), os.environ.get("IMAGES_REGION", "")
    options = _options()
    named = {"bucket_name": bucket, "endpoint_url": endpoint, "region_name": region}
    if backend in PLAIN_S3 or (bucket and not backend):
        options = {option: value for option, value in named.items() if value} | options
        _ask_bucket(options)
        return {"BACKEND": OBJECT_STORAGE, "OPTIONS": options}
    if bucket:
        raise ImproperlyConfigured(
            f"IMAGES_BUCKET and IMAGES_STORAGE={backend} name two places. Leave one of them out."
        )
    for name, value in (("IMAGES_ENDPOINT", endpoint), ("IMAGES_REGION", region)):
        if value:
            raise ImproperlyConfigured(f"{name} is set, but not IMAGES_BUCKET, the bucket in which images lie.")
    if backend:
        return {"BACKEND": backend, "OPTIONS": options}
    if options:
        raise ImproperlyConfigured("IMAGES_STORAGE_OPTIONS is set, but neither IMAGES_BUCKET nor IMAGES_STORAGE.")
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder, "base_url": "/images/"},
    }


def _options() -> dict[str, Any]:
    try:
        options = json.loads(os.environ.get("IMAGES_STORAGE_OPTIONS") or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ImproperlyConfigured('IMAGES_STORAGE_OPTIONS is not JSON like {"location": "images"}.')
    return options


def _ask_bucket(options: dict[str, Any]) -> None:
    """Say at the start what would else be found out with the first image."""
    bucket, endpoint = options.get("bucket_name"), options.get("endpoint_url")
    if not bucket:
        raise ImproperlyConfigured("Images go to object storage, but no bucket is named. Set IMAGES_BUCKET.")
    if not BUCKET.fullmatch(str(bucket)):
        raise ImproperlyConfigured(
            f"IMAGES_BUCKET is “{bucket}”. A bucket is called by its name alone: 3 to 63 small letters, digits, dots "
            "and hyphens. The address of the service is IMAGES_ENDPOINT."
        )
    if "@" in str(endpoint):  # every error of the storage would repeat it in the log, as this sentence must not
        raise ImproperlyConfigured(
            "IMAGES_ENDPOINT holds a name or password. Keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if endpoint is not None and not _is_address(str(endpoint)):
        raise ImproperlyConfigured(
            f"IMAGES_ENDPOINT is “{endpoint}”. Write it like https://s3.example, without the bucket."
        )
    if bool(os.environ.get("AWS_ACCESS_KEY_ID")) != bool(os.environ.get("AWS_SECRET_ACCESS_KEY")):
        raise ImproperlyConfigured("Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set. Set both, or none.")


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.path in {"", "/"} and not parts.query
