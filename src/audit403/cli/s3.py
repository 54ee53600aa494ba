"""`audit403 s3`: audit an account's buckets – their policies, settings and what they hang on, as AWS tells of them."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from audit403.cli.check import add_report_options, asked_of, exit_code, show
from audit403.cli.output import Output
from audit403.core.errors import BadUsage
from audit403.engine.audit import Report, judged
from audit403.engine.selection import require_known
from audit403.report.shown import Paths
from audit403.report.terminal import complain

if TYPE_CHECKING:
    from audit403.engine.audit import Asked
    from audit403.s3.live.collect import Collected, Wanted

USUAL_JOBS = 32
_FAMILY = "s3"
_SCHEME, _ARN = "s3://", ":::"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("buckets", nargs="*", metavar="BUCKET", help="names, s3://names or ARNs (default: all of the account)")
    add("--profile", metavar="NAME", help="the profile of the AWS CLI to ask with")
    add("--region", metavar="REGION", help="where to begin; buckets are asked in their own regions")
    add("--role", metavar="ARN", help="the role to assume first")
    add("--endpoint-url", metavar="URL", help="another server than AWS, which is asked for everything")
    add(
        "--as",
        dest="principals",
        action="append",
        default=[],
        metavar="PRINCIPAL",
        help="ARN of a user or role to collect, too",
    )
    add("--key", dest="keys", action="append", default=[], metavar="KEY", help="look at this object of each bucket")
    add("--sample", type=int, default=0, metavar="COUNT", help="look at so many objects of each bucket")
    add(
        "--inventory",
        dest="inventories",
        action="append",
        default=[],
        metavar="MANIFEST",
        help="manifest.json of an S3 Inventory, a file or s3://bucket/key: the objects of its bucket",
    )
    add("--resume", metavar="FILE", help="keep a journal there, and pass over the buckets that it has already")
    add("--jobs", type=int, default=USUAL_JOBS, metavar="COUNT", help=f"buckets at once (default: {USUAL_JOBS})")
    add("--save", metavar="FILE", help="write what was collected to a state, for `check` and `explain --state`")
    add_report_options(parser)


def run(args: Namespace) -> int:
    """Run the command; the exit code."""
    if args.jobs < 1:
        raise BadUsage("--jobs takes a number from 1.")
    asked = asked_of(args)
    require_known((*(asked.select or ()), *asked.ignore))
    wanted = _wanted(args)
    with Output(args.output) as output:
        collected = _collected(args, wanted)
        if args.save is not None:
            _save(collected, args.save)
        report = _report(collected, asked)
        output.begin(report)
        show(report, args, Paths(["/"]), output.stream)
    for fault in report.faults:
        complain(fault)
    return exit_code(report)


def _wanted(args: Namespace) -> "Wanted":
    from audit403.s3.live.collect import Wanted
    from audit403.s3.live.objects import Objects
    from audit403.s3.model.caller import ROLE, SESSION, USER, caller_of

    buckets = dict.fromkeys(_bucket_name(text) for text in args.buckets)
    for text in args.principals:
        if caller_of(text).kind not in (USER, ROLE, SESSION):
            raise BadUsage(f"--as takes the ARN of a user, a role or a role's session, and {text} is none.")
    if args.sample < 0:
        raise BadUsage("--sample takes a number from 0.")
    objects = Objects(tuple(dict.fromkeys(args.keys)), args.sample)
    return Wanted(tuple(buckets), tuple(dict.fromkeys(args.principals)), objects)


def _bucket_name(text: str) -> str:
    """The name out of what names a bucket. Raises BadUsage."""
    name = text.removeprefix(_SCHEME).rstrip("/")
    if name.startswith("arn:"):
        name = name.partition(_ARN)[2]
    if not name or "/" in name:
        raise BadUsage(f"s3 takes names of buckets, and {text} is none.")
    return name


def _collected(args: Namespace, wanted: "Wanted") -> "Collected":
    from audit403.report.progress import TargetsProgress
    from audit403.s3.live.client import Clients, Login
    from audit403.s3.live.collect import Collector
    from audit403.s3.live.workers import Workers

    clients = Clients(Login(args.profile, args.region, args.role, args.endpoint_url), args.jobs)
    workers = Workers(args.jobs)
    with TargetsProgress("buckets") as progress, workers.interruptible():
        collected = Collector(clients, wanted, workers, progress.tell, args.resume).collect()
    if not args.inventories:
        return collected
    from audit403.s3.live.inventory import add_inventories

    missed = add_inventories(collected.state, args.inventories, clients)
    return collected._replace(not_audited=(*collected.not_audited, *missed))


def _save(collected: "Collected", path: str) -> None:
    from audit403.s3.live.save import save

    if "buckets" in collected.state:
        save(collected, path)
    else:
        complain(f"{path} was not written: no bucket is known")


def _report(collected: "Collected", asked: "Asked") -> Report:
    from audit403.core.family import Options
    from audit403.engine.audit import finder_of
    from audit403.engine.targets import FoundSite
    from audit403.s3.read.described import Described
    from audit403.s3.read.policy_file import STATE
    from audit403.s3.site import S3Site

    settings = finder_of(asked).nearest(".")
    described = Described(STATE, collected.name, {}, collected.state, {})
    site = S3Site(described, Options(visitors=settings.visitors))
    found = [FoundSite(_FAMILY, site, settings, elsewhere=True)] if "buckets" in collected.state else []
    return judged(found, asked, collected.not_audited)
