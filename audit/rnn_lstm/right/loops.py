"""Example by example, index by index, with helpers in the same cell."""
# ruff: noqa


# %% rnn_cell_forward
def rnn_cell_forward(xt, a_prev, parameters):
    n_a, m = a_prev.shape
    n_y = len(parameters["by"])
    a_next, y = np.zeros((n_a, m)), np.zeros((n_y, m))
    for i in range(m):
        z = parameters["Waa"] @ a_prev[:, i] + parameters["Wax"] @ xt[:, i]
        a_next[:, i] = np.tanh(z + parameters["ba"].ravel())
        y[:, i] = softmax(parameters["Wya"] @ a_next[:, i] + parameters["by"][:, 0])
    return a_next, y, (a_next, a_prev, xt, parameters)


# %% rnn_forward
def rnn_forward(x, a0, parameters):
    n_x, m, T_x = x.shape
    a = np.zeros((a0.shape[0], m, T_x))
    y = np.zeros((len(parameters["by"]), m, T_x))
    caches = []
    for t in range(T_x):
        before = a0 if t == 0 else a[:, :, t - 1]
        a[:, :, t], y[:, :, t], cache = rnn_cell_forward(x[:, :, t], before, parameters)
        caches.append(cache)
    return a, y, (caches, x)


# %% lstm_cell_forward
def gate(parameters, name, column):
    return parameters["W" + name] @ column + parameters["b" + name]


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    column = np.append(a_prev, xt, axis=0)
    ft = 1 / (1 + np.exp(-gate(parameters, "f", column)))
    it = 1 / (1 + np.exp(-gate(parameters, "i", column)))
    ot = 1 / (1 + np.exp(-gate(parameters, "o", column)))
    cct = np.tanh(gate(parameters, "c", column))
    c_next = c_prev.copy()
    c_next *= ft
    c_next += it * cct
    a_next = np.tanh(c_next)
    a_next *= ot
    scores = np.exp(gate(parameters, "y", a_next))
    yt_pred = scores / scores.sum(axis=0)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


# %% lstm_forward
def lstm_forward(x, a0, parameters):
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wy"].shape
    a, c = np.zeros((2, n_a, m, T_x))
    y = np.zeros((n_y, m, T_x))
    caches = []
    for t in range(T_x):
        if t == 0:
            a_prev, c_prev = a0, np.zeros((n_a, m))
        else:
            a_prev, c_prev = a[:, :, t - 1], c[:, :, t - 1]
        a[:, :, t], c[:, :, t], y[:, :, t], cache = lstm_cell_forward(
            x[:, :, t], a_prev, c_prev, parameters
        )
        caches.append(cache)
    return a, y, c, (caches, x)


# %% rnn_cell_backward
def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, parameters = cache
    n_a, m = a_next.shape
    n_x = xt.shape[0]
    dxt, da_prev = np.zeros((n_x, m)), np.zeros((n_a, m))
    dWax, dWaa, dba = np.zeros((n_a, n_x)), np.zeros((n_a, n_a)), np.zeros((n_a, 1))
    for i in range(m):
        for j in range(n_a):
            d = da_next[j, i] * (1 - a_next[j, i] ** 2)
            dba[j, 0] += d
            dWax[j] += d * xt[:, i]
            dWaa[j] += d * a_prev[:, i]
            dxt[:, i] += d * parameters["Wax"][j]
            da_prev[:, i] += d * parameters["Waa"][j]
    return {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}


# %% rnn_backward
def rnn_backward(da, caches):
    steps, x = caches
    n_a, m, T_x = da.shape
    n_x = len(x)
    dx = np.zeros_like(x[:, :, :T_x])
    da0 = np.zeros((n_a, m))
    dWax, dWaa, dba = np.zeros((n_a, n_x)), np.zeros((n_a, n_a)), np.zeros((n_a, 1))
    t = T_x - 1
    while t >= 0:
        g = rnn_cell_backward(da[:, :, t] + da0, steps[t])
        dx[:, :, t] = g["dxt"]
        da0[:] = g["da_prev"]
        dWax += g["dWax"]
        dWaa += g["dWaa"]
        dba += g["dba"]
        t -= 1
    return {"dx": dx, "da0": da0, "dWax": dWax, "dWaa": dWaa, "dba": dba}


# %% lstm_cell_backward
def lstm_cell_backward(da_next, dc_next, cache):
    _, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a, m = a_prev.shape
    s = np.vstack((a_prev, xt))
    result = {
        "dxt": np.zeros(xt.shape),
        "da_prev": np.zeros((n_a, m)),
        "dc_prev": np.zeros((n_a, m)),
    }
    for g in "fico":
        result["dW" + g] = np.zeros((n_a, len(s)))
        result["db" + g] = np.zeros((n_a, 1))
    for i in range(m):
        th = np.tanh(c_next[:, i])
        dc = dc_next[:, i] + da_next[:, i] * ot[:, i] * (1 - th**2)
        d = {
            "f": dc * c_prev[:, i] * ft[:, i] * (1 - ft[:, i]),
            "i": dc * cct[:, i] * it[:, i] * (1 - it[:, i]),
            "c": dc * it[:, i] * (1 - cct[:, i] ** 2),
            "o": da_next[:, i] * th * ot[:, i] * (1 - ot[:, i]),
        }
        result["dc_prev"][:, i] = dc * ft[:, i]
        for g in d:
            result["dW" + g] += np.outer(d[g], s[:, i])
            result["db" + g][:, 0] += d[g]
            back = d[g] @ parameters["W" + g]
            result["da_prev"][:, i] += back[:n_a]
            result["dxt"][:, i] += back[n_a:]
    return result


# %% lstm_backward
def lstm_backward(da, caches):
    steps, x = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]
    names = [d + g for g in "fico" for d in ("dW", "db")]
    grads = {
        name: np.zeros((n_a, n_a + n_x) if name[1] == "W" else (n_a, 1))
        for name in names
    }
    grads["dx"] = np.zeros((n_x, m, T_x))
    da_prev = dc_prev = np.zeros((n_a, m))
    for t in np.arange(T_x)[::-1]:
        step = lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, steps[t])
        for name in names:
            grads[name] += step[name]
        grads["dx"][:, :, t] = step["dxt"]
        da_prev, dc_prev = step["da_prev"], step["dc_prev"]
    grads["da0"] = da_prev
    return grads
