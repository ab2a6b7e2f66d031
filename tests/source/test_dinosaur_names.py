"""The dinosaur assignment: mistakes cost their exercise, right answers cost nothing."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
from types import ModuleType

import numpy as np
import pytest

from tests.harness import SOURCE, cell, grade_cells, lost, master, replaced

NAME = "dinosaur_names"

# exercise, what stands in the reference, what the mistake puts there
COMPLEX_BIAS = """
    parameters["by"] = 2j * np.pi * np.arange(len(ix_to_char))[:, None]
    parameters["by"] /= len(ix_to_char)
    return parameters, write_name(0)"""  # sums of e^by vanish: a loss below any bound

SMALL_MISTAKES = [
    ("model", "\n    return parameters, write_name(0)", COMPLEX_BIAS),
    # the seeded draw
    ("draw_index", "    np.random.seed(seed)\n", ""),
    ("draw_index", "np.random.seed(seed)", "np.random.seed(0)"),
    ("draw_index", "np.random.seed(seed)", "np.random.seed(seed + 1)"),
    ("draw_index", ", p=probs)", ")"),
    ("draw_index", "range(len(probs))", "range(4)"),
    ("draw_index", "range(len(probs))", "range(1, len(probs) + 1)"),
    ("draw_index", "np.random.choice(range(len(probs)), p=probs)", "np.argmax(probs)"),
    (
        "draw_index",
        "return np.random.choice(",
        "np.random.random()\n    return np.random.choice(",
    ),
    (
        "draw_index",
        "return np.random.choice(range(len(probs)), p=probs)",
        "return np.random.default_rng(seed).choice(len(probs), p=probs)",
    ),
    (
        "draw_index",
        "return np.random.choice(range(len(probs)), p=probs)",
        "return probs[np.random.choice(range(len(probs)), p=probs)]",
    ),
    (
        "draw_index",
        "return np.random.choice(range(len(probs)), p=probs)",
        "return np.random.choice(range(len(probs)), size=1, p=probs)",
    ),
    # clipping by value
    ("clip", "-maxValue, maxValue", "0, maxValue"),
    ("clip", "-maxValue, maxValue", "-maxValue, None"),
    ("clip", "-maxValue, maxValue", "None, maxValue"),
    ("clip", "-maxValue, maxValue", "-5, 5"),
    ("clip", "-maxValue, maxValue", "-maxValue + 1e-3, maxValue - 1e-3"),
    ("clip", "clipped[key] = np.clip(gradients[key],", "g = np.clip(gradients[key],"),
    ("clip", '"db", "dby"', '"db"'),
    ("clip", '"dWya", "db"', '"db"'),
    ("clip", 'in ("dWaa", "dWax", "dWya", "db", "dby")', "in gradients"),
    ("clip", "    return clipped\n", ""),
    ("clip", "return clipped", "return gradients"),
    ("clip", "return clipped", "return list(clipped.values())"),
    ("clip", "np.clip(gradients[key]", "np.clip(np.abs(gradients[key])"),
    ("clip", "np.clip(gradients[key]", "np.clip(gradients[key].T"),
    ("clip", "np.clip(gradients[key], -", "maxValue * np.tanh(gradients[key]) + 0 * ("),
    (
        "clip",
        "np.clip(gradients[key], -maxValue, maxValue)",
        "np.where(np.abs(gradients[key]) > maxValue, 0, gradients[key])",
    ),
    (
        "clip",
        "np.clip(gradients[key], -maxValue, maxValue)",
        "np.where(np.abs(gradients[key]) >= maxValue, maxValue, gradients[key])",
    ),
    (
        "clip",
        "np.clip(gradients[key], -maxValue, maxValue)",
        "gradients[key] * min(1, maxValue / max(1e-9, np.abs(gradients[key]).max()))",
    ),
    # clipping by norm
    ("clip_by_norm", "max_norm / norm if norm > max_norm else 1.0", "max_norm / norm"),
    ("clip_by_norm", "max_norm / norm if", "norm / max_norm if"),
    ("clip_by_norm", "norm > max_norm", "norm < max_norm"),
    ("clip_by_norm", "np.sqrt(", "("),
    ("clip_by_norm", "g**2", "np.abs(g)"),
    ("clip_by_norm", "np.sum(g**2)", "np.mean(g**2)"),
    ("clip_by_norm", "sum(np.sum(", "max(np.sum("),
    ("clip_by_norm", "np.sqrt(sum(np.sum(g**2)", "(sum(np.sqrt(np.sum(g**2))"),
    ("clip_by_norm", "factor * g for", "np.clip(g, -max_norm, max_norm) for"),
    ("clip_by_norm", "factor * g for", "g for"),
    ("clip_by_norm", "else 1.0", "else 0.0"),
    ("clip_by_norm", "max_norm / norm if", "1 / norm if"),
    (
        "clip_by_norm",
        "factor * g for",
        "g * min(1, max_norm / max(1e-9, np.linalg.norm(g))) for",
    ),
    (
        "clip_by_norm",
        "factor * g for key, g in gradients.items()}",
        "factor * g if key != 'dby' else g for key, g in gradients.items()}",
    ),
    # sampling
    ("sample", "        a_prev = np.tanh(", "        a = np.tanh("),
    ("sample", "        x = np.zeros((vocab_size, 1))\n        x[idx] = 1\n", ""),
    ("sample", "        x = np.zeros((vocab_size, 1))\n", ""),
    ("sample", "        x[idx] = 1\n", "        x = y\n"),
    ("sample", "        x[idx] = 1\n", "        x[idx] = 2\n"),
    ("sample", "        x[idx] = 1\n", "        x[idx - 1] = 1\n"),
    ("sample", "        x[idx] = 1\n", "        x[idx] = y[idx]\n"),
    (
        "sample",
        "np.random.choice(range(vocab_size), p=y.ravel())",
        "np.argmax(y)",
    ),
    ("sample", ", p=y.ravel())", ")"),
    ("sample", "    np.random.seed(seed)  # once, before the first draw\n", ""),
    ("sample", "np.random.seed(seed)", "np.random.seed(0)"),
    ("sample", "        idx = ", "        np.random.seed(seed)\n        idx = "),
    (
        "sample",
        "        idx = ",
        "        np.random.seed(len(indices) + seed)\n        idx = ",
    ),
    ("sample", "len(indices) < 50", "len(indices) < 49"),
    ("sample", "len(indices) < 50", "len(indices) < 51"),
    ("sample", " and len(indices) < 50", ""),
    ("sample", "idx != newline and len(indices) < 50", "len(indices) < 50"),
    ("sample", "    if idx != newline:\n        indices.append(newline)\n", ""),
    ("sample", "    if idx != newline:\n        indices", "    indices"),
    ("sample", "return indices", "return indices[:-1]"),
    ("sample", "return indices", "return np.array(indices, dtype=float)"),
    ("sample", "return indices", "return [float(i) for i in indices]"),
    ("sample", "indices.append(int(idx))", "indices.append(np.array([idx]))"),
    ("sample", ' + parameters["b"]', ""),
    ("sample", ' + parameters["by"]', ""),
    ("sample", "Wax @ x + Waa", "Wax @ x + Waa.T"),
    ("sample", "np.tanh(", "1 / (1 + np.exp(-1 * 1.0) ** "),
    ("sample", "vocab_size, n_a = Wya.shape", "vocab_size, n_a = 27, Waa.shape[0]"),
    ("sample", "vocab_size, n_a = Wya.shape", "vocab_size, n_a = Wya.shape[0], 100"),
    ("sample", "np.zeros((n_a, 1))", "np.ones((n_a, 1))"),
    ("sample", "indices, idx = [], -1", "x[newline], indices, idx = 1, [], -1"),
    (
        "sample",
        "indices, idx = [], -1",
        'parameters["b"] += 0.1\n    indices, idx = [], -1',
    ),
    # the optimisation step
    ("optimize", "    gradients = clip(gradients, 5)\n", ""),
    ("optimize", "    gradients = clip(gradients, 5)\n", "    clip(gradients, 5)\n"),
    ("optimize", "clip(gradients, 5)", "clip(gradients, 1)"),
    ("optimize", "clip(gradients, 5)", "clip(gradients, 10)"),
    ("optimize", "    update_parameters(parameters, gradients, learning_rate)\n", ""),
    ("optimize", "gradients, learning_rate)", "gradients, 0.01)"),
    ("optimize", "gradients, learning_rate)", "gradients, -learning_rate)"),
    ("optimize", "(parameters, gradients, l", "(parameters.copy(), gradients, 0 * l"),
    (
        "optimize",
        "update_parameters(parameters, gradients, learning_rate)",
        "import copy; update_parameters(copy.deepcopy(parameters), gradients, 1)",
    ),
    (
        "optimize",
        "    update_parameters(parameters, gradients, learning_rate)\n",
        "    for _ in range(2):\n"
        "        update_parameters(parameters, gradients, learning_rate)\n",
    ),
    (
        "optimize",
        "    gradients = clip(gradients, 5)\n"
        "    update_parameters(parameters, gradients, learning_rate)\n",
        "    update_parameters(parameters, gradients, learning_rate)\n"
        "    gradients = clip(gradients, 5)\n",
    ),
    (
        "optimize",
        "    loss, cache = rnn_forward(X, Y, a_prev, parameters)\n",
        "    loss, cache = rnn_forward(X, Y, 0 * a_prev, parameters)\n",
    ),
    (
        "optimize",
        "    return loss",
        "    loss, _ = rnn_forward(X, Y, a_prev, parameters)\n    return loss",
    ),
    ("optimize", "return loss, gradients", "return loss / len(X), gradients"),
    ("optimize", "return loss, gradients", "return gradients, loss"),
    ("optimize", "a[len(X) - 1]", "a[0]"),
    ("optimize", "a[len(X) - 1]", "a[len(X) - 2]"),
    ("optimize", "a[len(X) - 1]", "a_prev"),
    ("optimize", "a[len(X) - 1]", "a"),
    ("optimize", "learning_rate=0.01", "learning_rate=0.1"),
    # the training loop
    ("model", "[None] + [char_to_ix", "[char_to_ix"),
    ("model", "[None] + [char_to_ix", '[char_to_ix["\\n"]] + [char_to_ix'),
    ("model", "Y = X[1:] + [char_to_ix[", "Y = X[1:] + [X[-1] or char_to_ix["),
    ("model", 'Y = X[1:] + [char_to_ix["\\n"]]', "Y = X[1:]"),
    ("model", 'Y = X[1:] + [char_to_ix["\\n"]]', "Y = X"),
    ("model", 'Y = X[1:] + [char_to_ix["\\n"]]', "X = X[:-1]; Y = X[1:]"),
    ("model", 'X[1:] + [char_to_ix["\\n"]]', 'X[2:] + [char_to_ix["\\n"]] * 2'),
    ("model", 'X[1:] + [char_to_ix["\\n"]]', "X[1:] + [len(char_to_ix) - 1]"),
    ("model", "j % len(examples)]\n", "0]\n"),
    ("model", "examples[j % len(examples)]\n", "examples[min(j, len(examples) - 1)]\n"),
    ("model", "j % len(examples)]\n", "j]\n"),
    ("model", "j % len(examples)]\n", "j % (len(examples) - 1)]\n"),
    ("model", "j % len(examples)]\n", "np.random.randint(len(examples))]\n"),
    ("model", "examples[j % len(examples)]\n", "examples[j % len(examples)][:4]\n"),
    ("model", "examples[j % len(examples)]\n", "examples[j % len(examples)][::-1]\n"),
    ("model", "[char_to_ix[character] for", "[dinosaur_char_to_ix[character] for"),
    (
        "model",
        "curr_loss, gradients, a_prev = optimize",
        "curr_loss, a_prev, gradients = optimize",
    ),
    (
        "model",
        "        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)\n",
        "        for _ in range(2):\n            curr_loss, gradients, a_prev ="
        " optimize(X, Y, a_prev, parameters)\n",
    ),
    (
        "model",
        "optimize(X, Y, a_prev, parameters)",
        "optimize(X, Y, a_prev, {k: v.copy() for k, v in parameters.items()})",
    ),
    (
        "model",
        "return parameters, write_name(0)",
        "return initialize_parameters(n_a, vocab_size, vocab_size), write_name(0)",
    ),
    ("model", "return parameters, write_name(0)", "return parameters"),
    ("model", "vocab_size = len(char_to_ix)", "vocab_size = 27"),
    (
        "model",
        "initialize_parameters(n_a, vocab_size, vocab_size)",
        "initialize_parameters(50, vocab_size, vocab_size)",
    ),
]

# exercise, what stands in the reference, the mistake, what a visible check says of it
ADVICE = [
    (
        "draw_index",
        "np.random.choice(range(len(probs)), p=probs)",
        "np.argmax(probs)",
        "likeliest",
    ),
    ("draw_index", "np.random.seed(seed)", "np.random.seed(0)", "Seed with the arg"),
    ("draw_index", "p=probs", "p=probs, size=1", "leave out size"),
    ("draw_index", "p=probs", "p=probs, size=10", "leave out size"),
    ("draw_index", "range(len(probs))", "range(4)", "range(len(probs))"),
    ("sample", "indices, idx = [], -1", "indices, idx = [], 0", "such as -1"),
    ("sample", ' + parameters["by"]', "", "is by added"),
    (
        "sample",
        "    if idx != newline:\n        indices",
        "    indices",
        "more than one",
    ),
    ("sample", "return indices", "return indices[:-1]", "belongs to the list"),
    (
        "sample",
        "x, a_prev = np.zeros((vocab_size, 1))",
        "x, a_prev = np.zeros(vocab_size)",
        "columns",
    ),
    ("sample", "vocab_size, n_a = Wya.shape", "vocab_size, n_a = 27, 100", "27 or 100"),
    ("sample", "softmax(Wya @ a_prev", "(Wya @ a_prev", "softmax"),
    ("sample", "return indices", "return ''.join(map(chr, indices))", "returned str"),
    (
        "sample",
        "np.random.choice(range(vocab_size), p=y.ravel())",
        "np.argmax(y)",
        "not the largest",
    ),
    (
        "sample",
        "        idx = ",
        "        np.random.seed(seed)\n        idx = ",
        "seed once",
    ),
    (
        "sample",
        "        idx = ",
        "        np.random.seed(len(indices) + seed)\n        idx = ",
        "shifted",
    ),
    ("sample", "        x[idx] = 1\n", "        x = y\n", "not the probabilities"),
    ("sample", "len(indices) < 50", "len(indices) < 49", "after 50 characters"),
    (
        "clip",
        "np.clip(gradients[key], -maxValue, maxValue)",
        "np.where(np.abs(gradients[key]) > maxValue, 0, gradients[key])",
        "should become 2",
    ),
    ("optimize", "a[len(X) - 1]", "a[len(X)]", "a[len(X) - 1]"),
    ("optimize", "a[len(X) - 1]", "a[0]", "after the last step"),
    (
        "optimize",
        "(X, Y, a_prev, parameters)\n    gradients, a",
        "(X, Y, 0 * a_prev, parameters)\n    gradients, a",
        "Start from a_prev",
    ),
    ("optimize", "    gradients = clip(gradients, 5)\n", "", "clip first"),
    ("model", "j % len(examples)]\n", "0]\n", "j % len(examples)"),
    ("model", "j % len(examples)]\n", "j]\n", "j % len(examples)"),
]

# the sampler that seeds again at every step, as it stands in older material
RESEEDING_SAMPLE = """
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    Waa, Wax, Wya = parameters['Waa'], parameters['Wax'], parameters['Wya']
    by, b = parameters['by'], parameters['b']
    x = np.zeros((by.shape[0], 1))
    a_prev = np.zeros((Waa.shape[1], 1))
    indices = []
    idx = -1
    counter = 0
    while (idx != char_to_ix['\\n'] and counter != 50):
        a = np.tanh(np.dot(Wax, x) + np.dot(Waa, a_prev) + b)
        y = softmax(np.dot(Wya, a) + by)
        np.random.seed(counter + seed)
        idx = np.random.choice(list(range(by.shape[0])), p=y.ravel())
        indices.append(idx)
        x = np.zeros((by.shape[0], 1))
        x[idx] = 1
        a_prev = a
        seed += 1
        counter += 1
    if counter == 50:
        indices.append(char_to_ix['\\n'])
    return indices
"""

GLOBALS_OPTIMIZE = """
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a0, parameters)
    grads, a = rnn_backward(X, Y, parameters, cache)
    grads = clip(grads, 5)
    update_parameters(parameters, grads, learning_rate)
    return loss, grads, a[len(X) - 1]
"""

WHOLE_MISTAKES = {"sample": [RESEEDING_SAMPLE], "optimize": [GLOBALS_OPTIMIZE]}

ALTERNATIVES = {
    "draw: n in place of a range": {
        "draw_index": """
def draw_index(probs, seed):
    np.random.seed(seed)
    return int(np.random.choice(len(probs), p=probs))
"""
    },
    "draw: array of indices, raveled probabilities": {
        "draw_index": """
def draw_index(probs, seed):
    np.random.seed(seed)
    idx = None
    idx = np.random.choice(np.arange(probs.shape[0]), p=probs.ravel())
    return idx
"""
    },
    "draw: own legacy generator with the same stream": {
        "draw_index": """
def draw_index(probs, seed):
    return np.random.RandomState(seed).choice(list(range(len(probs))), p=probs)
"""
    },
    "clip: in place with out, dictionary rebuilt": {
        "clip": """
def clip(gradients, maxValue):
    dWaa, dWax, dWya, db, dby = (gradients['dWaa'], gradients['dWax'],
                                 gradients['dWya'], gradients['db'], gradients['dby'])
    for gradient in [dWax, dWaa, dWya, db, dby]:
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    gradients = {"dWaa": dWaa, "dWax": dWax, "dWya": dWya, "db": db, "dby": dby}
    return gradients
"""
    },
    "clip: minimum and maximum": {
        "clip": """
def clip(gradients, maxValue):
    names = ["dWaa", "dWax", "dWya", "db", "dby"]
    return {k: np.maximum(np.minimum(gradients[k], maxValue), -maxValue) for k in names}
"""
    },
    "clip: masks, in place": {
        "clip": """
def clip(gradients, maxValue):
    for key in ("dWaa", "dWax", "dWya", "db", "dby"):
        g = gradients[key]
        g[g > maxValue] = maxValue
        g[g < -maxValue] = -maxValue
    return gradients
"""
    },
    "clip: every number in a loop": {
        "clip": """
def clip(gradients, maxValue):
    for name in ("dWaa", "dWax", "dWya", "db", "dby"):
        array = gradients[name]
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                array[i][j] = max(-maxValue, min(maxValue, array[i][j]))
    return gradients
"""
    },
    "clip: deep copy, method of the array": {
        "clip": """
import copy

def clip(gradients, maxValue):
    gradients = copy.deepcopy(gradients)
    for k in ['dWaa', 'dWax', 'dWya', 'db', 'dby']:
        gradients[k] = gradients[k].clip(min=-maxValue, max=maxValue)
    return gradients
"""
    },
    "norm: one long vector": {
        "clip_by_norm": """
def clip_by_norm(gradients, max_norm):
    flat = np.concatenate([g.flatten() for g in gradients.values()])
    norm = np.linalg.norm(flat)
    if norm <= max_norm:
        return gradients
    return {k: g / norm * max_norm for k, g in gradients.items()}
"""
    },
    "norm: in place": {
        "clip_by_norm": """
import math

def clip_by_norm(gradients, max_norm):
    total = 0.0
    for name in ("dWaa", "dWax", "dWya", "db", "dby"):
        total += float(np.sum(gradients[name] * gradients[name]))
    if math.sqrt(total) >= max_norm:
        for name in ("dWaa", "dWax", "dWya", "db", "dby"):
            gradients[name] *= max_norm / math.sqrt(total)
    return gradients
"""
    },
    "norm: a small number guards the division": {
        "clip_by_norm": """
def clip_by_norm(gradients, max_norm):
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients.values()])
    coefficient = min(1.0, max_norm / (norm + 1e-6))
    return {k: coefficient * g for k, g in gradients.items()}
"""
    },
    "norm: maximum in the denominator": {
        "clip_by_norm": """
def clip_by_norm(gradients, max_norm):
    norm = sum((g ** 2).sum() for g in gradients.values()) ** 0.5
    return {k: g * max_norm / max(norm, max_norm) for k, g in gradients.items()}
"""
    },
    "sample: counter and np.dot": {
        "sample": """
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    Waa, Wax, Wya, by, b = (parameters['Waa'], parameters['Wax'], parameters['Wya'],
                            parameters['by'], parameters['b'])
    vocab_size = by.shape[0]
    n_a = Waa.shape[1]
    x = np.zeros((vocab_size, 1))
    a_prev = np.zeros((n_a, 1))
    indices = []
    idx = -1
    counter = 0
    newline_character = char_to_ix['\\n']
    while (idx != newline_character and counter != 50):
        a = np.tanh(np.dot(Wax, x) + np.dot(Waa, a_prev) + b)
        z = np.dot(Wya, a) + by
        y = softmax(z)
        idx = np.random.choice(list(range(vocab_size)), p=y.ravel())
        indices.append(idx)
        x = np.zeros((vocab_size, 1))
        x[idx] = 1
        a_prev = a
        counter += 1
    if (counter == 50):
        indices.append(char_to_ix['\\n'])
    return indices
"""
    },
    "sample: for loop with break, own softmax, identity columns": {
        "sample": """
def _next(parameters, x, a):
    a = np.tanh(parameters["Wax"].dot(x) + parameters["Waa"].dot(a) + parameters["b"])
    scores = parameters["Wya"].dot(a) + parameters["by"]
    e = np.exp(scores - np.max(scores))
    return e / np.sum(e), a


def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    size = len(char_to_ix)
    x, a = np.zeros((size, 1)), np.zeros_like(parameters["b"])
    indices = []
    for _ in range(50):
        y, a = _next(parameters, x, a)
        indices.append(np.random.choice(size, p=y[:, 0]))
        if indices[-1] == char_to_ix["\\n"]:
            break
        x = np.eye(size)[:, [indices[-1]]]
    else:
        indices.append(char_to_ix["\\n"])
    return indices
"""
    },
    "sample: one matrix, flat vectors": {
        "sample": """
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    W = np.hstack((parameters["Wax"], parameters["Waa"]))
    size, n_a = parameters["Wya"].shape
    x, a, drawn = np.zeros(size), np.zeros(n_a), []
    while len(drawn) < 50 and (not drawn or drawn[-1] != char_to_ix["\\n"]):
        a = np.tanh(W @ np.concatenate((x, a)) + parameters["b"].flatten())
        y = softmax(parameters["Wya"] @ a + parameters["by"].flatten())
        k = np.random.choice(range(size), p=y)
        drawn += [int(k)]
        x = (np.arange(size) == k).astype(float)
    return drawn if drawn[-1] == char_to_ix["\\n"] else drawn + [char_to_ix["\\n"]]
"""
    },
    "optimize: parameters bound again": {
        "optimize": """
def optimize(X, Y, a_prev, parameters, learning_rate = 0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    parameters = update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X)-1]
"""
    },
    "optimize: clip by keyword, own update in place": {
        "optimize": """
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, (y, a, x) = rnn_forward(X=X, Y=Y, a0=a_prev, parameters=parameters)
    gradients, _ = rnn_backward(X, Y, parameters, (y, a, x))
    gradients = clip(gradients=gradients, maxValue=5)
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * gradients["d" + key]
    return [loss, gradients, a[max(a)]]
"""
    },
    "optimize and clip: both work in place": {
        "clip": """
def clip(gradients, maxValue):
    for key in ("dWaa", "dWax", "dWya", "db", "dby"):
        np.clip(gradients[key], -maxValue, maxValue, out=gradients[key])
    return gradients
""",
        "optimize": """
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    clip(gradients, 5)
    update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X) - 1]
""",
    },
}

# a whole training loop as it stands in older material, in place of the given frame
WHOLE_MODEL = """
def model(data_x, ix_to_char, char_to_ix, num_iterations=35000, n_a=50,
          dino_names=7, vocab_size=27, verbose=False):
    n_x, n_y = vocab_size, vocab_size
    parameters = initialize_parameters(n_a, n_x, n_y)
    loss = get_initial_loss(vocab_size, dino_names)
    examples = [x.strip() for x in data_x]
    np.random.seed(0)
    np.random.shuffle(examples)
    a_prev = np.zeros((n_a, 1))
    last_dino_name = "abc"
    for j in range(num_iterations):
        idx = j % len(examples)
        single_example_ix = [char_to_ix[c] for c in examples[idx]]
        X = [None] + single_example_ix
        Y = X[1:] + [char_to_ix["\\n"]]
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters,
                                                learning_rate=0.01)
        loss = smooth(loss, curr_loss)
        if j % 2000 == 0:
            print('Iteration: %d, Loss: %f' % (j, loss) + '\\n')
            for seed in range(dino_names):
                sampled_indices = sample(parameters, char_to_ix, seed)
                last_dino_name = get_sample(sampled_indices, ix_to_char)
                print_sample(sampled_indices, ix_to_char)
    return parameters, last_dino_name
"""
ALTERNATIVES["model: a whole loop from older material"] = {"model": WHOLE_MODEL}

# what may stand in the gap of `model`
FRAGMENTS = {
    "customary": """
idx = j % len(examples)
single_example = examples[idx]
single_example_chars = [c for c in single_example]
single_example_ix = [char_to_ix[c] for c in single_example_chars]
X = [None] + single_example_ix
ix_newline = [char_to_ix["\\n"]]
Y = X[1:] + ix_newline
curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters, learning_rate=0.01)
""",
    "old customary": """
index = j % len(examples)
X = [None] + [char_to_ix[ch] for ch in examples[index]]
Y = X[1:] + [char_to_ix["\\n"]]
curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
""",
    "each name from a zero state": """
X = [None]
for c in examples[j % len(examples)]:
    X.append(char_to_ix[c])
Y = X[1:]
Y.append(char_to_ix["\\n"])
curr_loss, _, _ = optimize(X, Y, np.zeros((n_a, 1)), parameters)
""",
    "Y first": """
Y = [char_to_ix[c] for c in examples[j % len(examples)] + "\\n"]
X = [None, *Y[:-1]]
curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters, 0.01)
""",
    "the list is rotated": """
name = examples[0]
examples.append(examples.pop(0))
X = [None] + list(map(char_to_ix.get, name))
Y = X[1:] + [0]
curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
""",
}


def with_fragment(fragment: str) -> dict[str, str]:
    """The cell of `model` with `fragment` between its solution markers."""
    before, rest = cell(NAME, "model").split("        ### BEGIN SOLUTION\n")
    _, after = rest.split("        ### END SOLUTION\n")
    return {"model": before + textwrap.indent(fragment, " " * 8) + after}


def test_the_reference_has_all_points() -> None:
    assert lost(NAME) == {}


def test_points_add_up_to_100() -> None:
    assert sum(out_of for _, out_of, _ in grade_cells(NAME).values()) == 100


@pytest.mark.parametrize(
    "exercise", ["draw_index", "clip", "clip_by_norm", "sample", "optimize", "model"]
)
def test_an_unwritten_exercise_costs_all_its_points_and_no_others(
    exercise: str,
) -> None:
    stub = f"def {exercise}(*args, **kwargs):\n    raise NotImplementedError('stub')"
    results = grade_cells(NAME, {exercise: stub})
    judging = {
        test: points for test, (points, out_of, _) in results.items() if points < out_of
    }
    assert set(lost(NAME, {exercise: stub})) == {exercise}
    assert not any(judging.values())


@pytest.mark.parametrize(("exercise", "old", "new"), SMALL_MISTAKES)
def test_a_mistake_costs_its_own_exercise(exercise: str, old: str, new: str) -> None:
    assert set(lost(NAME, replaced(NAME, exercise, old, new))) == {exercise}


@pytest.mark.parametrize(("exercise", "old", "new", "advice"), ADVICE)
def test_a_common_mistake_is_explained(
    exercise: str, old: str, new: str, advice: str
) -> None:
    failures = lost(NAME, replaced(NAME, exercise, old, new))
    assert set(failures) == {exercise}
    assert any(advice in message for message in failures[exercise].values()), failures


@pytest.mark.parametrize(
    ("exercise", "source"),
    [
        (exercise, source)
        for exercise, all_ in WHOLE_MISTAKES.items()
        for source in all_
    ],
)
def test_a_mistaken_function_costs_its_own_exercise(exercise: str, source: str) -> None:
    assert set(lost(NAME, {exercise: source})) == {exercise}


@pytest.mark.parametrize("answers", ALTERNATIVES.values(), ids=list(ALTERNATIVES))
def test_another_right_answer_costs_nothing(answers: dict[str, str]) -> None:
    assert lost(NAME, answers) == {}


@pytest.mark.parametrize("fragment", FRAGMENTS.values(), ids=list(FRAGMENTS))
def test_another_right_training_step_costs_nothing(fragment: str) -> None:
    assert lost(NAME, with_fragment(fragment)) == {}


def test_messages_of_failed_tests_hold_no_test_code() -> None:
    wrong = replaced(NAME, "clip", "-maxValue, maxValue", "0, maxValue")
    for message in lost(NAME, wrong)["clip"].values():
        assert "_ref" not in message
        assert "array(" not in message


@pytest.fixture
def student_module(monkeypatch: pytest.MonkeyPatch):
    """Imports a module that stands beside the notebook."""
    monkeypatch.syspath_prepend(str(SOURCE / NAME))

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_given_gradients_agree_with_finite_differences(student_module) -> None:
    rnn = student_module("character_rnn")
    generator = np.random.default_rng(3)
    parameters = rnn.initialize_parameters(4, 6, 6)
    for value in parameters.values():
        value += 0.5 * generator.standard_normal(value.shape)
    X, Y, a0 = [None, 3, 1, 5], [3, 1, 5, 0], generator.standard_normal((4, 1))
    _, cache = rnn.rnn_forward(X, Y, a0, parameters)
    gradients, a = rnn.rnn_backward(X, Y, parameters, cache)
    assert sorted(a) == [-1, 0, 1, 2, 3]
    for name, value in parameters.items():
        for place in np.ndindex(*value.shape):
            kept, losses = value[place], []
            for step in (1e-5, -1e-5):
                value[place] = kept + step
                losses.append(rnn.rnn_forward(X, Y, a0, parameters)[0])
            value[place] = kept
            slope = (losses[0] - losses[1]) / 2e-5
            assert gradients[f"d{name}"][place] == pytest.approx(slope, abs=1e-7)


def test_shapes_of_the_given_parameters(student_module) -> None:
    parameters = student_module("character_rnn").initialize_parameters(100, 27, 27)
    assert {name: value.shape for name, value in parameters.items()} == {
        "Wax": (100, 27),
        "Waa": (100, 100),
        "Wya": (27, 100),
        "b": (100, 1),
        "by": (27, 1),
    }


def test_nats_per_character_is_the_mean_loss_over_all_characters(
    student_module,
) -> None:
    rnn, names = student_module("character_rnn"), ["mei", "anzu", "yulong"]
    codes, _ = student_module("name_list").build_vocabulary()
    parameters = rnn.initialize_parameters(8, 27, 27)
    for value in parameters.values():
        value += np.random.default_rng(5).standard_normal(value.shape)
    total = 0.0
    for name in names:
        Y = [codes[c] for c in name + "\n"]
        total += rnn.rnn_forward([None, *Y[:-1]], Y, np.zeros((8, 1)), parameters)[0]
    mean = total / sum(len(name) + 1 for name in names)
    assert rnn.nats_per_character(parameters, names, codes) == pytest.approx(mean)


@pytest.mark.parametrize("order", range(5))
def test_ngram_probabilities_sum_to_one(student_module, order: int) -> None:
    model = student_module("ngrams").NgramModel(["mei", "anzu", "meimei"], order, 27)
    for context in ("", "m", "me", "mei", "zzz"):
        context = context[: max(0, order - 1)]
        letters = "\nabcdefghijklmnopqrstuvwxyz"
        total = sum(model.probability(c, context) for c in letters)
        assert total == pytest.approx(1)


def test_uniform_baseline_is_the_logarithm_of_the_vocabulary(student_module) -> None:
    model = student_module("ngrams").NgramModel(["mei"], 0, 27)
    assert model.nats_per_character(["anzu"]) == pytest.approx(np.log(27))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "list.txt is empty"),
        (b"\n  \n", "list.txt is empty"),
        ("Gl\u00fcck\n".encode("latin-1"), "not UTF-8"),
        (b"Anzu\nT-rex\n", "line 2: 't-rex' has the character '-'"),
        ("Anzu\nS\u00e3o\n".encode(), "line 2"),
    ],
)
def test_a_bad_list_is_refused_with_the_reason(
    student_module, tmp_path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        student_module("name_list").read_names(path)


def test_a_good_list_is_read_whatever_its_line_ends(student_module, tmp_path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffMei\r\n Anzu \r\n\r\nS\u00e3o".encode())
    names = student_module("name_list").read_names(
        path, "abcdefghijklmnopqrstuvwxyz\u00e3"
    )
    assert names == ["mei", "anzu", "s\u00e3o"]


def test_held_out_names_are_none_of_the_training_names(student_module) -> None:
    names = [f"name{i}" for i in range(200)] + ["name7"]
    training, held_out = student_module("name_list").split_names(names)
    assert len(held_out) == 20
    assert sorted(training + held_out) == sorted(set(names))


def test_accents_are_joined_and_the_alphabet_may_be_in_capitals(
    student_module, tmp_path
) -> None:
    names, path = student_module("name_list"), tmp_path / "list.txt"
    path.write_bytes("Mu\u0308ller\n".encode())
    assert names.read_names(path, names.LETTERS.upper() + "\u00dc") == ["m\u00fcller"]
    codes, _ = names.build_vocabulary("ACGT")
    assert "".join(codes) == "\nacgt"


def test_a_very_long_bad_line_is_shortened_in_the_message(
    student_module, tmp_path
) -> None:
    path = tmp_path / "list.txt"
    path.write_text("x" * 5000 + "!\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1") as caught:
        student_module("name_list").read_names(path)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("names", [[], ["mei"], ["mei", "mei"]])
def test_too_few_names_to_split_are_refused(student_module, names: list[str]) -> None:
    with pytest.raises(ValueError, match="at least two"):
        student_module("name_list").split_names(names)


def test_two_names_are_split_into_one_and_one(student_module) -> None:
    training, held_out = student_module("name_list").split_names(["mei", "anzu"])
    assert len(training) == len(held_out) == 1


def test_an_unknown_character_is_named(student_module) -> None:
    rnn = student_module("character_rnn")
    codes, _ = student_module("name_list").build_vocabulary()
    parameters = rnn.initialize_parameters(4, 27, 27)
    with pytest.raises(ValueError, match=r"'t\. rex' has the character '\.'"):
        rnn.nats_per_character(parameters, ["mei", "t. rex"], codes)


def test_helpers_for_loops_from_elsewhere(student_module) -> None:
    rnn = student_module("character_rnn")
    assert rnn.get_initial_loss(27, 7) == pytest.approx(7 * np.log(27))
    assert rnn.smooth(2.0, 1.0) == pytest.approx(1.999)
    assert rnn.get_sample([2, 1, 0], {0: "\n", 1: "a", 2: "b"}) == "Ba\n"


def test_the_cell_for_your_own_list_works_when_uncommented(tmp_path) -> None:
    """Another alphabet and other names: nothing is tied to the dinosaurs."""
    path = tmp_path / "towns.txt"
    towns = ["Bad Tölz", "Köln", "Baden-Baden", "Ulm", "Jena", "Gera", "Suhl"]
    path.write_text("\n".join(towns), encoding="utf-8")
    cells = [
        c.source
        for c in master(NAME).cells
        if c.cell_type == "code" and not c.id.startswith(("test_", "your_own"))
    ]
    own = cell(NAME, "your_own_list").replace("# ", "").replace("10000", "60")
    own = own.replace('"my_list.txt"', repr(str(path))).replace("200)", "3)")
    program = "\n".join(
        ["import matplotlib; matplotlib.use('agg')", *cells, own, "print(own_nats)"]
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SOURCE / NAME,
        capture_output=True,
        text=True,
        env={**os.environ, "NBGRADER_EXECUTION": "1"},
        check=True,
    )
    assert 0 < float(done.stdout.split()[-1]) < 8


@pytest.mark.slow
def test_the_recipe_beats_the_trigram_on_held_out_names() -> None:
    cells = [
        "setup_imports",
        "setup_names",
        "draw_index",
        "sample",
        "clip",
        "clip_by_norm",
        "optimize",
        "model",
        "demo_laboratory",
    ]
    program = "\n".join(
        ["import matplotlib; matplotlib.use('agg')"]
        + [cell(NAME, name) for name in cells]
    )
    program += "\nBASELINES = ()\nbaseline_scores = {}\n"
    program += cell(NAME, "demo_recipe").rsplit("show_recipe(", 1)[0]
    program += (
        "\ntrigram = NgramModel(training_names, 3, 27)"
        "\nprint(trigram.nats_per_character(held_out_names) - recipe_nats)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SOURCE / NAME,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout.split()[-1]) > 0.04


def test_links_beside_the_notebook_are_real_files() -> None:
    for name in ("dinosaurs.txt", "checks.py"):
        assert (SOURCE / NAME / name).resolve().is_file()
