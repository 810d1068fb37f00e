import torch

from visret_lab.training.seeding import seed_torch


def test_it_draws_what_torch_draws():
    torch.manual_seed(2**61 + 5)
    want = torch.rand(4), torch.randn(4), torch.randperm(9)
    seed_torch(2**61 + 5)
    assert all(torch.equal(a, b) for a, b in zip(want, (torch.rand(4), torch.randn(4), torch.randperm(9)), strict=True))
