# remark: copied a test cell
# loses: nothing
# damage: duplicated test_rnn_cell_forward_shapes
