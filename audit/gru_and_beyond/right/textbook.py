"""Every quantity by its name, as a textbook writes it."""
# ruff: noqa


# %% gru_cell_forward
def gru_cell_forward(xt, c_prev, parameters):
    Wc, bc = parameters["Wc"], parameters["bc"]
    Wu, bu = parameters["Wu"], parameters["bu"]
    Wr, br = parameters.get("Wr"), parameters.get("br")
    concat = np.vstack([c_prev, xt])
    gamma_u = sigmoid(np.dot(Wu, concat) + bu)
    if Wr is None:
        gamma_r = 1.0 + np.zeros(c_prev.shape)
    else:
        gamma_r = sigmoid(np.dot(Wr, concat) + br)
    concat_relevant = np.vstack([np.multiply(gamma_r, c_prev), xt])
    candidate = np.tanh(np.dot(Wc, concat_relevant) + bc)
    c_next = np.multiply(gamma_u, candidate) + np.multiply(1 - gamma_u, c_prev)
    cache = (c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters)
    return c_next, cache


# %% gru_forward
def gru_forward(x, c0, parameters):
    n_x, m, T_x = x.shape
    n_a = c0.shape[0]
    c = np.empty((n_a, m, T_x))
    c_next = c0.copy()
    caches = []
    for t in range(T_x):
        xt = x[:, :, t]
        c_next, cache = gru_cell_forward(xt, c_next, parameters)
        c[:, :, t] = c_next
        caches.append(cache)
    caches = (caches, x)
    return c, caches


# %% gru_cell_backward
def gru_cell_backward(dc_next, cache):
    (c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters) = cache
    n_a, m = c_prev.shape
    Wc, Wu, Wr = parameters["Wc"], parameters["Wu"], parameters["Wr"]
    dcandidate = dc_next * gamma_u
    dgamma_u = dc_next * candidate - dc_next * c_prev
    dc_prev = dc_next * (1 - gamma_u)
    dzc = dcandidate * (1 - np.power(candidate, 2))
    dzu = dgamma_u * gamma_u * (1 - gamma_u)
    dstack_c = np.dot(Wc.T, dzc)
    dgamma_r = dstack_c[:n_a, :] * c_prev
    dc_prev = dc_prev + dstack_c[:n_a, :] * gamma_r
    dzr = dgamma_r * gamma_r * (1 - gamma_r)
    dstack_u = np.dot(Wu.T, dzu)
    dstack_r = np.dot(Wr.T, dzr)
    dc_prev = dc_prev + dstack_u[:n_a, :] + dstack_r[:n_a, :]
    dxt = dstack_c[n_a:, :] + dstack_u[n_a:, :] + dstack_r[n_a:, :]
    concat = np.concatenate((c_prev, xt))
    concat_relevant = np.concatenate((gamma_r * c_prev, xt))
    return {
        "dxt": dxt,
        "dc_prev": dc_prev,
        "dWc": np.dot(dzc, concat_relevant.T),
        "dWu": np.dot(dzu, concat.T),
        "dWr": np.dot(dzr, concat.T),
        "dbc": np.sum(dzc, axis=1, keepdims=True),
        "dbu": np.sum(dzu, axis=1, keepdims=True),
        "dbr": np.sum(dzr, axis=1, keepdims=True),
    }


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    n_x, m, T_x = x.shape
    reversed_x = x[:, :, list(range(T_x - 1, -1, -1))]
    a_forward = rnn_states(x, a0_forward, parameters["forward"])
    a_backward = rnn_states(reversed_x, a0_backward, parameters["backward"])
    a = np.zeros((a0_forward.shape[0] + a0_backward.shape[0], m, T_x))
    y_pred = np.zeros((parameters["by"].shape[0], m, T_x))
    for t in range(T_x):
        a[:, :, t] = np.concatenate(
            (a_forward[:, :, t], a_backward[:, :, T_x - 1 - t]), axis=0
        )
        y_pred[:, :, t] = sigmoid(
            np.dot(parameters["Wy"], a[:, :, t]) + parameters["by"]
        )
    return a, y_pred


# %% deep_rnn_forward
def deep_rnn_forward(x, a0, parameters, activation=np.tanh):
    n_x, m, T_x = x.shape
    L = len(parameters)
    a = []
    for l in range(L):
        n_l = a0[l].shape[0]
        a_l = np.zeros((n_l, m, T_x))
        a_next = a0[l]
        for t in range(T_x):
            a_below = x[:, :, t] if l == 0 else a[l - 1][:, :, t]
            concat = np.concatenate((a_next, a_below), axis=0)
            a_next = activation(np.dot(parameters[l]["Wa"], concat) + parameters[l]["ba"])
            a_l[:, :, t] = a_next
        a.append(a_l)
    return tuple(a)
