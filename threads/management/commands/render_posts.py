"""The command that renders posts again after the renderer has changed."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from markup.render import RENDERER_VERSION
from threads.actions import upkeep
from threads.models import Post


class Command(BaseCommand):
    help = "Render the posts that an older version has rendered. It may run while people write, and twice."

    def handle(self, *_args: Any, **_options: Any) -> None:
        old = Post.objects.filter(renderer_version__lt=RENDERER_VERSION).count()
        progress = tqdm(total=old, unit="post", disable=None)
        left = upkeep.render_again(progress.update)
        progress.close()
        self.stdout.write(f"{old - left} posts are rendered anew." + (f" {left} could not be." if left else ""))
