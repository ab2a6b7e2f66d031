# remark: a bracket is missing in lstm_cell_forward
# loses: lstm_cell_forward
# %% lstm_cell_forward
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    concat = np.concatenate((a_prev, xt)
    ft = sigmoid(parameters["Wf"] @ concat + parameters["bf"])
    return ft
