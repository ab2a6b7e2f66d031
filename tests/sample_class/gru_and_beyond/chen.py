# remark: right, both gates in one product
# loses: nothing
# %% gru_cell_forward
def gru_cell_forward(xt, c_prev, parameters):
    keys = [k for k in "ur" if "W" + k in parameters]
    n_a = c_prev.shape[0]
    W = np.concatenate([parameters["W" + k] for k in keys])
    b = np.concatenate([parameters["b" + k] for k in keys])
    gates = sigmoid(W @ np.r_[c_prev, xt] + b)
    gamma_u = gates[:n_a]
    gamma_r = gates[n_a:] if len(keys) == 2 else np.ones((n_a, xt.shape[1]))
    candidate = np.tanh(
        np.matmul(parameters["Wc"], np.r_[gamma_r * c_prev, xt]) + parameters["bc"]
    )
    c_next = c_prev.copy()
    c_next *= 1 - gamma_u
    c_next += gamma_u * candidate
    return [c_next, [c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters, keys]]


# %% gru_cell_backward
def gru_cell_backward(dc_next, cache):
    _, c, x, u, r, g, p = cache[:7]
    n = c.shape[0]
    s, q = np.r_[c, x], np.r_[r * c, x]
    zc = dc_next * u * (1 - g) * (1 + g)
    zu = dc_next * (g - c) * u * (1 - u)
    h = p["Wc"].T @ zc
    zr = h[:n] * c * r * (1 - r)
    both = np.concatenate((p["Wu"], p["Wr"])).T @ np.concatenate((zu, zr))
    mask = np.r_[r, np.ones(x.shape)]
    total = h * mask + both
    total[:n] += dc_next * (1 - u)
    out = dict(dc_prev=total[:n], dxt=total[n:])
    one = np.ones((x.shape[1], 1))
    for k, z, read in (("c", zc, q), ("u", zu, s), ("r", zr, s)):
        out["dW" + k], out["db" + k] = z @ read.T, z @ one
    return out


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    def walk(order, state, p):
        found = {}
        for t in order:
            state = np.tanh(p["Wax"] @ x[:, :, t] + p["Waa"] @ state + p["ba"])
            found[t] = state
        return found

    T_x = x.shape[2]
    there = walk(range(T_x), a0_forward, parameters["forward"])
    back = walk(range(T_x - 1, -1, -1), a0_backward, parameters["backward"])
    a = np.dstack([np.r_[there[t], back[t]] for t in range(T_x)])
    m = x.shape[1]
    flat = parameters["Wy"] @ a.reshape(len(a), -1) + parameters["by"]
    return a, sigmoid(flat).reshape(-1, m, T_x)


# %% deep_rnn_forward
def deep_rnn_forward(x, a0, parameters, activation=np.tanh):
    if len(a0) == 0:
        return []
    states = np.zeros((*a0[0].shape, x.shape[2]))
    for t in range(x.shape[2]):
        before = a0[0] if t == 0 else states[:, :, t - 1]
        z = parameters[0]["Wa"] @ np.r_[before, x[:, :, t]] + parameters[0]["ba"]
        states[:, :, t] = activation(z)
    return [states] + deep_rnn_forward(states, a0[1:], parameters[1:], activation)
