"""The live server and its worker are what the other rooms' browser tests stand on."""

import requests


def test_it_works(live):
    assert requests.get(f"{live.url}/livez", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"{live.url}/o/nobody/", timeout=10).status_code == 404


def test_bucket_is_the_runs_own(bucket):
    bucket.put_object(Key="o/x", Body=b"bytes")
    assert bucket.Object("o/x").get()["Body"].read() == b"bytes"
