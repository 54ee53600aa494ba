"""Random configurations of Terraform: each policy has one expression, of which two readers say what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_WORDS = ("site", "logs", "Prod", "eu-west-1", "a/b/", "*.html", "", " x ", "ä", "10.0.0.0/8", "1", "true")
_PARTS = ("arn:aws:s3:::", "/*", "-", r"\n", r"\"", r"\\", "$${aws:username}", "%%{x}", "ä", "$")
_SIGNS = ("<", "<=", ">", ">=", "==", "!=")
_DEEPEST = 4

#: What the expressions may refer to, with the kind of each.
_NAMES = {
    "text": (
        "var.env",
        "var.port",
        "var.site.host",
        "local.name",
        "local.page.title",
        'local.page["title"]',
        "local.pages[1].title",
        "each.key",
    ),
    "number": ("var.count_of", "local.port", "var.limit"),
    "truth": ("var.is_public", "local.off"),
    "list": (
        "var.regions",
        "var.mixed",
        "var.site.aliases",
        "local.words",
        "local.pages[*].title",
        "local.pages.*.title",
    ),
    "map": ("var.tags", "local.labels"),
}
AROUND = """
variable "env" {
  type    = string
  default = "staging"
}
variable "count_of" {
  type    = number
  default = 3
}
variable "is_public" {
  default = true
}
variable "regions" {
  type    = list(string)
  default = ["eu-west-1", "us-east-1", "eu-west-1"]
}
variable "tags" {
  type    = map(string)
  default = { team = "web", cost = "12" }
}
variable "port" {
  type    = string
  default = 8080
}
variable "mixed" {
  type    = list(string)
  default = ["a", 1, true]
}
variable "zones" {
  type    = set(string)
  default = ["c", "a", "b", "a"]
}
variable "limit" {
  type    = number
  default = "12"
}
variable "site" {
  type    = object({ host = string, aliases = optional(list(string), ["www"]), ttl = optional(number) })
  default = { host = "acme.test" }
}
locals {
  name   = "acme-${var.env}"
  port   = var.count_of * 2 + 1
  off    = !var.is_public
  words  = concat(var.regions, ["x", ""])
  labels = merge(var.tags, { name = local.name })
  page   = { title = "Home", size = 10 }
  pages  = [local.page, { title = "About", size = 20 }]
}
"""


class Generator:
    """Makes expressions of each kind, deeper ones of others."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.names: list[tuple[str, str]] = []

    def configuration(self, count: int) -> tuple[str, list[str]]:
        """A configuration of so many policies, and the expression in each."""
        expressions = [self.any(0) for _ in range(count)]
        policies = "".join(_policy(number, expression) for number, expression in enumerate(expressions))
        return AROUND + policies, expressions

    def repeated(self) -> dict[str, str]:
        """Files in which policies stand once for each of several things, in modules that do so too."""
        module = "".join(self._several(number, in_module=True) for number in range(2))
        variables = 'variable "name" {}\nvariable "words" {\n  type = list(string)\n  default = ["d", "e", "d"]\n}\n'
        calls = "".join(self._call(number) for number in range(3))
        own = "".join(self._several(number, in_module=False) for number in range(4))
        return {"main.tf": AROUND + own + calls, "inner/main.tf": variables + module}

    def _repetition(self, of: str) -> tuple[str, str]:
        """How often a block stands, and what is different in each."""
        rng = self.rng
        return rng.choice((
            (f"for_each = toset({of})", "${each.key}/${each.value}"),
            (f"for_each = {{ for item in toset({of}) : item => upper(item) }}", "${each.key}/${each.value}"),
            (f"count = length({of})", f"${{count.index}}/${{element({of}, count.index)}}"),
            (f'count = contains({of}, "{rng.choice(_WORDS)}") ? 1 : 0', "${count.index}"),
            ("", "once"),
        ))  # fmt: skip

    def _several(self, number: int, *, in_module: bool) -> str:
        words = "var.words" if in_module else self._leaf("list")
        line, own = self._repetition(words)
        name = "${var.name}-" if in_module else ""
        return f"""
resource "aws_s3_bucket_policy" "p{number}" {{
  {line}
  bucket = "{name}{number}-{own}"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [], Id = "{own}" }})
}}
"""

    def _call(self, number: int) -> str:
        line, own = self._repetition(self.rng.choice(("var.regions", "local.words", "keys(var.tags)")))
        given = "" if self.rng.random() < 0.3 else f"  words = {self._for_list(_DEEPEST)}\n"
        return f"""
module "m{number}" {{
  source = "./inner"
  {line}
  name   = "m{number}-{own}"
{given}}}
"""

    def any(self, depth: int) -> str:
        """An expression of any kind."""
        return self.of(self.rng.choice(("text", "text", "number", "truth", "list", "map", "object")), depth)

    def of(self, kind: str, depth: int) -> str:
        """An expression of one kind."""
        if depth >= _DEEPEST or self.rng.random() < 0.1 + depth * 0.1:
            return self._leaf(kind)
        if kind not in ("map", "object") and self.rng.random() < 0.12:
            chosen = f"{self.of('truth', depth + 1)} ? {self.of(kind, depth + 1)} : {self.of(kind, depth + 1)}"
            return f"({chosen})"
        made: str = getattr(self, f"_{kind}")(depth + 1)
        return made

    def _leaf(self, kind: str) -> str:
        here = [name for name, its in self.names if its == kind]
        known = [name for name in _NAMES.get(kind, ()) if name != "each.key"]
        if here and self.rng.random() < 0.6:
            return self.rng.choice(here)
        if known and self.rng.random() < 0.5:
            return self.rng.choice(known)
        if kind == "text":
            return f'"{self.rng.choice(_WORDS)}"'
        if kind == "number":
            return str(self.rng.choice((0, 1, 2, 7, 10, 1.5, 1024)))
        if kind == "truth":
            return self.rng.choice(("true", "false"))
        if kind == "list":
            return "[" + ", ".join(f'"{self.rng.choice(_WORDS)}"' for _ in range(self.rng.randint(1, 3))) + "]"
        if kind == "map":
            return f'{{ a = "{self.rng.choice(_WORDS)}", "b-c" = "{self.rng.choice(_WORDS)}" }}'
        return f'{{ Sid = "{self.rng.choice(_WORDS)}", Port = {self.rng.randint(0, 9)} }}'

    def _text(self, depth: int) -> str:
        rng = self.rng
        text = self.of("text", depth)
        return rng.choice((
            lambda: self._template(depth),
            lambda: self._template(depth),
            lambda: self._heredoc(depth),
            lambda: f'join("{rng.choice((",", "-", ""))}", {self.of("list", depth)})',
            lambda: f"upper({text})",
            lambda: f"lower({text})",
            lambda: f"title({text})",
            lambda: f"trimspace({text})",
            lambda: f'replace({text}, "{rng.choice(("a", "e", "/", "-"))}", "{rng.choice(("", "_", "xx"))}")',
            lambda: f'replace({text}, "/{rng.choice(("[a-e]+", "(s)(t)", "^a"))}/", "<$1>")',
            lambda: f'format("{rng.choice(("%s-x", "%q", "[%5s]", "%-6s|", "%s%%"))}", {text})',
            lambda: f'format("{rng.choice(("%d", "%03d", "%x", "%.2f", "%v"))}", {self.of("number", depth)})',
            lambda: f"substr({text}, {rng.randint(0, 2)}, {rng.choice((-1, 0, 2, 50))})",
            lambda: f'trimprefix({text}, "{rng.choice(("a", "s", "eu-"))}")',
            lambda: f'trimsuffix({text}, "{rng.choice(("e", "-1", "/"))}")',
            lambda: f'trim({text}, "{rng.choice(("a/", " ", "s"))}")',
            lambda: f"element({self.of('list', depth)}, {rng.randint(0, 5)})",
            lambda: f"{self.of('list', depth)}[0]" if rng.random() < 0.5 else f"({self.of('list', depth)})[0]",
            lambda: f'lookup({self.of("map", depth)}, "{rng.choice(("a", "team", "none"))}", {text})',
            lambda: f"({self.of('truth', depth)} ? {text} : {self.of('number', depth)})",
            lambda: f"({self.of('truth', depth)} ? {self.of('truth', depth)} : {text})",
            lambda: f"coalesce({self.of('number', depth)}, {text})",
            lambda: f"tolist([{self.of('number', depth)}, {text}])[0]",
            lambda: f"tostring({self.of(rng.choice(('number', 'truth', 'text')), depth)})",
            lambda: f"jsonencode({self.any(depth)})",
            lambda: f"coalesce({text}, {self._leaf('text')})",
            lambda: f"try({text}, {self._leaf('text')})",
            lambda: f"basename({text})",
            lambda: f"dirname({text})",
            lambda: f"chomp({text})",
            lambda: f"strrev({text})",
            lambda: f"md5({text})",
            lambda: f"sha1({text})",
            lambda: f"sha256({text})",
            lambda: f"base64encode({text})",
            lambda: f"urlencode({text})",
        ))()  # fmt: skip

    def _template(self, depth: int) -> str:
        rng = self.rng
        parts = (
            lambda: f"${{{self._inside(self.of(rng.choice(('text', 'number', 'truth')), depth))}}}",
            lambda: rng.choice(_PARTS),
            lambda: f"%{{ if {self._inside(self.of('truth', depth), 'true')} }}yes%{{ else }}no%{{ endif }}",
            lambda: f"%{{ for one in {self._inside(self.of('list', depth), 'var.regions')} ~}}  ${{one}},%{{ endfor }}",
        )
        return '"' + "".join(rng.choice(parts)() for _ in range(rng.randint(1, 3))) + '"'

    def _inside(self, expression: str, otherwise: str = '"line"') -> str:
        """An expression in a quoted template: it may have no line of its own."""
        return expression if "\n" not in expression else otherwise

    def _heredoc(self, depth: int) -> str:
        dash = self.rng.choice(("", "-"))
        indent = "    " if dash else ""
        inner = self._inside(self.of("text", depth))
        lines = f"{indent}first ${{{inner}}}\n{indent}  second $${{x}}\n"
        return f"trimspace(<<{dash}EOT\n{lines}{indent}EOT\n)"

    def _number(self, depth: int) -> str:
        rng = self.rng
        one = self.of("number", depth)
        return rng.choice((
            lambda: f"({one} {rng.choice('+-*')} {self.of('number', depth)})",
            lambda: f"({one} {rng.choice('/%')} {rng.choice((1, 2, 4))})",
            lambda: f"-{rng.choice(('var.count_of', 'local.port', 3, 1.5))}",
            lambda: f"length({self.of(rng.choice(('list', 'map', 'text')), depth)})",
            lambda: f"max({one}, {self.of('number', depth)})",
            lambda: f"min({one}, {self.of('number', depth)})",
            lambda: f"floor({one})",
            lambda: f"ceil({one})",
            lambda: f"abs({one})",
            lambda: 'tonumber("12")',
            lambda: f'index(["x", "{rng.choice(_WORDS)}"], "x")',
            lambda: f"parseint(\"{rng.choice(('10', 'ff'))}\", 16)",
            lambda: f"sum([{one}, 2])",
        ))()  # fmt: skip

    def _truth(self, depth: int) -> str:
        rng = self.rng
        return rng.choice((
            lambda: f"({self.of('text', depth)} {rng.choice(('==', '!='))} {self.of('text', depth)})",
            lambda: f"({self.of('number', depth)} {rng.choice(_SIGNS)} {self.of('number', depth)})",
            lambda: f"({self.of('truth', depth)} {rng.choice(('&&', '||'))} {self.of('truth', depth)})",
            lambda: f"!{self._leaf('truth')}",
            lambda: f'contains({self.of("list", depth)}, "{rng.choice(_WORDS)}")',
            lambda: f'startswith({self.of("text", depth)}, "{rng.choice(("a", "s", ""))}")',
            lambda: f'endswith({self.of("text", depth)}, "{rng.choice(("e", "/", ""))}")',
            lambda: f"can({self.of('list', depth)}[{rng.randint(0, 3)}])",
            lambda: f"anytrue([{self.of('truth', depth)}, false])",
            lambda: f"alltrue([{self.of('truth', depth)}, true])",
            lambda: 'can(regex("^[a-z]+$", ' + self.of("text", depth) + "))",
        ))()  # fmt: skip

    def _list(self, depth: int) -> str:
        rng = self.rng
        one = self.of("list", depth)
        return rng.choice((
            lambda: f"[{self.of('text', depth)}, {self.of('text', depth)}]",
            lambda: f"concat({one}, {self.of('list', depth)})",
            lambda: f"compact({one})",
            lambda: f"distinct({one})",
            lambda: f"sort({one})",
            lambda: f"reverse({one})",
            lambda: f"keys({self.of('map', depth)})",
            lambda: f"values({self.of('map', depth)})",
            lambda: f"tolist(toset({one}))",
            lambda: f'split("{rng.choice((",", "-", "/"))}", {self.of("text", depth)})',
            lambda: f"flatten([{one}, [{self.of('list', depth)}]])",
            lambda: f"slice(concat({one}, [\"y\", \"z\"]), 0, {rng.randint(0, 2)})",
            lambda: f'formatlist("{rng.choice(("%s/*", "arn:aws:s3:::%s"))}", {one})',
            lambda: f"[for number in range({rng.randint(0, 4)}) : tostring(number)]",
            lambda: f"chunklist({one}, 2)[0]",
            lambda: '[for key, value in var.zones : "${key}${value}"]',
            lambda: "sort(var.zones)",
            lambda: "[cidrsubnet(\"10.1.0.0/16\", 4, 3), cidrhost(\"10.1.2.0/24\", 7), cidrnetmask(\"10.0.0.0/9\")]",
            lambda: f"tolist(setunion({one}, [\"q\"]))",
            lambda: f"tolist(setintersection({one}, {self.of('list', depth)}))",
            lambda: f"tolist(setsubtract({one}, {self.of('list', depth)}))",
            lambda: f"[for key, value in toset({one}) : \"${{key}}=${{value}}\"]",
            lambda: f"coalescelist({one}, [\"c\"])",
            lambda: f'regexall("[a-z]+", {self.of("text", depth)})',
            lambda: f"matchkeys([\"m\", \"n\"], [\"1\", \"2\"], {one})",
            lambda: self._for_list(depth),
            lambda: self._for_list(depth),
        ))()  # fmt: skip

    def _for_list(self, depth: int) -> str:
        rng = self.rng
        if rng.random() < 0.4:
            of = self.of("map", depth)
            inner = self._with((("key", "text"), ("value", "text")), "text", depth)
            return f"[for key, value in {of} : {inner}]"
        of = self.of("list", depth)
        inner = self._with((("item", "text"),), "text", depth)
        only = f' if item != "{rng.choice(_WORDS)}"' if rng.random() < 0.4 else ""
        return f"[for item in {of} : {inner}{only}]"

    def _map(self, depth: int) -> str:
        rng = self.rng
        return rng.choice((
            lambda: f"{{ a = {self.of('text', depth)}, (upper(\"k\")) = {self.of('text', depth)} }}",
            lambda: f"merge({self.of('map', depth)}, {self.of('map', depth)})",
            lambda: f"tomap({self.of('map', depth)})",
            lambda: f"{{ for key, value in {self.of('map', depth)} : upper(key) => value }}",
            lambda: f"{{ for number, item in {self.of('list', depth)} : \"n${{number}}\" => item }}",
            lambda: 'zipmap(["p", "q"], [' + self.of("text", depth) + ', "r"])',
        ))() if rng.random() < 0.9 else self._leaf("map")  # fmt: skip

    def _object(self, depth: int) -> str:
        rng = self.rng
        if self.rng.random() < 0.2:
            return f'{{ for item in {self.of("list", depth)} : "k-${{item}}" => item... }}'
        members = [f"{name} = {self.any(depth)}" for name in rng.sample(("Sid", "Effect", "Action", "Principal"), 2)]
        return "{\n    " + "\n    ".join(members) + "\n  }"

    def _with(self, names: tuple[tuple[str, str], ...], kind: str, depth: int) -> str:
        self.names += names
        made = self.of(kind, depth)
        del self.names[-len(names) :]
        return made


def _policy(number: int, expression: str) -> str:
    return f"""
resource "aws_s3_bucket_policy" "p{number}" {{
  bucket = "site-{number}"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [], Id = {expression} }})
}}
"""
