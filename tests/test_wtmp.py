import re
import pytest
from uuid import uuid4
from tests.factories import member
from threads.models import Draft
@pytest.mark.django_db
def test_x(client):
    client.force_login(member("mona"))
    said = {"title": "Who owns it?", "context": "A bank", "tags": ["risk", "PMO, AI"], "shown_as": "withheld"}
    client.post("/threads/new/", {**said, "body": "T", "token": uuid4(), "save": "1"})
    p = client.get(f"/threads/new/?draft={Draft.objects.get().token}").text
    print(re.findall(r'.*name="tags".*', p))
