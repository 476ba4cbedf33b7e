"""The page of bulk writes."""

import pytest

from catalogs.stac.models import Job

PAGE = "/o/acme/jobs/"


@pytest.fixture
def job(in_acme) -> Job:
    return Job.objects.create(
        collection="scenes",
        method="insert",
        lenient=True,
        name="o/x/j/y",
        media_type="application/x-ndjson",
        size=5_000_000,
        counts={"Created": 1200, "Refused": 3},
        progress=40,
        status="running",
        asker="apikey:1",
        by="loader",
    )


def test_it_works(ada_client, job):
    page = ada_client.get(PAGE)
    text = page.content.decode()
    assert 'value="40"' in text
    assert "Created 1,200" in text
    assert f"/stac/jobs/{job.pk}/report" in text
    assert "every 3s" in text
    fragment = ada_client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert 'value="40"' in fragment
    assert ada_client.post(f"{PAGE}{job.pk}/cancel/").status_code == 302
    job.refresh_from_db()
    assert job.status == "dismissed"
    assert "every 3s" not in ada_client.get(PAGE).content.decode()
    assert ada_client.post(f"{PAGE}{job.pk}/cancel/").status_code == 302


def test_who_may_open_it(ben_client, cyd_client, job):
    assert ben_client.get(PAGE).status_code == 403
    assert cyd_client.get(PAGE).status_code == 404
    assert cyd_client.post(f"{PAGE}{job.pk}/cancel/").status_code == 404
