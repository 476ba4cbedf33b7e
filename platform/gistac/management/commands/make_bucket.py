"""Makes the bucket as uploads from a browser need it."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Makes the bucket where it is missing, and sets its CORS and lifecycle rules."

    def handle(self, *args: Any, **options: Any) -> None:
        bucket = settings.S3["bucket_name"]
        client = boto3.client(
            "s3",
            endpoint_url=settings.S3["endpoint_url"],
            aws_access_key_id=settings.S3["access_key"],
            aws_secret_access_key=settings.S3["secret_key"],
            region_name=settings.S3["region_name"],
            # A store that was killed needs some twenty seconds before it writes again.
            config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
        )
        try:
            client.head_bucket(Bucket=bucket)
        except ClientError:
            client.create_bucket(Bucket=bucket)
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors_rule()]})
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [ABANDONED_UPLOADS]}
        )


ABANDONED_UPLOADS = {
    "ID": "abandoned-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}


def cors_rule() -> dict[str, Any]:
    """Pages of ours, at either door, may put parts and read back each part's ETag."""
    scheme, _, host = settings.PLATFORM_URL.partition("://")
    return {
        "AllowedOrigins": [settings.PLATFORM_URL, f"{scheme}://*.{host}"],
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"],
        "MaxAgeSeconds": 3600,
    }
