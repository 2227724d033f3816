"""Benchmarks of photographs: classes and images as many as their papers count."""

import pytest

from da_bench.published.photographs import IMAGES

PAPERS = {  # classes, images
    "office31": (31, 4110),
    "office_home": (65, 15588),
    "visda2017": (12, 152397 + 55388),
    "pacs": (7, 9991),
    "domainnet": (345, 586575),  # of the cleaned version
}


def test_every_benchmark_is_counted_here():
    assert IMAGES.keys() == PAPERS.keys()


@pytest.mark.parametrize("name", PAPERS)
def test_classes_and_images_are_the_papers(name):
    layout = IMAGES[name].layout
    names = layout.classes if isinstance(layout.classes, tuple) else range(layout.classes)
    assert (len(set(names)), sum(d.images for d in layout.domains.values())) == PAPERS[name]


def test_lists_of_domainnet_divide_its_domains():
    layout = IMAGES["domainnet"].layout
    for name, domain in layout.domains.items():
        lists = [layout.lists[f"{name}_{part}.txt"] for part in ("train", "test")]
        assert sum(lists) == domain.images
