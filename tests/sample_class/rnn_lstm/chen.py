# remark: right, all gates in one product
# loses: nothing
# %% lstm_cell_forward
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    names = ("f", "i", "c", "o")
    W = np.concatenate([parameters["W" + k] for k in names])
    b = np.concatenate([parameters["b" + k] for k in names])
    z = W @ np.vstack((a_prev, xt)) + b
    zf, zi, zc, zo = np.split(z, 4)
    ft, it, cct, ot = sigmoid(zf), sigmoid(zi), np.tanh(zc), sigmoid(zo)
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


# %% lstm_cell_backward
def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a = a_prev.shape[0]
    tc = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - tc**2)
    dz = np.concatenate(
        [
            dc * c_prev * ft * (1 - ft),
            dc * cct * it * (1 - it),
            dc * it * (1 - cct**2),
            da_next * tc * ot * (1 - ot),
        ]
    )
    W = np.concatenate([parameters["W" + k] for k in "fico"])
    back = W.T @ dz
    dW = dz @ np.vstack((a_prev, xt)).T
    db = dz.sum(axis=1, keepdims=True)
    gradients = {"dxt": back[n_a:], "da_prev": back[:n_a], "dc_prev": dc * ft}
    for k, w, b in zip("fico", np.split(dW, 4), np.split(db, 4)):
        gradients["dW" + k] = w
        gradients["db" + k] = b
    return gradients
