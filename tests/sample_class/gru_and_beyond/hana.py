# remark: the backward states are not turned round again
# loses: bidirectional_forward
# %% bidirectional_forward
def bidirectional_forward(x, a0_forward, a0_backward, parameters):
    n_x, m, T_x = x.shape
    reversed_x = x[:, :, list(range(T_x - 1, -1, -1))]
    a_forward = rnn_states(x, a0_forward, parameters["forward"])
    a_backward = rnn_states(reversed_x, a0_backward, parameters["backward"])
    a = np.zeros((a0_forward.shape[0] + a0_backward.shape[0], m, T_x))
    y_pred = np.zeros((parameters["by"].shape[0], m, T_x))
    for t in range(T_x):
        a[:, :, t] = np.concatenate(
            (a_forward[:, :, t], a_backward[:, :, t]), axis=0
        )
        y_pred[:, :, t] = sigmoid(
            np.dot(parameters["Wy"], a[:, :, t]) + parameters["by"]
        )
    return a, y_pred
