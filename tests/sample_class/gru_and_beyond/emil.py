# remark: the well-known misprint: plus c in place of times c
# loses: gru_cell_forward
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
    c_next = gamma_u * candidate + (1 - gamma_u) + c_prev
    cache = (c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters)
    return c_next, cache
