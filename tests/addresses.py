"""Who may do what at which address: one row for each. An address without a row fails a test.

The columns are visitor, member, author, moderator, curator, administrator. A
POST brings one value that no form knows, so a form is sent back (422).
"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import URLResolver, get_resolver, reverse

from members.tokens import stop_token
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
    "thread_new": _rule("200", "403 422 422 422 422 422", 2, 6, 6),
    "similar": _rule("204", "405", 1, 4, 4),
    "markdown_help": _public(0, 3, 3),
    "thread_short": _rule("301", "405", 3, 4, 6),
    "reply": _rule("200", "403 422 422 422 422 422", 2, 4, 6),
    "thread_feed": _public(4, 3, 3),
    "thread_follow": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 4, 6),
    "tag_follow": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 4, 6),
    "term_follow": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 4, 4),
    "person_follow": _rule("302 200 403 200 200 200", "403 400 403 400 400 400", 0, 5, 7),
    "person_feed": _public(6, 6, 6),
    "mail_stop": _rule("200", "200", 1, 3, 5),
    "inbox": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 6, 6),
    "mail_settings": _members(0, 3, 3),
    "thread": _public(3, 5, 7),
    "thread_ask": _members(0, 4, 6),
    "thread_edit": _rule("302 403 200 200 403 200", "403 403 422 422 403 422", 0, 6, 8),
    "thread_history": _public(4, 6, 8),
    "undefined_words": _rule("200", "403 204 204 204 204 204", 2, 4, 6),
    "thread_answer": _rule("302", "403 422 422 422 422 422", 0, 5, 7),
    "thread_words": _rule("200", "403 422 422 422 422 422", 7, 9, 11),
    "post": _rule("302", "405", 2, 4, 6),
    "post_edit": _rule("302 403 200 200 403 200", "403 403 422 422 403 422", 0, 4, 6),
    "post_history": _public(3, 5, 7),
    "post_withdraw": _rule("302 403 200 403 403 403", "403 403 302 403 403 403", 0, 4, 6),
    "post_shown": _rule("302 403 200 403 403 403", "403 403 422 403 403 403", 0, 4, 6),
    "post_author": _rule("302 403 403 200 403 200", "403 403 403 422 403 422", 0, 4, 6),
    "post_react": _rule("302", "403 400 400 400 400 400", 0, 4, 6),
    "post_save": _rule("302 200 200 200 200 200", "403 302 302 302 302 302", 0, 5, 7),
    "post_source": _public(2, 4, 6),
    "saved": _rule("302 200 200 200 200 200", "403 405 405 405 405 405", 0, 3, 5),
    "my_follows": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 4, 6),
    "first_unread": _rule("302", "403 405 405 405 405 405", 0, 4, 6),
    "read_all": _rule("302 405 405 405 405 405", "403 302 302 302 302 302", 0, 2, 2),
    "thread_markdown": _public(3, 4, 6),
    "related": _public(3, 5, 7),
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
    "term": _public(10, 11, 13),
    "term_history": _public(5, 6, 6),
    "suggest_term": _members(0, 3, 3),
    "suggest_change": _members(0, 5, 5),
    "compare": _public(8, 8, 10),
    "display": _rule("200", "422", 0, 2, 2),
    "my_drafts": _rule("302 200 200 200 200 200", "403 400 400 400 400 400", 0, 5, 7),
    "save_draft": _rule("302 405 405 405 405 405", "403 200 200 200 200 200", 0, 3, 3),
    "image": _rule("404 404 200 404 404 404", "405", 2, 4, 5),  # of a text that its author has not posted yet
    "my_images": _rule("302 405 405 405 405 405", "403 422 422 422 422 422", 0, 2, 2),
    "my_names": _rule("302 200 200 200 200 200", "403 405 405 405 405 405", 0, 3, 4),
    "my_words": _members(0, 3, 3),
    "my_data": _rule("302 200 200 200 200 200", "403 405 405 405 405 405", 0, 2, 2),
    "my_data_file": _rule("302", "403 405 405 405 405 405", 0, 9, 9),  # the password is asked for first
    "close_account": _rule("302", "403 302 302 302 302 302", 0, 9, 9),
    "account_closed": _public(0, 2, 2),
    "sessions": _members(0, 12, 12),
    "invited": _rule("404", "405", 1, 3, 3),
    "people": _public(2, 4, 6),
    "my_proposals": _rule("302 200 200 200 200 200", "403 405 405 405 405 405", 0, 4, 6),
    "settings": _members(0, 3, 3),
    "person": _public(6, 9, 11),
    "account_login": _rule("200 302 302 302 302 302", "200 302 302 302 302 302", 0, 2, 2),
    "account_signup": _rule("200 302 302 302 302 302", "200 302 302 302 302 302", 0, 2, 2),
    "account_logout": _rule("302 200 200 200 200 200", "302", 0, 2, 2),
    "account_inactive": _public(0, 2, 2),
    "account_reauthenticate": _accounts(0, 9, 9),
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
    # Which ways there are to say that it is oneself costs a query each.
    "mfa_activate_totp": _rule("302", "302", 0, 10, 10),
    "mfa_add_webauthn": _rule("302", "302", 0, 10, 10),
    "mfa_generate_recovery_codes": _rule("302", "302", 0, 10, 10),
    "mfa_authenticate": _rule("302", "302", 0, 10, 10),
    "mfa_reauthenticate": _rule("302", "302", 0, 10, 10),
    "mfa_reauthenticate_webauthn": _rule("302", "302", 0, 10, 10),
    "mfa_deactivate_totp": _rule("302 404 404 404 404 404", "302 404 404 404 404 404", 0, 3, 3),
    "mfa_view_recovery_codes": _rule("302 404 404 404 404 404", "302 405 405 405 405 405", 0, 3, 3),
    "mfa_download_recovery_codes": _rule("302 404 404 404 404 404", "302 404 404 404 404 404", 0, 3, 3),
    "mfa_index": _rule("302 200 200 200 200 200", "302 405 405 405 405 405", 0, 4, 4),
    "mfa_list_webauthn": _rule("302", "302", 0, 2, 2),
    "mfa_login_webauthn": _rule("302", "302", 0, 2, 2),
    "mfa_edit_webauthn": _rule("302", "302", 0, 10, 10),
    "mfa_remove_webauthn": _rule("302", "302", 0, 10, 10),
    "socialaccount_connections": _rule("302 200 200 200 200 200", "302 200 200 200 200 200", 0, 4, 4),
    "socialaccount_signup": _rule("302", "302", 0, 2, 2),
    "socialaccount_login_cancelled": _public(0, 2, 2),
    "socialaccount_login_error": _rule("401", "405", 0, 2, 2),
    # Nobody has named a single sign-on here: in test_sign_on.py somebody has.
    "openid_connect_login": _rule("404", "404", 1, 3, 3),
    "openid_connect_callback": _rule("404", "404", 1, 3, 3),
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
    ("inbox", "show=all"): (0, 6, 6),
    ("my_follows", "show=muted"): (0, 4, 6),
    ("glossary", f"q={CONTENT[:3]}"): (6, 7, 7),
    ("glossary", "letter=W"): (6, 7, 7),
    ("tag", "order=unanswered"): (5, 5, 7),
    ("thread", "page=1"): (3, 5, 7),
    ("thread_markdown", "posts=1,2-3"): (3, 4, 6),
    ("thread", "role=pmo&country=DE"): (3, 5, 7),
    ("threads", "role=pmo&country=DE&who=starter"): (5, 5, 7),
    ("tag", "sector=health"): (5, 5, 7),
}
REDIRECTED = {("threads", "tag=risk"): "/tags/risk/"}

# Of the admin: who sees the list, who adds, who deletes, and who does which act.
ADMIN = {
    "members_invitation": (ADMINISTRATORS, ADMINISTRATORS, NOBODY, {"withdraw": ADMINISTRATORS}),
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
    "threads_post": (MODERATORS, NOBODY, NOBODY, dict.fromkeys(("hide", "restore", "move"), MODERATORS)),
    "threads_flag": (MODERATORS, NOBODY, NOBODY, {}),
    "threads_claim": (MODERATORS, NOBODY, NOBODY, dict.fromkeys(("grant", "refuse"), MODERATORS)),
    "threads_moderationentry": (MODERATORS, NOBODY, NOBODY, {"undo": MODERATORS}),
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
OF_NO_ROW = {"changelist", "add", "import", "export", "move"}  # screens that speak of none, or of several
ADMIN_MOST = 14  # statements of a page of the admin with the account’s permissions; a sense shows evidence and versions
DELETE_MOST = 40  # of one that asks every table what would go along


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
        "thread_follow": [thread.pk],
        "tag_follow": [world.tag.slug],
        "term_follow": [world.term.slug],
        **{
            name: [thread.pk]
            for name in (
                "reply",
                "thread_short",
                "thread_markdown",
                "related",
                "first_unread",
                "thread_feed",
                "thread_words",
                "thread_ask",
                "thread_answer",
                "thread_edit",
            )
        },
        "thread": [thread.pk, thread.slug],
        "thread_history": [world.unnamed_first.thread.pk],
        **{
            name: [post.pk]
            for name in (
                "post",
                "post_edit",
                "post_history",
                "post_withdraw",
                "post_shown",
                "post_react",
                "post_save",
                "post_source",
                "post_report",
                "post_evidence",
            )
        },
        "image": [world.image.name],
        "post_author": [world.unnamed_first.pk],
        "post_claim": [world.unattributed.pk],
        **{name: [world.tag.slug] for name in ("tag", "tag_feed")},
        **{name: [world.term.slug] for name in ("term", "term_history", "suggest_change")},
        "compare": sorted((world.term.slug, world.other_term.slug)),
        **{name: [world.author.username] for name in ("person", "person_follow", "person_feed")},
        "mail_stop": [stop_token(world.author.pk, f"thread:{thread.pk}")],
        "account_confirm_email": ["no-such-key"],
        "invited": ["no-such-key"],
        **{name: [settings.OIDC_ID] for name in ("openid_connect_login", "openid_connect_callback")},
        **{name: [1] for name in ("mfa_edit_webauthn", "mfa_remove_webauthn")},
        "account_reset_password_from_key": ["1", "no-such-key"],
        "admin:view_on_site": [1, 1],
        "admin:app_list": ["threads"],
    }
    screen, _, part = wanted.removeprefix("admin:").rpartition("_")
    if wanted.startswith("admin:") and screen in ADMIN and part not in OF_NO_ROW:
        return reverse(wanted, args=[_row(world, screen).pk])
    return reverse(wanted, args=arguments.get(wanted, []))


def _row(world, screen):
    rows = {
        "members_member": world.member,
        "members_invitation": world.invitation,
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
