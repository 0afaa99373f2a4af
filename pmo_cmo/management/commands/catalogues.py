"""The command that keeps the catalogues of translations; it needs the development environment."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pmo_cmo import catalogues


class Command(BaseCommand):
    help = "Bring the catalogues in locale/ up to date with the sources, or say what is wrong with them (--check)."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("languages", nargs="*", help="codes such as “es”; one that is not there yet is begun")
        parser.add_argument("--check", action="store_true", help="change nothing; fail where anything is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        sources = catalogues.in_sources()
        chosen = options["languages"] or catalogues.languages()
        if options["check"]:
            found = [fault for language in chosen for fault in catalogues.faults(language, sources)]
            if found:
                raise CommandError("\n".join(found))
            return
        for language in chosen:
            catalogues.write(language, sources)
            sentences, missing = catalogues.sizes(language)
            self.stdout.write(f"{language}: {sentences} sentences, {missing} of them not translated.")
