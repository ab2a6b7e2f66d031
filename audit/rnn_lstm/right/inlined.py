"""Sequence functions that never call the cell functions; einsum; own names."""
# ruff: noqa


# %% rnn_cell_forward
def rnn_cell_forward(x, h, p):
    h_new = np.tanh(
        np.einsum("ij,jm->im", p["Waa"], h)
        + np.einsum("ij,jm->im", p["Wax"], x)
        + p["ba"]
    )
    scores = p["Wya"].dot(h_new) + p["by"]
    e = np.exp(scores - scores.max(axis=0))
    return h_new, e / e.sum(0), (h_new, h, x, p)


# %% rnn_forward
def rnn_forward(x, a0, parameters, verbose=False):
    p, T = parameters, x.shape[2]
    a = np.empty((a0.shape[0], x.shape[1], T))
    h, steps = np.array(a0), []
    for t in range(T):
        new = np.tanh(p["Waa"] @ h + p["Wax"] @ x[:, :, t] + p["ba"])
        steps.append((new, h, x[:, :, t].copy(), p))
        a[:, :, t] = h = new
    y = softmax(np.einsum("ya,amt->ymt", p["Wya"], a) + p["by"][..., None])
    return a, y, (steps, x)


# %% lstm_cell_forward
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    p, n_a = parameters, a_prev.shape[0]
    z = {
        g: p["W" + g][:, :n_a] @ a_prev + p["W" + g][:, n_a:] @ xt + p["b" + g]
        for g in "fico"
    }
    f, u, o = sigmoid(z["f"]), sigmoid(z["i"]), sigmoid(z["o"])
    g = 2 * sigmoid(2 * z["c"]) - 1
    c = f * c_prev + u * g
    a = o * np.tanh(c)
    cache = [a, c, a_prev, c_prev, f, u, g, o, xt, dict(p), "extra", z]
    return [a, c, softmax(p["Wy"] @ a + p["by"]), cache]


# %% lstm_forward
def lstm_forward(x, a0, parameters):
    p, (n_a, m), T = parameters, a0.shape, x.shape[2]
    a, c = np.zeros((n_a, m, T)), np.zeros((n_a, m, T))
    h, s, steps = a0, np.zeros((n_a, m)), []
    for t in range(T):
        xt = x[:, :, t]
        z = np.concatenate([h, xt])
        f, u, o = (sigmoid(p["W" + g] @ z + p["b" + g]) for g in "fio")
        g = np.tanh(p["Wc"] @ z + p["bc"])
        new_s = f * s + u * g
        new_h = o * np.tanh(new_s)
        steps.append((new_h, new_s, h, s, f, u, g, o, xt, p))
        a[..., t], c[..., t] = h, s = new_h, new_s
    y = np.stack([softmax(p["Wy"] @ a[..., t] + p["by"]) for t in range(T)], 2)
    return a, y, c, [steps, x.copy()]


# %% rnn_cell_backward
def rnn_cell_backward(da_next, cache):
    _, a_prev, xt, p = cache[:4]
    z = p["Waa"] @ a_prev + p["Wax"] @ xt + p["ba"]
    dz = da_next / np.cosh(z) ** 2
    return {
        "dxt": np.einsum("ij,im->jm", p["Wax"], dz),
        "dWax": np.einsum("im,jm->ij", dz, xt),
        "da_prev": np.einsum("ij,im->jm", p["Waa"], dz),
        "dWaa": np.einsum("im,jm->ij", dz, a_prev),
        "dba": dz.sum(1, keepdims=True),
        "dz": dz,
    }


# %% rnn_backward
def rnn_backward(da, caches):
    steps, x = caches
    T = da.shape[-1]
    p = steps[0][3]
    dzs, back = [None] * T, np.zeros(da.shape[:2])
    for t in range(T - 1, -1, -1):
        dzs[t] = (1 - steps[t][0] ** 2) * (da[..., t] + back)
        back = p["Waa"].T @ dzs[t]
    dz = np.stack(dzs, axis=2)
    before = np.stack([s[1] for s in steps[:T]], axis=2)
    return {
        "dx": np.einsum("ij,imt->jmt", p["Wax"], dz),
        "da0": back,
        "dWax": np.einsum("imt,jmt->ij", dz, x[:, :, :T]),
        "dWaa": np.einsum("imt,jmt->ij", dz, before),
        "dba": dz.sum(axis=(1, 2))[:, None],
    }


# %% lstm_cell_backward
def lstm_cell_backward(da_next, dc_next, cache):
    a, c, a_prev, c_prev, f, u, g, o, xt, p = cache
    dc = dc_next.copy()
    dc += da_next * o / np.cosh(c) ** 2
    d = dict(
        f=dc * c_prev * (f - f * f),
        i=dc * g * (u - u * u),
        c=dc * u * (1 - g * g),
        o=da_next * np.tanh(c) * (o - o * o),
    )
    back = 0
    for name in d:
        back = back + p["W" + name].T @ d[name]
    da_prev, dxt = np.split(back, [a.shape[0]])
    out = {"dxt": dxt, "da_prev": da_prev, "dc_prev": f * dc}
    out.update({"db" + k: np.sum(v, axis=1)[:, np.newaxis] for k, v in d.items()})
    out.update({"dW" + k: np.hstack([v @ a_prev.T, v @ xt.T]) for k, v in d.items()})
    return out


# %% lstm_backward
def lstm_backward(da, caches):
    steps, x = caches
    (n_a, m, T), n_x = da.shape, x.shape[0]
    p = steps[0][9]
    out = {"dx": np.zeros((n_x, m, T))}
    for k in "fico":
        out["dW" + k] = np.zeros_like(p["W" + k])
        out["db" + k] = np.zeros_like(p["b" + k])
    back_a, back_c = np.zeros((n_a, m)), np.zeros((n_a, m))
    for t in reversed(range(T)):
        a, c, a_prev, c_prev, f, u, g, o, xt, _ = steps[t]
        dh = da[:, :, t] + back_a
        dc = back_c + dh * o * (1 - np.tanh(c) ** 2)
        d = {
            "f": dc * c_prev * f * (1 - f),
            "i": dc * g * u * (1 - u),
            "c": dc * u * (1 - g**2),
            "o": dh * np.tanh(c) * o * (1 - o),
        }
        back = sum(p["W" + k].T @ d[k] for k in d)
        for k in d:
            out["dW" + k] += d[k] @ np.concatenate([a_prev, xt]).T
            out["db" + k] += d[k].sum(1, keepdims=True)
        back_a, out["dx"][:, :, t] = back[:n_a], back[n_a:]
        back_c = dc * f
    return {**out, "da0": back_a, "dc0": back_c}
