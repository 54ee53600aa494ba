"""An S3 that answers every call after the same time: so many buckets, each with a policy and every other part.

It knows no accounts, as other servers than AWS do not.

python _s3_server.py PORT BUCKETS SECONDS; a line on standard output says that it listens.
"""

import asyncio
import json
import re
import sys

REQUEST = re.compile(rb"([A-Z]+) /([^? ]*)(?:\?(\S*))? HTTP/1\.1\r\n")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ACCOUNT = "111122223333"
PAGE = 1000
OWNER = "<Owner><ID>" + "a" * 64 + "</ID></Owner>"
BLOCK = "".join(
    f"<{flag}>true</{flag}>"
    for flag in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
)
#: By the first word of the query. Ownership is the old one, so that ACLs are asked for: eight calls a bucket.
PARTS = {
    "publicAccessBlock": f"<PublicAccessBlockConfiguration>{BLOCK}</PublicAccessBlockConfiguration>",
    "ownershipControls": (
        "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"
    ),
    "acl": f"<AccessControlPolicy>{OWNER}<AccessControlList/></AccessControlPolicy>",
    "requestPayment": "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    "encryption": (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256"
        "</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    ),
}
ABSENT = {"website": "NoSuchWebsiteConfiguration", "cors": "NoSuchCORSConfiguration"}


def policy(bucket: str) -> str:
    """A policy as behind CloudFront, with plain HTTP denied."""
    arn = f"arn:aws:s3:::{bucket}"
    source = {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    statements = [
        {**allow, "Resource": f"{arn}/*", "Condition": {"StringEquals": source}},
        {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def answer(method: str, path: str, query: str, count: int) -> tuple[int, str]:
    """The status and the body."""
    part = query.partition("&")[0].partition("=")[0]
    if method == "POST":
        return 501, "<ErrorResponse><Error><Code>NotImplemented</Code><Message>no STS</Message></Error></ErrorResponse>"
    if not path:
        found = re.search(r"continuation-token=(\d+)", query)
        first = int(found[1]) if found else 0
        last = min(first + PAGE, count)
        rows = "".join(
            f"<Bucket><Name>bucket-{number:05}</Name><BucketRegion>us-east-1</BucketRegion></Bucket>"
            for number in range(first, last)
        )
        token = f"<ContinuationToken>{last}</ContinuationToken>" if last < count else ""
        return 200, f"<ListAllMyBucketsResult><Buckets>{rows}</Buckets>{OWNER}{token}</ListAllMyBucketsResult>"
    if part == "policy":
        return 200, policy(path)
    if part in PARTS:
        return 200, PARTS[part]
    return 404, f"<Error><Code>{ABSENT.get(part, 'NoSuchKey')}</Code><Message>none</Message></Error>"


async def serve(port: int, count: int, seconds: float) -> None:
    """Answer until the process ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                if length is not None:
                    await reader.readexactly(int(length[1]))
                found = REQUEST.match(head)
                assert found is not None
                method, path, query = (one.decode() for one in (found[1], found[2], found[3] or b""))
                await asyncio.sleep(seconds)
                status, body = answer(method, path.rstrip("/"), query, count)
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=1024)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
