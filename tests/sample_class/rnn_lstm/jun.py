# remark: deleted a solution cell and the first test of another one
# loses: rnn_cell_backward
# damage: deleted rnn_cell_backward
# damage: deleted test_rnn_forward_shapes
