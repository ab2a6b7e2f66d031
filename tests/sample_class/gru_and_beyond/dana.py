# remark: right, layer by layer within a step, each way in a loop
# loses: nothing
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
