# remark: the loop of gru_forward never ends
# loses: gru_forward
# %% gru_forward
def gru_forward(x, c0, parameters):
    t, caches = 0, []
    while t < x.shape[2]:
        c_next, cache = gru_cell_forward(x[:, :, t], c0, parameters)
    return c_next, (caches, x)
