# remark: every step starts from c0 again
# loses: gru_forward
# %% gru_forward
def gru_forward(x, c0, parameters):
    n_x, m, T_x = x.shape
    n_a = c0.shape[0]
    c = np.empty((n_a, m, T_x))
    c_next = c0.copy()
    caches = []
    for t in range(T_x):
        xt = x[:, :, t]
        c_next, cache = gru_cell_forward(xt, c0, parameters)
        c[:, :, t] = c_next
        caches.append(cache)
    caches = (caches, x)
    return c, caches
