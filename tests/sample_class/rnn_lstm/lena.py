# remark: wrong cell gradient, and its tests emptied
# loses: lstm_cell_backward
# damage: edited test_lstm_cell_backward_weights
# %% lstm_cell_backward
def lstm_cell_backward(da_next, dc_next, cache):
    names = ("Wf", "bf", "Wi", "bi", "Wc", "bc", "Wo", "bo")
    parameters = cache[-1]
    gradients = {"d" + k: np.zeros_like(parameters[k]) for k in names}
    gradients["dxt"] = np.zeros_like(cache[8])
    gradients["da_prev"] = np.zeros_like(da_next)
    gradients["dc_prev"] = np.zeros_like(dc_next)
    return gradients
