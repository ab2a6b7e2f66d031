# remark: right, in another spelling: clips in place, counts steps
# loses: nothing
# %% clip
def clip(gradients, maxValue):
    for key in ("dWaa", "dWax", "dWya", "db", "dby"):
        np.clip(gradients[key], -maxValue, maxValue, out=gradients[key])
    return gradients


# %% sample
def sample(parameters, char_to_ix, seed):
    np.random.seed(seed)
    Waa, Wax, Wya = parameters["Waa"], parameters["Wax"], parameters["Wya"]
    x = np.zeros((Wax.shape[1], 1))
    a = np.zeros((Waa.shape[0], 1))
    indices = []
    counter = 0
    idx = None
    while idx != char_to_ix["\n"] and counter < 50:
        a = np.tanh(np.dot(Wax, x) + np.dot(Waa, a) + parameters["b"])
        y = softmax(np.dot(Wya, a) + parameters["by"])
        idx = np.random.choice(len(y), p=y.flatten())
        indices.append(int(idx))
        x = np.zeros_like(x)
        x[idx, 0] = 1
        counter += 1
    if idx != char_to_ix["\n"]:
        indices.append(char_to_ix["\n"])
    return indices


# %% optimize
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    clip(gradients, 5)
    update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X) - 1]
