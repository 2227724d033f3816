"""Published files that runs need: fetched before the first run begins, or an error of one line."""

from collections.abc import Callable, Sequence

from da_bench.published.registry import domain_folder, entry, find_copy, names_of_benchmark

from .plan import Job


def fetch_missing(jobs: Sequence[Job], say: Callable[[str], object]) -> None:
    """Reads the domains of runs whose benchmark's files are not all on this machine.

    What a program can fetch is downloaded so, once for all runs; no file is read where all are
    here.

    Args:
        jobs: Runs that are about to begin.
        say: Takes a line for each pair of domains that is read.

    Raises:
        ConnectionError: A file can't be downloaded.
        FileNotFoundError: A file has to be fetched by hand; the message says from where.
    """
    from .train import Command

    first_jobs = {(job.plan.benchmark, job.plan.source, job.plan.target): job for job in jobs}
    is_whole = {benchmark: are_here(benchmark) for benchmark, *_ in first_jobs}
    for (benchmark, source, target), job in first_jobs.items():
        if is_whole[benchmark]:
            continue
        say(f"{benchmark} {source}:{target}: looking for its files, or downloading them")
        try:
            Command({**job.config, "trainer": {"logger": False}}).datamodule.setup()
        except (ConnectionError, FileNotFoundError) as error:
            error.add_note(f"no run was begun; leave {benchmark} out, or bring its files")
            raise


def are_here(benchmark: str) -> bool:
    """Whether each file and folder of a benchmark lies on this machine, whole or not."""
    try:
        names = names_of_benchmark(benchmark)
    except ValueError:
        return True  # no published file is named
    for name in names:
        try:
            source = entry(name)
        except ValueError:  # a file of one's own, such as mine.yaml
            return True
        domains = source.layout.domains if source.layout else ()
        if not all(find_copy(name, file) for file in source.files):
            return False
        if not all(domain_folder(name, domain) for domain in domains):
            return False
    return True
