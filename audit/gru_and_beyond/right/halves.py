"""Weights cut into their halves; states as lists, stacked at the end."""
# ruff: noqa


# %% gru_cell_forward
def gru_cell_forward(xt, c_prev, parameters):
    n_a = c_prev.shape[0]

    def score(key, state):
        W = parameters["W" + key]
        return W[:, :n_a] @ state + W[:, n_a:] @ xt + parameters["b" + key]

    gamma_u = sigmoid(score("u", c_prev))
    try:
        gamma_r = sigmoid(score("r", c_prev))
    except KeyError:
        gamma_r = np.ones_like(c_prev)
    candidate = np.tanh(score("c", gamma_r * c_prev))
    c_next = c_prev + gamma_u * (candidate - c_prev)
    cache = c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters
    return c_next, cache


# %% gru_forward
def gru_forward(x, c0, parameters):
    states, steps = [c0], []
    for xt in np.moveaxis(x, 2, 0):
        c, cache = gru_cell_forward(xt, states[-1], parameters)
        states.append(c)
        steps.append(cache)
    c = np.stack(states[1:], axis=-1)
    return c, (steps, x)


# %% gru_cell_backward
def gru_cell_backward(dc_next, cache):
    c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters = cache
    n_a = len(c_prev)
    # everything again from the inputs, as memory-saving code does
    W = {k: (parameters["W" + k][:, :n_a], parameters["W" + k][:, n_a:]) for k in "cur"}
    u = sigmoid(W["u"][0] @ c_prev + W["u"][1] @ xt + parameters["bu"])
    r = sigmoid(W["r"][0] @ c_prev + W["r"][1] @ xt + parameters["br"])
    g = np.tanh(W["c"][0] @ (r * c_prev) + W["c"][1] @ xt + parameters["bc"])
    dg, du = dc_next * u, dc_next * (g - c_prev)
    dz = {"c": dg - dg * g * g, "u": du * u - du * u * u}
    drc = W["c"][0].T @ dz["c"]
    dr = drc * c_prev
    dz["r"] = dr * r - dr * r * r
    dc_prev = dc_next - dc_next * u + drc * r
    dc_prev = dc_prev + W["u"][0].T @ dz["u"] + W["r"][0].T @ dz["r"]
    dxt = sum(W[k][1].T @ dz[k] for k in "cur")
    gradients = {"dxt": dxt, "dc_prev": dc_prev}
    for k in "cur":
        read = r * c_prev if k == "c" else c_prev
        gradients["dW" + k] = np.hstack((dz[k] @ read.T, dz[k] @ xt.T))
        gradients["db" + k] = dz[k].sum(1).reshape(-1, 1)
    return gradients


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    Wy, by = parameters["Wy"], parameters["by"]
    n_f = a0_forward.shape[0]
    there = rnn_states(x, a0_forward, parameters["forward"])
    back = np.flip(
        rnn_states(np.flip(x, 2), a0_backward, parameters["backward"]), 2
    )
    scores = np.tensordot(Wy[:, :n_f], there, 1) + np.tensordot(Wy[:, n_f:], back, 1)
    return np.vstack((there, back)), sigmoid(scores + by.reshape(-1, 1, 1))


# %% deep_rnn_forward
def deep_rnn_forward(x, a0, parameters, activation=np.tanh):
    def layer(below, start, p):
        n_a, states, state = len(start), [], start
        for t in range(below.shape[-1]):
            past, new = p["Wa"][:, :n_a] @ state, p["Wa"][:, n_a:] @ below[..., t]
            state = activation(past + new + p["ba"])
            states += [state]
        return np.dstack(states)

    a, below = [], x
    for start, p in zip(a0, parameters):
        below = layer(below, start, p)
        a += [below]
    return a
