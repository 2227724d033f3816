"""DIRT-T: the paper's terms, and a teacher that follows."""

import torch

from da_bench import methods
from tests.methods.first_step import down, first_step, rough, same, uncertainty


@torch.no_grad()
def shake(model):
    """A teacher that differs from the student, or the tie between them would say nothing."""
    g = torch.Generator().manual_seed(5)
    for p in model.teacher.parameters():
        p += 0.3 * torch.randn(p.shape, generator=g)


def test_dirt_t_adds_the_papers_terms():
    parts, model, _, _, x = first_step(methods.DIRTT, shake, tie=0.6, radius=0.4, decay=0.9)
    encoder, head, teacher = parts["encoder"], parts["head"], parts["teacher"]
    logits, q = head(encoder(x)), teacher(x).softmax(1)
    tie = (q * (q.log() - logits.log_softmax(1))).sum(1).mean()
    violations = rough(lambda x: head(encoder(x)), x, logits, 0.4) + uncertainty(logits)
    down(0.6 * tie + 0.7 * violations, encoder, head)
    with torch.no_grad():
        student = [*encoder.parameters(), *head.parameters()]
        for slow, quick in zip(teacher.parameters(), student, strict=True):
            slow.copy_(0.9 * slow + 0.1 * quick)
    same({"encoder": encoder, "head": head, "teacher": teacher}, model)
