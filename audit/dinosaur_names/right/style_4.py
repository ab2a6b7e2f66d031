"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% sample
# one matrix, flat vectors
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    W = np.hstack((parameters["Wax"], parameters["Waa"]))
    size, n_a = parameters["Wya"].shape
    x, a, drawn = np.zeros(size), np.zeros(n_a), []
    while len(drawn) < 50 and (not drawn or drawn[-1] != char_to_ix["\n"]):
        a = np.tanh(W @ np.concatenate((x, a)) + parameters["b"].flatten())
        y = softmax(parameters["Wya"] @ a + parameters["by"].flatten())
        k = np.random.choice(range(size), p=y)
        drawn += [int(k)]
        x = (np.arange(size) == k).astype(float)
    return drawn if drawn[-1] == char_to_ix["\n"] else drawn + [char_to_ix["\n"]]


# %% clip
# every number in a loop
def clip(gradients, maxValue):
    for name in ("dWaa", "dWax", "dWya", "db", "dby"):
        array = gradients[name]
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                array[i][j] = max(-maxValue, min(maxValue, array[i][j]))
    return gradients


# %% clip_by_norm
# maximum in the denominator
def clip_by_norm(gradients, max_norm):
    norm = sum((g ** 2).sum() for g in gradients.values()) ** 0.5
    return {k: g * max_norm / max(norm, max_norm) for k, g in gradients.items()}


# %% model
# customary
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

        idx = j % len(examples)
        single_example = examples[idx]
        single_example_chars = [c for c in single_example]
        single_example_ix = [char_to_ix[c] for c in single_example_chars]
        X = [None] + single_example_ix
        ix_newline = [char_to_ix["\n"]]
        Y = X[1:] + ix_newline
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters, learning_rate=0.01)
        nats.append(curr_loss / len(Y))
        if verbose and (j + 1) % report_every == 0:
            names = [write_name(i) for i in range(names_per_report)]
            print(f"step {j + 1:6}: {np.mean(nats[-report_every:]):.3f} nats:",
                  ", ".join(names))
    last_name = write_name(0)
    return parameters, last_name
