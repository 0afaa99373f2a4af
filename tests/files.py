"""Where tests keep files: in memory for one test would be gone for the next, and some share a world."""

import atexit
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="portal-images-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)

STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "images": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": _FOLDER}},
}
