"""``da-bench list``: what can be named on the command line, as the YAML says it."""

import re
from itertools import groupby

import yaml
from jsonargparse import Namespace

from da_bench.config import catalogue, layers

from .arguments import command_parser
from .options import Parser

HELP = "methods, benchmarks, tasks"


def parser() -> Parser:
    """The argument parser of ``da-bench list``."""
    parser = command_parser(
        "list [all|methods|benchmarks|tasks] [NAME] [options]",
        "What can be named on the command line; one method in full, with its formula.",
        "list methods --family adversarial",
    )
    add_argument = parser.add_argument
    add_argument("what", nargs="?", default="all", help="what to list",
        choices=["all", "methods", "benchmarks", "tasks"])  # fmt: skip
    add_argument("name", nargs="?", default=None, help="one method or benchmark, in full")
    add_argument("--family", default=None, help=f"methods of: {', '.join(catalogue.FAMILIES)}")
    add_argument("--setting", default=None, help="methods for: unsupervised, label shift, ...")
    add_argument("--markdown", action="store_true", help="the README's table of methods")
    return parser


def run(args: Namespace) -> int:
    """Prints methods, benchmarks and tasks, or one of them in full."""
    from rich.console import Console

    console = Console()
    if args.markdown and (args.family or args.setting or args.name):
        raise ValueError("--markdown prints the README's whole table: leave out the rest")
    if args.markdown:
        print(catalogue.markdown())
    elif args.name:
        (one_method if args.what == "methods" else one_benchmark)(args.name, console)
    else:
        if args.what in ("all", "methods"):
            console.print(all_methods(args.family, args.setting))
        if args.what in ("all", "benchmarks", "tasks"):
            console.print(all_benchmarks(args.what == "tasks"))
    return 0


def all_methods(family: str | None, setting: str | None) -> object:
    """The table of methods, a section a family; 80 columns hold most of them in a line each."""
    from rich.table import Table

    table = Table(
        title="Methods, unsupervised where no setting is named", box=None, title_justify="left"
    )
    for column in ("method", "paper (setting)", "in tables of"):
        table.add_column(column, no_wrap=column != "paper (setting)")
    for name, group in groupby(
        catalogue.methods(family, setting), key=lambda method: method.family
    ):
        table.add_row(f"[bold]{name}[/]")
        for method in group:
            suffix = "" if method.setting == "unsupervised" else f" ({method.setting})"
            papers = dict.fromkeys(
                table_words.split()[0]
                for table_words in catalogue.tables_by_method().get(method.name, [])
            )
            table.add_row(f" {method.name}", method.paper + suffix, "\n".join(papers))
    return table


def all_benchmarks(tasks: bool) -> object:
    """The table of benchmarks, with their tasks or the number of them."""
    from rich.table import Table

    table = Table("benchmark", "title", "tasks", title="Benchmarks", box=None, title_justify="left")
    for name in layers.names("data"):
        about = layers.read("data", name).get("about", {})
        pairs = [f"{source}:{target}" for source, target in layers.tasks(name)]
        table.add_row(name, str(about["title"]), " ".join(pairs) if tasks else str(len(pairs)))
    return table


def one_method(name: str, console: object) -> None:
    """Formula, reference, parameters and an example of one method."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.markup import escape

    assert isinstance(console, Console)
    method = catalogue.method(name)
    console.print(f"[bold]{escape(method.title)}[/] ({name}), {method.family}; {method.setting}")
    gains = f"gains on   {escape(method.gains_on)}" if method.gains_on else ""
    tables = ", ".join(catalogue.tables_by_method().get(name, []))
    lines = [f"paper      {escape(method.paper)}", f"formula    {escape(method.formula)}", gains]
    lines += [f"tables     da-bench reproduce {tables}"] if tables else []
    console.print("\n".join(line for line in lines if line))
    for path, text in catalogue.parts(name):
        console.rule(path, align="left", style="dim")
        console.print(escape(reflow(text)))
    console.rule(f"experiments/methods/{method.family}/{name}.yaml", align="left", style="dim")
    layer = {key: value for key, value in layers.read("methods", name).items() if key != "about"}
    console.print(Markdown(f"```yaml\n{yaml.safe_dump(layer, sort_keys=False)}```"))
    console.print(f"example    {catalogue.example(name)}", soft_wrap=True)
    console.print(
        f"           da-bench fit --method {name} --help   every parameter, with its type"
    )


def reflow(docstring: str) -> str:
    """A docstring for the terminal: paragraphs as wide as it is, formulas without their markup."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(.+?)`", r"\1", docstring).replace("``", "")
    blocks = text.split("\n\n")
    return "\n\n".join(
        block if re.search(r"^\s", block, re.M) else block.replace("\n", " ") for block in blocks
    )


def one_benchmark(name: str, console: object) -> None:
    """Everything the YAML of one benchmark says."""
    from rich.console import Console
    from rich.markdown import Markdown

    assert isinstance(console, Console)
    layer = layers.read("data", name)
    console.print(Markdown(f"```yaml\n{yaml.safe_dump(layer, sort_keys=False)}```"))
