"""`manage.py worker`: the background worker of `make run`, which loses no job to a kill -9."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django_tasks_db.models import DBTaskResult


class Command(BaseCommand):
    help = "Do the jobs in the background. Jobs that a killed worker of the same name had begun are begun again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="portal", help="Unlike the names of other workers of this database.")

    def handle(self, *, name: str, **_options: Any) -> None:
        # Every job may run twice. This name is this process's alone, so what it had begun nobody is doing.
        begun = DBTaskResult.objects.running().filter(worker_ids__contains=[name])
        begun.update(status="READY", started_at=None)
        call_command("db_worker", worker_id=name, verbosity=0)
