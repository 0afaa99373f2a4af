"""Who may do what at which address: one row for each. An address without a row fails a test.

The columns are visitor, member, author, moderator, curator, administrator. A
POST brings one value that no form knows, so a form is sent back (422).
"""

from dataclasses import dataclass

from django.urls import URLResolver, get_resolver, reverse

from tests.world import CONTENT

NOBODY = ()
ADMINISTRATORS = ("administrator",)
MODERATORS = ("moderator", "administrator")
CURATORS = ("curator", "administrator")


@dataclass(frozen=True)
class Rule:
    """Statuses of GET and POST by kind of person, and the most statements of a GET: visitor, member, staff."""

    get: tuple[int, ...]
    post: tuple[int, ...]
    most: tuple[int, int, int]


def _rule(get, post, *most):
    get, post = ([int(status) for status in said.split()] for said in (get, post))
    return Rule(tuple(get * 6 if len(get) == 1 else get), tuple(post * 6 if len(post) == 1 else post), most)


def _public(*most):
    return _rule("200", "405", *most)


def _members(*most):
    return _rule("302 200 200 200 200 200", "403 422 422 422 422 422", *most)


def _accounts(*most):
    """What allauth shows to who is signed in."""
    return _rule("302 200 200 200 200 200", "302 200 200 200 200 200", *most)


RULES = {
    "home": _public(4, 5, 7),
    "search": _public(1, 3, 3),
    "threads": _public(5, 5, 7),
    "thread_new": _members(0, 4, 4),
    "thread_short": _rule("301", "405", 3, 4, 6),
    "reply": _members(0, 4, 6),
    "thread_feed": _public(4, 3, 3),
    "thread": _public(3, 5, 7),
    "thread_ask": _members(0, 4, 6),
    "undefined_words": _rule("200", "403 204 204 204 204 204", 2, 4, 6),
    "thread_answer": _rule("302", "403 422 422 422 422 422", 0, 5, 7),
    "thread_words": _rule("200", "403 422 422 422 422 422", 7, 9, 11),
    "post": _rule("302", "405", 2, 4, 6),
    "post_edit": _rule("302 403 200 200 403 200", "403 403 422 422 403 422", 0, 4, 6),
    "post_history": _public(3, 5, 7),
    "post_withdraw": _rule("302 403 200 403 403 403", "403 403 302 403 403 403", 0, 4, 6),
    "post_report": _rule("302 200 403 200 200 200", "403 422 403 422 422 422", 0, 4, 6),
    "post_evidence": _members(0, 5, 7),
    "post_claim": _rule("200", "422", 2, 4, 6),
    "tags": _public(2, 4, 4),
    "tag_feed": _public(6, 4, 4),
    "tag": _public(5, 5, 7),
    "threads_feed": _public(4, 3, 3),
    "glossary": _public(6, 7, 7),
    "glossary_csv": _public(11, 11, 11),  # written once for each version of the glossary, then one
    "glossary_jsonld": _public(11, 11, 11),
    "glossary_feed": _public(3, 4, 4),
    "term": _public(10, 10, 12),
    "term_history": _public(5, 6, 6),
    "suggest_term": _members(0, 3, 3),
    "suggest_change": _members(0, 5, 5),
    "compare": _public(8, 8, 10),
    "display": _rule("200", "422", 0, 2, 2),
    "my_words": _members(0, 3, 3),
    "my_proposals": _rule("302 200 200 200 200 200", "403 405 405 405 405 405", 0, 4, 6),
    "settings": _members(0, 3, 3),
    "person": _public(4, 6, 8),
    "account_login": _rule("200 302 302 302 302 302", "200 302 302 302 302 302", 0, 2, 2),
    "account_signup": _rule("200 302 302 302 302 302", "200 302 302 302 302 302", 0, 2, 2),
    "account_logout": _rule("302 200 200 200 200 200", "302", 0, 2, 2),
    "account_inactive": _public(0, 2, 2),
    "account_reauthenticate": _accounts(0, 2, 2),
    "account_email": _rule("302 200 200 200 200 200", "302", 0, 4, 4),
    "account_email_verification_sent": _public(0, 2, 2),
    "account_change_password": _accounts(0, 2, 2),
    "account_set_password": _rule("302", "302", 0, 2, 2),
    "account_reset_password": _rule("200", "200", 0, 2, 2),
    "account_reset_password_done": _public(0, 2, 2),
    "account_reset_password_from_key": _rule("200", "200", 4, 6, 6),
    "account_reset_password_from_key_done": _public(0, 2, 2),
    "account_confirm_login_code": _rule("302", "302", 0, 2, 2),
    "account_confirm_email": _rule("200", "404", 1, 3, 3),
    "sitemap": _public(5, 5, 5),
    "robots": _public(0, 0, 0),
    "healthz": _public(1, 1, 1),
}

# The same addresses with query values that their views read; the rule is that of the name, the ceilings are their own.
WITH_QUERY = {
    ("search", f"q={CONTENT}"): (7, 9, 11),
    ("search", "q=zebra+wombats"): (7, 9, 11),
    ("search", "q=%22+OR+1"): (6, 8, 10),
    ("threads", "order=unanswered"): (5, 5, 7),
    ("glossary", f"q={CONTENT[:3]}"): (6, 7, 7),
    ("glossary", "letter=W"): (6, 7, 7),
    ("tag", "order=unanswered"): (5, 5, 7),
    ("thread", "page=1"): (3, 5, 7),
}
REDIRECTED = {("threads", "tag=risk"): "/tags/risk/"}

# Of the admin: who sees the list, who adds, who deletes, and who does which act.
ADMIN = {
    "members_member": (
        ADMINISTRATORS,
        NOBODY,
        ADMINISTRATORS,
        {"deactivate": ADMINISTRATORS, "reactivate": ADMINISTRATORS},
    ),
    "threads_thread": (
        MODERATORS,
        NOBODY,
        NOBODY,
        dict.fromkeys(("hide", "restore", "lock", "unlock", "pin"), MODERATORS),
    ),
    "threads_post": (MODERATORS, NOBODY, NOBODY, dict.fromkeys(("hide", "restore"), MODERATORS)),
    "threads_flag": (MODERATORS, NOBODY, NOBODY, {}),
    "threads_claim": (MODERATORS, NOBODY, NOBODY, dict.fromkeys(("grant", "refuse"), MODERATORS)),
    "threads_moderationentry": (MODERATORS, NOBODY, NOBODY, {}),
    "threads_tag": (CURATORS, CURATORS, NOBODY, dict.fromkeys(("alias", "merge"), CURATORS)),
    "threads_tagalias": (CURATORS, NOBODY, CURATORS, {}),
    "glossary_sense": (
        CURATORS,
        CURATORS,
        NOBODY,  # this one was published
        dict.fromkeys(("submit", "draft", "publish", "reviewed", "retire"), CURATORS),
    ),
    "glossary_term": (CURATORS, CURATORS, CURATORS, {"usual": CURATORS, "import": CURATORS, "export": CURATORS}),
    "glossary_subjectfield": (CURATORS, CURATORS, CURATORS, {}),
    "glossary_comparison": (CURATORS, CURATORS, CURATORS, dict.fromkeys(("publish", "withdraw"), CURATORS)),
    "glossary_knownacronym": (CURATORS, CURATORS, CURATORS, {}),
    "threads_evidence": (CURATORS, NOBODY, NOBODY, dict.fromkeys(("publish", "decline"), CURATORS)),
    "glossary_suggestion": (CURATORS, NOBODY, NOBODY, dict.fromkeys(("accept", "decline"), CURATORS)),
}
STAFF = ("moderator", "curator", "administrator")
ADMIN_ITSELF = {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n"}
ADMIN_ITSELF |= {"view_on_site", "app_list", "desk"}
ADMIN_MOST = 14  # statements of a page of the admin with the account’s permissions; a sense shows evidence and versions
DELETE_MOST = 20  # of one that asks every table what would go along


def names(resolver=None, namespace=""):
    """The name of every address that has one; the admin's catch-all and its old redirects have none."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def admin_names():
    """Every address of the admin's screens with who may enter it."""
    for screen, (seen, added, deleted, acts) in ADMIN.items():
        parts = {"changelist": seen, "add": added, "history": seen, "change": seen, "delete": deleted, **acts}
        for part, kinds in parts.items():
            yield f"admin:{screen}_{part}", kinds


def address(world, wanted):
    """One address of this name, with rows that are there."""
    thread, post = world.thread, world.first
    arguments = {
        **{
            name: [thread.pk]
            for name in ("reply", "thread_short", "thread_feed", "thread_words", "thread_ask", "thread_answer")
        },
        "thread": [thread.pk, thread.slug],
        **{
            name: [post.pk]
            for name in ("post", "post_edit", "post_history", "post_withdraw", "post_report", "post_evidence")
        },
        "post_claim": [world.unattributed.pk],
        **{name: [world.tag.slug] for name in ("tag", "tag_feed")},
        **{name: [world.term.slug] for name in ("term", "term_history", "suggest_change")},
        "compare": sorted((world.term.slug, world.other_term.slug)),
        "person": [world.author.username],
        "account_confirm_email": ["no-such-key"],
        "account_reset_password_from_key": ["1", "no-such-key"],
        "admin:view_on_site": [1, 1],
        "admin:app_list": ["threads"],
    }
    screen, _, part = wanted.removeprefix("admin:").rpartition("_")
    if wanted.startswith("admin:") and screen in ADMIN and part not in {"changelist", "add", "import", "export"}:
        return reverse(wanted, args=[_row(world, screen).pk])
    return reverse(wanted, args=arguments.get(wanted, []))


def _row(world, screen):
    rows = {
        "members_member": world.member,
        "threads_thread": world.thread,
        "threads_post": world.first,
        "threads_flag": world.flag,
        "threads_claim": world.claim,
        "threads_moderationentry": world.entry,
        "threads_tag": world.tag,
        "threads_tagalias": world.alias,
        "glossary_sense": world.sense,
        "glossary_term": world.term,
        "glossary_subjectfield": world.field,
        "glossary_comparison": world.comparison,
        "glossary_knownacronym": world.known,
        "glossary_suggestion": world.suggestion,
        "threads_evidence": world.evidence,
    }
    return rows[screen]
