"""A sequence function that calls no cell: the step is written out inside it."""
# ruff: noqa


# %% gru_forward
def gru_forward(x, c0, parameters):
    n_a, m = c0.shape
    Wc, Wu = parameters["Wc"], parameters["Wu"]
    c = np.zeros((n_a, m, x.shape[2]))
    caches, state = [], c0
    for t in range(x.shape[2]):
        xt = x[:, :, t]
        both = np.vstack((state, xt))
        u = sigmoid(Wu @ both + parameters["bu"])
        r = np.ones((n_a, m))
        if "Wr" in parameters:
            r = sigmoid(parameters["Wr"] @ both + parameters["br"])
        g = np.tanh(Wc @ np.vstack((r * state, xt)) + parameters["bc"])
        before, state = state, u * g + (1 - u) * state
        c[:, :, t] = state
        caches.append((state, before, xt, u, r, g, parameters))
    return c, (caches, x)


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    """All steps of both RNNs in one loop."""
    T_x = x.shape[2]
    p, q = parameters["forward"], parameters["backward"]
    a, b = a0_forward, a0_backward
    there, back = {}, {}
    for t in range(T_x):
        s = T_x - 1 - t
        a = np.tanh(p["Waa"].dot(a) + p["Wax"].dot(x[:, :, t]) + p["ba"])
        b = np.tanh(q["Waa"].dot(b) + q["Wax"].dot(x[:, :, s]) + q["ba"])
        there[t], back[s] = a, b
    states = [np.concatenate((there[t], back[t])) for t in range(T_x)]
    y = [sigmoid(parameters["Wy"] @ one + parameters["by"]) for one in states]
    return np.stack(states, 2), np.stack(y, 2)
