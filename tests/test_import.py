from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from threads.models import Post, Tag, Thread

pytestmark = pytest.mark.django_db

REAL = Path(__file__).resolve().parents[2] / "shared" / "seed" / "pmo-vs-cmo.txt"
PAGES = Path(__file__).parent / "data" / "pasted"
TITLE = "Is there a real difference between a PMO and a CMO?"


def run(*arguments, **options):
    out = StringIO()
    try:
        call_command("import_thread", *map(str, arguments), stdout=out, **options)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


@pytest.mark.skipif(not REAL.exists(), reason="the real thread stands beside the checkout, not in it")
def test_the_real_thread_stands_in_the_portal(client):
    run(REAL, title=TITLE, tag=["pmo-setup", "AI"])
    thread = Thread.objects.get()
    posts = list(thread.posts.order_by("number"))

    assert len(posts) == 11
    assert [post.number for post in posts if not post.author_name] == [5, 8, 10]
    assert len({post.author_name for post in posts if post.author_name}) == 5
    assert not any("Saving Changes" in post.body for post in posts)
    assert (thread.people_count, thread.country_count, thread.unattributed_count) == (5, 5, 3)
    said = [
        (p.author_name, p.author_role, p.author_organisation, p.author_location, str(p.author_country))
        for p in posts
        if p.number in {1, 2, 4, 6, 11}
    ]
    assert said == [
        (
            "Eileen Roden",
            "Consulting Director",
            "House of PMO and PMO Learning",
            "Solihull, West Midlands, United Kingdom",
            "GB",
        ),
        ("AKSHAY JAIN", "Planning Group Leader", "YOKOGAWA, Bahrain", "Gwalior, Mp, India", "IN"),
        (
            "Linda Zinn",
            "Director, Enterprise Project Management Office",
            "FlightSafety International",
            "Rutherford, Nj, United States",
            "US",
        ),
        (
            "Sergio Luis Conte",
            "Helping to create solutions for everyone",
            "Worldwide based Organizations",
            "Buenos Aires, Argentina",
            "AR",
        ),
        ("Thomas Walenta", "Global Project Economy Expert", "", "Hackenheim, Germany", "DE"),
    ]
    assert set(thread.tags.values_list("name", flat=True)) == {"pmo-setup", "AI"}
    page = client.get(thread.get_absolute_url()).content.decode()
    assert "11 posts" in page
    assert "noindex" in page


def test_a_second_import_makes_nothing_twice(tmp_path):
    page = (PAGES / "organisations.txt").read_bytes()
    (tmp_path / "one.txt").write_bytes(page)
    (tmp_path / "two.txt").write_bytes(page.replace(b"\n", b"\r\n") + b"\n\n")
    run(tmp_path / "one.txt", title=TITLE)
    assert "imported before" in run(tmp_path / "one.txt", title=TITLE)
    assert "imported before" in run(tmp_path / "two.txt", title="Another title")
    assert "imported before" in run(tmp_path / "two.txt", title="Another title", dry_run=True)
    assert Thread.objects.count() == 1


def test_a_dry_run_shows_what_would_be_made_and_makes_nothing():
    page = next(PAGES.glob("*.txt"))
    told = run(page, title=TITLE, tag=["new-tag"], dry_run=True)
    assert "would make" in told
    assert not Thread.objects.exists()
    assert not Tag.objects.exists()


def test_of_a_folder_one_bad_file_does_not_stop_the_others(tmp_path):
    pages = sorted(PAGES.glob("*.txt"))
    for page in pages:
        (tmp_path / page.name).write_bytes(page.read_bytes())
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01 no text at all")
    (tmp_path / "empty.txt").write_bytes(b"")
    told = run(tmp_path)
    assert Thread.objects.count() == len(pages)
    assert told.count("not imported") == 2
    assert f"2 of {len(pages) + 2} files could not be imported." in told


def test_what_could_not_be_told_apart_is_kept_raw_and_reported(client):
    told = run(PAGES / "cannot-be-parted.txt", title=TITLE)
    assert "note:" in told
    raw = Post.objects.exclude(source_header="").filter(author_name="").first()
    assert raw
    page = client.get(Thread.objects.get().get_absolute_url()).content.decode()
    assert "As copied:" in page


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["nowhere.txt"], {"title": TITLE}, "There is no file"),
        ([PAGES / "organisations.txt"], {}, "--title"),
        ([PAGES / "organisations.txt"], {"title": "x" * 300}, "200"),
        ([PAGES / "organisations.txt"], {"title": TITLE, "tag": ["a", "bb", "cc", "dd", "ee", "ff"]}, "at most 5 tags"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments, options, sentence):
    assert sentence in run(*arguments, **options)
    assert not Thread.objects.exists()
