"""Right answers; the first line of each says what is its own."""
# ruff: noqa


# %% draw_index
# array of indices, raveled probabilities
def draw_index(probs, seed):
    np.random.seed(seed)
    idx = None
    idx = np.random.choice(np.arange(probs.shape[0]), p=probs.ravel())
    return idx


# %% sample
# a tuple
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    x, a = 0 * parameters["by"], 0 * parameters["b"]
    drawn = ()
    while len(drawn) < 50 and 0 not in drawn:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        y = softmax(parameters["Wya"] @ a + parameters["by"])
        drawn += (np.random.choice(range(len(x)), p=y.ravel()),)
        x = one_hot(drawn[-1], len(x))
    return drawn if 0 in drawn else (*drawn, 0)


# %% clip
# minimum and maximum
def clip(gradients, maxValue):
    names = ["dWaa", "dWax", "dWya", "db", "dby"]
    return {k: np.maximum(np.minimum(gradients[k], maxValue), -maxValue) for k in names}


# %% clip_by_norm
# in place
import math

def clip_by_norm(gradients, max_norm):
    total = 0.0
    for name in ("dWaa", "dWax", "dWya", "db", "dby"):
        total += float(np.sum(gradients[name] * gradients[name]))
    if math.sqrt(total) >= max_norm:
        for name in ("dWaa", "dWax", "dWya", "db", "dby"):
            gradients[name] *= max_norm / math.sqrt(total)
    return gradients


# %% optimize
# clip by keyword, own update in place
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, (y, a, x) = rnn_forward(X=X, Y=Y, a0=a_prev, parameters=parameters)
    gradients, _ = rnn_backward(X, Y, parameters, (y, a, x))
    gradients = clip(gradients=gradients, maxValue=5)
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * gradients["d" + key]
    return [loss, gradients, a[max(a)]]


# %% model
# neither verbose nor sizes
def model(data_x, ix_to_char, char_to_ix, num_iterations=8, n_a=50,
          dino_names=3):
    vocab_size = len(char_to_ix)
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
