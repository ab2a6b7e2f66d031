"""The course's sentences: words, which of them are names, and their numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

UNKNOWN, END = "<UNK>", "<EOS>"
Sentence = list[tuple[str, bool]]  # words, and whether each is a name


def read_sentences(path: str | Path = "sentences.txt") -> list[Sentence]:
    """One sentence a line; a star stands before each name."""
    return [
        [(word.lstrip("*"), word.startswith("*")) for word in line.split()]
        for line in Path(path).read_text("utf-8").splitlines()
    ]


def split(
    sentences: list[Sentence], held_out: int = 40, seed: int = 0
) -> tuple[list[Sentence], list[Sentence]]:
    """(sentences to train on, sentences held out), mixed."""
    order = np.random.default_rng(seed).permutation(len(sentences))
    mixed = [sentences[number] for number in order]
    return mixed[held_out:], mixed[:held_out]


def vocabulary(sentences: list[Sentence]) -> list[str]:
    """<UNK>, <EOS>, then every word that stands at least twice, in order."""
    counts = Counter(word for sentence in sentences for word, _ in sentence)
    return [UNKNOWN, END, *sorted(w for w, count in counts.items() if count > 1)]


def numbers(words: list[str], known: list[str]) -> list[int]:
    """The place of each word in the vocabulary; <UNK> for a word not in it."""
    place = {word: number for number, word in enumerate(known)}
    return [place.get(word, 0) for word in words]


def tagging_arrays(
    sentences: list[Sentence], known: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One-hot words x, names y (1, m, T), and counts (1, m, T): 0 for padding.

    Sentences shorter than the longest one are padded with zero columns at the end.
    """
    longest = max(map(len, sentences))
    x = np.zeros((len(known), len(sentences), longest))
    y, counts = np.zeros((2, 1, len(sentences), longest))
    for i, sentence in enumerate(sentences):
        places = numbers([word for word, _ in sentence], known)
        x[places, i, range(len(sentence))] = 1
        y[0, i, : len(sentence)] = [name for _, name in sentence]
        counts[0, i, : len(sentence)] = 1
    return x, y, counts


def ambiguous(sentences: list[Sentence]) -> set[str]:
    """Words that are a name in one sentence and none in another."""
    seen = {pair for sentence in sentences for pair in sentence}
    return {word for word, name in seen if name and (word, False) in seen}


def read_reviews(path: str | Path = "reviews.txt") -> list[tuple[list[str], int]]:
    """(words, 1 for praise and 0 for blame); a sign stands before each review."""
    lines = Path(path).read_text("utf-8").splitlines()
    return [(line.split()[1:], int(line[0] == "+")) for line in lines]


def review_arrays(
    reviews: list[tuple[list[str], int]], known: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """One-hot words x, padded in front to six words or more, and y: 1 for praise."""
    longest = max(6, *(len(words) for words, _ in reviews))
    x = np.zeros((len(known), len(reviews), longest))
    for i, (words, _) in enumerate(reviews):
        x[numbers(words, known), i, range(longest - len(words), longest)] = 1
    return x, np.array([[praise for _, praise in reviews]])


def word_arrays(
    sentences: list[Sentence], known: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """For a language model: y is the sentence and <EOS>, x the same one step later.

    The first input is the zero vector; after <EOS> both are zero.
    """
    longest = 1 + max(map(len, sentences))
    x, y = np.zeros((2, len(known), len(sentences), longest))
    for i, sentence in enumerate(sentences):
        places = numbers([word for word, _ in sentence] + [END], known)
        y[places, i, range(len(places))] = 1
        x[places[:-1], i, range(1, len(places))] = 1
    return x, y


def word_baselines(
    learned: list[Sentence], held_out: list[Sentence], known: list[str]
) -> dict[str, float]:
    """Held-out perplexity of three models that count words."""
    x, y = word_arrays(learned, known)
    new_x, new_y = word_arrays(held_out, known)
    total = y.sum(axis=(1, 2)) + 0.5
    unigram = total / total.sum()
    pairs = np.einsum("amt,bmt->ab", x, y) + 1e-12
    follow = 0.7 * pairs / pairs.sum(axis=1, keepdims=True) + 0.3 * unigram
    first = 0.7 * y[:, :, 0].mean(axis=1) + 0.3 * unigram
    bigram = np.einsum("amt,ab->bmt", new_x, follow)
    bigram[:, :, 0] = first[:, None]
    models = {"unigram": unigram[:, None, None], "bigram": bigram}

    def perplexity(model: np.ndarray) -> float:
        given = np.sum(model * new_y, axis=0)[new_y.any(axis=0)]
        return float(np.exp(-np.mean(np.log(given))))

    return {"uniform": float(len(known))} | {
        name: perplexity(model) for name, model in models.items()
    }
