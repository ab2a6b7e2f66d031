"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% model
# the list is rotated
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

        name = examples[0]
        examples.append(examples.pop(0))
        X = [None] + list(map(char_to_ix.get, name))
        Y = X[1:] + [0]
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters)
        nats.append(curr_loss / len(Y))
        if verbose and (j + 1) % report_every == 0:
            names = [write_name(i) for i in range(names_per_report)]
            print(f"step {j + 1:6}: {np.mean(nats[-report_every:]):.3f} nats:",
                  ", ".join(names))
    last_name = write_name(0)
    return parameters, last_name
