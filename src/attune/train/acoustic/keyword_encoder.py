"""The keyword encoder: a network small enough to listen all day, taught by the recogniser's.

Residual blocks of a depthwise convolution over time and two pointwise layers, as in temporal
convolutional networks for keyword spotting (Coucke et al. 2019, "Efficient keyword spotting using
dilated convolutions and gating"). It always hears as a stream does: what is to come reaches it only
through the `lookahead` rows of some blocks, so that whole files and streams agree exactly, and all
its state is one vector. Plain operations only, so that a page of C can run it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from attune.acoustic import SUBSAMPLING
from attune.train.acoustic.config import KeywordEncoderConfig

__all__ = ["KeywordEncoder"]

_WINDOW = 2 * SUBSAMPLING  # frames that the first convolution sees: those of its row, and as many


class Block(nn.Module):
    """A depthwise convolution, a norm and two pointwise layers, added to the row they describe."""

    def __init__(self, config: KeywordEncoderConfig, dilation: int, lookahead: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(
            config.dim, config.dim, config.kernel, dilation=dilation, groups=config.dim
        )
        self.norm = nn.LayerNorm(config.dim)
        self.up = nn.Linear(config.dim, config.hidden)
        self.down = nn.Linear(config.hidden, config.dim)
        self.past = (config.kernel - 1) * dilation
        self.lookahead = lookahead
        self.dropout = config.dropout
        with torch.no_grad():
            self.down.weight.mul_(0.5)

    def forward(self, window: Tensor) -> Tensor:
        """`window` [batch, past + n, dim] to [batch, n, dim], `lookahead` rows late."""
        n = window.shape[1] - self.past
        y = self.depthwise(window.transpose(1, 2)).transpose(1, 2)
        y = functional.relu(self.up(self.norm(y)))
        if self.training and self.dropout > 0.0:
            keep = torch.rand(y.shape[0], 1, y.shape[2], device=y.device) >= self.dropout
            y = y * (keep.to(y.dtype) / (1.0 - self.dropout))
        late = self.past - self.lookahead
        result: Tensor = window[:, late : late + n] + self.down(y)
        return result


class KeywordEncoder(nn.Module):
    """Frames to log-posteriors over phones, `config.delay` rows of 40 ms late."""

    def __init__(self, config: KeywordEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.front = nn.Linear(_WINDOW * config.features, config.dim)
        self.front_norm = nn.LayerNorm(config.dim)
        self.blocks = nn.ModuleList(
            Block(config, dilation, int(i < config.delay))
            for i, dilation in enumerate(config.dilations)
        )
        self.norm = nn.LayerNorm(config.dim)
        self.phone_head = nn.Linear(config.dim, config.phones)

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Numbers in the parts of the state: frames of the row before, then rows of each block."""
        config = self.config
        frames = (_WINDOW - SUBSAMPLING) * config.features
        rows = ((config.kernel - 1) * dilation for dilation in config.dilations)
        return (frames, *(n * config.dim for n in rows))

    def stream(self, frames: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The next rows of each stream.

        `frames` [batch, 4 n, features] are new, `state` [batch, S] is zeros at first. Returns
        log-posteriors [batch, n, phones], what the last block made of them [batch, n, dim] and the
        next state; row i of a stream describes frames 4 (i - delay) to 4 (i - delay) + 3.
        """
        parts = torch.split(state, list(self.state_sizes), dim=1)
        config = self.config
        before = torch.unflatten(parts[0], 1, (_WINDOW - SUBSAMPLING, config.features))
        heard = torch.cat([before, frames], dim=1)
        following = [heard[:, -(_WINDOW - SUBSAMPLING) :].flatten(1)]
        rows = torch.unflatten(frames, 1, (-1, SUBSAMPLING)).flatten(2)
        earlier = torch.unflatten(heard[:, :-SUBSAMPLING], 1, (-1, SUBSAMPLING)).flatten(2)
        x = self.front_norm(self.front(torch.cat([earlier, rows], dim=2)))
        for block, part in zip(self.blocks, parts[1:], strict=True):
            past = torch.unflatten(part, 1, (-1, config.dim))
            window = torch.cat([past, x], dim=1)
            following.append(window[:, window.shape[1] - past.shape[1] :].flatten(1))
            x = block(window)
        hidden = self.norm(x)
        log_probs = functional.log_softmax(self.phone_head(hidden).float(), dim=-1)
        return log_probs, hidden, torch.cat(following, dim=1)

    def forward(
        self,
        frames: Tensor,
        lengths: Tensor,
        chunk: int | Tensor = 0,
        left_chunks: int | Tensor = -1,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Train on whole utterances, with the arguments and results of `Encoder`.

        Rows are moved to where they belong, so that row i describes frames 4 i to 4 i + 3. Chunks
        make no difference here. There are no characters and no middle layer: their log-probs are
        empty.
        """
        delay = self.config.delay
        outputs = torch.div(lengths + SUBSAMPLING - 1, SUBSAMPLING, rounding_mode="floor")
        n = -(-frames.shape[1] // SUBSAMPLING)
        missing = SUBSAMPLING * (n + delay) - frames.shape[1]
        padded = functional.pad(frames, (0, 0, 0, missing))
        state = torch.zeros(len(frames), sum(self.state_sizes), device=frames.device)
        log_probs = self.stream(padded, state)[0][:, delay:]
        nothing = log_probs[:, :, :0]
        return log_probs, nothing, nothing, outputs
