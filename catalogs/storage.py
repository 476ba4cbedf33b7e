"""The bucket. Browsers send parts and fetch assets by URLs signed here, for minutes."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files.base import File
from django.core.files.storage import storages
from storages.backends.s3 import S3Storage

from catalogs.stac.errors import Refused

MIB = 1024 * 1024
SMALLEST_PART = 16 * MIB
MOST_PARTS = 9000  # S3 takes 10,000
LARGEST_FILE = 5 * 1024**4  # S3's own limit
# What a browser may be told a file is; anything else could be a page with scripts in it.
SAFE_TYPES = frozenset(
    {
        "image/tiff",
        "image/png",
        "image/jpeg",
        "image/webp",
        "application/json",
        "application/geo+json",
        "application/octet-stream",
        "application/zip",
        "application/x-parquet",
        "application/vnd.apache.parquet",
    }
)


class StorageUnavailable(Refused):
    """The bucket does not answer; the same request will work later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "StorageUnavailable"

    def __init__(self) -> None:
        super().__init__("The file store does not answer just now. Try again in a minute.")


class Part(NamedTuple):
    number: int
    size: int
    etag: str


class Held(NamedTuple):
    """An object as the bucket lists it."""

    name: str
    size: int
    modified: datetime


def part_size(size: int) -> int:
    """Bytes in each part but the last; by size alone, so that a resumed upload agrees."""
    return max(SMALLEST_PART, math.ceil(size / MOST_PARTS))


def part_count(size: int) -> int:
    return math.ceil(size / part_size(size))


def part_length(size: int, number: int) -> int:
    """Bytes in part `number`, counted from 1."""
    return min(part_size(size), size - (number - 1) * part_size(size))


def disposition(filename: str, *, inline: bool = False) -> str:
    """Content-Disposition for any file name (RFC 6266, RFC 8187)."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename
    )
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def safe_type(media_type: str) -> str:
    plain = media_type.split(";")[0].strip().lower()
    return media_type if plain in SAFE_TYPES else "application/octet-stream"


@contextmanager
def _answering() -> Iterator[None]:
    """An outage of the bucket becomes one clear refusal."""
    try:
        yield
    except (Boto3Error, BotoCoreError, HTTPClientError) as fault:
        raise StorageUnavailable from fault
    except ClientError as fault:
        if fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
            raise StorageUnavailable from fault
        raise


def _missing(fault: ClientError) -> bool:
    return fault.response.get("Error", {}).get("Code") in ("NoSuchUpload", "NoSuchKey", "404")


class AssetStorage(S3Storage):  # type: ignore[misc]
    """django-storages' S3, never overwriting, always signing, with the multipart verbs added."""

    def __init__(self, public_endpoint_url: str | None = None, **options: Any) -> None:
        self.public_endpoint_url = public_endpoint_url or options.get("endpoint_url")
        super().__init__(
            file_overwrite=False,
            custom_domain=None,
            querystring_auth=True,
            querystring_expire=300,
            transfer_config=TransferConfig(use_threads=False, multipart_chunksize=SMALLEST_PART),
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=10,
                retries={"max_attempts": 2, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=32,
            ),
            **options,
        )

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    @property
    def signer(self) -> Any:
        """A client that signs for the address by which browsers reach the bucket."""
        signer = getattr(self._connections, "signer", None)
        if signer is None:
            signer = self._create_session().client(
                "s3",
                region_name=self.region_name,
                endpoint_url=self.public_endpoint_url,
                config=self.client_config,
                verify=self.verify,
            )
            self._connections.signer = signer
        return signer

    def url(
        self,
        name: str,
        method: str = "GET",
        *,
        filename: str = "",
        media_type: str = "",
        inline: bool = False,
        expires: int = 300,
    ) -> str:
        """An address signed for `expires` seconds and for one method, GET or HEAD."""
        params: dict[str, Any] = {"Bucket": self.bucket_name, "Key": name}
        if filename:
            params["ResponseContentDisposition"] = disposition(filename, inline=inline)
        if media_type:
            params["ResponseContentType"] = safe_type(media_type)
        action = "head_object" if method == "HEAD" else "get_object"
        return str(
            self.signer.generate_presigned_url(
                action, Params=params, ExpiresIn=expires, HttpMethod=method
            )
        )

    # Parts -------------------------------------------------------------------
    def begin(self, name: str, media_type: str) -> str:
        """Open a multipart upload; its id stays on the server."""
        with _answering():
            answer = self.client.create_multipart_upload(
                Bucket=self.bucket_name, Key=name, ContentType=safe_type(media_type)
            )
        return str(answer["UploadId"])

    def part_url(
        self, name: str, multipart: str, number: int, length: int, expires: int = 900
    ) -> str:
        """Where to PUT one part: of this length and no other."""
        return str(
            self.signer.generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self.bucket_name,
                    "Key": name,
                    "UploadId": multipart,
                    "PartNumber": number,
                    "ContentLength": length,
                },
                ExpiresIn=expires,
            )
        )

    def parts(self, name: str, multipart: str, page: int = 1000) -> list[Part] | None:
        """What the bucket has received, all pages of it; None when it knows no such upload."""
        found: list[Part] = []
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket_name,
            Key=name,
            UploadId=multipart,
            PaginationConfig={"PageSize": page},
        )
        try:
            with _answering():
                for answer in pages:
                    found += [
                        Part(part["PartNumber"], part["Size"], part["ETag"])
                        for part in answer.get("Parts", ())
                    ]
        except ClientError as fault:
            if _missing(fault):
                return None
            raise
        return found

    def complete(self, name: str, multipart: str, parts: list[Part]) -> None:
        """Make one object of the parts; whether there is one then, `held_size` tells.

        Asked again, or after the upload was given up, it does nothing.
        """
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        try:
            with _answering():
                self.client.complete_multipart_upload(
                    Bucket=self.bucket_name,
                    Key=name,
                    UploadId=multipart,
                    MultipartUpload={"Parts": listed},
                )
        except ClientError as fault:
            if not _missing(fault):
                raise

    def give_up(self, name: str, multipart: str) -> None:
        """Abort a multipart upload; never one whose object is finished, which it could destroy."""
        if self.held_size(name) is not None:
            return
        try:
            with _answering():
                self.client.abort_multipart_upload(
                    Bucket=self.bucket_name, Key=name, UploadId=multipart
                )
        except ClientError as fault:
            if not _missing(fault):
                raise

    def unfinished(self, prefix: str) -> list[tuple[str, str, datetime]]:
        """Multipart uploads under way: name, id and start of each."""
        found: list[tuple[str, str, datetime]] = []
        with _answering():
            for page in self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket_name, Prefix=prefix
            ):
                found += [
                    (each["Key"], each["UploadId"], each["Initiated"])
                    for each in page.get("Uploads", ())
                ]
        return found

    def put_part(self, name: str, multipart: str, number: int, data: bytes) -> Part:
        """One that the server itself has made."""
        with _answering():
            answer = self.client.upload_part(
                Bucket=self.bucket_name,
                Key=name,
                UploadId=multipart,
                PartNumber=number,
                Body=data,
            )
        return Part(number, len(data), answer["ETag"])

    # Whole objects -----------------------------------------------------------
    def held_size(self, name: str) -> int | None:
        """Bytes of a finished object; None when there is none."""
        try:
            with _answering():
                return int(
                    self.client.head_object(Bucket=self.bucket_name, Key=name)["ContentLength"]
                )
        except ClientError as fault:
            if _missing(fault):
                return None
            raise

    def listing(self, prefix: str) -> Iterator[Held]:
        with _answering():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=prefix
            ):
                for each in page.get("Contents", ()):
                    yield Held(each["Key"], each["Size"], each["LastModified"])

    def read(self, name: str, start: int, length: int) -> bytes:
        with _answering():
            answer = self.client.get_object(
                Bucket=self.bucket_name, Key=name, Range=f"bytes={start}-{start + length - 1}"
            )
            return bytes(answer["Body"].read())

    def chunks(self, name: str, size: int = 8 * MIB) -> Iterator[bytes]:
        """The whole object, in order; FileNotFoundError where it is gone."""
        try:
            with _answering():
                body = self.client.get_object(Bucket=self.bucket_name, Key=name)["Body"]
                yield from body.iter_chunks(size)
        except ClientError as fault:
            if _missing(fault):
                raise FileNotFoundError(f"{name} is not in the store.") from fault
            raise

    def store(self, name: str, file: IO[bytes], alive: Callable[[], None]) -> str:
        """Keep a file that the server made; says now and then that it is at it."""
        with _answering():
            return str(self.save(name, _Told(file, alive)))

    def remove(self, name: str) -> None:
        with _answering():
            self.client.delete_object(Bucket=self.bucket_name, Key=name)

    def remove_all(self, names: list[str]) -> None:
        """At most a thousand at once; what is not there is removed already."""
        listed = [{"Key": name} for name in names]
        with _answering():
            answer = self.client.delete_objects(
                Bucket=self.bucket_name, Delete={"Objects": listed, "Quiet": True}
            )
        if answer.get("Errors"):
            raise StorageUnavailable


class _Told(File):  # type: ignore[type-arg]
    """A file that says so each time it is read from."""

    def __init__(self, file: IO[bytes], alive: Callable[[], None]) -> None:
        super().__init__(file)
        self.source, self.alive = file, alive

    def read(self, *args: Any) -> bytes:
        self.alive()
        return self.source.read(*args)


def assets() -> AssetStorage:
    """The bucket that holds what organizations upload."""
    storage = storages["assets"]
    if not isinstance(storage, AssetStorage):
        raise TypeError("STORAGES['assets'] must be catalogs.storage.AssetStorage.")
    return storage


class Outgoing:
    """A file that is only ever appended to, and is sent to the bucket part by part.

    It is an object when all of it was written without a fault, and nothing before. `begun` is
    told the upload's id.
    """

    def __init__(
        self, bucket: AssetStorage, name: str, media_type: str, begun: Callable[[str], None]
    ) -> None:
        self.bucket, self.name, self.media_type, self.begun = bucket, name, media_type, begun
        self.waiting = bytearray()
        self.parts: list[Part] = []
        self.length = 0

    def __enter__(self) -> "Outgoing":
        self.multipart = self.bucket.begin(self.name, self.media_type)
        self.begun(self.multipart)
        return self

    def __exit__(self, kind: type[BaseException] | None, *fault: object) -> None:
        if kind is not None:
            self.bucket.give_up(self.name, self.multipart)
            return
        if self.waiting:
            self._send()
        self.bucket.complete(self.name, self.multipart, self.parts)

    def write(self, data: Any) -> int:
        self.waiting += data
        self.length += len(data)
        # Parts grow as there are more of them: a bucket takes 10,000.
        if len(self.waiting) >= SMALLEST_PART * (1 + len(self.parts) // 500):
            self._send()
        return len(data)

    def _send(self) -> None:
        number = len(self.parts) + 1
        self.parts.append(
            self.bucket.put_part(self.name, self.multipart, number, bytes(self.waiting))
        )
        self.waiting.clear()

    def tell(self) -> int:
        return self.length

    def flush(self) -> None:
        """Nothing is written twice."""
