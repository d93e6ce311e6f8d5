"""The streaming phonetic encoder: log-mel frames to phone and character log-posteriors.

A Conformer (Gulati et al. 2020) trained with dynamic chunks (Zhang et al. 2020, "U2"): one set of
weights serves whole files (full attention) and streams (attention limited to the current chunk and
a bounded left context, causal convolutions). The middle stage runs at half the frame rate, as in a
U-net, which buys almost twice the speed; a skip connection keeps the output's 40 ms resolution.

Right context comes from three places only, so that latency is known: the rest of the chunk, the two
strided convolutions, and `lookahead` frames of one depthwise convolution of the front end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from attune.acoustic import SUBSAMPLING
from attune.train.acoustic.config import EncoderConfig

__all__ = ["Encoder", "StreamState", "input_frames", "pad_edges"]


_BRANCH_SCALE = 0.5
_UNLIMITED = 1 << 30


def input_frames(outputs: int, config: EncoderConfig) -> int:
    """Number of 10 ms frames that the front end reads to make `outputs` 40 ms frames."""
    return SUBSAMPLING * (outputs + config.lookbehind + config.lookahead) + 3


@dataclass
class StreamState:
    """What a stream carries between chunks, stacked over the layers of one rate.

    `attention`: [batch, layer, time, 2 dim] keys, not yet rotated, and values;
    `convolution`: [batch, layer, kernel - 1, dim];
    `valid`: [batch] int64, cached 40 ms frames that hold audio.
    """

    outer_attention: Tensor
    outer_convolution: Tensor
    inner_attention: Tensor
    inner_convolution: Tensor
    valid: Tensor


def _rotate(x: Tensor, start: int) -> Tensor:
    """Rotary position embedding (Su et al. 2021) of [batch, head, time, dim] from position `start`.

    Only differences of positions matter, so a stream may number its window from 0 at every chunk.
    """
    half = x.shape[-1] // 2
    frequency = 10000.0 ** (-torch.arange(half, dtype=torch.float32, device=x.device) / half)
    position = torch.arange(start, start + x.shape[2], dtype=torch.float32, device=x.device)
    angle = position[:, None] * frequency[None, :]
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def _dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Dropout of [batch, time, dim] with one mask for all frames of an utterance.

    As Gal & Ghahramani (2016) for recurrent nets; a mask for each frame costs a sixth of the step
    on a CPU, all of it random numbers.
    """
    if not training or p == 0.0:
        return x
    mask = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= p
    return x * (mask.to(x.dtype) / (1.0 - p))


class FeedForward(nn.Module):
    """Position-wise two-layer network with SiLU."""

    def __init__(self, dim: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.up = nn.Linear(dim, dim * expansion)
        self.down = nn.Linear(dim * expansion, dim)
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        y = functional.silu(self.up(self.norm(x)))
        y = _dropout(y, self.dropout, self.training)
        return _dropout(self.down(y), self.dropout, self.training)


class Attention(nn.Module):
    """Multi-head self-attention over [cache, chunk] with rotary positions."""

    def __init__(self, dim: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)
        self.heads = heads
        self.dropout = dropout

    def _split(self, x: Tensor) -> Tensor:
        return torch.unflatten(x, -1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor, cache: Tensor | None) -> tuple[Tensor, Tensor]:
        """`mask` additive [batch or 1, 1, time, cache + time]. Returns (update, window)."""
        normed = self.norm(x)
        fresh = self.key_value(normed)
        window = fresh if cache is None else torch.cat([cache.to(fresh.dtype), fresh], dim=1)
        past = window.shape[1] - fresh.shape[1]
        query = _rotate(self._split(self.query(normed)), past)
        key, value = window.chunk(2, dim=-1)
        key = _rotate(self._split(key), 0)
        score = query @ key.transpose(-1, -2) * (query.shape[-1] ** -0.5) + mask.to(query.dtype)
        y = torch.softmax(score, dim=-1).to(value.dtype) @ self._split(value)
        y = self.out(y.transpose(1, 2).flatten(2))
        return _dropout(y, self.dropout, self.training), window


class Convolution(nn.Module):
    """Gated causal depthwise convolution (the Conformer's, with LayerNorm for BatchNorm)."""

    def __init__(self, dim: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.gate = nn.Linear(dim, 2 * dim)
        self.depthwise = nn.Conv1d(dim, dim, kernel, groups=dim)
        self.middle = nn.LayerNorm(dim)
        self.out = nn.Linear(dim, dim)
        self.kernel = kernel
        self.dropout = dropout

    def forward(self, x: Tensor, padding: Tensor, cache: Tensor | None) -> tuple[Tensor, Tensor]:
        """`padding` [batch, time, 1] is 0 on frames past the end. Returns (update, window)."""
        y = functional.glu(self.gate(self.norm(x)), dim=-1) * padding.to(x.dtype)
        if cache is None:
            window = functional.pad(y, (0, 0, self.kernel - 1, 0))
        else:
            window = torch.cat([cache.to(y.dtype), y], dim=1)
        y = self.depthwise(window.transpose(1, 2)).transpose(1, 2)
        y = self.out(functional.silu(self.middle(y)))
        return _dropout(y, self.dropout, self.training), window


class Layer(nn.Module):
    """Half feed-forward, attention, convolution, feed-forward, each added to a plain residual.

    Norms stand inside the branches and at the ends of stages only: with a norm after every layer,
    one branch that grows drowns what the layers below have found.
    """

    def __init__(self, dim: int, config: EncoderConfig) -> None:
        super().__init__()
        self.first = FeedForward(dim, config.feedforward // 2, config.dropout)
        self.attention = Attention(dim, config.heads, config.dropout)
        self.convolution = Convolution(dim, config.kernel, config.dropout)
        self.second = FeedForward(dim, config.feedforward, config.dropout)
        # Branches start small, so that a deep stack starts near the identity.
        for branch in (self.first.down, self.attention.out, self.convolution.out, self.second.down):
            with torch.no_grad():
                branch.weight.mul_(_BRANCH_SCALE)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        padding: Tensor,
        attention_cache: Tensor | None = None,
        convolution_cache: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        x = x + self.first(x)
        update, attention_window = self.attention(x, mask, attention_cache)
        x = x + update
        update, convolution_window = self.convolution(x, padding, convolution_cache)
        x = x + update
        x = x + self.second(x)
        return x, attention_window, convolution_window


class FrontEnd(nn.Module):
    """[batch, 4 (n + lookbehind + lookahead) + 3, features] to [batch, n, dim], no padding."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        channels = config.front_channels
        self.first = nn.Conv2d(1, channels, 3, stride=2, padding=(0, 1))
        self.depthwise = nn.Conv2d(channels, channels, 3, stride=2, padding=(0, 1), groups=channels)
        self.pointwise = nn.Conv2d(channels, channels, 1)
        self.project = nn.Linear(channels * (config.features // 4), config.outer_dim)
        self.context = nn.Conv1d(
            config.outer_dim,
            config.outer_dim,
            config.lookbehind + config.lookahead + 1,
            groups=config.outer_dim,
        )
        self.norm = nn.LayerNorm(config.outer_dim)
        self.mix = FeedForward(config.outer_dim, 2, config.dropout)
        self.behind = config.lookbehind

    def forward(self, frames: Tensor) -> Tensor:
        x = functional.silu(self.first(frames.unsqueeze(1)))
        x = functional.silu(self.pointwise(self.depthwise(x)))
        x = self.project(x.transpose(1, 2).flatten(2))
        context = self.context(x.transpose(1, 2)).transpose(1, 2)
        x = self.norm(x[:, self.behind : self.behind + context.shape[1]] + context)
        mixed: Tensor = self.mix(x)
        return torch.add(x, mixed)


class Encoder(nn.Module):
    """Frames to per-frame log-posteriors over phones (and characters while training)."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.front = FrontEnd(config)
        self.before = nn.ModuleList(
            Layer(config.outer_dim, config) for _ in range(config.outer_layers)
        )
        self.before_norm = nn.LayerNorm(config.outer_dim)
        self.down = nn.Linear(2 * config.outer_dim, config.inner_dim)
        self.inner = nn.ModuleList(
            Layer(config.inner_dim, config) for _ in range(config.inner_layers)
        )
        self.inner_norm = nn.LayerNorm(config.inner_dim)
        self.up = nn.Linear(config.inner_dim, 2 * config.outer_dim)
        self.after = nn.ModuleList(
            Layer(config.outer_dim, config) for _ in range(config.outer_layers)
        )
        self.after_norm = nn.LayerNorm(config.outer_dim)
        self.phone_head = nn.Linear(config.outer_dim, config.phones)
        self.middle_norm = nn.LayerNorm(config.inner_dim)
        self.middle_phone_head = nn.Linear(config.inner_dim, 2 * config.phones)
        self.character_head = nn.Linear(config.outer_dim, config.characters)

    def forward(
        self,
        frames: Tensor,
        lengths: Tensor,
        chunk: int | Tensor = 0,
        left_chunks: int | Tensor = -1,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Train on whole utterances.

        `frames` [batch, time, features] normalised, zero past each end; `lengths` [batch] in
        frames. `chunk` (40 ms frames, even) limits attention to the chunk and `left_chunks` before
        it (-1: all); 0 means full attention; each is one number or int64 [batch]. Returns log-probs
        [batch, n, phones], [batch, n, characters], the middle layer's [batch, n, phones], and
        output lengths [batch].
        """
        outputs = torch.div(lengths + SUBSAMPLING - 1, SUBSAMPLING, rounding_mode="floor")
        n = -(-frames.shape[1] // SUBSAMPLING)
        n += n % 2
        chunk, left_chunks = _limit(chunk, 0, frames), _limit(left_chunks, -1, frames)
        x = self.front(pad_edges(frames, n, self.config))
        keep = torch.arange(n, device=x.device)[None, :] < outputs[:, None]
        half = keep[:, ::2]
        mask = _attention_mask(keep, chunk, left_chunks)
        half_mask = _attention_mask(half, torch.div(chunk, 2, rounding_mode="floor"), left_chunks)
        padding, half_padding = keep[:, :, None], half[:, :, None]
        for layer in self.before:
            x = self._run(layer, x, mask, padding)
        skip = x
        x = self.down(torch.unflatten(self.before_norm(x), 1, (-1, 2)).flatten(2))
        for index, layer in enumerate(self.inner):
            x = self._run(layer, x, half_mask, half_padding)
            if index == len(self.inner) // 2:
                middle = torch.unflatten(
                    self.middle_phone_head(self.middle_norm(x)), -1, (2, -1)
                ).flatten(1, 2)
        x = skip + torch.unflatten(self.up(self.inner_norm(x)), -1, (2, -1)).flatten(1, 2)
        for layer in self.after:
            x = self._run(layer, x, mask, padding)
        x = self.after_norm(x)
        return (
            functional.log_softmax(self.phone_head(x).float(), dim=-1),
            functional.log_softmax(self.character_head(x).float(), dim=-1),
            functional.log_softmax(middle.float(), dim=-1),
            outputs,
        )

    def _run(self, layer: nn.Module, x: Tensor, mask: Tensor, padding: Tensor) -> Tensor:
        """One layer with stochastic depth (Huang et al. 2016)."""
        drop = self.config.layer_drop
        if self.training and drop > 0.0 and float(torch.rand(())) < drop:
            return x
        y: Tensor = layer(x, mask, padding)[0]
        return y

    def initial_state(self, batch: int) -> StreamState:
        """State of `batch` streams before their first chunk."""
        config = self.config
        outer, inner = 2 * config.outer_layers, config.inner_layers
        past = config.kernel - 1
        return StreamState(
            torch.zeros(batch, outer, config.left_context, 2 * config.outer_dim),
            torch.zeros(batch, outer, past, config.outer_dim),
            torch.zeros(batch, inner, config.left_context // 2, 2 * config.inner_dim),
            torch.zeros(batch, inner, past, config.inner_dim),
            torch.zeros(batch, dtype=torch.int64),
        )

    def stream(self, frames: Tensor, state: StreamState) -> tuple[Tensor, StreamState]:
        """One chunk of each stream.

        `frames` [batch, input_frames(n), features] (the window overlaps its predecessor), n even.
        Returns log-probs [batch, n, phones] and the next state.
        """
        config = self.config
        x = self.front(frames)
        batch, n = x.shape[0], x.shape[1]
        outer_mask = _cache_mask(state.valid, config.left_context, n)
        inner_mask = _cache_mask(
            torch.div(state.valid, 2, rounding_mode="floor"), config.left_context // 2, n // 2
        )
        padding = torch.ones(batch, 1, 1)
        caches: list[tuple[Tensor, Tensor]] = []

        def run(
            layers: nn.ModuleList, x: Tensor, mask: Tensor, a: Tensor, c: Tensor, at: int
        ) -> Tensor:
            for i, layer in enumerate(layers):
                x, window, convolved = layer(x, mask, padding, a[:, at + i], c[:, at + i])
                caches.append((window[:, -a.shape[2] :], convolved[:, -c.shape[2] :]))
            return x

        outer = (outer_mask, state.outer_attention, state.outer_convolution)
        x = run(self.before, x, *outer, 0)
        skip = x
        x = self.down(torch.unflatten(self.before_norm(x), 1, (-1, 2)).flatten(2))
        x = run(self.inner, x, inner_mask, state.inner_attention, state.inner_convolution, 0)
        x = skip + torch.unflatten(self.up(self.inner_norm(x)), -1, (2, -1)).flatten(1, 2)
        x = run(self.after, x, *outer, config.outer_layers)
        logprobs = functional.log_softmax(self.phone_head(self.after_norm(x)), dim=-1)
        first, last = config.outer_layers, config.outer_layers + config.inner_layers
        outer_caches, inner_caches = caches[:first] + caches[last:], caches[first:last]
        return logprobs, StreamState(
            torch.stack([a for a, _ in outer_caches], dim=1),
            torch.stack([c for _, c in outer_caches], dim=1),
            torch.stack([a for a, _ in inner_caches], dim=1),
            torch.stack([c for _, c in inner_caches], dim=1),
            torch.clamp(state.valid + n, max=config.left_context),
        )


def pad_edges(frames: Tensor, outputs: int, config: EncoderConfig) -> Tensor:
    """Zero frames before and after, as a stream has at its ends, for exactly `outputs` outputs."""
    before = SUBSAMPLING * config.lookbehind + 1
    after = input_frames(outputs, config) - before - frames.shape[1]
    return functional.pad(frames, (0, 0, before, after))


def _limit(value: int | Tensor, none: int, like: Tensor) -> Tensor:
    """A limit as int64 [batch] or [1], with a number beyond any length where there is `none`."""
    limit = torch.as_tensor(value, device=like.device).reshape(-1)
    return torch.where(limit == none, _UNLIMITED, limit)


def _attention_mask(keep: Tensor, chunk: Tensor, left_chunks: Tensor) -> Tensor:
    """Additive [batch, 1, time, time]: 0 where frame i may see frame j."""
    n = keep.shape[1]
    block = torch.div(torch.arange(n, device=keep.device), chunk[:, None], rounding_mode="floor")
    ahead = block[:, None, :] - block[:, :, None]
    near = (ahead <= 0) & (ahead >= -left_chunks[:, None, None])
    # A frame past the end may have no live frame in reach: let it see itself.
    itself = torch.eye(n, dtype=torch.bool, device=keep.device)
    seen = (keep[:, None, None, :] & near[:, None]) | itself
    mask = torch.zeros(seen.shape, device=keep.device)
    return mask.masked_fill(~seen, -math.inf)


def _cache_mask(valid: Tensor, cache: int, n: int) -> Tensor:
    """Additive [batch, 1, 1, cache + n]: the newest `valid` cached frames and all new ones."""
    position = torch.arange(cache + n)
    seen = position[None, :] >= cache - valid[:, None]
    mask = torch.zeros(seen.shape).masked_fill(~seen, -1e9)
    return mask[:, None, None, :]
