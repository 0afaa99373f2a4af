"""Images in a text: the portal's own are shown, all others stay links, and what is written follows from the name."""

import re

import pytest
from hypothesis import given, strategies as st

from markup import images
from markup.letters import html_for_mail, text_for_mail
from markup.limits import TooLarge
from markup.references import find
from markup.render import excerpt, plain_text, render

TOKEN = "k3J-_" + "a" * 17
WIDE = f"{TOKEN}-1600x900.webp"
SMALL = f"{TOKEN}-300x200.webp"
SITE = "https://portal.example"


def test_an_own_image_is_shown_with_its_size_and_widths_and_leads_to_itself():
    html = render(f"![A plan](/images/{WIDE})")
    assert f'<a href="/images/{WIDE}"' in html
    assert f'src="/images/{WIDE}"' in html
    assert 'alt="A plan"' in html
    assert 'width="576" height="324"' in html
    assert 'loading="lazy" decoding="async"' in html
    stem = WIDE.removesuffix(".webp")
    assert f'srcset="/images/{stem}-480.webp 480w, /images/{stem}-960.webp 960w, /images/{WIDE} 1600w"' in html


def test_a_tall_image_is_shown_no_taller_than_a_window_and_a_narrow_one_keeps_a_width():
    assert 'width="256" height="640"' in render(f"![A page](/images/{TOKEN}-1080x2700.webp)")
    assert 'width="1" height="5000"' in render(f"![A line](/images/{TOKEN}-1x5000.webp)")


def test_a_small_image_is_never_made_wider():
    assert "srcset" not in render(f"![A sign](/images/{SMALL})")
    assert images.widths(300) == [300]
    assert images.widths(480) == [480]
    assert images.widths(1000) == [480, 960, 1000]


def test_an_image_without_words_is_shown_and_is_no_link_without_a_name():
    html = render(f"![](/images/{WIDE})")
    assert 'alt=""' in html
    assert "<a " not in html


def test_an_image_within_a_link_leads_where_the_link_leads():
    html = render(f"[![A plan](/images/{WIDE})](https://example.org/)")
    assert html.count("<a ") == 1
    assert 'href="https://example.org/"' in html
    assert "<img" in html


@pytest.mark.parametrize(
    "address",
    [
        f"https://example.org/images/{WIDE}",
        f"//example.org/images/{WIDE}",
        f"/images/../{WIDE}",
        f"/images/{WIDE}?x=1",
        f"/images/{WIDE}#x",
        f"/image/{WIDE}",
        f"/images/{TOKEN}-1600x900.png",
        f"/images/{TOKEN}-1601x900.webp",
        f"/images/{TOKEN}-1600x5001.webp",
        f"/images/{TOKEN}-0x0.webp",
        f"/images/{TOKEN}-1600x900-481.webp",
        f"/images/{TOKEN}-1600x900-1600.webp",
        f"/images/{TOKEN}a-300x200.webp",
        "/images/",
    ],
)
def test_whatever_is_no_image_of_the_portal_stays_a_link(address):
    html = render(f"![A plan]({address})")
    assert "<img" not in html
    assert images.names_in(html) == []


def test_the_second_wall_lets_no_foreign_address_through():
    assert images.is_own("alt", "https://example.org/x.png")
    assert not images.is_own("src", "https://example.org/x.png")
    assert not images.is_own("srcset", f"/images/{WIDE} 1600w, https://example.org/x.png 480w")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=60))
def test_a_description_comes_out_as_it_was_typed_whatever_signs_it_holds(alt):
    html = render(images.in_markdown(WIDE, alt))
    assert images.names_in(html) == [WIDE]
    assert excerpt(html, 1000) == " ".join(alt.split())
    assert len(re.findall("<img", html)) == 1
    assert not find(html)  # names nobody and refers to nothing


def test_excerpts_tell_an_image_in_words_and_the_text_of_a_post_does_not():
    html = render(f"See ![the <plan> & more](/images/{WIDE}) here")
    assert excerpt(html, 100) == "See the <plan> & more here"
    assert plain_text(html) == "See here"


def test_a_mail_holds_the_words_and_a_link_and_fetches_nothing():
    html = render(f"See ![the plan](/images/{WIDE})")
    assert "<img" not in html_for_mail(html, SITE)
    assert text_for_mail(html, SITE) == f"See [the plan] ({SITE}/images/{WIDE})"


def test_a_feed_gets_whole_addresses():
    html = images.with_whole_addresses(render(f"![See /images/ here](/images/{WIDE}) and [a](/posts/1/)"), SITE)
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == [
        f"{SITE}/images/{WIDE}",
        f"{SITE}/images/{WIDE}",
        f"{SITE}/posts/1/",
    ]
    srcset = re.search(r'srcset="([^"]*)"', html)[1]
    assert [part.startswith(f"{SITE}/images/") for part in srcset.split(", ")] == [True] * 3


def test_a_text_shows_at_most_fifty_images():
    one = f"![x](/images/{SMALL})\n"
    assert render(one * 50).count("<img") == 50
    with pytest.raises(TooLarge):
        render("![x][i]\n" * 51 + f"\n[i]: /images/{SMALL}")
