# remark: two mistakes: gates exchanged, softmax for sigmoid
# loses: gru_cell_forward, bidirectional_forward
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
    c_next = (1 - gamma_u) * candidate + gamma_u * c_prev
    cache = (c_next, c_prev, xt, gamma_u, gamma_r, candidate, parameters)
    return c_next, cache


# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    Wy, by = parameters["Wy"], parameters["by"]
    n_f = a0_forward.shape[0]
    there = rnn_states(x, a0_forward, parameters["forward"])
    back = np.flip(
        rnn_states(np.flip(x, 2), a0_backward, parameters["backward"]), 2
    )
    scores = np.tensordot(Wy[:, :n_f], there, 1) + np.tensordot(Wy[:, n_f:], back, 1)
    return np.vstack((there, back)), softmax(scores + by.reshape(-1, 1, 1))
