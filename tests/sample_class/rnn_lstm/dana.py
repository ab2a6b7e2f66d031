# remark: right, one example at a time
# loses: nothing
# %% rnn_cell_forward
def rnn_cell_forward(xt, a_prev, parameters):
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    ba, by = parameters["ba"], parameters["by"]
    m = xt.shape[1]
    a_next = np.zeros_like(a_prev)
    yt_pred = np.zeros((Wya.shape[0], m))
    for i in range(m):
        z = Wax.dot(xt[:, i]) + Waa.dot(a_prev[:, i]) + ba[:, 0]
        a_next[:, i] = np.tanh(z)
        e = np.exp(Wya.dot(a_next[:, i]) + by[:, 0])
        yt_pred[:, i] = e / e.sum()
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)
