"""`audit403 check` of a folder with one bucket policy, whole processes, beside parliament; the ratios of one run.

    python benchmarks/s3_check.py [--runs N]

Medians of interleaved runs. Ends with 1 above the wanted time.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from _rivals import OWN, PARLIAMENT, audit403, environment, interleaved, parliament, print_side_by_side

#: Seconds, on a machine on which `python -c pass` takes some 12 ms.
WANTED = 0.060
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Visitors",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::assets/*",
        },
        {
            "Sid": "OnlyWithTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::assets", "arn:aws:s3:::assets/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "policies"
        folder.mkdir()
        (folder / "policy.json").write_text(json.dumps(POLICY, indent=2))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            OWN: audit403(folder),
            PARLIAMENT: parliament(folder),
        }
        medians = interleaved(commands, environment(Path(name) / "cache"), runs)
    print_side_by_side("one policy of two statements", medians, PARLIAMENT)
    return 0 if medians[OWN].wall <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
