import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch23_video_encoders as exercise
from visret_lab.training.losses.cosine_margin import cosine_margin
from visret_lab.video.encoders.attention import AttentionPooling
from visret_lab.deep.recurrent import LastState
from visret_lab.video.sampling import at_rate


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_frames_by_the_clock_are_the_packages():
    for times, rate in exercise.rate.cases():
        assert np.array_equal(exercise.rate.reference(times, rate), at_rate(times, rate))


def test_the_step_is_torchs():
    for x, h, c, w, u, b in exercise.step.cases():
        cell = torch.nn.LSTMCell(len(x), len(h)).double()
        with torch.no_grad():
            for own, given in ((cell.weight_ih, w), (cell.weight_hh, u), (cell.bias_ih, b), (cell.bias_hh, 0 * b)):
                own.copy_(torch.from_numpy(given))
            found = cell(torch.from_numpy(x)[None], (torch.from_numpy(h)[None], torch.from_numpy(c)[None]))
        assert np.allclose(exercise.step.reference(x, h, c, w, u, b), torch.cat(found).numpy(), atol=1e-12)


def test_the_last_state_is_that_of_the_packed_network():
    torch.manual_seed(0)
    net = LastState(4, 3, "gru")
    x, lengths = torch.randn(3, 6, 4), torch.tensor([2, 6, 1])
    with torch.no_grad():
        want, states = net(x, lengths).numpy(), net.states(x, lengths).numpy()
    assert np.array_equal(exercise.last.reference(states, lengths.numpy()), want)


def test_attention_is_the_packages():
    pool = AttentionPooling(4, 5)
    for x, _, length in exercise.attend.cases():
        rows, n = torch.from_numpy(x[None].astype(np.float32)), torch.tensor([length])
        with torch.no_grad():
            scores = pool.weigh(torch.tanh(pool.see(rows)))[0, :, 0].numpy()
            want = pool(rows, n)[0].numpy()
        assert np.allclose(exercise.attend.reference(x, scores, length), want, atol=1e-5)


def test_the_loss_is_the_packages():
    for a, b, same, m in exercise.margin.cases():
        assert abs(exercise.margin.reference(a, b, same, m) - float(cosine_margin(*map(torch.from_numpy, (a, b, same)), m))) < 1e-9
