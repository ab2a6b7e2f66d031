# remark: no answer, and a tag that asks to skip the test
# loses: rnn_cell_forward
# damage: skipped test_rnn_cell_forward_state
# %% rnn_cell_forward
def rnn_cell_forward(xt, a_prev, parameters):
    return None, None, None
