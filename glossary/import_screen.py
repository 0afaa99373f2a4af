"""The curators' screen that imports a table: choose a file, read what it would do, do it.

Nothing is kept between the steps: the text of the file travels with the form,
compressed and signed, so another worker may answer and a session may end.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy

from glossary import csv_files, table as tables
from glossary.actions import csv_import
from glossary.csv_files import HEADINGS, Table, UnreadableFileError
from glossary.models import RevisionKind, Sense
from glossary.permissions import may_publish, may_save_sense
from glossary.spreadsheets import COLUMNS
from members.admin import acting
from members.permissions import Refused

SALT = "glossary.import"
SHOWN = 200  # rows of each outcome: the first ones
OUTCOMES = {
    csv_import.REJECTED: gettext_lazy("Rejected"),
    csv_import.NEW: gettext_lazy("New"),
    csv_import.CHANGED: gettext_lazy("Changed"),
    csv_import.UNCHANGED: gettext_lazy("Unchanged"),
}


class FileForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A table as CSV with headings in its first row, at most 5 MB and 20,000 rows."),
    )


class ImportForm(forms.Form):
    """Which heading holds which column, what becomes of new senses, and the table itself."""

    content = forms.CharField(widget=forms.HiddenInput, strip=False)
    expected = forms.CharField(widget=forms.HiddenInput, required=False)
    publishes = forms.BooleanField(
        label=gettext_lazy("Publish, and set states as in the table"),
        required=False,
        help_text=gettext_lazy("Otherwise new senses become drafts and the others stay what they are."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Changes are"), choices=RevisionKind.choices, initial=RevisionKind.EDITORIAL, required=False
    )

    def __init__(self, *args: Any, headings: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("not imported")), *((str(place), text or "—") for place, text in enumerate(headings))]
        for number, column in enumerate(HEADINGS):
            self.fields[f"column_{number}"] = forms.ChoiceField(label=column, choices=choices, required=False)

    def of_columns(self) -> list[forms.BoundField]:
        """The fields that say which heading holds which column."""
        return [self[f"column_{number}"] for number in range(len(HEADINGS))]

    def of_all(self) -> list[forms.BoundField]:
        """The other fields that are seen."""
        return [field for field in self.visible_fields() if not field.name.startswith("column_")]

    def columns(self) -> dict[str, int]:
        """The place of each column that is imported."""
        chosen = {column: self.cleaned_data.get(f"column_{number}") for number, column in enumerate(HEADINGS)}
        return {column: int(place) for column, place in chosen.items() if place}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        places = list(self.columns().values())
        if "term" not in self.columns():
            self.add_error(f"column_{list(HEADINGS).index('term')}", _("Say which column holds the terms."))
        if len(set(places)) < len(places):
            raise forms.ValidationError(_("One heading was chosen for two columns."))
        return data


def import_view(screen: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    """`/admin/glossary/term/import/`: only who may write senses."""
    if not may_save_sense(acting(request), None):
        raise PermissionDenied
    if request.method != "POST":
        return _page(screen, request, FileForm())
    try:
        text = _text(request)
        table = csv_files.read(text) if text is not None else None
    except UnreadableFileError as fault:
        form = FileForm(request.POST, request.FILES)
        form.add_error("file" if form.is_valid() else None, str(fault))
        return _page(screen, request, form)
    if text is None or table is None:
        return _page(screen, request, FileForm(request.POST, request.FILES))
    return _checked(screen, request, text, table)


def _text(request: HttpRequest) -> str | None:
    """The text of the table that came, as a file or with the form; None when neither did."""
    upload = request.FILES.get("file")
    if upload is not None:
        if (upload.size or 0) > csv_files.LARGEST:
            raise UnreadableFileError(_("The file is larger than 5 MB. Cut it into parts."))
        return csv_files.decoded(upload.read())
    if not (content := request.POST.get("content", "")):
        return None
    try:
        text: str = signing.loads(content, salt=SALT)
    except signing.BadSignature as fault:
        raise UnreadableFileError(_("What came is not what was sent to you. Choose the file again.")) from fault
    return text


def _checked(screen: ModelAdmin[Any], request: HttpRequest, text: str, table: Table) -> HttpResponse:
    """The dry run, or the run where it was asked for and nothing stands against it."""
    if "file" in request.FILES:
        places = csv_files.guessed(table.headings)
        data = {f"column_{number}": str(places.get(column, "")) for number, column in enumerate(HEADINGS)}
        data |= {"content": signing.dumps(text, salt=SALT, compress=True), "kind": RevisionKind.EDITORIAL}
    else:
        data = request.POST.dict()
    form = ImportForm(data, headings=table.headings)
    if not form.is_valid():
        return _page(screen, request, form)
    cells = [(number, {column: line[place] for column, place in form.columns().items()}) for number, line in table.rows]
    if ({"run", "leave_out"} & request.POST.keys()) and (done := _run(request, form, cells)):
        return done
    try:
        plan = csv_import.plan(cells, publishes=form.cleaned_data.get("publishes", False))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(screen, request, form)
    if "rejected" in request.POST:
        return _file("rejected-rows.csv", _rejected(table, plan))
    form.data = {**data, "expected": plan.digest}
    return _page(screen, request, form, plan)


def _rejected(table: Table, plan: csv_import.Plan) -> list[list[str]]:
    """The rejected rows as they came, with where and why at their end."""
    lines = dict(table.rows)
    head = [*table.headings, _("rejected row"), _("rejected column"), _("rejected because")]
    bad = [row for row in plan.rows if row.outcome == csv_import.REJECTED]
    return [head, *([*lines[row.number], str(row.number), row.column, row.reason] for row in bad)]


def export_view(request: HttpRequest) -> HttpResponse:
    """`/admin/glossary/term/export/`: every sense but the samples, drafts too, as the import reads them."""
    if not may_save_sense(acting(request), None):
        raise PermissionDenied
    return _file("glossary.csv", [list(COLUMNS), *tables.for_editing(Sense.objects.filter(is_sample=False))])


def _file(name: str, rows: list[list[str]]) -> HttpResponse:
    response = HttpResponse(csv_files.write(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _run(request: HttpRequest, form: ImportForm, cells: list[tuple[int, dict[str, str]]]) -> HttpResponse | None:
    data = form.cleaned_data
    try:
        done = csv_import.import_rows(
            cells,
            by=acting(request),
            expected=data["expected"],
            publishes=data["publishes"],
            leaves_out="leave_out" in request.POST,
            kind=data["kind"] or RevisionKind.EDITORIAL,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    counts = {name: done.count(name) for name in OUTCOMES}
    told = _("Imported: %(new)d rows new, %(changed)d changed, %(unchanged)d unchanged.")
    if counts[csv_import.REJECTED]:
        told = _("Imported: %(new)d rows new, %(changed)d changed, %(unchanged)d unchanged; %(rejected)d left out.")
    messages.success(request, told % counts)
    return redirect("admin:glossary_term_changelist")


def _page(
    screen: ModelAdmin[Any], request: HttpRequest, form: forms.Form, plan: csv_import.Plan | None = None
) -> HttpResponse:
    if isinstance(form, ImportForm) and not may_publish(acting(request)):
        del form.fields["publishes"]
    context = {
        **screen.admin_site.each_context(request),
        "title": _("Import a table"),
        "opts": screen.opts,
        "form": form,
        "is_checked": isinstance(form, ImportForm),
        "fields": form.of_all() if isinstance(form, ImportForm) else form.visible_fields(),
        "columns": form.of_columns() if isinstance(form, ImportForm) else (),
        "groups": _groups(plan) if plan else (),
        "may_run": plan is not None and plan.does_something,
        "rejected": plan.count(csv_import.REJECTED) if plan else 0,
    }
    return TemplateResponse(request, "admin/glossary/import.html", context, status=422 if form.errors else 200)


def _groups(plan: csv_import.Plan) -> list[dict[str, Any]]:
    """By outcome: what it is called, how many rows, and the first of them."""
    groups = []
    for name, label in OUTCOMES.items():
        rows = [row for row in plan.rows if row.outcome == name]
        groups.append({"label": label, "count": len(rows), "rows": rows[:SHOWN], "is_cut": len(rows) > SHOWN})
    return groups
