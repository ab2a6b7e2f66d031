"""All gates from one product; the stacked form W_a [a; x]."""
# ruff: noqa


# %% rnn_cell_forward
def rnn_cell_forward(xt, a_prev, parameters):
    Wa = np.hstack([parameters["Waa"], parameters["Wax"]])
    a_next = np.tanh(Wa @ np.vstack([a_prev, xt]) + parameters["ba"])
    return (
        a_next,
        softmax(parameters["Wya"] @ a_next + parameters["by"]),
        (a_next, a_prev, xt, parameters),
    )


# %% rnn_forward
def rnn_forward(x, a0, parameters):
    steps, states, outputs, state = [], [], [], a0
    for xt in np.moveaxis(x, 2, 0):
        state, output, cache = rnn_cell_forward(xt, state, parameters)
        steps.append(cache)
        states.append(state)
        outputs.append(output)
    return np.stack(states, axis=-1), np.stack(outputs, axis=-1), (steps, x)


# %% lstm_cell_forward
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    W = np.vstack([parameters["W" + g] for g in "fioc"])
    b = np.vstack([parameters["b" + g] for g in "fioc"])
    z = W @ np.r_[a_prev, xt] + b
    ft, it, ot, g = np.split(z, 4)
    ft, it, ot = map(sigmoid, (ft, it, ot))
    cct = np.tanh(g)
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    y = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return (
        a_next,
        c_next,
        y,
        (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters),
    )


# %% lstm_forward
def lstm_forward(x, a0, parameters):
    a, y, c, caches = [], [], [], []
    at, ct = a0, np.zeros_like(a0)
    for t in range(x.shape[-1]):
        at, ct, yt, cache = lstm_cell_forward(x[..., t], at, ct, parameters)
        a += [at]
        y += [yt]
        c += [ct]
        caches += [cache]
    return np.dstack(a), np.dstack(y), np.dstack(c), (caches, x)


# %% rnn_cell_backward
def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, p = cache
    n_a = len(a_prev)
    dz = da_next - da_next * a_next**2
    dWa = dz @ np.vstack([a_prev, xt]).T
    ds = np.hstack([p["Waa"], p["Wax"]]).T @ dz
    return dict(
        dxt=ds[n_a:],
        da_prev=ds[:n_a],
        dWaa=dWa[:, :n_a],
        dWax=dWa[:, n_a:],
        dba=dz.sum(axis=1).reshape(-1, 1),
    )


# %% rnn_backward
def rnn_backward(da, caches):
    caches, x = caches
    T_x = da.shape[2]
    total, dx, back = {}, [], 0
    for t in range(T_x - 1, -1, -1):
        g = rnn_cell_backward(da[:, :, t] + back, caches[t])
        back = g["da_prev"]
        dx.insert(0, g["dxt"])
        for key in ("dWax", "dWaa", "dba"):
            total[key] = total.get(key, 0) + g[key]
    return {"dx": np.stack(dx, axis=2), "da0": back, **total}


# %% lstm_cell_backward
def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, p = cache
    n_a, m = a_next.shape
    tc = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - tc) * (1 + tc)
    dz = np.vstack(
        [
            dc * c_prev * ft * (1 - ft),
            dc * cct * it * (1 - it),
            dc * it * (1 - cct * cct),
            da_next * tc * (ot - ot**2),
        ]
    )
    W = np.vstack([p["W" + g] for g in "fico"])
    dW = dz @ np.vstack([a_prev, xt]).T
    ds = W.T @ dz
    out = {"da_prev": ds[:n_a], "dxt": ds[n_a:], "dc_prev": dc * ft}
    for k, g in enumerate("fico"):
        out["dW" + g] = dW[k * n_a : (k + 1) * n_a]
        out["db" + g] = dz[k * n_a : (k + 1) * n_a] @ np.ones((m, 1))
    return out


# %% lstm_backward
def lstm_backward(da, caches):
    caches, x = caches
    n_a, m, T_x = da.shape
    da_back = np.zeros((n_a, m))
    dc_back = np.zeros((n_a, m))
    dx = np.empty(x.shape[:2] + (T_x,))
    total = None
    for t in range(T_x)[::-1]:
        g = dict(lstm_cell_backward(da[..., t] + da_back, dc_back, caches[t]))
        da_back, dc_back = g.pop("da_prev"), g.pop("dc_prev")
        dx[..., t] = g.pop("dxt")
        if total is None:
            total = g
        else:
            total = {key: total[key] + g[key] for key in total}
    total["dx"], total["da0"] = dx, da_back
    return total
