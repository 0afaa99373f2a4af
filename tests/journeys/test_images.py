"""Images in a text: chosen, pasted and dropped by script, brought by the form without."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests import factories
from threads.models import Image, Post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What a browser does when somebody pastes or drops a file; both are done by nobody's hand here.
HAND_OVER = """(area, [kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const said = { bubbles: true, cancelable: true };
  area.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, ...said })
    : new DragEvent("drop", { dataTransfer: transfer, ...said }));
}"""
SHOWN = re.compile(r"!\[The plan\]\(/images/[\w-]+-900x300\.webp\)")


def a_file():
    return {"name": "plan.png", "mimeType": "image/png", "buffer": factories.picture((900, 300)).getvalue()}


def test_a_chosen_image_is_described_and_posted(visitors, script):
    thread = factories.thread()
    page = visitors.visit(factories.member(), script=script)
    page.goto(thread.get_absolute_url())
    page.get_by_label("Reply").fill("Look at this.")
    if script:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Image", exact=True).click()
        chooser.value.set_files(a_file())
        page.get_by_label("What does the image show?").fill("The plan")
    else:
        page.locator("summary", has_text="Add an image").click()
        page.locator("[name=image]").set_input_files(a_file())
        page.get_by_label("What it shows").fill("The plan")
        page.get_by_role("button", name="Put it into the text").click()
    expect(page.get_by_label("Reply")).to_have_value(SHOWN)
    page.get_by_role("button", name="Post reply").click()
    image = page.get_by_role("img", name="The plan")
    image.scroll_into_view_if_needed()  # it is fetched when it comes near
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth > 0")
    assert Image.objects.get().post == Post.objects.get(thread=thread, number=3)


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_pasted_or_dropped_image_stands_where_the_cursor_was(visitors, kind):
    thread = factories.thread()
    page = visitors.visit(factories.member())
    page.goto(thread.get_absolute_url())
    area = page.get_by_label("Reply")
    area.fill("Before.\n\nAfter.")
    area.evaluate("area => { area.focus(); area.setSelectionRange(7, 7); }")
    data = base64.b64encode(a_file()["buffer"]).decode()
    area.evaluate(HAND_OVER, [kind, "plan.png", data])
    expect(area).to_have_value(re.compile(r"^Before\.\n\n!\[\]\(/images/[\w-]+-900x300\.webp\)\n\nAfter\.$"))
    page.get_by_label("What does the image show?").fill("The plan")
    expect(area).to_have_value(SHOWN)
    page.get_by_role("button", name="Take it out").click()
    expect(area).to_have_value("Before.\n\nAfter.")


def test_what_is_no_image_is_refused_in_words_and_the_text_stays_as_it_was(visitors):
    thread = factories.thread()
    page = visitors.visit(factories.member())
    page.goto(thread.get_absolute_url())
    area = page.get_by_label("Reply")
    area.fill("Before.")
    data = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()
    area.evaluate(HAND_OVER, ["paste", "drawing.png", data])
    expect(page.get_by_text("SVG drawings are not shown here.")).to_be_visible()
    expect(area).to_have_value(re.compile(r"^Before\.\s*$"))
