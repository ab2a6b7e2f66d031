"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% draw_index
# n in place of a range
def draw_index(probs, seed):
    np.random.seed(seed)
    return int(np.random.choice(len(probs), p=probs))


# %% sample
# counter and np.dot
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
    newline_character = char_to_ix['\n']
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
        indices.append(char_to_ix['\n'])
    return indices


# %% clip
# in place with out, dictionary rebuilt
def clip(gradients, maxValue):
    dWaa, dWax, dWya, db, dby = (gradients['dWaa'], gradients['dWax'],
                                 gradients['dWya'], gradients['db'], gradients['dby'])
    for gradient in [dWax, dWaa, dWya, db, dby]:
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    gradients = {"dWaa": dWaa, "dWax": dWax, "dWya": dWya, "db": db, "dby": dby}
    return gradients


# %% clip_by_norm
# one long vector
def clip_by_norm(gradients, max_norm):
    flat = np.concatenate([g.flatten() for g in gradients.values()])
    norm = np.linalg.norm(flat)
    if norm <= max_norm:
        return gradients
    return {k: g / norm * max_norm for k, g in gradients.items()}


# %% optimize
# parameters bound again
def optimize(X, Y, a_prev, parameters, learning_rate = 0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    parameters = update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X)-1]


# %% model
# a whole loop from older material
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
        Y = X[1:] + [char_to_ix["\n"]]
        curr_loss, gradients, a_prev = optimize(X, Y, a_prev, parameters,
                                                learning_rate=0.01)
        loss = smooth(loss, curr_loss)
        if j % 2000 == 0:
            print('Iteration: %d, Loss: %f' % (j, loss) + '\n')
            for seed in range(dino_names):
                sampled_indices = sample(parameters, char_to_ix, seed)
                last_dino_name = get_sample(sampled_indices, ix_to_char)
                print_sample(sampled_indices, ix_to_char)
    return parameters, last_dino_name
