# remark: a bracket is missing in deep_rnn_forward
# loses: deep_rnn_forward
# %% deep_rnn_forward
def deep_rnn_forward(x, a0, parameters, activation=np.tanh):
    a = []
    for l in range(len(a0):
        a.append(a0[l])
    return a
