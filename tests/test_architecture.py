"""The rules of the house that import-linter, ruff and mypy cannot see. Each exception stands here with its reason."""

import ast
import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from markup.render import ALIGNMENTS
from members.models import ReadableQuerySet
from tests import source
from tests.source import APPS, ROOT

LONGEST_FILE = 450  # “about 450 lines”

# --- Writes -----------------------------------------------------------------------------------------------------------
WRITERS = {
    *("save", "create", "delete", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("save_base", "select_for_update", "raw", "_raw_delete", "add", "remove", "set", "clear"),
    *("asave", "acreate", "adelete", "aupdate", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create"),
}
WRITERS_ELSEWHERE = {
    ("members/adapters.py", "member.save"): "allauth makes accounts through its adapter",
    ("members/adapters.py", "qrcode.make(url, image_factory=SvgPathImage, border=2).save"): "a drawing",
    ("members/counts.py", "_NOT_YET.set"): "what a request is for",
    ("threads/pictures.py", "image.save"): "a file",
    ("threads/views/drafts.py", "drafts.save"): "no model: it calls an action",
    ("pmo_cmo/groups.py", "groups.objects.get_or_create"): "post_migrate sets the groups",
    ("pmo_cmo/groups.py", "group.permissions.set"): "post_migrate sets the groups",
    ("pmo_cmo/groups.py", "site_versions.objects.get_or_create"): "post_migrate makes the one row",
    ("pmo_cmo/management/commands/worker.py", "begun.update"): "a table of jobs",
    ("pmo_cmo/management/commands/remove_samples.py", "sample_content.remove"): "no model: it calls actions",
    ("glossary/forms/curating.py", "self.initial.update"): "a form's first values",
    ("pmo_cmo/environment.py", "wanted.remove"): "a list of files",
    ("members/views/visitors.py", "caches['pages'].set"): "a cache",
    ("threads/lexicon.py", "caches['pieces'].set"): "a cache",
    ("threads/templatetags/pieces.py", "caches['articles'].set"): "a cache",
    ("glossary/views/exports.py", "cache.set"): "a cache",
    ("pmo_cmo/mail_in.py", "cache.set"): "a cache",
    ("pmo_cmo/cache.py", "super().add"): "a cache",
    ("pmo_cmo/catalogues.py", "found.add"): "a catalogue of translations",
    ("pmo_cmo/catalogues.py", "catalogue.update"): "a catalogue of translations",
}
SQL_THAT_WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE|COPY)\s+\S")
PURE = ("markup/",)  # knows no database; its sets and lists have methods of the same names

# --- Actions ----------------------------------------------------------------------------------------------------------
STEPS = {
    "glossary/actions/bulk_steps.py": "shared steps",
    "glossary/actions/relation_steps.py": "shared steps",
    "glossary/actions/steps.py": "shared steps",
    "glossary/actions/table_links.py": "reads only: a part of the dry run",
    "glossary/actions/table_plan.py": "reads only: the dry run asks it too",
    "glossary/actions/table_rows.py": "reads only: a part of the dry run",
    "glossary/actions/table_terms.py": "reads only: a part of the dry run",
    "members/actions/naming.py": "what may be a name: reads only, asked by forms as well",
    "members/actions/site.py": "the last step of many actions",
    "threads/actions/steps.py": "shared steps",
}
STEPS_IN_ACTIONS = {
    ("members/actions/inviting.py", "note_accepted"): "a step of joining, which is allauth’s",
    ("threads/actions/questions.py", "close_question"): "a step of answering and choosing",
    ("threads/actions/questions.py", "at_shown_post"): "a step of answering",
    ("threads/actions/questions.py", "recheck"): "a step of editing",
    ("threads/actions/questions.py", "carry"): "a step of moving",
    ("members/actions/inbox.py", "notify"): "a step of what members are told of",
    ("members/actions/inbox.py", "is_mailed"): "reads only",
    ("members/actions/inbox.py", "next_digest"): "reads only",
    ("threads/actions/following.py", "posted"): "a step of posting",
    ("threads/actions/images.py", "claim"): "a step of posting and editing",
    ("threads/actions/images.py", "keep_image"): "files first, then one transaction",
    ("threads/actions/images.py", "forget_unused"): "one transaction, then files",
    ("threads/actions/images.py", "forget_stray_files"): "files only",
    ("threads/actions/images.py", "try_storage"): "files only",
    ("threads/actions/following.py", "edited"): "a step of editing",
    ("threads/actions/following.py", "move_followers"): "a step of merging tags",
    ("threads/actions/following.py", "carry"): "a step of moving",
    ("threads/actions/following.py", "carry_back"): "a step of undoing a move",
    ("threads/actions/moving.py", "ask_movable"): "reads only: the form asks it too",
    ("threads/actions/moving.py", "can_be_undone"): "reads only",
    ("threads/actions/moving.py", "is_move"): "reads only",
    ("threads/actions/drafts.py", "drop"): "a step of posting",
    ("threads/actions/drafts.py", "drop_edit"): "a step of editing",
    ("threads/actions/references.py", "note"): "a step of posting and editing",
    ("threads/actions/references.py", "lock"): "a step of editing and rendering again",
    ("threads/actions/references.py", "recheck"): "a step of editing",
    ("threads/actions/references.py", "are_elsewhere"): "reads only",
    ("threads/actions/references.py", "tell"): "the last step of what changes how a post shows",
    ("threads/actions/references.py", "tell_of"): "the last step of hiding a thread",
    ("threads/actions/references.py", "tell_of_moved"): "the last step of moving",
    ("threads/actions/words.py", "index_new"): "a step of posting and importing",
    ("threads/actions/words.py", "index_again"): "a step of editing",
    ("threads/actions/evidence.py", "recheck"): "a step of editing",
    ("threads/actions/evidence.py", "carry"): "a step of moving",
    ("threads/actions/importing.py", "refuse_known"): "reads only: the dry run asks it too",
    ("threads/actions/tagging.py", "tag_thread"): "a step of starting and importing",
    ("threads/actions/tagging.py", "retag_thread"): "a step of changing what stands above a thread",
    ("threads/actions/heading.py", "change"): "a step of changing a title here and in the admin",
    ("threads/actions/upkeep.py", "recount_all"): "one transaction for each thread",
    ("threads/actions/upkeep.py", "render_again"): "one transaction for each post",
}
OPERATORS = {
    "count_words",
    "create_administrator",
    "create_sample_member",
    "forget_cache_rows",
    "forget_jobs",
    "forget_sessions",
    "forget_notifications",
    "import_thread",
    "index_posts",
    "mark_respelled",
    "claim_each",
    "claim_digest",
    "note_mailed",
    "note_refused",
    "note_bounced",
    "put_off",
    "tell_of_terms",
    "load_sample_thread",
    "take_over",
    "tell_of_retired",
    "load_starter",
    "remove_sample_members",
    "remove_sample_senses",
    "remove_sample_tags",
    "remove_sample_thread",
}  # commands at the console: nobody is signed in there

# --- Reads ------------------------------------------------------------------------------------------------------------
# The model a read may start from without `visible_to`, by file.
UNSEEN_READS = {
    ("glossary/lexicon.py", "Comparison.objects.published"): "knows no reader: what everybody sees",
    ("glossary/import_screen.py", "Sense.objects.filter"): "the curators' table, in the admin",
    ("pmo_cmo/views/proposals.py", "Evidence.objects.of_member"): "one's own proposals, on posts that are visible_to",
    ("pmo_cmo/mentions.py", "Post.objects.filter"): "posts to be indexed, shown to nobody",
    ("pmo_cmo/views/people.py", "Member.objects.filter"): "where a page of a list begins",
    ("pmo_cmo/views/own_data.py", "Evidence.objects.filter"): "what somebody proposed, for themselves",
    ("threads/templatetags/panels.py", "Post.objects.filter"): "where a page of a list begins",
    ("pmo_cmo/search.py", "Post.objects.filter"): "ranks rows chosen from visible_to",
    ("threads/templatetags/panels.py", "Evidence.objects.proposed"): "counted for curators, who may publish it",
    ("threads/perspectives.py", "Post.objects.filter"): "published posts of threads that are visible_to",
    ("threads/views/following.py", "Member.objects.filter"): "whose signed link ends their mail; nothing is shown",
    ("threads/forms.py", "Tag.objects.order_by"): "the curators' merge, in the admin",
    ("members/adapters.py", "Member.objects.filter"): "whether a username is taken",
    ("members/counts.py", "Member.objects.filter"): "the account of a session",
    ("pmo_cmo/mail_in.py", "Member.objects.filter"): "whose signed address a mail came to",
    ("pmo_cmo/mail_in.py", "Post.objects.filter"): "how somebody showed themselves last, asked of nobody else",
    ("threads/views/posting.py", "Post.objects.last_shown_as"): "one's own last post, for one's next",
    ("threads/views/reading.py", "Post.objects.last_shown_as"): "one's own last post, for one's next",
    ("threads/references.py", "Member.objects.annotate"): "confirmed accounts that a text names",
    ("threads/references.py", "Post.objects.published"): "what everybody sees: a quotation shows nothing else",
    ("threads/sources.py", "Post.objects.published"): "which quoted posts everybody sees",
    ("threads/similar.py", "words.terms.values"): "the lexicon, no table",
    ("threads/notifications.py", "Evidence.objects.filter"): "of posts that are visible_to",
}
# What writes, what the operator runs, and the admin, whose permissions say who sees its tables.
READS_BY_RIGHT = re.compile(
    r"/(actions|models|migrations|management)/|/(models|admin)\.py$|^glossary/forms/curating\.py$|^pmo_cmo/curation/|/sample_content\.py$"
)

# --- Looks ------------------------------------------------------------------------------------------------------------
CLASSES_OF_DJANGO = {"errorlist", "success", "warning", "error"}  # its lists of errors, and levels of messages

INLINE = re.compile(r"<script|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)

# --- Words ------------------------------------------------------------------------------------------------------------
SAID_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label"}


def _outside(allowed):
    return {path: tree for path, tree in source.modules().items() if not allowed(path)}


def test_only_actions_write():
    found = {
        (path, ast.unparse(call.func))
        for path, tree in _outside(
            lambda p: source.is_action(p) or source.is_migration(p) or p.startswith(PURE)
        ).items()
        for call in source.nodes(tree, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITERS
    }
    assert found == set(WRITERS_ELSEWHERE)


def test_no_sql_that_writes_stands_outside_actions():
    for path, tree in _outside(lambda p: source.is_action(p) or source.is_migration(p)).items():
        for text in source.sentences(tree):
            assert not SQL_THAT_WRITES.match(text.value), f"{path}:{text.lineno}"


def test_taggits_own_writers_are_not_called():
    """They know nothing of keys and aliases."""
    for path, tree in source.modules().items():
        for call in source.nodes(tree, ast.Call):
            assert not re.search(r"\btags\.(add|set|remove|clear|create)$", ast.unparse(call.func)), path


def _actions():
    """(path, function) of every public function of the actions packages."""
    for path, tree in source.modules().items():
        if source.is_action(path):
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield path, node


def _is_durable(function):
    return "transaction.atomic(durable=True)" in map(ast.unparse, function.decorator_list)


def test_every_action_is_one_transaction_of_its_own():
    for path, function in _actions():
        is_step = path in STEPS or (path, function.name) in STEPS_IN_ACTIONS
        assert _is_durable(function) is not is_step, f"{path}: {function.name}"


def test_every_action_says_who_acts_and_every_step_of_the_operator_does_not():
    acting = {f.name: [a.arg for a in f.args.kwonlyargs] for _path, f in _actions() if _is_durable(f)}
    assert {name for name, arguments in acting.items() if "by" not in arguments} == OPERATORS


def test_actions_never_call_each_other():
    durable = {(path.removesuffix(".py").replace("/", "."), f.name) for path, f in _actions() if _is_durable(f)}
    for path, tree in source.modules().items():
        if not source.is_action(path):
            continue
        here = path.removesuffix(".py").replace("/", ".")
        named = {name: (here, name) for module, name in durable if module == here}
        for node in source.nodes(tree, ast.ImportFrom):
            named |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert named.get(node.func.id) not in durable, f"{path}:{node.lineno}: {node.func.id}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in named:
                module = ".".join(named[node.value.id])
                assert (module, node.attr) not in durable, f"{path}:{node.lineno}: {node.attr}"


def test_the_only_signal_is_one_post_migrate():
    found = []
    for path, tree in source.modules().items():
        for node in source.nodes(tree, ast.ImportFrom):
            if re.search(r"(^|\.)(signals|dispatch)$", node.module or ""):
                found += [(path, alias.name) for alias in node.names]
        assert not any(isinstance(n.func, ast.Name) and n.func.id == "receiver" for n in source.nodes(tree, ast.Call))
    assert found == [("pmo_cmo/apps.py", "post_migrate")]


def test_no_model_saves_or_deletes_in_a_way_of_its_own_and_none_has_an_order():
    for path, tree in source.modules().items():
        if not re.search(r"/models(/|\.py)", path):
            continue
        for function in source.nodes(tree, ast.FunctionDef):
            assert function.name not in {"save", "delete", "save_base"}, path
        for name in source.nodes(tree, ast.Name):
            assert not (name.id == "ordering" and isinstance(name.ctx, ast.Store)), path


def _readable_models():
    models = apps.get_models()
    return [m for m in models if isinstance(getattr(m, "objects", None) and m.objects.all(), ReadableQuerySet)]


def _starts_of_reads(tree):
    """What stands behind `Model.objects` or behind a relation to such a model, as it is written."""
    readable = _readable_models()
    names = {model.__name__ for model in readable}
    relations = {
        field.get_accessor_name() if field.auto_created else field.name
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.related_model in readable and (field.one_to_many or field.many_to_many)
    } - {None, "+"}
    parents = source.parents(tree)
    for node in source.nodes(tree, ast.Attribute):
        if node.attr in relations and isinstance(node.value, ast.Name) and node.value.id == "self":
            continue  # a thing of its own with this name
        by_manager = node.attr == "objects" and isinstance(node.value, ast.Name) and node.value.id in names
        behind = parents.get(node)
        called = isinstance(behind, ast.Attribute) and isinstance(parents.get(behind), ast.Call)
        by_relation = node.attr in relations and called and not isinstance(parents.get(node), ast.Call)
        if by_manager or (by_relation and hasattr(ReadableQuerySet, behind.attr)):
            yield ast.unparse(behind)


def test_everything_that_is_shown_starts_from_what_its_reader_may_see():
    assert {m.__name__ for m in _readable_models()} >= {"Thread", "Post", "Term", "Tag", "Member"}
    found = set()
    for path, tree in _outside(READS_BY_RIGHT.search).items():
        found |= {(path, start) for start in _starts_of_reads(tree) if not start.endswith(".visible_to")}
    assert found == set(UNSEEN_READS)


def test_the_check_of_reads_sees_managers_and_relations():
    tree = ast.parse("Post.objects.filter(pk=1)\nthread.posts.order_by('pk')\nthread.posts.visible_to(reader)")
    assert sorted(_starts_of_reads(tree)) == [
        "Post.objects.filter",
        "thread.posts.order_by",
        "thread.posts.visible_to",
    ]


# --- Looks ------------------------------------------------------------------------------------------------------------
def _classes_defined():
    css = re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", (ROOT / "static/portal.css").read_text(), flags=re.DOTALL)
    selectors = re.findall(r"([^{};]+)\{", css)
    return {name for s in selectors if not s.strip().startswith("@") for name in re.findall(r"\.([A-Za-z_][\w-]*)", s)}


def _classes_of_templates():
    for path, text in source.templates().items():
        if not path.startswith(("admin/", "mail/")):  # with the style sheet of Django's admin, or with their own
            for value in re.findall(r'\bclass="((?:\{[{%].*?[%}]\}|[^"])*)"', text):
                yield from re.sub(r"\{[{%].*?[%}]\}", " ", value).split()
            yield from re.findall(r"\{% block page_class %\}([\w-]+)\{%", text)


def _classes_of_scripts():
    for path in (ROOT / "static").glob("*.js"):
        for line in path.read_text().splitlines():
            yield from re.findall(r'className = "([\w-]+)"', line)
            yield from re.findall(r'\belement\(.*, "([\w-]+)"\)', line)
            assert "classList" not in line, f"{path.name}: teach this test to read it"


def _classes_of_code():
    yield from ALIGNMENTS.values()
    for tree in _outside(lambda path: path.endswith(("admin.py", "glossary/forms/curating.py"))).values():
        for text in source.sentences(tree):
            for value in re.findall(r'\bclass="([^"{]+)"', text.value):
                yield from value.split()
        for call in source.nodes(tree, ast.Call):
            if ast.unparse(call).startswith("item.attrSet('class', '"):
                yield call.args[1].value


def test_every_class_that_is_used_has_a_look_and_every_look_is_used():
    used = {*CLASSES_OF_DJANGO, *_classes_of_templates(), *_classes_of_scripts(), *_classes_of_code()}
    assert used - _classes_defined() == set()
    assert _classes_defined() - used == set()


def test_no_template_and_no_code_writes_script_or_style_into_a_page():
    for path, text in source.templates().items():
        # A mail has no other place for its style, and no policy that forbids it.
        looked_at = text.replace("<style>", "") if path == "mail/base.html" else text
        assert not re.search(
            r"<script|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", looked_at, re.IGNORECASE
        ), path
    for path, tree in source.modules().items():
        for text in source.sentences(tree):
            for tag in re.findall(r"<script[^>]*>|<style[^>]*>", text.value):
                assert re.search(r'type="application/(ld\+)?json"| src="', tag), f"{path}:{text.lineno}"


# --- Words ------------------------------------------------------------------------------------------------------------
class _Said(HTMLParser):
    """What a template says without gettext."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        if any(map(str.isalpha, data)):
            self.found.append(" ".join(data.split()))

    def handle_starttag(self, tag, attributes):
        said = [value for name, value in attributes if name in SAID_ATTRIBUTES and value]
        values = dict(attributes)
        if tag == "meta" and values.get("name") == "description":
            said.append(values["content"])
        if tag == "input" and values.get("type") in {"submit", "button"}:
            said.append(values.get("value") or "")
        self.found += [text for text in said if any(map(str.isalpha, text))]


def _said_without_gettext(text):
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% blocktranslate.*?\{% endblocktranslate %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% block (page|body)class %\}.*?\{% endblock %\}", "", text.replace("page_class", "pageclass"))
    parser = _Said()
    parser.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL))
    parser.close()
    return set(parser.found)


@pytest.mark.parametrize("path", source.templates())
def test_every_word_of_a_template_can_be_translated(path):
    assert _said_without_gettext(source.templates()[path]) == set()


def test_the_check_of_words_finds_text_attributes_and_nothing_that_is_translated():
    template = '<p title="Hello">{% if a %}Words{% endif %}{% translate "Not this" %}<b aria-label="{{ a }}">·</b></p>'
    assert _said_without_gettext(template) == {"Hello", "Words"}


def test_a_part_of_a_page_gets_exactly_what_it_is_given():
    for path, text in source.templates().items():
        for include in re.findall(r"\{% include .*? %\}", text):
            assert include.endswith(" only %}"), f"{path}: {include}"


# --- Files and migrations ---------------------------------------------------------------------------------------------
def test_no_file_is_too_long_to_read():
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in _outside(source.is_migration)}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


BIG_TABLES = {"post", "thread", "threadtag"}
CHANGES_ROWS = (migrations.RunPython,)


def _own_migrations():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {key: m for key, m in loader.disk_migrations.items() if key[0] in APPS}


def test_the_migrations_of_each_app_stand_in_one_line():
    own = _own_migrations()
    for app in {app for app, _name in own}:
        names = sorted(name for at, name in own if at == app)
        assert (ROOT / app / "migrations/max_migration.txt").read_text().strip() == names[-1]
        for before, name in zip([None, *names], names, strict=False):
            assert [d[1] for d in own[app, name].dependencies if d[0] == app] == ([before] if before else [])


def test_no_migration_changes_tables_and_rows_at_once():
    for key, migration in _own_migrations().items():
        changing = [isinstance(operation, CHANGES_ROWS) for operation in migration.operations]
        assert all(changing) or not any(changing), key


def test_an_index_on_a_big_table_is_built_beside_its_work():
    for (app, name), migration in _own_migrations().items():
        if app == "threads" and not name.startswith("0001"):
            for operation in migration.operations:
                big = getattr(operation, "model_name", "").lower() in BIG_TABLES
                assert not (big and type(operation) is migrations.AddIndex), f"{name}: use AddIndexConcurrently"
