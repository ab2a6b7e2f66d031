"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% draw_index
# own legacy generator with the same stream
def draw_index(probs, seed):
    return np.random.RandomState(seed).choice(list(range(len(probs))), p=probs)


# %% sample
# for loop with break, own softmax, identity columns
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
        if indices[-1] == char_to_ix["\n"]:
            break
        x = np.eye(size)[:, [indices[-1]]]
    else:
        indices.append(char_to_ix["\n"])
    return indices


# %% clip
# masks, in place
def clip(gradients, maxValue):
    for key in ("dWaa", "dWax", "dWya", "db", "dby"):
        g = gradients[key]
        g[g > maxValue] = maxValue
        g[g < -maxValue] = -maxValue
    return gradients


# %% clip_by_norm
# a small number guards the division
def clip_by_norm(gradients, max_norm):
    norm = np.linalg.norm([np.linalg.norm(g) for g in gradients.values()])
    coefficient = min(1.0, max_norm / (norm + 1e-6))
    return {k: coefficient * g for k, g in gradients.items()}


# %% model
# another name first in each pass
def model(data, ix_to_char, char_to_ix, num_iterations=8000, n_a=100,
          seed=0, report_every=1000, names_per_report=4, verbose=False):
    """Train on one name a step.

    Arguments:
        data: list of names, without newlines
        ix_to_char, char_to_ix: the vocabulary, index to character and back
        num_iterations: number of steps
        n_a: number of hidden units
        seed: of the order of names; the sampled names have seed, seed + 1 ...
        report_every, names_per_report: how often, and how many names to show
        verbose: whether to print nats per character and sampled names

    Returns:
        parameters: dict Wax, Waa, Wya, b, by after training
        last_name: the name sampled last, a string
    """
    def write_name(number):
        indices = sample(parameters, char_to_ix, seed + number)
        return "".join(ix_to_char[i] for i in indices).strip().capitalize()

    vocab_size = len(char_to_ix)
    parameters = initialize_parameters(n_a, vocab_size, vocab_size)
    a_prev = np.zeros((n_a, 1))
    examples = [name.strip() for name in data]
    shuffler = np.random.default_rng(seed)
    nats = []
    for j in range(num_iterations):
        if j % len(examples) == 0:
            shuffler.shuffle(examples)
        # YOUR TURN: choose a name, make X and Y, call optimize

        X = [None] + [char_to_ix[c] for c in examples[(j + 1) % len(examples)]]
        Y = X[1:] + [char_to_ix["\n"]]
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
        nats.append(curr_loss / len(Y))
        if verbose and (j + 1) % report_every == 0:
            names = [write_name(i) for i in range(names_per_report)]
            print(f"step {j + 1:6}: {np.mean(nats[-report_every:]):.3f} nats:",
                  ", ".join(names))
    last_name = write_name(0)
    return parameters, last_name
