# remark: forgets that the candidate saw the state through the relevance gate
# loses: gru_cell_backward
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
