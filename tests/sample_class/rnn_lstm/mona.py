# remark: the loop of lstm_forward never ends
# loses: lstm_forward
# %% lstm_forward
def lstm_forward(x, a0, parameters):
    t = 0
    while t < x.shape[2]:
        a_next, c_next, yt, cache = lstm_cell_forward(
            x[:, :, t], a0, np.zeros_like(a0), parameters
        )
