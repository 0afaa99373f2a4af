"""The command that finds the words of all posts."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from pmo_cmo import mentions
from threads.models import Post


class Command(BaseCommand):
    help = "Find anew which terms and acronyms all posts use. It locks no post and may run while people write."

    def handle(self, *args: Any, **options: Any) -> None:
        progress = tqdm(total=Post.objects.count(), unit="post", disable=None)
        mentions.index_all(progress.update)
        progress.close()
        self.stdout.write(f"{progress.total} posts are indexed.")
