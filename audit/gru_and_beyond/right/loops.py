"""Example by example, step by step, with helpers in the same cell."""
# ruff: noqa


# %% gru_cell_forward
def gate_of(parameters, name, column):
    return parameters["W" + name].dot(column) + parameters["b" + name][:, 0]


def gru_cell_forward(xt, c_prev, parameters):
    n_a, m = c_prev.shape
    c_next, gamma_u, candidate = np.zeros((3, n_a, m))
    gamma_r = np.ones((n_a, m))
    for i in range(m):
        column = np.append(c_prev[:, i], xt[:, i])
        gamma_u[:, i] = 1 / (1 + np.exp(-gate_of(parameters, "u", column)))
        if "Wr" in parameters.keys():
            gamma_r[:, i] = 1 / (1 + np.exp(-gate_of(parameters, "r", column)))
        column = np.append(gamma_r[:, i] * c_prev[:, i], xt[:, i])
        candidate[:, i] = np.tanh(gate_of(parameters, "c", column))
        for j in range(n_a):
            u = gamma_u[j, i]
            c_next[j, i] = u * candidate[j, i] + (1 - u) * c_prev[j, i]
    return c_next, (c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters)


# %% gru_forward
def gru_forward(x, c0, parameters):
    n_x, m, T_x = x.shape
    c = np.zeros((c0.shape[0], m, T_x))
    caches = []
    for t in range(T_x):
        before = c0 if t == 0 else c[:, :, t - 1]
        c[:, :, t], cache = gru_cell_forward(x[:, :, t], before, parameters)
        caches.append(cache)
    return c, (caches, x)


# %% gru_cell_backward
def gru_cell_backward(dc_next, cache):
    c_next, c_prev, xt, u, r, g, p = cache
    n_a, m = c_prev.shape
    gradients = {"dxt": np.zeros(xt.shape), "dc_prev": np.zeros((n_a, m))}
    for k in "cur":
        gradients["dW" + k] = np.zeros(p["W" + k].shape)
        gradients["db" + k] = np.zeros((n_a, 1))
    for i in range(m):
        dc = dc_next[:, i]
        dz = {
            "c": dc * u[:, i] * (1 - g[:, i] ** 2),
            "u": dc * (g[:, i] - c_prev[:, i]) * u[:, i] * (1 - u[:, i]),
        }
        through = p["Wc"].T.dot(dz["c"])
        dz["r"] = through[:n_a] * c_prev[:, i] * r[:, i] * (1 - r[:, i])
        column = np.append(c_prev[:, i], xt[:, i])
        seen = np.append(r[:, i] * c_prev[:, i], xt[:, i])
        back = p["Wu"].T.dot(dz["u"]) + p["Wr"].T.dot(dz["r"])
        gradients["dxt"][:, i] = through[n_a:] + back[n_a:]
        gradients["dc_prev"][:, i] = (
            dc * (1 - u[:, i]) + through[:n_a] * r[:, i] + back[:n_a]
        )
        for k, read in (("c", seen), ("u", column), ("r", column)):
            gradients["dW" + k] += np.outer(dz[k], read)
            gradients["db" + k][:, 0] += dz[k]
    return gradients


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    n_x, m, T_x = x.shape
    n_f, n_b = len(a0_forward), len(a0_backward)
    a = np.zeros((n_f + n_b, m, T_x))
    state = a0_forward
    for t in range(T_x):
        p = parameters["forward"]
        state = np.tanh(p["Wax"] @ x[:, :, t] + p["Waa"] @ state + p["ba"])
        a[:n_f, :, t] = state
    state = a0_backward
    for t in reversed(range(T_x)):
        p = parameters["backward"]
        state = np.tanh(p["Wax"] @ x[:, :, t] + p["Waa"] @ state + p["ba"])
        a[n_f:, :, t] = state
    y = np.zeros((len(parameters["by"]), m, T_x))
    for t in range(T_x):
        z = parameters["Wy"] @ a[:, :, t] + parameters["by"]
        y[:, :, t] = 1 / (1 + np.exp(-z))
    return a, y


# %% deep_rnn_forward
def deep_rnn_forward(x, a0, parameters, activation=np.tanh):
    T_x = x.shape[2]
    a = [np.zeros((*start.shape, T_x)) for start in a0]
    state = list(a0)
    for t in range(T_x):
        below = x[:, :, t]
        for l in range(len(a0)):
            stacked = np.vstack((state[l], below))
            z = parameters[l]["Wa"] @ stacked + parameters[l]["ba"]
            state[l] = below = activation(z)
            a[l][:, :, t] = state[l]
    return a
